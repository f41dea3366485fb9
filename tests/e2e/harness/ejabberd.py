# SPDX-License-Identifier: MIT
"""A real ejabberd, whichever is installed, with the same services, accounts and components as harness.prosody.

Debian's ejabberdctl insists on the user ejabberd (or root, to become it), so the emulator is started directly with what
ejabberdctl would give it; without a node name, which also means without epmd. The database does not mind: it belongs to
the node `nonode@nohost` and survives restarts.
"""
import json
import os
import re
import urllib.request
from pathlib import Path

from .process import Process, free_port, program
from .prosody import COMPONENTS, PASSWORD, PEOPLE, SECRET, USERS
from .server import Server

_CONFIG = """
loglevel: info
hosts: [localhost]
s2s_access: nobody
auth_method: internal
auth_password_format: plain
acl:
  loopback: {{ip: [127.0.0.0/8]}}
  admin: {{user: ["owner@localhost"]}}
{acl}access_rules:
  everybody: {{allow: all}}
  nobody: {{deny: all}}
api_permissions:
  tests: {{who: {{ip: 127.0.0.0/8}}, what: "*"}}
listen:
  - {{ip: "127.0.0.1", port: {c2s_port}, module: ejabberd_c2s, max_stanza_size: 4194304, shaper: none, access: everybody}}
  - ip: "127.0.0.1"
    port: {component_port}
    module: ejabberd_service
    access: everybody
    shaper: none
    max_stanza_size: infinity
    # Without this, each component would get the others' stanzas.
    global_routes: false
    hosts:
{components}
  - {{ip: "127.0.0.1", port: {http_port}, module: ejabberd_http, request_handlers: {{/api: mod_http_api}}}}
shaper_rules:
  max_user_sessions: 100
modules:
  mod_admin_extra: {{}}
  mod_disco: {{}}
  mod_ping: {{}}
  mod_roster: {{}}
  mod_http_api: {{}}
  mod_caps: {{}}
  mod_pubsub:
    hosts: [pubsub.localhost, pubsub2.localhost]
    access_createnode: everybody
    plugins: [{plugins}]
    last_item_cache: false
    max_items_node: 1000
{more}"""

# Without presence_based_delivery: false, a component's subscription to an account's node is accepted and gets nothing.
_PUBLIC_NODES = """\
    force_node_config:
      "public:*": {access_model: open, presence_based_delivery: false, notify_retract: true, notify_delete: true}
"""
_ROOMS = "  mod_muc: {{host: conference.localhost, default_room_options: {{mam: {archive}}}}}\n"
_ARCHIVE = "  mod_mam: {default: always}\n"
# All that XEP-0356 can be here; 23.01 has no `iq`.
_PRIVILEGES = """\
  mod_privilege:
    roster: {get: {allow: privileged}}
    presence: {roster: {allow: privileged}}
"""
_PRIVILEGED_IQS = """\
    iq: {"http://jabber.org/protocol/pubsub": {get: {allow: privileged}}}
"""


def _libraries() -> Path:
    """Such as ejabberd-24.12."""
    found = (path for path in sorted(Path("/usr/lib").glob("*/ejabberd-*")) if re.fullmatch(r"ejabberd-[\d.]+", path.name))
    return next(found)


class Ejabberd(Server):
    """
    people      accounts alice and bob, and PEP for every account; nodes named public:… are open and reach components
    rooms       a chat service; `archive` gives its messages a <stanza-id/> (mod_mam)
    privileged  the components that get what there is of XEP-0356; with it, 24.10 and later drop what components ask otherwise
    all_nodes   lift the 100 nodes that disco#items shows otherwise
    """

    stop_within = 20.0
    name = "ejabberd"
    pubsub = "pubsub.localhost"
    pubsub2 = "pubsub2.localhost"
    secret = SECRET
    tells_missing_nodes_of_accounts = True
    itemreply = "full"
    room_service = "conference.localhost"
    components = COMPONENTS

    def __init__(self, folder: Path, people: bool = False, rooms: bool = False, archive: bool = False, privileged: tuple = (),
                 all_nodes: bool = False):
        self.folder = Path(folder)
        self.c2s_port, self.component_port, self.http_port = free_port(), free_port(), free_port()
        self.process = None
        self._users = USERS + (PEOPLE if people else ())
        self._accounts_made = False
        self.config = self.folder / "ejabberd.yml"
        acl = f"  privileged: {{server: [{', '.join(privileged)}]}}\n" if privileged else ""
        # What belongs to mod_pubsub comes first: it continues that section.
        more = ("    max_nodes_discoitems: infinity\n" if all_nodes else "") + (_PUBLIC_NODES if people else "")
        more += (_ROOMS.format(archive=str(archive).lower()) if rooms else "") + (_ARCHIVE if archive else "")
        more += _PRIVILEGES if privileged else ""
        more += _PRIVILEGED_IQS if privileged and self.has_privileged_iqs else ""
        components = "".join(f'      "{jid}": {{password: "{SECRET}"}}\n' for jid in COMPONENTS)
        self.config.write_text(_CONFIG.format(c2s_port=self.c2s_port, component_port=self.component_port,
                                              http_port=self.http_port, components=components, acl=acl,
                                              plugins="flat, pep" if people else "flat", more=more))
        (self.folder / "inetrc").write_text('{lookup,["file","native"]}.\n{host,{127,0,0,1},["localhost"]}.\n')

    @property
    def version(self) -> tuple:
        """Such as (24, 12)."""
        return tuple(int(number) for number in _libraries().name.removeprefix("ejabberd-").split("."))

    @property
    def has_privileged_iqs(self) -> bool:
        """Whether mod_privilege lets components ask as a user, and drops what else they ask of anybody's bare JID."""
        return self.version >= (24, 10)

    @property
    def names_messages_of_rooms(self) -> bool:
        """With a <stanza-id/>, also in rooms without an archive."""
        return self.version >= (23, 4)

    def start(self) -> "Ejabberd":
        env = {**os.environ, "HOME": str(self.folder), "ERL_LIBS": str(_libraries().parent), "ERL_CRASH_DUMP_BYTES": "0",
               "ERL_INETRC": str(self.folder / "inetrc"), "EJABBERD_CONFIG_PATH": str(self.config),
               "EJABBERD_LOG_PATH": str(self.folder / "ejabberd.log"),
               "CONTRIB_MODULES_CONF_DIR": str(self.folder / "modules.d"), "SPOOL_DIR": str(self.folder / "spool")}
        # No busy waiting of the schedulers: the machine's cores are needed by others.
        self.process = Process(
            [program("erl"), "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none", "+K", "true",
             "-mnesia", "dir", f'"{self.folder}/spool"', "-noinput", "-s", "ejabberd"],
            self.folder / "output", env=env, cwd=self.folder)
        for port in (self.http_port, self.c2s_port, self.component_port):
            self.process.wait_listening(("127.0.0.1", port), timeout=40)
        if not self._accounts_made:
            for user in self._users:
                self.api("register", user=user, host="localhost", password=PASSWORD)
            self._accounts_made = True
        return self

    def api(self, command: str, **arguments):
        """One of ejabberd's administration commands, through its HTTP API."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}/api/{command}", json.dumps(arguments).encode(),
                                         {"Content-Type": "application/json", "Host": "localhost"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return json.load(answer)

    def log_text(self) -> str:
        return (self.folder / "ejabberd.log").read_text(errors="replace")
