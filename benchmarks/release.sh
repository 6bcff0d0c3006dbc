#!/usr/bin/env bash
# Holds the speed of this commit against benchmarks/baseline.json, row by row, and writes benchmarks/results/release.md; --help says the options.
# Run nothing else on the machine meanwhile. Exit code: 0 when nothing fell behind, 1 when something did, 2 when it could not run.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
dotnet build -c Release -v quiet benchmarks/Benchmarks || exit 2
exec dotnet run -c Release --no-build --project benchmarks/Benchmarks -- release "$@"
