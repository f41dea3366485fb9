#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install.sh SECTION…: installs what is missing of packages.txt's sections, as root or through sudo, starting no service.
set -euo pipefail
list=$(dirname "$(readlink -f "$0")")/packages.txt
PATH=$PATH:/usr/sbin:/sbin

wanted() {
  awk -v sections=" $* " '
    { sub(/#.*/, "") } /^\[/ { on = index(sections, " " substr($1, 2, length($1) - 2) " "); next } on && NF { print }' "$list" | sort -u
}

missing=()
while read -r package command; do
  if [ -n "$command" ] && command -v "$command" >/dev/null; then continue; fi
  if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then missing+=("$package"); fi
done < <(wanted "$@")
[ ${#missing[@]} -gt 0 ] || exit 0

echo "installing: ${missing[*]}"
as_root=(env)
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "needs root or sudo to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi

# Debian starts a service as soon as its package is in, unless this file says no. The machine's own one is left alone.
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
  trap '"${as_root[@]}" rm -f "$guard"' EXIT
  printf '#!/bin/sh\n# made by xmpp-eventsource/deploy/install.sh, which removes it again\nexit 101\n' |
    "${as_root[@]}" sh -c "cat >$guard && chmod 755 $guard"
fi
log=$(mktemp)
if ! { "${as_root[@]}" apt-get update -qq &&
       "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  rm -f "$log"
  exit 1
fi
rm -f "$log"
