#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/sanitizers.sh addresses|threads|worker
#   addresses  the unit tests under AddressSanitizer (with LeakSanitizer) and UndefinedBehaviorSanitizer   (build/asan)
#   threads    those that have threads under ThreadSanitizer                                               (build/tsan)
#   worker     a short end-to-end run of the worker under the first two: delivery, resume, hostile peers, and streams that
#              come and go; then an end in good order, so that leaks are told
# Exit status 1 if a test failed or a sanitizer had anything to say; its reports are in build/…/reports.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
python=/usr/bin/python3
[ -x "$python" ] || python=python3
cores=$(nproc)

build() { # PRESET TARGET…
  local preset=$1
  shift
  cmake --preset "$preset" >/dev/null
  cmake --build "build/$preset" -j "$cores" --target "$@"
  rm -rf "build/$preset/reports"
  mkdir "build/$preset/reports"
}

judge() { # PRESET STATUS
  local found
  mapfile -t found < <(find "build/$1/reports" -type f -size +0)
  [ ${#found[@]} = 0 ] || { echo "the sanitizer says:"; head -n 60 "${found[@]}"; }
  [ "$2" = 0 ] && [ ${#found[@]} = 0 ]
}

xmpp=(unit_xmpp_xml unit_xmpp_session unit_xmpp_pubsub unit_xmpp_muc unit_xmpp)
units=(unit_base unit_wire unit_hub "${xmpp[@]}" unit_gateway unit_app)
reports=$PWD/build/asan/reports/report
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:log_path=$reports
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:log_path=$reports
export TSAN_OPTIONS=halt_on_error=0:second_deadlock_stack=1:log_path=$PWD/build/tsan/reports/report
status=0

case ${1:-} in
  addresses)
    build asan "${units[@]}"
    ctest --test-dir build/asan -L '^unit$' -R "$(IFS='|'; echo "^(${units[*]#unit_})[.]")" -j "$cores" --output-on-failure || status=$?
    judge asan $status
    ;;
  threads)
    # Readers of bytes have no threads: what has is the mailbox, the hub's shared events, the session and the gateway.
    build tsan unit_base unit_hub "${xmpp[@]}" unit_gateway
    ctest --test-dir build/tsan -R '^(base|hub|xmpp|gateway)[.]' -j "$cores" --output-on-failure || status=$?
    judge tsan $status
    ;;
  worker)
    build asan xmpp-eventsource
    export XES_WORKER=$PWD/build/asan/xmpp-eventsource
    "$python" -B -m pytest -c tests/e2e/pytest.ini -k prosody \
      tests/e2e/delivery/test_payloads_arrive_whole.py tests/e2e/delivery/test_retract_purge_and_delete_arrive_as_events.py \
      tests/e2e/resume/test_a_stream_goes_on_where_the_last_event_id_says.py tests/e2e/resume/test_what_an_outage_hid_comes_afterwards.py || status=$?
    "$python" -B -m pytest -c tests/e2e/pytest.ini tests/e2e/peers/test_hostile_peers_harm_nobody.py || status=$?
    bash tests/soak.sh --minutes 0.5 --streams 200 --watch-only --out build/asan/soak || status=$?
    judge asan $status
    ;;
  *) sed -n '3,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
