# SPDX-License-Identifier: MIT
"""What nginx/access-token.conf says of `[token] query = true`: tokens would be in both of nginx's logs."""
import pytest

from harness.eventsource import EventSource
from harness.nginx import Nginx
from harness.responder import Responder
from harness.worker import HOST

LINES = ("access_log off;", "error_log /dev/null emerg;")


@pytest.mark.parametrize("quiet", [True, False])
def test_with_the_two_lines_no_log_has_a_token(folder, framing, quiet):
    responder = Responder(folder)
    web = Nginx(folder, responder.fastcgi, responder.scgi, access=["access-token.conf"],
                http="include xmpp-eventsource/token-cookie.conf;",
                edits={file: [("#" + line, line) for line in LINES if quiet]
                       for file in ("access-token.conf", "never-dies.conf")}).start()
    try:
        for worker_is_away in (False, True):
            if worker_is_away:
                responder.close()  # nginx has an error to write down
            with EventSource(f"{web.url(framing)}/eventsource/n?access_token=eyJ-secret", host=HOST) as stream:
                stream.wait_open().wait_end()
    finally:
        web.stop()
    kept = {name for name in ("access.log", "error.log") if "eyJ-secret" in (folder / name).read_text()}
    assert kept == (set() if quiet else {"access.log", "error.log"})
