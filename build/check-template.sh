#!/usr/bin/env bash
# Makes a module with the template in a copy of the working copy, builds it and what it was wired into, and runs its tests and those of the architecture that look
# at modules. What the solution's build has made already is copied and not built again, so build the solution first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=${1:-Orders}

[ -f src/Kernel/Testing/bin/Debug/net10.0/Monolith.Testing.dll ] || { echo "Build the solution first: dotnet build Monolith.sln" >&2; exit 2; }
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
{
  git ls-files -z --cached --others --exclude-standard -- . ':!benchmarks'
  find src/Kernel src/Modules build/stand-ins -path '*/bin/Debug/*' -type f -print0 -o -path '*/obj/Debug/*' -type f -print0
} | while IFS= read -rd '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done | tar --null --files-from=- --create | tar --extract --directory="$copy"
cd "$copy"

# The analyzers look at the new module alone.
sed -i "s|^</Project>|<PropertyGroup><RunAnalyzers Condition=\"!\$(MSBuildProjectFile.Contains('$name'))\">false</RunAnalyzers></PropertyGroup></Project>|" Directory.Build.props

step() {
  local begin=$SECONDS
  "$@"
  printf -- '-- %s s: %s\n' $((SECONDS - begin)) "$*"
}

hive=$copy/.hive
step dotnet new install templates/monolith-module --debug:custom-hive "$hive" > /dev/null
step dotnet new monolith-module -n "$name" --allow-scripts yes --debug:custom-hive "$hive"
step dotnet restore "tests/$name.Tests" -v quiet
step dotnet restore tests/Architecture.Tests -v quiet
for project in "src/Modules/$name/Contracts" "src/Modules/$name" "tests/$name.Tests" src/Host tests/Architecture.Tests; do
  step dotnet build "$project" --no-restore --nologo -v quiet -p:BuildProjectReferences=false
done
step dotnet run --project "tests/$name.Tests" --no-build
step dotnet run --project tests/Architecture.Tests --no-build -- -class '*ModuleTests' -class '*IsolationTests' -class '*ReferenceTableTests' -class '*DomainTests'
