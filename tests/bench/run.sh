#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/bench/run.sh [--quick] [--json FILE] [--plot FILE.svg] [--no-install] [--build FOLDER]
# Measures the worker against a bare C loop and against nchan, side by side; prints one table. Not 0 if anything was
# lost, doubled or out of order. Quick: at most 60 s, small; full: at most 10 min.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
install=yes build=
rest=()
while [ $# -gt 0 ]; do
  case $1 in
    --no-install) install= ;;
    --build) build=$(readlink -f "$2"); shift ;;
    *) rest+=("$1") ;;
  esac
  shift
done
[ -z "$install" ] || bash "$root/deploy/install.sh" build run bench
if [ -z "$build" ]; then
  build=$root/build/release
  cd "$root"
  cmake --preset release >/dev/null
  cmake --build --preset release --target xmpp-eventsource bench_floor bench_xmpp_server bench_load bench_http_publisher
fi
export PATH=$PATH:/usr/sbin:/sbin
exec /usr/bin/python3 -B "$here/bench.py" --build "$build" "${rest[@]}"
