#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing or too old of packages.txt's sections.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
list=$here/packages.txt
# shellcheck source=deploy/progress.sh
. "$here/progress.sh"
PATH=$PATH:/usr/sbin:/sbin

usage() {
  cat <<END
usage: deploy/install.sh [--wait SECONDS] SECTION…

Installs with apt-get, as root or through sudo, the missing Debian packages of [SECTION] in deploy/packages.txt, and
upgrades those that are older than it requires. It starts no service. If nothing is missing, it prints nothing and
needs neither root nor a network.

  --wait SECONDS  how long to wait for another apt to finish (default 300)
  --help          this text

Sections: $(sections)
END
}

sections() { sed -n 's/^\[\(.*\)\]$/\1/p' "$list" | paste -sd ' '; }

# wanted SECTION…: their lines of packages.txt, as PACKAGE VERSION COMMAND; - is none.
wanted() {
  awk -v sections=" $* " '
    { sub(/#.*/, "") }
    /^\[/ { on = index(sections, " " substr($1, 2, length($1) - 2) " "); next }
    on && NF { n = $2 == ">=" ? 3 : 1; print $1, n == 3 ? $3 : "-", $(n + 1) == "" ? "-" : $(n + 1) }' "$list" | sort -u
}

# missing_packages SECTION…: fills missing, and old with PACKAGE INSTALLED WANTED lines.
missing_packages() {
  local package version command installed
  missing=() old=()
  while read -r package version command; do
    if [ "$command" != - ] && command -v "$command" >/dev/null; then continue; fi
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$package" 2>/dev/null | awk '$1 == "installed" { v = $2 } END { print v }') || true
    if [ -z "$installed" ]; then
      missing+=("$package")
    elif [ "$version" != - ] && dpkg --compare-versions "$installed" lt "$version"; then
      old+=("$package $installed $version")
    fi
  done < <(wanted "$@")
}

# What system this is, and a line about it if nobody has tried it.
look_at_system() {
  local which
  # shellcheck source=/dev/null
  which=$(. "$root/etc/os-release" 2>/dev/null && echo "${ID:-}-${VERSION_ID:-}") || true
  # shellcheck source=/dev/null
  system=$(. "$root/etc/os-release" 2>/dev/null && echo "${PRETTY_NAME:-}") || true
  system=${system:-an unknown system}
  if ! command -v dpkg-query >/dev/null || ! command -v dpkg >/dev/null; then
    die "this is $system, without dpkg: install the packages of deploy/packages.txt by hand, sections: $*; then use --no-install"
  fi
  case $which in
    debian-12 | debian-13) ;;
    *) say "this is $system; only Debian 12 and 13 are tested, but it may work here, too" ;;
  esac
}

# How to become root: as_root is what stands before a command; ask is not empty if sudo wants a password first.
look_for_root() {
  as_root=() ask=''
  [ "$(id -u)" != 0 ] || return 0
  as_root=(sudo)
  command -v sudo >/dev/null || die "installing needs root: run it as root, or install sudo and allow it to $(id -un)"
  if sudo -n true 2>/dev/null; then return; fi
  (: </dev/tty) 2>/dev/null || die "sudo needs a password, but there is no terminal: run it as root, or on a terminal"
  ask=yes
}

# why_not LOG: the one sentence for what stopped apt.
why_not() {
  local said
  if said=$(grep -m1 -oE 'held by process [0-9]+ \([^)]*\)' "$1") && grep -qE '^E: (Could not get|Unable to (acquire|lock))' "$1"; then
    echo "apt's lock is $said, for more than $patience seconds: try again when that is done; nothing was installed"
  elif said=$(grep -m1 -oE "^(  |E: .*)?(Temporary failure resolving|Could not resolve|Could not connect to|Cannot initiate the connection to|Connection failed|Connection timed out|Unable to connect to).*" "$1"); then
    echo "the package mirror cannot be reached (${said#  }): nothing was installed"
  elif said=$(grep -m1 -oE "(Unable to locate package|Package '[^']*' has no installation candidate).*" "$1"); then
    echo "apt has no such package here ($said): this is $system; nothing was installed"
  elif said=$(grep -m1 '^E: ' "$1"); then
    echo "apt says: ${said#E: }"
  else
    echo "apt failed without an error message"
  fi
}

root=${XES_ROOT:-} # for tests: a folder that stands for /
patience=300
chosen=()
while [ $# -gt 0 ]; do
  case $1 in
    --wait) [ $# -gt 1 ] || die "--wait needs a number of seconds"; patience=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; die "unknown option: $1" ;;
    *)
      grep -qxF "[$1]" "$list" || die "no section [$1] in deploy/packages.txt; the sections are: $(sections)"
      chosen+=("$1")
      ;;
  esac
  shift
done
[[ $patience =~ ^[0-9]{1,5}$ ]] || die "--wait: expected a number of seconds, not \"$patience\""
[ ${#chosen[@]} -gt 0 ] || { usage >&2; die "name a section of deploy/packages.txt"; }

look_at_system "${chosen[@]}"
missing_packages "${chosen[@]}"
[ ${#missing[@]} -gt 0 ] || [ ${#old[@]} -gt 0 ] || exit 0
command -v apt-get >/dev/null || die "this is $system, without apt-get: install by hand: ${missing[*]} ${old[*]%% *}"
look_for_root

[ ${#missing[@]} -eq 0 ] || say "installing, with their dependencies: ${missing[*]}"
for package in "${old[@]}"; do
  read -r package installed version <<<"$package"
  say "upgrading $package: $installed is installed, $version or newer is required"
  missing+=("$package")
done
echo "    by apt-get${as_root:+ through sudo}, for the whole machine; no service is started"
[ -z "$ask" ] || sudo -v || die "sudo does not let $(id -un) install packages"

log=$(mktemp "${TMPDIR:-/tmp}/xmpp-eventsource-install.XXXXXX")
if ! progress packages apt "$log" "${as_root[@]}" bash "$here/apt_install.sh" "$patience" "$root" "${missing[@]}"; then
  die "$(why_not "$log") (the output of apt: $log)"
fi
rm -f "$log"

missing_packages "${chosen[@]}"
[ ${#missing[@]} -eq 0 ] || die "apt succeeded, but these are still missing: ${missing[*]}"
for package in "${old[@]}"; do
  read -r package installed version <<<"$package"
  say "$package stays at $installed because apt has no $version here; continuing with it"
done
