# SPDX-License-Identifier: MIT
"""What is measured: the worker, the floor and nchan, each with its source of events, with and without nginx before it.

All sources take `blast NODE FIRST COUNT BYTES RATE`. The nginx before the worker and the floor is made of the shipped
snippets; only what an operator fills in is replaced (the socket's path, the host's row).
"""
import os
import re
import shutil
import time
from pathlib import Path

from programs import Program, children, end, free_port, spawn, wait_for_port, wait_for_socket

ROOT = Path(__file__).resolve().parents[2]
NODE = "bench"
NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")


def nchan_is_missing() -> str:
    """Why nchan cannot take part, or nothing."""
    if not NCHAN_MODULE.exists():
        return "not installed (libnginx-mod-nchan)"
    # Its locations keep nginx's own temporary folders, whatever the configuration says.
    if not os.access("/var/lib/nginx", os.W_OK):
        return "it needs root, for /var/lib/nginx"
    return ""


def prosody_module() -> Path | None:
    """The folder that holds mod_pubsub_eventsource: Debian's prosody-modules leaves it out, `prosodyctl install` brings it."""
    folders = [*os.environ.get("PROSODY_MODULES", "").split(":"), "/usr/lib/prosody/modules",
               "/usr/local/lib/prosody/modules", "/var/lib/prosody/custom_plugins/share/lua/5.4"]
    # os.path: a folder that we may not look into (Prosody's own, without being root) is none.
    return next((Path(folder) for folder in folders
                 if folder and os.path.exists(os.path.join(folder, "mod_pubsub_eventsource"))), None)


# What stands outside the snippets: as nginx/example.conf says, without TLS, which costs everybody the same.
_NGINX = """
daemon off;
{user}
{modules}
worker_processes 2;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/error.log error;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  client_body_temp_path {folder}/tmp;
  proxy_temp_path {folder}/tmp;
  fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp;
  scgi_temp_path {folder}/tmp;
{http}
  server {{
    # reuseport: each nginx worker gets its half of the streams, at every contestant.
    listen 127.0.0.1:{port} backlog=4096 reuseport;
    server_name push.example.org;
{server}
  }}
}}
"""


class Nginx:
    def __init__(self, folder: Path, http: str, server: str, modules: str = "", connections: int = 19_900):
        self.folder = folder
        self.port = free_port()
        (folder / "tmp").mkdir(parents=True)
        conf = folder / "conf"
        conf.mkdir()
        (conf / "xmpp-eventsource").symlink_to(ROOT / "nginx")
        user = "user root;" if os.geteuid() == 0 else ""
        (conf / "nginx.conf").write_text(_NGINX.format(folder=folder, port=self.port, http=http, server=server,
                                                       modules=modules, user=user, connections=connections))
        self.start()

    def start(self) -> None:
        with open(self.folder / "stderr.log", "ab") as log:
            self.process = spawn([shutil.which("nginx"), "-p", self.folder, "-c", self.folder / "conf/nginx.conf"], stderr=log)
        for _ in range(500):
            if self.process.poll() is not None:
                raise RuntimeError(f"nginx ended; see {self.folder}/stderr.log and error.log")
            if len(children(self.process.pid)) >= 2:
                return
            time.sleep(0.01)
        raise RuntimeError("nginx has no workers")

    def restart(self) -> None:
        end(self.process)
        self.start()

    def pids(self) -> list:
        return children(self.process.pid)

    def stop(self) -> None:
        end(self.process)


def example_server_directives() -> str:
    """What nginx/example.conf says for a whole server and what matters here: memory and sends."""
    example = (ROOT / "nginx/example.conf").read_text()
    return "".join(f"    {line.strip()}\n" for line in example.splitlines()
                   if re.match(r"\s+(request_pool_size|http2_pool_size|connection_pool_size|client_header_buffer_size|postpone_output|"
                               r"reset_timedout_connection|tcp_nodelay|send_lowat)\b", line))


