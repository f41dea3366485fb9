# SPDX-License-Identifier: MIT
"""What deploy/ says to add to Prosody and to ejabberd, added to a server that has nothing of it: nodes are streamed."""
import re

import pytest

from harness.ejabberd import Ejabberd
from harness.nginx import substitute
from harness.process import free_port
from harness.prosody import Prosody
from harness.worker import HOST, ROOT, Worker

DEPLOY = ROOT / "deploy"


class ShippedProsody(Prosody):
    pubsub, secret = "pubsub.example.org", "change-this-secret"
    components = ("eventsource.example.org",)

    def __init__(self, folder):
        super().__init__(folder)
        snippets = [(DEPLOY / name).read_text() for name in ("prosody.snippet.cfg.lua", "several-workers/prosody.cfg.lua")]
        self.config.write_text("\n".join(['admins = { "publisher@localhost" }', self.config.read_text(), *snippets]))


class ShippedEjabberd(Ejabberd):
    secret = "change-this-secret"
    components = ("eventsource.example.org",)

    def __init__(self, folder):
        super().__init__(folder)
        self.component_port = free_port()
        main = re.sub(r"(?m)^  mod_pubsub:\n(    .*\n)+", "", self.config.read_text())
        main = substitute(main, "access_rules:\n", "access_rules:\n  pubsub_createnode: {allow: all}\n")
        snippet = substitute((DEPLOY / "ejabberd.snippet.yml").read_text(), "port: 5347", f"port: {self.component_port}")
        (folder / "eventsource.yml").write_text(snippet)
        self.config.write_text(f"{main}include_config_file: {folder}/eventsource.yml\n")


@pytest.mark.parametrize("own_server", [ShippedProsody, ShippedEjabberd], indirect=True, ids=["prosody", "ejabberd"])
def test_nodes_are_streamed(own_server, user, folder, open_direct):
    own_server.start()
    complaints = [line for line in own_server.log_text().splitlines() if re.search(r"\t(?:warn|error)\t|\[(?:warning|error)\]", line)]
    assert not complaints
    publisher = user("publisher")
    worker = Worker(folder, own_server, services=[{"jid": own_server.pubsub, "hosts": [HOST]}]).start()
    try:
        worker.wait_connected(publisher)
        publisher.create("news", max_items=1000)
        stream = open_direct(worker, "news").wait_live()
        publisher.publish("news", "<x xmlns='urn:x'/>", "i1")
        publisher.retract("news", "i1")
        publisher.delete("news")
        assert [event.type for event in stream.take(3)] == ["message", "retract", "delete"]
    finally:
        worker.stop_if_running()
