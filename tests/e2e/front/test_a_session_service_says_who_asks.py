# SPDX-License-Identifier: MIT
"""nginx/access-session.conf with the shipped example of a session service; a stand-in for the worker shows who it is told."""
import signal

import pytest

from harness.eventsource import EventSource
from harness.session_service import SessionService
from harness.worker import HOST


@pytest.fixture
def service(folder):
    service = SessionService(folder, "alice", "bob").start()
    yield service
    service.stop()


@pytest.fixture
def ask(nginx, stand_in, service, framing):
    """ask(cookie, …): a stream asked for with these headers."""
    web, opened = nginx(stand_in, **service.nginx()), []

    def make(cookie: str = None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        opened.append(EventSource(web.url(framing) + "/eventsource/n", host=HOST,
                                  headers={**headers, **({"Cookie": cookie} if cookie else {})}))
        return opened[-1].wait_head()
    yield make
    for one in opened:
        one.close()


def test_the_worker_is_told_whose_session_it_is(ask, service, stand_in):
    assert ask("a=b; " + service.login("alice") + "; c=d").status == 200
    assert stand_in.asked[-1][1]["REMOTE_USER"] == "alice"


@pytest.mark.parametrize("cookie", [None, "__Host-session=guessed", "__Host-session=", "other=alice"])
def test_without_a_session_the_worker_is_not_asked(ask, stand_in, cookie):
    assert ask(cookie).status == 401 and stand_in.asked == []


def test_a_session_ends(ask, service, stand_in):
    cookie = service.login("alice")
    service.ask("POST", "/logout", cookie)
    assert ask(cookie).status == 401 and stand_in.asked == []


def test_who_claims_to_be_somebody_is_not(ask, service, stand_in):
    claim = {"X_Eventsource_User": "bob", "Remote_User": "bob", "Remote-User": "bob"}
    assert ask(**claim).status == 401
    ask(service.login("alice"), **claim)
    assert stand_in.asked[-1][1]["REMOTE_USER"] == "alice" and "bob" not in str(stand_in.asked[-1][1])


def test_nobody_claims_to_be_somebody_where_nobody_is_asked(nginx, stand_in, framing):
    with EventSource(nginx(stand_in).url(framing) + "/eventsource/n", host=HOST, headers={"X-Eventsource-User": "bob"}) as stream:
        stream.wait_open()
    assert "bob" not in str(stand_in.asked[-1][1])


def test_from_outside_the_service_is_not_to_be_reached(nginx, stand_in, service, framing):
    web = nginx(stand_in, **service.nginx())
    with EventSource(web.url(framing) + "/eventsource-session", host=HOST, headers={"Cookie": service.login("alice")}) as answer:
        assert answer.wait_head().status == 404


@pytest.mark.parametrize("fault", ["down", "hung"])
def test_a_service_that_is_away_ends_no_event_source_and_opens_no_stream(ask, service, stand_in, fault):
    cookie = service.login("alice")
    service.stop() if fault == "down" else service.process.signal(signal.SIGSTOP)
    late = ask(cookie).wait_end(10)
    assert late.status == 200 and late.headers["content-type"].startswith("text/event-stream")
    assert 500 <= late.parser.retry_ms <= 10000 and late.text().count("\n\n") == 1
    assert stand_in.asked == []


@pytest.mark.parametrize("name, password", [("alice", "guessed"), ("nobody", "secret"), ("", ""), ("alice\r\nx", "secret")])
def test_a_wrong_password_begins_no_session(service, name, password):
    answer = service.ask("POST", "/login", name=name, password=password)
    assert answer.status == 403 and answer.getheader("Set-Cookie") is None


@pytest.mark.parametrize("length", ["-1", "+5", "x", "", "4097", "99999999999999999999", "0x10", "5, 5"])
def test_a_form_of_an_odd_length_is_refused_at_once(service, length):
    began = service.tell(f"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nname=alice".encode())
    assert began.startswith(b"HTTP/1.1 4") and began.count(b"HTTP/1.1") == 1


def test_a_chunked_form_is_refused_at_once(service):
    answer = service.tell(b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nname=\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 4") and answer.count(b"HTTP/1.1") == 1


def login(service, name, password, address):
    return service.ask("POST", "/login", address=address, name=name, password=password).status


def test_a_name_is_not_guessed_at_for_ever(service):
    for i in range(10):
        assert login(service, "alice", f"guess{i}", f"192.0.2.{i}") == 403
    assert login(service, "alice", "secret", "192.0.2.99") == 429
    assert login(service, "bob", "secret", "192.0.2.99") == 303


def test_nor_does_an_address_guess_for_ever(service):
    for i in range(10):
        assert login(service, f"name{i}", "guess", "192.0.2.1") == 403
    assert login(service, "alice", "secret", "192.0.2.1") == 429
    assert login(service, "alice", "secret", "192.0.2.2") == 303


def test_right_passwords_are_not_counted(service):
    for _ in range(15):
        assert login(service, "alice", "secret", "192.0.2.1") == 303
