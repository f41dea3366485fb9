# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the project's scripts say, and how far a long command of theirs is. Sourced, not run.
#
#   progress TITLE KIND LOG COMMAND…   runs COMMAND with its output in the file LOG; returns its exit status
#   follow TITLE KIND LOG PID          the same for a child of the caller that runs already and writes to LOG
#
# On a terminal, one line renews itself. In a log, a plain line comes whenever nothing was printed for quiet_seconds.
# KIND tells which lines of the output say how far the command is:
#   apt    apt-get with -o APT::Status-Fd=1
#   ninja  cmake --build with NINJA_STATUS='[%f/%t] '
#   ctest  ctest
#   notes  cmake's configure step, debootstrap: they say what they do, not how much of it is done
#   none   commands that say nothing when all is well
# Other lines (a compiler's warning, a failed test) are printed above the progress line, as they are.

quiet_seconds=8 # people and CI systems get nervous after ten
running_pid=''  # the child that progress waits for, for a caller's traps

on_terminal=''
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then on_terminal=yes; fi

say() {
  if [ -n "$on_terminal" ]; then printf '\033[1m==>\033[0m %s\n' "$*"; else printf '==> %s\n' "$*"; fi
}
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

progress() {
  local title=$1 kind=$2 log=$3 status=0
  shift 3
  : >"$log"
  # Without job control, bash makes a background child deaf to Ctrl-C; "trap -" takes that back.
  (trap - INT QUIT; exec "$@") >>"$log" 2>&1 </dev/null &
  running_pid=$!
  follow "$title" "$kind" "$log" "$running_pid" || status=$?
  running_pid=''
  return "$status"
}

follow() {
  local title=$1 kind=$2 log=$3 child=$4
  local begun=$SECONDS spoke=$SECONDS share='' doing='' input part line='' alive=yes status=0
  local -A running=() # ctest's number of a test to its name and when it began
  exec {input}<"$log"
  while [ -n "$alive" ]; do
    kill -0 "$child" 2>/dev/null || alive='' # looked at before the last reading, which then misses nothing
    while IFS= read -r part <&"$input" || { line+=$part; false; }; do
      "heard_$kind" "$line$part" || print_above "$line$part"
      line=''
    done
    if [ -n "$alive" ]; then
      show_progress
      sleep 0.2
    fi
  done
  exec {input}<&-
  [ -z "$line" ] || "heard_$kind" "$line" || print_above "$line"
  wait "$child" || status=$?
  if [ "$kind" = ctest ]; then
    [ -z "$on_terminal" ] || printf '\r\033[K' # its own summary is the last word
  elif [ "$status" = 0 ]; then
    print_above "    $title: done in $(clock $((SECONDS - begun)))"
  else
    print_above "    $title: failed after $(clock $((SECONDS - begun)))"
  fi
  return "$status"
}

# --- of follow: these read and write its variables -------------------------------------------------------------------
# shellcheck disable=SC2154

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

print_above() {
  [ -z "$on_terminal" ] || printf '\r\033[K'
  printf '%s\n' "$1"
  spoke=$SECONDS
}

show_progress() {
  if [ -z "$on_terminal" ] && [ $((SECONDS - spoke)) -lt "$quiet_seconds" ]; then return; fi
  local test name since
  if [ "$kind" = ctest ]; then
    doing=''
    for test in "${!running[@]}"; do
      read -r since name <<<"${running[$test]}"
      doing+="${doing:+, }$name for $(clock $((SECONDS - since)))"
    done
  fi
  local text
  text="    $title: ${share:+$share, }$(clock $((SECONDS - begun)))${doing:+ ($doing)}"
  if [ -n "$on_terminal" ]; then
    printf '\r\033[?7l%s\033[K\033[?7h' "$text" # 7l: what is wider than the terminal is cut off, not wrapped
  else
    print_above "$text"
  fi
}

share_of() { share="$((100 * $1 / ($2 > 0 ? $2 : 1))) % ($1 of $2)"; }

# heard_KIND LINE: takes what the line says of progress; not 0 if it is about something else.

heard_apt() {
  if [[ $1 =~ ^(dl|pm)status:.*:([0-9]+)(\.[0-9]+)?:(.*)$ ]]; then
    if [ "${BASH_REMATCH[1]}" = pm ]; then phase=installed; fi
    share="${BASH_REMATCH[2]} % ${phase:-of the package lists}" doing=${BASH_REMATCH[4]}
  elif [[ $1 =~ "held by process "([^.]*) ]]; then
    local holder="waiting for apt's lock, held by process ${BASH_REMATCH[1]}"
    if [ "$doing" != "$holder" ]; then print_above "    $title: $holder"; fi
    doing=$holder
  elif [[ $1 == "Need to get "* || $1 == "After this operation, "* ]]; then
    print_above "    ${1%.}"
    phase=downloaded
  fi # the rest stays in the log
}

heard_ninja() {
  if [[ $1 =~ ^\[([0-9]+)/([0-9]+)\]\ (.*)$ ]]; then
    share_of "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    doing=${BASH_REMATCH[3]}
  else
    [[ $1 == "ninja: no work to do." ]]
  fi
}

heard_ctest() {
  if [[ $1 =~ ^\ +Start\ +([0-9]+):\ (.*)$ ]]; then
    running[${BASH_REMATCH[1]}]="$SECONDS ${BASH_REMATCH[2]}"
  elif [[ $1 =~ ^\ *([0-9]+)/([0-9]+)\ Test\ +#([0-9]+):\  ]]; then
    share_of "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    unset "running[${BASH_REMATCH[3]}]"
    [[ $1 =~ \ Passed\ +[0-9.]+\ sec$ ]] || return 1
  else
    return 1
  fi
  [ -n "$on_terminal" ] # a log gets every line
}

heard_notes() {
  case $1 in
    '-- '* | 'I: '*) doing=${1#*: } doing=${doing#-- } ;;
    '' | 'Preset CMake variables:' | '  '*=*) ;;
    *) return 1 ;;
  esac
}

heard_none() { return 1; }
