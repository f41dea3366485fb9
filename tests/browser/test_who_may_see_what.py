# SPDX-License-Identifier: MIT
"""The shipped access snippets of nginx/ with a real browser: passwords, a session service, tokens, foreign pages, limits."""
import base64
import http.server
import subprocess
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from harness.eventsource import EventSource
from harness.nginx import Nginx
from harness.process import program
from harness.tokens import SECRET, token
from harness.worker import HOST

pytestmark = pytest.mark.timeout(90)


class Site(http.server.BaseHTTPRequestHandler):
    """A site's own part: /login?user=NAME begins a session (or gives a token), /session says whose a session is."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = parse_qs(urlsplit(self.path).query)
        user = self._user()
        if self.path.startswith("/login"):
            name, value = ("__Host-eventsource", asked["token"][0]) if "token" in asked else ("session", f"of-{asked['user'][0]}")
            same_site = asked.get("samesite", ["Lax"])[0]
            self._answer(302, {"Set-Cookie": f"{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}",
                               "Location": asked["then"][0]})
        elif user:
            self._answer(204, {"X-Eventsource-User": user})
        else:
            self._answer(401, {})

    def _user(self):
        for cookie in self.headers.get("Cookie", "").split("; "):
            if cookie.startswith("session=of-"):
                return cookie.removeprefix("session=of-")
        return None

    def _answer(self, status: int, headers: dict) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def front(serve, own_worker, user, prosody, site):
    """front(service rows, …): a worker and an nginx with the access that a test is about."""
    def make(service: dict, access=(), edits=None, http: str = "", extra: str = "", **options) -> Nginx:
        worker = own_worker(services=[{"jid": prosody.pubsub, "hosts": [HOST], **service}],
                            stream={"heartbeat": "2s", "retry": "500ms"}, **options).start().wait_connected(user("friend"))
        return serve(worker, access=access, edits=edits, http=http,
                     extra=f"    location /login {{ proxy_pass http://127.0.0.1:{site}; }}\n{extra}")
    return make


@pytest.fixture
def token_front(front, folder):
    """One that wants a token, in a cookie."""
    (folder / "key").write_text(SECRET)
    (folder / "key").chmod(0o600)
    return front({"access": "token"}, ["access-token.conf"], http="include xmpp-eventsource/token-cookie.conf;",
                 token={"keys": [str(folder / "key")]})


def see(page, publisher, node) -> None:
    page.wait_open()
    publisher.publish(node, "<p xmlns='urn:x'>for members</p>", "i1")
    page.wait(lambda lines: len(page.items()) == 1, "the item")
    assert not page.died()


def refused(page, status: int) -> None:
    page.wait(lambda lines: any(line.get("closed") for line in lines), "the refusal", 30)
    assert {line["status"] for line in page.lines if "status" in line} == {status}
    assert page.items() == []


@pytest.fixture
def members_only(publisher, new_node, own_worker):
    """members_only(worker): a node for alice alone, as the worker asks for her."""
    def make(worker):
        node = new_node(access_model="whitelist", persist_items=1)
        publisher.affiliate(node, worker.component, "member")
        publisher.affiliate(node, f"alice@{worker.component}", "member")
        return node
    return make


def basic(folder) -> dict:
    hashes = "".join(f"{name}:" + subprocess.run([program("openssl"), "passwd", "-apr1", "secret"], check=True, text=True,
                                                 capture_output=True).stdout for name in ("alice", "mallory"))
    (folder / "htpasswd").write_text(hashes)
    return {"access-basic.conf": [("/etc/nginx/xmpp-eventsource.htpasswd", str(folder / "htpasswd"))]}


@pytest.mark.parametrize("name, sees", [("alice", True), ("mallory", False)])
def test_a_password_and_then_the_services_own_rights(front, folder, browse, publisher, members_only, name, sees):
    web = front({"access": "user"}, ["access-basic.conf"], basic(folder))
    node = members_only(web.worker)
    page = browse(web, node=node, credentials=f"{name}:secret")
    if sees:
        see(page, publisher, node)
    else:
        refused(page, 403)


def test_without_a_password_there_is_no_stream(front, folder, members_only):
    """(A browser asks its user for one, and the stream waits for the answer.)"""
    web = front({"access": "user"}, ["access-basic.conf"], basic(folder))
    node = members_only(web.worker)
    for headers in ({}, {"Authorization": "Basic " + base64.b64encode(b"alice:guessed").decode()}):
        with EventSource(f"{web.url('fastcgi')}/eventsource/{node}", host=HOST, headers=headers) as stream:
            assert stream.wait_head().status == 401
            assert stream.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("name, sees", [("alice", True), ("mallory", False)])
def test_a_session_of_the_site(front, site, browse, publisher, members_only, name, sees):
    web = front({"access": "user"}, ["access-session.conf"], {"session.conf": [("127.0.0.1:9180", f"127.0.0.1:{site}")]},
                extra="    include xmpp-eventsource/session.conf;")
    node = members_only(web.worker)
    page = browse(web, "login", user=name, then=f"/page.html?node={node}")
    if sees:
        see(page, publisher, node)
    else:
        refused(page, 403)


def test_no_session_is_no_stream_and_a_session_service_that_is_away_ends_none(front, site, browse, folder, members_only):
    web = front({"access": "user"}, ["access-session.conf"], {"session.conf": [("127.0.0.1:9180", f"127.0.0.1:{site}")]},
                extra="    include xmpp-eventsource/session.conf;")
    refused(browse(web, node=members_only(web.worker)), 401)


@pytest.mark.parametrize("nodes, sees", [(["*"], True), (["other"], False)])
def test_a_token_in_a_cookie(token_front, browse, publisher, new_node, nodes, sees):
    node = new_node(persist_items=1)
    page = browse(token_front, "login", token=token(*nodes), then=f"/page.html?node={node}")
    if sees:
        see(page, publisher, node)
    else:
        refused(page, 403)


def test_a_token_that_expires_ends_the_stream(token_front, browse, publisher, new_node):
    node = new_node(persist_items=1)
    page = browse(token_front, "login", token=token("*", seconds=5), then=f"/page.html?node={node}")
    page.wait_open()
    page.wait(lambda lines: page.died(), "the stream's end, and the refusal of the next", 30)
    assert [line["status"] for line in page.lines if "status" in line] == [200, 401]


def test_a_foreign_page_reads_with_the_users_cookie_only_if_it_is_listed(token_front, browse, publisher, new_node):
    node = new_node(persist_items=1)
    cookie = token("*")
    # Logged in at the site itself, then on to a page of the listed origin (cors.conf's example), which reads from there.
    page = browse(token_front, "login", hosts=(HOST, "www.example.org"), token=cookie, samesite="None",
                  then=f"https://www.example.org/page.html?node={node}&from=https://{HOST}")
    see(page, publisher, node)
    assert page.console() == []


def test_more_streams_than_an_address_may_have_come_back_later_and_none_dies(front, browse, publisher, new_node):
    web = front({}, ["limit-addresses.conf"], {"limit-addresses.conf": [("eventsource_addresses 100", "eventsource_addresses 2")]},
                http="include xmpp-eventsource/limit-zone.conf;")
    node = new_node(persist_items=1)
    page = browse(web, node=node, streams=3)
    page.wait(lambda lines: any("error" in line for line in lines), "the one beyond the limit to be told to come back")
    publisher.publish(node, "<p xmlns='urn:x'>x</p>", "i1")
    page.wait(lambda lines: len({line["stream"] for line in lines if "items" in line}) >= 2, "the item in the others")
    assert not page.died()
