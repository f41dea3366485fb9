#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# build_check.sh CMAKE BUILD-FOLDER: what distributions expect of a build: where `cmake --install` puts things, that the
# program is stripped and hardened, that a library which is too old stops it at its start, that the build needs no
# GoogleTest without its tests, and that what is missing is named in one sentence. Configures in folders of its own.
set -euo pipefail
cmake=$1 build=$2
source=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d "${TMPDIR:-/tmp}/build_check.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0
check() { # WHAT COMMAND…
  local what=$1
  shift
  if "$@" >"$work/output" 2>&1; then
    echo "ok      $what"
  else
    echo "FAILED  $what"
    tail -n 15 "$work/output" | sed 's/^/        /'
    failed=1
  fi
}
# shellcheck disable=SC2317 # check runs it
has() { grep -q -- "$1" <<<"$2"; }
# shellcheck disable=SC2317 # check runs it
lacks() { ! has "$@"; }

# --- installation ---
DESTDIR=$work/root "$cmake" --install "$build" --prefix /usr >"$work/install.out"
program=$work/root/usr/bin/xmpp-eventsource
check "the program is in bin" test -x "$program"
check "it runs" "$program" --version
check "the unit starts the program that is installed" \
  grep -q '^ExecStart=.*/bin/xmpp-eventsource --config' "$work/root/usr/lib/systemd/system/xmpp-eventsource.service"
check "the user is in sysusers.d" test -f "$work/root/usr/lib/sysusers.d/xmpp-eventsource.conf"
# shellcheck disable=SC2016 # the inner shell expands it
check "nginx's files are where its includes expect them" \
  bash -c 'test -f "$(find "$1" -path "*/nginx/xmpp-eventsource/location-fastcgi.conf")"' _ "$work/root"
doc=$work/root/usr/share/doc/xmpp-eventsource
check "documentation is in share/doc" test -f "$doc/README.md" -a -f "$doc/deploy/README.md" -a -f "$doc/deploy/web/README.md"

# --- hardening ---
sections=$(readelf -SW "$program") dynamic=$(readelf -dW "$program") header=$(readelf -hW "$program")
symbols=$(readelf -W --dyn-syms "$program")
check "it is stripped" lacks ' \.symtab ' "$sections"
check "it holds no debug information" lacks ' \.debug_info ' "$sections"
check "it is position-independent" has 'Type: *DYN' "$header"
check "all symbols are bound at its start" has 'BIND_NOW\|FLAGS_1.*NOW' "$dynamic"
check "what is relocated is read-only afterwards" has 'GNU_RELRO' "$(readelf -lW "$program")"
check "its stack is protected" has '__stack_chk_fail' "$symbols"
if [ "$(sed -n 's/^CMAKE_BUILD_TYPE:.*=//p' "$build/CMakeCache.txt")" != Debug ]; then
  check "libc's calls are checked" has '_chk@' "$symbols"
fi

# --- configuration ---
options=(-S "$source" -G Ninja -DXES_TESTS=OFF)
check "without its tests it needs no GoogleTest" \
  "$cmake" "${options[@]}" -B "$work/no-tests" -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON -DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON
check "Release is the default" grep -q '^CMAKE_BUILD_TYPE:.*=Release$' "$work/no-tests/CMakeCache.txt"

without=$("$cmake" "${options[@]}" -B "$work/no-deferral" -DXES_EXPAT_DEFERS=OFF 2>&1) || failed=1
check "an expat that defers nothing is told in a line" has 'XML_SetReparseDeferralEnabled' "$without"
check "and the file that reads XML compiles without the call" \
  "$cmake" --build "$work/no-deferral" -j2 --target src/wire/CMakeFiles/xes_wire.dir/xml_parser.cpp.o

mkdir "$work/pkgconfig"
printf 'Name: expat\nDescription: too old\nVersion: 2.0.1\nLibs: -lexpat\nCflags:\n' >"$work/pkgconfig/expat.pc"
if missing=$(PKG_CONFIG_PATH=$work/pkgconfig "$cmake" "${options[@]}" -B "$work/old-library" 2>&1); then
  echo "FAILED  a library that is too old is refused"
  failed=1
fi
check "a library that is too old is named, with the remedy" \
  has 'expat >= .*libexpat1-dev.*deploy/install.sh' "$(tr '\n' ' ' <<<"$missing")"
exit $failed
