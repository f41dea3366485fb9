#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# apt_install.sh PATIENCE ROOT PACKAGE…: what install.sh does as root, in one piece, so that sudo asks once: gets the
# package lists and installs, starting no service. On standard output: apt's words and its progress, for install.sh.
set -euo pipefail
patience=$1 root=$2
shift 2
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

# apt itself waits for dpkg's locks (DPkg::Lock::Timeout), but not for those of its package lists and downloads.
apt() {
  local deadline=$((SECONDS + patience)) said
  said=$(mktemp)
  while ! apt-get -q -y -o APT::Status-Fd=1 -o DPkg::Lock::Timeout="$patience" "$@" 2>"$said" 8>&-; do
    cat "$said"
    if ! grep -q '^E: Could not get lock' "$said" || [ "$SECONDS" -ge "$deadline" ]; then rm -f "$said"; return 1; fi
    sleep 1
  done
  cat "$said"
  rm -f "$said"
}

# Debian starts a service as soon as its package is in, unless this file says no. The machine's own one is left alone;
# one of ours is from a run that was killed, since runs take turns (the lock is on the folder).
guard=$root/usr/sbin/policy-rc.d
exec 8<"$root/usr/sbin"
flock -w "$patience" 8 || { echo "E: another run of deploy/install.sh has not finished within $patience seconds"; exit 1; }
if [ ! -e "$guard" ] || grep -q 'made by xmpp-eventsource' "$guard"; then
  trap 'rm -f "$guard"' EXIT
  printf '#!/bin/sh\n# made by xmpp-eventsource/deploy/install.sh, which removes it again\nexit 101\n' >"$guard"
  chmod 755 "$guard"
fi

# Where some source fails (somebody else's, perhaps), apt may still have what we want. Where each does, it has not, and
# would try for long.
lists=$(mktemp)
apt update -o Acquire::Retries=1 | tee "$lists" || ! grep -q '^E: Could not get lock' "$lists" || exit 1
if grep -q '^Err:' "$lists" && ! grep -qE '^(Get|Hit):' "$lists"; then rm -f "$lists"; exit 1; fi
rm -f "$lists"
apt install --no-install-recommends "$@"
