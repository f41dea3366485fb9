#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/chaos.sh [--seconds N] [--seed S]… [--server prosody|ejabberd|both] [--readers N] [--keep]
# Numbered items, pages that reconnect as browsers do (of one node, several, a pattern, a chat room, a user), and faults of every kind by a seeded schedule: each alone, then
# all mixed. Ends with figures; exit status 0 only if nothing was lost, duplicated or out of order. What it needs is
# installed and built by tests/run.sh; XES_WORKER names another worker than build/release/xmpp-eventsource.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
python=/usr/bin/python3 # Debian's, which has Debian's slixmpp
[ -x "$python" ] || python=python3
exec "$python" -B tests/chaos/main.py "$@"