def snippet_nginx(folder: Path, kind: str, backend: Path, **more) -> Nginx:
    """As in nginx/example.conf, with the backend's socket."""
    upstream = (ROOT / "nginx/upstream.conf").read_text()
    for name in ("fastcgi", "scgi"):
        old = f"unix:/run/xmpp-eventsource/{name}.sock"
        if old not in upstream:
            raise RuntimeError(f"nginx/upstream.conf has no longer {old}")
        upstream = upstream.replace(old, f"unix:{backend}")
    hosts = (ROOT / "nginx/hosts.conf").read_text()
    hosts, count = re.subn(r"^\s+push\.example\.org\s+pubsub\.example\.org;$", "    push.example.org pubsub.bench;", hosts,
                           flags=re.M)
    if count != 1:
        raise RuntimeError("nginx/hosts.conf has no longer its example row")
    folder.mkdir(parents=True)
    (folder / "upstream.conf").write_text(upstream)
    (folder / "hosts.conf").write_text(hosts)
    http = (f"  include {folder}/upstream.conf;\n  include {folder}/hosts.conf;\n  include xmpp-eventsource/cors.conf;")
    metrics = re.search(r"(?s)    location = /eventsource-metrics \{.*?\n    \}\n", (ROOT / "nginx/metrics.conf").read_text()).group()
    server = (f"{example_server_directives()}    include xmpp-eventsource/location-{kind}.conf;\n"
              "    include xmpp-eventsource/never-dies.conf;\n" + metrics)
    return Nginx(folder / "nginx", http, server, **more)


class Contestant:
    """`direct`: the load generator speaks FastCGI or SCGI to it; else there is an nginx before it."""
    nginx = None
    name = ""

    def source(self) -> Program:
        """Who is told to blast."""
        raise NotImplementedError

    def own_pids(self) -> list:
        return []

    def cpu_pids(self) -> list:
        return self.own_pids() + (self.nginx.pids() if self.nginx else [])

    def load_arguments(self, node: str = NODE) -> list:
        if self.nginx:
            return ["http", f"127.0.0.1:{self.nginx.port}", f"/eventsource/{node}"]
        return [self.kind, f"unix:{self.socket}", f"/eventsource/{node}"]

    def beat(self) -> None:
        """Keeps the web server from giving up a stream on which nothing happens."""


class Floor(Contestant):
    def __init__(self, build: Path, folder: Path, kind: str = "fastcgi", direct: bool = False):
        folder.mkdir(parents=True)
        self.kind, self.socket = kind, folder / f"{kind}.sock"
        self.name = f"floor, {kind}" if direct else "floor, nginx"
        self.program = Program(build / "bench_floor", kind, self.socket, log=folder / "floor.log")
        self.nginx = None if direct else snippet_nginx(folder / "front", kind, self.socket)

    def source(self):
        return self.program

    def own_pids(self):
        return [self.program.process.pid]

    def beat(self):
        self.program.tell("beat")

    def stop(self):
        if self.nginx:
            self.nginx.stop()
        self.program.stop()


