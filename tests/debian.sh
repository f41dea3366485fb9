#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A bare Debian in a folder, a clone of this checkout in it, and a command that runs there as a newcomer's would.
set -euo pipefail
project=$(dirname "$(dirname "$(readlink -f "$0")")")
# shellcheck source=deploy/progress.sh
. "$project/deploy/progress.sh"
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/xmpp-eventsource

usage() {
  cat <<END
usage: tests/debian.sh [--root] [--keep] SUITE 'COMMAND'

Makes a folder with a minimal Debian of SUITE (bookworm or trixie), git and sudo, clones this checkout's last commit into it, and
runs COMMAND in the clone, in a chroot, as a user who may use sudo. Processes and mounts end with COMMAND; the network
is this machine's. Debian's mirror, apt's settings, npm's settings and certificates are taken from this machine.

  --root  run COMMAND as root
  --keep  leave the folder (below \${TMPDIR:-/tmp}) and say its name
  --help  this text

The minimal Debian, and what ccache keeps where this machine has ccache, stay for the next run in
$cache: remove them when you like.
Exit status: COMMAND's; 77 where no such Debian can be made (no root, no debootstrap, no mirror).
END
}

cannot() { printf 'debian.sh: cannot make a Debian %s here: %s\n' "$suite" "$*" >&2; exit 77; }

user=tester keep=''
while [[ ${1:-} == -* ]]; do
  case $1 in
    --root) user=root ;;
    --keep) keep=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option: $1" ;;
  esac
  shift
done
[ $# -eq 2 ] || { usage >&2; die "expected SUITE and 'COMMAND'"; }
suite=$1 command=$2
case $suite in bookworm | trixie) ;; *) die "SUITE is bookworm or trixie, not \"$suite\"" ;; esac

[ "$(id -u)" = 0 ] || cannot "chroot and mount need root"
unshare --mount --pid --fork true 2>/dev/null || cannot "this machine lets even root not mount (a container?)"
"$project/deploy/install.sh" debian || cannot "no debootstrap"

# --- the base: made once --------------------------------------------------------------------------------------------

# apt_source PATH: where this machine's apt gets Debian's archive of that path from.
apt_source() {
  grep -rhE --include='*.list' --include='*.sources' '^(deb|URIs:)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
    grep -oE "https?://[^] ]+/$1/?( |\$)" | head -n 1
}

make_base() {
  local new=$1 mirror security include=ca-certificates,git,sudo,procps
  mirror=$(apt_source debian) || true # without one, debootstrap knows its own
  security=$(apt_source debian-security) || true
  ! command -v ccache >/dev/null || include+=,ccache
  progress "Debian $suite" notes "$new.log" unshare --mount \
    debootstrap --variant=minbase --include="$include" "$suite" "$new" ${mirror:+$mirror} ||
    cannot "debootstrap failed (all it said: $new.log)"
  [ -z "$mirror" ] || echo "deb $mirror $suite-updates main" >>"$new/etc/apt/sources.list"
  [ -z "$security" ] || echo "deb $security $suite-security main" >>"$new/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(ftp|http|https|Check|Retries|By-Hash|ForceIPv)' >"$new/etc/apt/apt.conf.d/99machine" || true
  cp /usr/local/share/ca-certificates/*.crt "$new/usr/local/share/ca-certificates/" 2>/dev/null &&
    chroot "$new" update-ca-certificates >>"$new.log" 2>&1
  echo force-unsafe-io >"$new/etc/dpkg/dpkg.cfg.d/throwaway" # much faster; nobody keeps such a Debian
  chroot "$new" useradd --create-home --shell /bin/bash tester
  echo 'tester ALL=(ALL) NOPASSWD: ALL' >"$new/etc/sudoers.d/tester"
}

mkdir -p "$cache"
exec 9>"$cache/$suite.lock"
flock -n 9 || progress "waiting for another run, which makes the base" none "$cache/wait.log" flock -w 1800 9 ||
  cannot "another run has held $cache/$suite.lock for half an hour"
base=$cache/$suite
if [ ! -d "$base" ]; then
  say "making a minimal Debian in $base; once"
  rm -rf --one-file-system "$base.new"
  make_base "$base.new"
  mv "$base.new" "$base"
  rm -f "$base.new.log"
fi
exec 9>&-

# --- a copy of it, with the clone -----------------------------------------------------------------------------------

dir=$(mktemp -d "${TMPDIR:-/tmp}/xmpp-eventsource-$suite.XXXXXX")
inside=''
# shellcheck disable=SC2317 # called by trap
clean_up() {
  [ -z "$inside" ] || kill -KILL "$inside" 2>/dev/null || true # its PID namespace ends with it, and the mounts with that
  wait
  if [ -n "$keep" ]; then say "kept: $dir"; return; fi
  # What was killed may still have written: hence twice.
  # shellcheck disable=SC2016 # the inner shell expands it
  progress "removing it" none "$dir.log" bash -c 'rm -rf --one-file-system "$1" || { sleep 1; rm -rf --one-file-system "$1"; }' \
    debian "$dir" || true
  rm -f "$dir.log"
}
trap clean_up EXIT
trap 'exit 143' TERM HUP
trap 'exit 130' INT

home=/home/tester
[ "$user" != root ] || home=/root
say "a bare Debian $suite in $dir: $command"
progress "copying it" none "$dir.log" cp -a --reflink=auto "$base/." "$dir"
rm -f "$dir.log"
cp /etc/resolv.conf /etc/hosts "$dir/etc/"
git clone -q --no-hardlinks "$project" "$dir$home/xmpp-eventsource"
[ ! -f ~/.npmrc ] || cp ~/.npmrc "$dir$home/"
compiled=$cache/$suite.ccache
mkdir -p "$compiled" "$dir$home/.cache/ccache"
chroot "$dir" chown -R "$user:" "$home"

# The network's settings go along.
mapfile -t settings < <(env | grep -E '^(CI|(https?|no)_proxy|(HTTPS?|NO)_PROXY|npm_config_registry)=')
(
  trap - INT QUIT
  # shellcheck disable=SC2016 # the inner shells expand these
  exec unshare --mount --pid --fork --kill-child bash -euc '
    dir=$1 user=$2 home=$3 compiled=$4 command=$5
    shift 5
    mount -t proc proc "$dir/proc"
    mount -t sysfs sysfs "$dir/sys" || true # some containers forbid it; nothing here needs it
    mount --rbind /dev "$dir/dev"
    mount -t tmpfs tmpfs "$dir/run"
    mkdir -m 1777 "$dir/run/lock"
    mount --bind "$compiled" "$dir$home/.cache/ccache"
    chroot "$dir" chown "$user:" "$home/.cache/ccache"
    groups=$(chroot "$dir" id -G "$user" | tr " " ,)
    env -i "$@" HOME="$home" USER="$user" /usr/sbin/chroot --userspec="$user:" --groups="$groups" "$dir" \
      bash -c "cd ~/xmpp-eventsource && eval \"\$1\"" debian "$command"
  ' debian "$dir" "$user" "$home" "$compiled" "$command" \
    PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}" CCACHE_MAXSIZE=1G \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm_config_cafile=/etc/ssl/certs/ca-certificates.crt \
    "${settings[@]}"
) <&0 &
inside=$!
trap : INT # Ctrl-C is COMMAND's, which may have something to put in order
status=0
while kill -0 "$inside" 2>/dev/null; do
  wait "$inside" && status=0 || status=$?
done
inside=''
exit "$status"
