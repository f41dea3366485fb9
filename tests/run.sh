#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run.sh [--no-install] [arguments for ctest, for instance -L unit]
# Installs what is missing (root or sudo), builds the release preset, runs every test; ends with ctest's summary.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

if [ "${1:-}" = --no-install ]; then
  shift
else
  bash deploy/install.sh build run demo bench test
  if [ tests/browser/package-lock.json -nt tests/browser/node_modules/.package-lock.json ]; then
    npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund --loglevel=error
  fi
fi

cmake --preset release
cmake --build --preset release
exec ctest --preset release -j2 "$@"
