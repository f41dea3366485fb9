# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # state and sockets are demo.sh's
# What demo.sh starts: each a child whose process ID it knows, stopped by that ID and by nothing else.

names=() pids=() # one entry of each for every child, in the order in which they started

born() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; } # when a process began: with its ID, its identity

# start NAME COMMAND…: as a child in a session of its own, so that Ctrl-C reaches this script alone and the order of
# stopping is ours. Its output goes to logs/NAME.out; NAME.pid is for the next run, should this one be killed.
start() {
  local name=$1; shift
  setsid -- "$@" >>"$state/logs/$name.out" 2>&1 </dev/null 9>&- &
  names+=("$name") pids+=($!)
  echo "$! $(born $!)" >"$state/$name.pid"
}

# end PID: TERM for it and what it has started in its session, up to five seconds of patience, KILL.
end() {
  kill -TERM -- "-$1" 2>/dev/null || kill -TERM "$1" 2>/dev/null || return 0 # the latter: it has no session yet
  local i
  for i in $(seq 50); do kill -0 -- "-$1" 2>/dev/null || return 0; sleep 0.1; done
  kill -KILL -- "-$1" 2>/dev/null || true
}

# finish NAME TITLE KIND COMMAND…: starts it and waits for its end (which a signal to this script does not have to do),
# showing how far it is (deploy/progress.sh).
finish() {
  local name=$1 title=$2 kind=$3 status=0 last
  shift 3
  : >"$state/logs/$name.out"
  start "$name" "$@"
  last=$((${#pids[@]} - 1))
  follow "$title" "$kind" "$state/logs/$name.out" "${pids[last]}" || status=$?
  rm -f "$state/$name.pid"
  unset "names[last]" "pids[last]"
  return "$status"
}

stop_all() {
  local status=$? i
  trap '' INT TERM HUP
  trap - EXIT
  [ ${#pids[@]} -eq 0 ] || say "stopping ${names[*]}"
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do # the last one started serves the others' clients: it goes first
    end "${pids[i]}"
    wait "${pids[i]}" 2>/dev/null || true
    rm -f "$state/${names[i]}.pid"
  done
  if [ "$sockets" != "$state" ] && [ -n "$sockets" ]; then # choose_sockets_folder made one of its own
    rm -f "$sockets"/*.sock
    rmdir "$sockets"
  fi
  exit "$status"
}

# What a run that was killed has left behind, told by process ID and time of birth.
stop_leftovers() {
  local file pid birth
  for file in "$state"/*.pid; do
    [ -e "$file" ] || continue
    read -r pid birth <"$file" || true
    if [ -n "${birth:-}" ] && [ "$(born "$pid")" = "$birth" ]; then
      say "stopping process $pid of an earlier run"
      end "$pid"
    fi
    rm -f "$file"
  done
}

# Ends this script, telling whose end it is, once any child has ended by itself.
all_alive() {
  local i
  for i in "${!pids[@]}"; do
    if kill -0 "${pids[i]}" 2>/dev/null; then continue; fi
    echo "demo.sh: ${names[i]} has ended; its last output:" >&2
    tail -qn 15 "$state/logs/${names[i]}".* >&2 || true
    exit 1
  done
}

# until_true SECONDS WHAT COMMAND…: tries it again and again for as long.
until_true() {
  local deadline=$((SECONDS + $1)) what=$2; shift 2
  until "$@" 2>/dev/null; do
    all_alive
    [ "$SECONDS" -lt "$deadline" ] || die "timed out waiting for $what; logs are in $state/logs"
    sleep 0.1
  done
}
