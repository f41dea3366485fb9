#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds the release preset, runs every test; ends with ctest's summary.
set -euo pipefail
project=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$project"
# shellcheck source=deploy/progress.sh
. deploy/progress.sh

usage() {
  cat <<'END'
usage: tests/run.sh [--unit] [--no-install] [--werror] [-L LABEL | -R NAME | -E NAME]… [-- ARGUMENTS FOR ctest…]

Installs the Debian and npm packages that the tests need, builds everything (build/release) and runs every test. The
last lines are ctest's summary; 0 is the exit status only if all tests passed.

  --unit        only the unit tests, which need fewer packages: no server, no browser
  --no-install  install nothing; what is missing is an error
  --werror      a compiler's warning is an error
  -L, -R, -E    ctest's choice by label (unit, e2e, browser, fuzz, lint), by name, by name not to run; each a regular expression
  --            what follows goes to ctest as it is
  --help        this text
END
}

sections=(build run demo bench fuzz lint unit test) install=yes werror=OFF chosen=()
while [ $# -gt 0 ]; do
  case $1 in
    --unit) sections=(build unit) chosen+=(-L '^unit$') ;;
    --no-install) install='' ;;
    --werror) werror=ON ;;
    -L | -R | -E) [ $# -gt 1 ] || die "$1 needs a regular expression"; chosen+=("$1" "$2"); shift ;;
    --) shift; chosen+=("$@"); break ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option: $1" ;;
  esac
  shift
done
browsers='' # the browsers' tests need npm packages
if [[ " ${sections[*]} " == *" test "* ]]; then browsers=yes; fi

if [ -n "$install" ]; then say "the tests: installs missing packages (deploy/packages.txt: ${sections[*]}), builds, runs ctest"
else say "the tests: builds, runs ctest"; fi
echo "    writes to $project/build and to temporary folders in ${TMPDIR:-/tmp}; listens only on loopback"
[ -z "$install" ] || echo "    installs Debian packages for the whole machine${browsers:+, npm packages in tests/browser/node_modules}"

logs=build/logs
mkdir -p "$logs"
trap 'kill "$running_pid" 2>/dev/null; exit 143' TERM HUP

if [ -n "$install" ]; then
  deploy/install.sh "${sections[@]}"
  if [ -n "$browsers" ] && [ tests/browser/package-lock.json -nt tests/browser/node_modules/.package-lock.json ]; then
    progress "npm packages" none "$logs/npm.out" \
      npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund --loglevel=error ||
      die "npm could not get the packages of tests/browser/package-lock.json (is there no network?)"
  fi
fi

say "building (build/release); the first time this takes some minutes"
progress "looking for libraries" notes "$logs/configure.out" cmake --preset release -DXES_WERROR="$werror" || die "cmake cannot configure the build"
NINJA_STATUS='[%f/%t] ' progress building ninja "$logs/build.out" cmake --build --preset release || die "the build failed"
say "testing"
progress testing ctest "$logs/ctest.out" ctest --preset release -j2 "${chosen[@]}"