class Worker(Contestant):
    """max_lag is large, so that a reader that gets no core for a moment is late and not cut: readers share the machine.

    `threads` 1 where it is compared with the floor directly, which has one thread, too. `under`: a command that starts it."""

    def __init__(self, build: Path, worker: Path, folder: Path, kind: str = "fastcgi", direct: bool = False,
                 threads: int = 0, heartbeat: str = "30s", max_lag: str = "64MiB", under: tuple = (), **nginx):
        folder.mkdir(parents=True)
        self.kind, self.socket = kind, folder / f"{kind}.sock"
        self.name = f"worker, {kind}" if direct else "worker, nginx"
        port = free_port()
        self.xmpp = Program(build / "bench_xmpp_server", port, log=folder / "xmpp.log")
        config = folder / "worker.toml"
        config.write_text(f"""
[xmpp]
server = "127.0.0.1:{port}"
jid = "eventsource.bench"
secret = "bench"
[listen]
{kind} = ["unix:{self.socket}"]
threads = {threads}
[[service]]
jid = "pubsub.bench"
[stream]
heartbeat = "{heartbeat}"
max_lag = "{max_lag}"
[limits]
streams_per_address = 0
waiting_per_address = "0B"
subscribes_per_second = 0
subscribes_per_address = 0
[log]
level = "warning"
""")
        config.chmod(0o400)
        with open(folder / "worker.log", "ab") as log:
            self.process = spawn([*under, worker, "--config", config], stderr=log)
        self.log = folder / "worker.log"
        self.xmpp.line(10)  # ready
        wait_for_socket(self.socket, self.process)
        self.nginx = None if direct else snippet_nginx(folder / "front", kind, self.socket, **nginx)

    def source(self):
        return self.xmpp

    def own_pids(self):
        return [self.process.pid]

    def stop(self):
        if self.nginx:
            self.nginx.stop()
        end(self.process)
        self.xmpp.stop()


class Nchan(Contestant):
    name = "nchan"

    def __init__(self, build: Path, folder: Path):
        # keepalive_…: the publisher's one connection must live as long as the test.
        server = f"""
    keepalive_requests 1000000000;
    keepalive_time 1d;
    location /publish {{ nchan_publisher; nchan_channel_id {NODE}; nchan_message_timeout 10m; nchan_message_buffer_length 256; }}
    location /eventsource/ {{
      nchan_subscriber eventsource;
      nchan_channel_id {NODE};
      nchan_subscriber_first_message newest;
      nchan_eventsource_ping_interval 0;
    }}
{example_server_directives()}"""
        self.nginx = Nginx(folder, "  nchan_shared_memory_size 256m;", server, f"load_module {NCHAN_MODULE};")
        time.sleep(0.2)
        self.publisher = Program(build / "bench_http_publisher", f"127.0.0.1:{self.nginx.port}", "/publish",
                                 log=folder / "publisher.log")

    def source(self):
        return self.publisher

    def stop(self):
        self.publisher.stop()
        self.nginx.stop()


class Prosody(Contestant):
    """Prosody's own module, asked directly: streams, nodes and HTTP in one Lua process."""
    name = "prosody"

    def __init__(self, build: Path, folder: Path, modules: Path):
        folder.mkdir(parents=True)
        component_port, self.port = free_port(), free_port()
        config = folder / "prosody.cfg.lua"
        config.write_text(f"""
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}"
plugin_paths = {{ "{modules}" }}
log = {{ warn = "{folder}/prosody.log" }}
interfaces = {{ "127.0.0.1" }}
component_ports = {{ {component_port} }}
http_ports = {{ {self.port} }}
http_interfaces = {{ "127.0.0.1" }}
https_ports = {{ }}
modules_disabled = {{ "c2s", "s2s", "tls" }}
network_backend = "epoll"
network_settings = {{ tcp_backlog = 4096 }}
storage = "memory"
VirtualHost "localhost"
Component "pubsub.bench" "pubsub"
  modules_enabled = {{ "pubsub_eventsource" }}
  http_host = "push.example.org"
  autocreate_on_publish = true
  admins = {{ "publisher.bench" }}
Component "publisher.bench"
  component_secret = "bench"
""")
        with open(folder / "output.log", "ab") as log:
            self.process = spawn(["prosody", "-F", "--config", config], stdout=log, stderr=log)
        for port in (component_port, self.port):
            wait_for_port(port, self.process)
        self.publisher = Program("/usr/bin/python3", "-B", Path(__file__).parent / "prosody_publisher.py", component_port,
                                 log=folder / "publisher.log")

    def source(self):
        return self.publisher

    def own_pids(self):
        return [self.process.pid]

    def load_arguments(self, node: str = NODE) -> list:
        return ["http", f"127.0.0.1:{self.port}", f"/eventsource/{node}"]

    def stop(self):
        self.publisher.stop()
        end(self.process)
