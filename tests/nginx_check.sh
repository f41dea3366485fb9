#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs `nginx -t` over every snippet of nginx/, each in the context that the table of nginx/README.md gives for it.
# Needs nginx and openssl, no root: works in a temporary folder, on ports above 1024 and sockets that nobody serves.
set -euo pipefail

snippets=$(cd "$(dirname "$0")/../nginx" && pwd)
PATH=$PATH:/usr/sbin:/sbin # where Debian keeps nginx
for command in nginx openssl; do
  command -v "$command" >/dev/null || { echo "nginx_check: $command is not installed" >&2; exit 1; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/nginx_check.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/temp" "$work/xmpp-eventsource"
cp "$snippets"/*.conf "$work/xmpp-eventsource/"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=push.example.org \
  -keyout "$work/site.key" -out "$work/site.pem" 2>/dev/null

# The example holds what only root has: ports below 1024 and the certificate. Nothing else is changed.
sed -i -E -e 's/(listen (\[::\]:)?)80( default_server)?;/\118080\3;/' -e 's/(listen (\[::\]:)?)443 /\118443 /' \
  -e "s|/etc/ssl/certs/push.example.org.pem|$work/site.pem|" \
  -e "s|/etc/ssl/private/push.example.org.key|$work/site.key|" "$work/xmpp-eventsource/example.conf"

# The same site with HTTP/2, as the example says for this nginx.
with_http2=$work/xmpp-eventsource/example-with-http2.conf
if printf '%s\n' "$(nginx -v 2>&1 | sed 's|.*/||')" 1.25.0 | sort -VC; then
  sed 's/ ssl backlog=/ ssl http2 backlog=/' "$work/xmpp-eventsource/example.conf" >"$with_http2"
else
  sed 's/#http2 on;/http2 on;/' "$work/xmpp-eventsource/example.conf" >"$with_http2"
fi
if cmp -s "$with_http2" "$work/xmpp-eventsource/example.conf"; then echo "nginx_check: example.conf has no HTTP/2" >&2; exit 1; fi

include() { printf 'include xmpp-eventsource/%s;\n' "$@"; }

# Prints what goes into the http block to test one snippet: it, and what its head says that it needs.
http_block() { # FILE CONTEXT
  local http=(upstream.conf hosts.conf cors.conf token-cookie.conf limit-zone.conf) server=()
  case $1 in location-*) server=(never-dies.conf) ;; metrics.conf) include upstream.conf ;; esac
  case $2 in
    http) include "$1" ;;
    server) include "${http[@]}"; echo "server { listen 127.0.0.1:18080;"; include "${server[@]}" "$1"; echo "}" ;;
    location) include "${http[@]}"; echo "server { listen 127.0.0.1:18080; location / {"; include "$1"; echo "} }" ;;
    *) return 1 ;;
  esac
}

failed=0 checked=0
for path in "$work"/xmpp-eventsource/*.conf; do
  file=$(basename "$path")
  context=$(sed -n "s/^| \`${file/-with-http2/}\` | \([a-z]*\) |.*/\1/p" "$snippets/README.md")
  {
    echo "pid $work/nginx.pid; error_log stderr; worker_processes 1; events { }"
    echo "http { access_log off;"
    for kind in client_body proxy fastcgi scgi uwsgi; do echo "${kind}_temp_path $work/temp/$kind;"; done
    http_block "$file" "$context" || echo "nginx_check_found_no_context_in_README;"
    echo "}"
  } >"$work/nginx.conf"
  # A warning is a failure too: an operator would see it at each reload.
  if output=$(nginx -t -e stderr -p "$work" -c "$work/nginx.conf" 2>&1) &&
    ! grep -v 'the "user" directive' <<<"$output" | grep -qE '\[(warn|error|crit|alert|emerg)\]'; then
    echo "ok      $file (${context})"
  else
    echo "FAILED  $file (${context:-no row in nginx/README.md})"
    printf '%s\n' "${output//"$work/"/}" | sed 's/^/        /'
    failed=$((failed + 1))
  fi
  checked=$((checked + 1))
done

# A row without a file promises what is not there.
# shellcheck disable=SC2016 # Markdown's quotes
while read -r file; do
  [ -f "$snippets/$file" ] || { echo "FAILED  $file is in nginx/README.md only"; failed=$((failed + 1)); }
done < <(sed -n 's/^| `\([a-z-]*\.conf\)` |.*/\1/p' "$snippets/README.md")

echo "$checked snippets, $failed failed"
[ "$checked" -gt 0 ] && [ "$failed" -eq 0 ]
