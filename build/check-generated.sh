#!/usr/bin/env bash
# Writes the message handlers' generated code anew, in place, and fails when that changes anything: then commit what it wrote.
# Run it after a handler, its parameters or Wolverine's settings have changed.
set -euo pipefail
cd "$(dirname "$0")/.."
generated=src/Host/Internal/Generated

# Old code may not compile against a changed handler; without it the host compiles its handlers when they are first used.
dotnet build src/Host --nologo -v quiet || { rm -rf "$generated"; dotnet build src/Host --nologo -v quiet; }
rm -rf "$generated"
ASPNETCORE_ENVIRONMENT=Development dotnet run --project src/Host --no-build --no-launch-profile -- codegen write > /dev/null

if [ -n "$(git status --porcelain -- "$generated")" ]; then
  git status --short -- "$generated"
  echo "The generated code was stale. It has been written anew: review it and commit it." >&2
  exit 1
fi
echo "The generated code is up to date."
