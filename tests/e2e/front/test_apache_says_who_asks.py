# SPDX-License-Identifier: MIT
"""The lines about access in the sites of deploy/apache/, taken in; a stand-in for the worker shows who it is told."""
import base64
import subprocess

import pytest

from harness.apache import Apache
from harness.eventsource import EventSource
from harness.process import program
from harness.worker import HOST

LINES = ("AuthType Basic", "AuthName ", "AuthUserFile ", "Require valid-user")
CLAIM = {"Remote-User": "mallory", "X-Eventsource-User": "mallory", "Remote_User": "mallory"}


@pytest.fixture
def apache(request, folder, framing):
    """With those of the site's lines taken in that the scenario is parametrised with."""
    password = subprocess.run([program("openssl"), "passwd", "-apr1", "secret"], check=True, text=True, capture_output=True).stdout
    (folder / "xmpp-eventsource.htpasswd").write_text(f"alice:{password}")
    site = Apache(folder, framing, f"{folder}/{framing}.sock", [("#" + line, line) for line in request.param])
    yield site.start()
    site.stop()


@pytest.fixture
def ask(apache, stand_in):
    """ask(headers): status and challenge, and what the worker is told, or None."""
    def make(**headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        with EventSource(apache.url() + "/eventsource/n", host=HOST, headers={**CLAIM, **headers}) as stream:
            stream.wait_head()
            return stream.status, stream.headers.get("www-authenticate"), stand_in.asked[-1][1] if stand_in.asked else None
    return make


def password(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("apache", [LINES], indirect=True, ids=["passwords"])
def test_a_password_gives_the_worker_a_name(ask):
    assert ask() == (401, 'Basic realm="event streams"', None)
    assert ask(Authorization=password("alice:guessed")) == (401, 'Basic realm="event streams"', None)
    status, _, told = ask(Authorization=password("alice:secret"))
    assert (status, told["REMOTE_USER"]) == (200, "alice")
    assert "HTTP_AUTHORIZATION" not in told, "the password stays here"


@pytest.mark.parametrize("apache", [()], indirect=True, ids=["nothing"])
def test_who_claims_to_be_somebody_is_nobody(ask):
    status, _, told = ask(Authorization=password("alice:secret"), Cookie="__Host-eventsource=eyJ")
    assert status == 200 and not told.get("REMOTE_USER")
    assert "HTTP_AUTHORIZATION" not in told and told["HTTP_COOKIE"] == "__Host-eventsource=eyJ"


@pytest.mark.parametrize("apache", [("CGIPassAuth On",)], indirect=True, ids=["tokens"])
def test_a_token_in_the_header_reaches_the_worker(ask):
    assert ask(Authorization="Bearer eyJ")[2]["HTTP_AUTHORIZATION"] == "Bearer eyJ"
