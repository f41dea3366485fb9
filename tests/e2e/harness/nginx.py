# SPDX-License-Identifier: MIT
"""A real nginx: TLS, HTTP/2, and the shipped snippets of nginx/ included as an operator would.

Only what an operator has to fill in is substituted: the sockets' paths in upstream.conf, the example row of hosts.conf.
Everything else is read from nginx/ itself.
"""
import os
import re
import subprocess
from pathlib import Path

from .process import Process, free_port, program
from .worker import HOST, HOST2, ROOT

_CONFIG = """
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile 16384;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 8192; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/tmp;
  proxy_temp_path {folder}/tmp;
  fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp;
  scgi_temp_path {folder}/tmp;
  {compress}
  ssl_certificate {folder}/cert.pem;
  ssl_certificate_key {folder}/key.pem;
  include {folder}/conf/upstream.conf;
  include {folder}/conf/hosts.conf;
  include xmpp-eventsource/cors.conf;
  {http}
  #http2 on;
  server {{
    listen 127.0.0.1:{fastcgi} ssl backlog=4096;
    server_name {names};
    include xmpp-eventsource/location-fastcgi.conf;
    include xmpp-eventsource/never-dies.conf;
{extra}
  }}
  server {{
    listen 127.0.0.1:{scgi} ssl backlog=4096;
    server_name {names};
    include xmpp-eventsource/location-scgi.conf;
    include xmpp-eventsource/never-dies.conf;
{extra}
  }}
}}
"""


def self_signed(folder: Path) -> None:
    """cert.pem and key.pem; an elliptic curve, because thousands of handshakes are made with it."""
    names = ",".join(f"DNS:{name}" for name in ("localhost", HOST, HOST2)) + ",IP:127.0.0.1"
    subprocess.run([program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True, timeout=20)


def substitute(text: str, old: str, new: str) -> str:
    """Fails where the shipped file has no longer what the tests replace."""
    assert old in text, f"{old!r} is not there any more in:\n{text}"
    return text.replace(old, new)


def version() -> tuple:
    told = subprocess.run([program("nginx"), "-v"], capture_output=True, text=True, timeout=10).stderr
    return tuple(int(number) for number in re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", told).groups())


def with_http2(text: str) -> str:
    """What example.conf tells operators to change for HTTP/2, in a configuration written like it."""
    if version() >= (1, 25, 1):
        return substitute(text, "#http2 on;", "http2 on;")
    return substitute(text, " ssl backlog=", " ssl http2 backlog=")


class Nginx:
    def __init__(self, folder: Path, fastcgi: str, scgi: str, hosts: str = f"{HOST} pubsub.localhost;", extra: str = "",
                 compress: str = "gzip on;\n  gzip_types *;", access=(), edits=None, http: str = "", by_host: bool = True):
        """`hosts` are the rows of hosts.conf's map, `extra` goes into both servers, `http` before them. `access`: the lines of
        access.conf that are taken in, by their file; `edits`: {file: [(old, new)]} of what an operator fills in in others.
        `by_host`: the servers' names are told apart, as hosts.conf shows it for a server with several."""
        self.folder = Path(folder)
        self.ports = {"fastcgi": free_port(), "scgi": free_port()}
        self.process = None
        conf = self.folder / "conf"
        conf.mkdir()
        (self.folder / "tmp").mkdir()
        edits = {"access.conf": [(f"#include xmpp-eventsource/{file};", f"include xmpp-eventsource/{file};") for file in access],
                 **(edits or {})}
        (conf / "xmpp-eventsource").mkdir()
        for path in (ROOT / "nginx").glob("*.conf"):
            changes = edits.pop(path.name, [])
            if not changes:
                (conf / "xmpp-eventsource" / path.name).symlink_to(path)
                continue
            text = path.read_text()
            for old, new in changes:
                text = substitute(text, old, new)
            (conf / "xmpp-eventsource" / path.name).write_text(text)
        assert not edits, f"no such files: {edits}"
        upstream = (ROOT / "nginx" / "upstream.conf").read_text()
        upstream = substitute(upstream, "unix:/run/xmpp-eventsource/fastcgi.sock", f"unix:{fastcgi}")
        upstream = substitute(upstream, "unix:/run/xmpp-eventsource/scgi.sock", f"unix:{scgi}")
        (conf / "upstream.conf").write_text(upstream)
        shipped = (ROOT / "nginx" / "hosts.conf").read_text()
        row = re.search(r"(?m)^ *push\.example\.org +pubsub\.example\.org;$", shipped)
        shipped = substitute(shipped, row.group(), hosts)
        if by_host:
            shipped = substitute(shipped, "#push.example.org           $host;", f"{HOST} $host;")
        (conf / "hosts.conf").write_text(shipped)
        # Root's worker process would become `nobody` and could not open the 0660 socket.
        user = "user root;" if os.geteuid() == 0 else ""
        self.config = conf / "nginx.conf"
        self.config.write_text(with_http2(_CONFIG.format(
            folder=self.folder, user=user, names=f"{HOST} {HOST2} localhost", **self.ports, extra=extra, compress=compress,
            http=http)))
        self_signed(self.folder)

    def arguments(self) -> list:
        return [program("nginx"), "-p", self.folder, "-e", self.folder / "error.log", "-c", self.config]

    def start(self) -> "Nginx":
        self.process = Process(self.arguments(), self.folder / "output")
        for port in self.ports.values():
            self.process.wait_listening(("127.0.0.1", port))
        return self

    def stop(self) -> None:
        if self.process:
            self.process.end()
            self.process = None

    def url(self, framing: str) -> str:
        return f"https://127.0.0.1:{self.ports[framing]}"

    def log_text(self) -> str:
        """What nginx found worth a word, without the news of its own processes."""
        text = (self.folder / "error.log").read_text(errors="replace")
        return re.sub(r"(?m)^.*\[(?:notice|debug)\].*\n", "", text)
