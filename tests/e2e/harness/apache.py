# SPDX-License-Identifier: MIT
"""A real Apache 2.4 that serves one of the example sites of deploy/apache/, with the modules that the site's head names.

Only ports, certificate, folders and the socket's path are substituted.
"""
import os
import re
from pathlib import Path

from .nginx import self_signed, substitute
from .process import Process, free_port, program
from .worker import ROOT

# What Debian enables by itself, as far as it could meddle with a stream; then what the site's head asks for.
_MODULES = ("mpm_event", "authz_core", "authz_host", "alias", "dir", "env", "mime", "setenvif", "filter", "deflate", "reqtimeout",
            "socache_shmcb", "auth_basic", "authn_core", "authn_file", "authz_user")

_CONFIG = """
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
Mutex file:{folder}
ErrorLog {folder}/error.log
LogLevel warn
ServerName localhost
{user}
{modules}
TypesConfig /etc/mime.types
AddOutputFilterByType DEFLATE text/html text/plain text/event-stream
RequestReadTimeout header=20-40,minrate=500 body=10,minrate=500
Listen 127.0.0.1:{plain}
Listen 127.0.0.1:{tls}
Include {folder}/site.conf
"""


class Apache:
    """`framing` chooses the site. `group` is who must be able to open the worker's socket. `edits`: [(old, new)] of what an
    operator changes in the site besides names and paths."""

    group = "www-data" if os.geteuid() == 0 else None

    def __init__(self, folder: Path, framing: str, socket: str, edits=()):
        self.folder, self.framing = Path(folder), framing
        self.plain, self.tls = free_port(), free_port()
        self.process = None
        (self.folder / "www").mkdir()
        own = self.folder / "xmpp-eventsource"
        own.mkdir()
        source = ROOT / "deploy" / "apache"
        (own / "eventsource-retry.asis").write_bytes((source / "eventsource-retry.asis").read_bytes())
        site = (source / f"eventsource-{'fcgi' if framing == 'fastcgi' else 'scgi'}.conf").read_text()
        asked = re.search(r"a2enmod ([a-z0-9_ ]+)", site).group(1).split()
        for old, new in {f"unix:/run/xmpp-eventsource/{framing}.sock": f"unix:{socket}", "*:80>": f"127.0.0.1:{self.plain}>",
                         "*:443>": f"127.0.0.1:{self.tls}>", "/etc/ssl/certs/push.example.org.pem": f"{folder}/cert.pem",
                         "/etc/ssl/private/push.example.org.key": f"{folder}/key.pem", "/etc/apache2/xmpp-eventsource": str(own),
                         "/var/www/html": f"{folder}/www", **dict(edits)}.items():
            site = substitute(site, old, new)
        (self.folder / "site.conf").write_text(site)
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in (*_MODULES, *asked))
        self.config = self.folder / "apache.conf"
        self.config.write_text(_CONFIG.format(folder=folder, modules=modules, plain=self.plain, tls=self.tls,
                                              user="User www-data\nGroup www-data" if os.geteuid() == 0 else ""))
        self_signed(self.folder)

    def start(self) -> "Apache":
        self.process = Process([program("apache2"), "-f", self.config, "-DFOREGROUND"], self.folder / "output")
        self.process.wait_listening(("127.0.0.1", self.tls))
        return self

    def stop(self) -> None:
        if self.process:
            self.process.end()
            self.process = None

    def url(self, _framing: str = None) -> str:
        return f"https://127.0.0.1:{self.tls}"

    def log_text(self) -> str:
        return (self.folder / "error.log").read_text(errors="replace")
