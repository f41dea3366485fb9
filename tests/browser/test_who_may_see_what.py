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
from harness.process import program, wait_until
from harness.session_service import SessionService
from harness.tokens import SECRET, token
from harness.worker import HOST

pytestmark = pytest.mark.timeout(90)


class Site(http.server.BaseHTTPRequestHandler):
    """What a site does that knows its users: /token?token=…&then=PAGE sets the cookie and goes on to the page."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        cookie = f"__Host-eventsource={asked['token']}; Path=/; Secure; HttpOnly; SameSite={asked.get('samesite', 'Lax')}"
        self.send_response(302)
        for name, value in {"Set-Cookie": cookie, "Location": asked["then"], "Content-Length": "0"}.items():
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
                     extra=f"    location = /token {{ proxy_pass http://127.0.0.1:{site}; }}\n{extra}")
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


def refused(page, *statuses: int) -> None:
    """By the last of them; the others are what was answered before."""
    page.wait(lambda lines: any(line.get("closed") for line in lines), "the refusal", 30)
    assert {line["status"] for line in page.lines if "status" in line} == set(statuses)
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


@pytest.fixture
def sessions(folder):
    """deploy/session-service."""
    service = SessionService(folder, "alice", "mallory").start()
    yield service
    service.stop()


@pytest.mark.parametrize("name, password, status", [("alice", "secret", 200), ("alice", "guessed", 401), ("mallory", "secret", 403)])
def test_a_session_of_the_site(front, sessions, browse, publisher, members_only, name, password, status):
    web = front({"access": "user"}, **sessions.nginx())
    node = members_only(web.worker)
    page = browse(web, "login.html", name=name, password=password, then=f"/page.html?node={node}")
    if status != 200:
        return refused(page, status)
    see(page, publisher, node)
    sessions.stop()
    publisher.publish(node, "<p xmlns='urn:x'>still for members</p>", "i2")
    page.wait(lambda lines: len(page.items()) == 2, "what comes while the session service is away")
    assert not page.died()


def test_a_session_service_that_is_away_ends_no_event_source(front, sessions, browse, publisher, members_only):
    web = front({"access": "user"}, **sessions.nginx())
    node = members_only(web.worker)
    sessions.stop()
    page = browse(web, node=node)
    page.wait(lambda lines: sum("error" in line for line in lines) >= 2, "the page to have tried again", 30)
    assert not page.died() and page.items() == []
    sessions.start()
    refused(page, 200, 401)


@pytest.mark.parametrize("pattern, sees", [("*", True), ("other", False)])
def test_a_token_in_a_cookie(token_front, browse, publisher, new_node, pattern, sees):
    node = new_node(persist_items=1)
    page = browse(token_front, "token", token=token(pattern), then=f"/page.html?node={node}")
    if sees:
        see(page, publisher, node)
    else:
        refused(page, 403)


def test_a_token_that_expires_ends_the_stream(token_front, browse, new_node):
    node = new_node(persist_items=1)
    page = browse(token_front, "token", token=token("*", seconds=5), then=f"/page.html?node={node}")
    page.wait_open()
    page.wait(lambda lines: page.died(), "the stream's end, and the refusal of the next", 30)
    assert [line["status"] for line in page.lines if "status" in line] == [200, 401]


@pytest.fixture
def from_elsewhere(token_front, browse, publisher, new_node):
    """from_elsewhere(host): logged in at the site itself, then on to a page of that host, which asks the site for a stream."""
    def make(host: str, samesite: str = "Lax"):
        node = new_node(persist_items=1)
        publisher.publish(node, "<p xmlns='urn:x'>for members</p>", "i0")
        page = browse(token_front, "token", hosts=(HOST, host), token=token("*"), samesite=samesite,
                      then=f"https://{host}/page.html?node={node}&from=https://{HOST}")
        return page, node
    return make


def test_a_foreign_page_that_is_listed_reads_with_the_users_cookie(from_elsewhere, publisher):
    """(cors.conf lists www.example.org as it comes.)"""
    page, node = from_elsewhere("www.example.org")
    see(page, publisher, node)
    assert page.console() == []


@pytest.mark.parametrize("host, samesite, status", [
    ("evil.example.org", "Lax", 200),   # the same site: the cookie goes along, and CORS alone keeps the page from reading
    ("evil.example.org", "Strict", 200),
    ("evil.example.net", "Lax", 401),   # another site: SameSite keeps the cookie back, and CORS even the refusal
])
def test_a_foreign_page_that_is_not_listed_reads_nothing(from_elsewhere, token_front, publisher, host, samesite, status):
    page, node = from_elsewhere(host, samesite)
    page.wait(lambda lines: page.died(), "the browser to keep the stream from the page", 30)
    publisher.publish(node, "<p xmlns='urn:x'>for members</p>", "i1")
    assert any("has been blocked by CORS policy" in line for line in page.console())
    assert page.items() == [] and not any("opened" in line for line in page.lines)
    page.process.end()  # so that nginx writes down what it answered
    asked = wait_until(lambda: [line for line in (token_front.folder / "access.log").read_text().splitlines() if node in line
                                and "/eventsource/" in line.split('"')[1]], "nginx's line", 10)
    assert [int(line.split('"')[2].split()[0]) for line in asked] == [status]


def test_more_streams_than_an_address_may_have_come_back_later_and_none_dies(front, browse, publisher, new_node):
    web = front({}, ["limit-addresses.conf"], {"limit-addresses.conf": [("eventsource_addresses 100", "eventsource_addresses 2")]},
                http="include xmpp-eventsource/limit-zone.conf;")
    node = new_node(persist_items=1)
    page = browse(web, node=node, streams=3)
    page.wait(lambda lines: any("error" in line for line in lines), "the one beyond the limit to be told to come back")

    def two_are_given_what_is_published() -> bool:
        publisher.publish(node, "<p xmlns='urn:x'>x</p>", "i1")
        return len({line["stream"] for line in page.lines if "items" in line}) >= 2
    # Again and again: the two that have a place may still be opening.
    wait_until(two_are_given_what_is_published, "an item in the others", 20, every=0.5)
    assert not page.died()
