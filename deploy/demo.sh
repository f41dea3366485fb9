#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The demo: a Prosody with something to tell, the worker, and an nginx with a page that shows it live, on loopback only.
#
# Everything that runs here is a child of this script, under configurations of its own in deploy/demo/state; the
# machine's Prosody and nginx are neither used nor touched. Files in deploy/demo/ that end in .in are filled in below.
set -euo pipefail

usage() {
  cat <<'END'
usage: deploy/demo.sh [--check] [--port N] [--no-install]

Builds the worker, starts Prosody, the worker and nginx on loopback, and prints the address of a page that shows
pubsub items as they are published. Ctrl-C stops all of it.

  --check       read an item of each node over HTTPS, print it, stop, and exit 0 or 1
  --port N      the port that nginx listens on (default 8443)
  --no-install  install no packages; what is missing is an error
  --help        this text
END
}

project=$(dirname "$(dirname "$(readlink -f "$0")")")
# shellcheck source=deploy/progress.sh
. "$project/deploy/progress.sh"

check='' install=yes port=8443
while [ $# -gt 0 ]; do
  case $1 in
    --check) check=yes ;;
    --no-install) install='' ;;
    --port) [ $# -gt 1 ] || die "--port needs a number"; port=$2; shift ;;
    --port=*) port=${1#*=} ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option: $1" ;;
  esac
  shift
done
if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || [ "$port" -gt 65535 ]; then
  die "--port: expected a number from 1 to 65535, not \"$port\""
fi

demo=$project/deploy/demo state=$project/deploy/demo/state
[[ $project != *[\"\\]* ]] || die "cannot run in a folder with quotes or backslashes in its name: $project"
worker=$project/build/release/xmpp-eventsource
site=https://127.0.0.1:$port
nodes=(harbour/tide harbour/berths harbour/news)
patience=(10 10 20) # seconds for an item of each: one a second, one in three, one in ten (and the feed is pulled every five)
sockets=''
PATH=$PATH:/usr/sbin:/sbin # where Debian keeps nginx, also for users who are not root

# shellcheck source=deploy/demo/processes.sh
. "$demo/processes.sh"

# --- the steps ------------------------------------------------------------------------------------------------------

say_what_comes() {
  say "the demo: ${install:+installs missing packages (deploy/packages.txt: build run demo), }builds the worker, runs it"
  echo "    writes to $project/build and $state; listens only on loopback, on port $port and two free ones"
  [ -z "$install" ] || echo "    installs Debian packages for the whole machine; the machine's own Prosody and nginx stay as they are"
}

need_commands() {
  local command missing=()
  for command in cmake ninja g++ prosody nginx openssl curl /usr/bin/python3 setsid flock; do
    command -v "$command" >/dev/null || missing+=("$command")
  done
  [ ${#missing[@]} -eq 0 ] || die "missing: ${missing[*]} (without --no-install, the demo installs them)"
}

build_worker() {
  say "building the worker (build/release); the first time this takes some minutes"
  cd "$project"
  export NINJA_STATUS='[%f/%t] '
  # The demo needs no tests; where somebody has set up this folder with them, they stay.
  local options=()
  [ -e build/release/build.ninja ] || options=(-DXES_TESTS=OFF)
  finish configure "looking for libraries" notes cmake --preset release "${options[@]}" ||
    die "cmake cannot configure the build; its output is in $state/logs/configure.out"
  finish build building ninja cmake --build --preset release --target xmpp-eventsource ||
    die "the build failed; its output is in $state/logs/build.out"
}

port_is_free() { /usr/bin/python3 -c 'import socket,sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1])))' "$1" 2>/dev/null; }
free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }

# fill FILE: deploy/demo/FILE.in with its @WORDS@ replaced. By bash alone, so that no process list shows the secret.
fill() {
  local text word
  text=$(<"$demo/$1.in")
  for word in STATE DEMO SOCKETS SECRET PORT COMPONENT_PORT FEED_PORT AS_ROOT USER TLS_HTTP2; do
    text=${text//"@$word@"/"${words[$word]}"}
  done
  printf '%s\n' "$text" >"$state/$1"
}

prepare_state() {
  umask 077
  mkdir -p "$state"/{logs,prosody,certs,nginx-tmp}
  chmod 700 "$state"
  exec 9>"$state/lock"
  flock -n 9 || die "another demo is running in this folder ($state/lock is locked)"
  stop_leftovers
  rm -f "$state"/logs/* "$state/feed.port" "$state/fastcgi.sock" "$state"/stream.*
}

make_secrets() {
  openssl rand -hex 24 >"$state/secret"
  # Kept from run to run, so that a browser's exception for it stays good.
  if openssl x509 -in "$state/tls.crt" -noout -checkend 86400 >/dev/null 2>&1; then return; fi
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$state/tls.key" -out "$state/tls.crt" 2>/dev/null
}

# A Unix socket's path has at most 107 bytes, and nginx wants it without spaces.
choose_sockets_folder() {
  sockets=$state
  local longest=$state/fastcgi.sock
  if [ "$(printf %s "$longest" | wc -c)" -gt 107 ] || [[ $longest == *[^A-Za-z0-9._/+-]* ]]; then
    sockets=$(mktemp -d /tmp/xmpp-eventsource-demo.XXXXXX)
  fi
}

write_configuration() {
  local as_root=false user='' tls_http2='ssl; http2 on'
  if [ "$(id -u)" = 0 ]; then as_root=true user='user root;  # otherwise its workers could not open the socket'; fi
  # nginx before 1.25.1 (Debian 12) knows no `http2 on`, and later ones warn of `listen … http2`.
  if printf '%s\n' "$(nginx -v 2>&1 | sed 's|.*/||')" 1.25.0 | sort -VC; then tls_http2='ssl http2'; fi
  declare -A words=([STATE]=$state [DEMO]=$demo [SOCKETS]=$sockets [SECRET]=$(<"$state/secret") [PORT]=$port
    [COMPONENT_PORT]=$component_port [FEED_PORT]=$feed_port [AS_ROOT]=$as_root [USER]=$user [TLS_HTTP2]=$tls_http2)
  fill prosody.cfg.lua
  fill worker.toml
  fill nginx.conf
  sed "s|unix:/run/xmpp-eventsource/|unix:$sockets/|" "$project/nginx/upstream.conf" >"$state/upstream.conf"
  ln -sfn "$project/nginx" "$state/xmpp-eventsource"
  ln -sfn "$demo/www" "$state/www"
}

start_all() {
  say "starting a local Atom feed that adds an entry every ten seconds"
  start feed /usr/bin/python3 "$demo/feed.py" "$site" "$state/feed.port"
  until_true 10 "the feed's port" test -s "$state/feed.port"
  feed_port=$(<"$state/feed.port") component_port=$(free_port)
  choose_sockets_folder
  write_configuration

  say "starting Prosody: pubsub.localhost publishes, eventsource.localhost is the worker's component"
  start prosody prosody --config "$state/prosody.cfg.lua" -F
  until_true 10 "Prosody's component port" listens "$component_port"

  say "starting the worker: build/release/xmpp-eventsource --config $state/worker.toml"
  "$worker" --check --config "$state/worker.toml" >>"$state/logs/worker.out" 2>&1 ||
    { cat "$state/logs/worker.out" >&2; die "the worker does not accept the demo's configuration"; }
  start worker "$worker" --config "$state/worker.toml"
  until_true 10 "the worker's socket" test -S "$sockets/fastcgi.sock"

  say "starting nginx on $site (TLS with a certificate of its own, HTTP/2)"
  start nginx nginx -e "$state/logs/nginx-error.log" -p "$state" -c "$state/nginx.conf"
  until_true 10 "nginx" curl -sf --max-time 2 --cacert "$state/tls.crt" -o "$state/logs/page.html" "$site/"
}

# --- what --check looks at ------------------------------------------------------------------------------------------

# first_item NODE SECONDS: the first event of that node that is an item (it has data and no name), on standard output.
first_item() {
  local line data='' named='' other='' stream=$state/stream.$$
  mkfifo "$stream"
  curl --http2 -sN --max-time "$2" --cacert "$state/tls.crt" -H 'Accept: text/event-stream' \
    -w '\nstatus: %{http_code}, HTTP/%{http_version}\n' "$site/eventsource/$1" >"$stream" 2>/dev/null 9>&- &
  local curl=$! found=1
  while IFS= read -r line; do
    case $line in
      status:*) data="$line $other"; break ;;
      event:*) named=yes ;;
      data:*) data+=${line#data:} ;;
      '') if [ -n "$data" ] && [ -z "$named" ]; then found=0; break; fi; data='' named='' ;;
      *) other+=$line ;;
    esac
  done <"$stream"
  kill "$curl" 2>/dev/null || true
  wait "$curl" 2>/dev/null || true
  rm -f "$stream"
  printf '%s' "${data# }" | tr -s '[:space:]' ' '
  return $found
}

check_all() {
  local i node item version bad=0
  version=$(curl --http2 -so /dev/null --max-time 5 --cacert "$state/tls.crt" -w '%{http_version}' "$site/")
  say "requesting over HTTPS with curl --http2: the page arrived over HTTP/$version"
  [ "$version" = 2 ] || bad=1
  for i in "${!nodes[@]}"; do
    node=${nodes[i]}
    if item=$(first_item "$node" "${patience[i]}"); then
      say "$site/eventsource/$node sent: ${item:0:300}"
    else
      say "$site/eventsource/$node sent no item: ${item:0:300}"
      bad=1
    fi
  done
  if [ $bad -ne 0 ]; then
    tail -qn 20 "$state"/logs/{worker,prosody,nginx-error}.* >&2 || true
    die "the check failed; logs are in $state/logs"
  fi
  say "the check passed: items published on Prosody arrived over HTTPS"
}

say_what_comes
if [ -n "$install" ]; then "$project/deploy/install.sh" build run demo; fi
need_commands
prepare_state
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
port_is_free "$port" || die "port $port is in use or not permitted; choose another one with --port N"
build_worker
make_secrets
start_all
if [ -n "$check" ]; then check_all; exit 0; fi

say "the page is at $site/"
echo "    Its certificate is self-signed: the browser asks once whether to continue."
echo "    The same in a shell: curl -N --cacert ${state#"$PWD"/}/tls.crt $site/eventsource/${nodes[0]}"
echo "    Logs: $state/logs   Ctrl-C stops everything."
while :; do
  all_alive
  sleep 1 9>&- &
  wait $! || true # a sleep in the foreground would hold back Ctrl-C's trap
done
