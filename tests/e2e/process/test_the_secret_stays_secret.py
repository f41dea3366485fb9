# SPDX-License-Identifier: MIT
"""It must not be found in the log, in messages, in the process list or the environment."""
from pathlib import Path

import pytest

SECRET = "correct horse battery staple"


@pytest.mark.parametrize("how", ["a file", "in the configuration"])
@pytest.mark.parametrize("level", ["trace", "info"])
def test_nothing_shows_the_secret(prosody, own_worker, user, publisher, node, open_direct, how, level):
    assert prosody.secret == SECRET
    own = {} if how == "a file" else {"secret_file": None, "secret": SECRET}
    worker = own_worker(xmpp=own, log={"level": level})
    worker.config.chmod(0o600)
    worker.start().wait_connected(user("friend"))
    stream = open_direct(worker, node)
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    stream.next()
    for name in ("cmdline", "environ", "comm"):
        assert SECRET.encode() not in Path(f"/proc/{worker.pid}/{name}").read_bytes()
    assert worker.end() == 0
    assert SECRET not in worker.log()
    assert worker.log(), "a log that says nothing proves nothing"
