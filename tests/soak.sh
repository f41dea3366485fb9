#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/soak.sh [--minutes N] [--streams N] [--history N] [--seed S] [--out FOLDER]
# Streams of every kind through nginx that come, stall, go and change; nodes made and deleted; XMPP cuts. Ends with
# figures, and writes samples.csv and an SVG plot each of RSS, descriptors, threads and CPU (build/soak, or --out). Exit
# status 1 if RSS or descriptors still rise once it is warm, or if anything is left when all streams are gone.
# What it needs is installed and built by tests/run.sh; XES_WORKER names another worker than build/release's.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
python=/usr/bin/python3 # Debian's, which has Debian's slixmpp
[ -x "$python" ] || python=python3
exec "$python" -B tests/soak/main.py "$@"
