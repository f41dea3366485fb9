# SPDX-License-Identifier: MIT
"""A real Prosody, whichever is installed, with two pubsub services, user accounts and places for components, all in one folder.

What a few scenarios need besides is off unless asked for: accounts with nodes of their own (PEP), rooms, privileges.
"""
import os
from pathlib import Path

from .process import Process, free_port, program
from .server import Server

SECRET = "correct horse battery staple"
USERS = ("publisher", "owner", "friend", "stranger", "flooder")
PEOPLE = ("alice", "bob")
PASSWORD = "sesame"
COMPONENTS = ("eventsource.localhost", *(f"eventsource{number}.localhost" for number in range(2, 10)))

_CONFIG = """
run_as_root = true  -- only means something to root: stay who the tests are
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
certificates = "{folder}"
log = {{ info = "{folder}/prosody.log" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {c2s_port} }}
c2s_direct_tls_ports = {{ }}
component_ports = {{ {component_port} }}
component_interfaces = {{ "127.0.0.1" }}
modules_enabled = {{ "saslauth", "disco", "ping", "roster"{modules} }}
modules_disabled = {{ "s2s", "http", "tls" }}
network_backend = "epoll"
authentication = "internal_plain"
storage = "{storage}"
sql = {{ driver = "SQLite3", database = "{folder}/prosody.sqlite" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
c2s_stanza_size_limit = 4 * 1024 * 1024
component_stanza_size_limit = 4 * 1024 * 1024

VirtualHost "localhost"
{privileges}
Component "pubsub.localhost" "pubsub"
  admins = {{ "publisher@localhost", "owner@localhost" }}
Component "pubsub2.localhost" "pubsub"
  admins = {{ "publisher@localhost", "owner@localhost" }}
"""

_ROOMS = """
Component "conference.localhost" "muc"
  modules_enabled = {{ {modules} }}
  muc_log_by_default = true
"""

_COMPONENT = """
Component "{jid}"
  component_secret = "{secret}"
"""

# mod_privilege (XEP-0356, Debian: prosody-modules) must be loaded at the user's host and at the component.
_PRIVILEGED_COMPONENT = '  modules_enabled = { "privilege" }\n'


def _privileges(components) -> str:
    granted = " ".join(f'["{jid}"] = {{ iq = {{ ["http://jabber.org/protocol/pubsub"] = "get" }} }};' for jid in components)
    return f"  privileged_entities = {{ {granted} }}\n" if components else ""


class Prosody(Server):
    """
    people      accounts alice and bob, and PEP for every account
    rooms       a chat service; `archive` gives its messages a <stanza-id/> (muc_mam)
    privileged  the components that may ask pubsub services as any user of localhost
    """

    name = "prosody"
    pubsub = "pubsub.localhost"
    pubsub2 = "pubsub2.localhost"
    secret = SECRET
    room_service = "conference.localhost"
    components = COMPONENTS
    names_messages_of_rooms = False

    def __init__(self, folder: Path, storage: str = "sql", people: bool = False, rooms: bool = False, archive: bool = False,
                 privileged: tuple = ()):
        self.folder = Path(folder)
        self.c2s_port, self.component_port = free_port(), free_port()
        self.process = None
        accounts = self.folder / "data" / "localhost" / "accounts"
        accounts.mkdir(parents=True, exist_ok=True)
        modules = (', "pep"' if people else "") + (', "privilege"' if privileged else "")
        config = _CONFIG.format(folder=self.folder, c2s_port=self.c2s_port, component_port=self.component_port,
                                storage=storage, modules=modules, privileges=_privileges(privileged))
        config += _ROOMS.format(modules='"muc_mam"' if archive else "") if rooms else ""
        for jid in COMPONENTS:
            config += _COMPONENT.format(jid=jid, secret=SECRET) + (_PRIVILEGED_COMPONENT if jid in privileged else "")
        # Accounts stay in files whatever keeps the nodes: no prosodyctl run is needed to make them.
        config = config.replace('VirtualHost "localhost"\n', 'VirtualHost "localhost"\n  storage = "internal"\n')
        self.config = self.folder / "prosody.cfg.lua"
        self.config.write_text(config)
        for user in USERS + (PEOPLE if people else ()):
            (accounts / f"{user}.dat").write_text(f'return {{\n\t["password"] = "{PASSWORD}";\n}};\n')

    @property
    def version(self) -> tuple:
        """Such as (0, 12, 3)."""
        return tuple(int(number) for number in Path("/usr/lib/prosody/prosody.version").read_text().strip().split("."))

    @property
    def itemreply(self):
        """Which JID of a publisher a node with `pubsub#itemreply` shows."""
        return "bare" if self.version >= (13,) else None

    @property
    def tells_missing_nodes_of_accounts(self) -> bool:
        """Strangers, too, from those that they may not read."""
        return self.version >= (13,)

    def start(self) -> "Prosody":
        self.process = Process([program("prosody"), "--config", self.config, "-F"], self.folder / "output",
                               env={**os.environ, "LANG": "C.UTF-8"})
        self.process.wait_listening(("127.0.0.1", self.component_port))
        self.process.wait_listening(("127.0.0.1", self.c2s_port))
        return self

    def log_text(self) -> str:
        return (self.folder / "prosody.log").read_text(errors="replace")
