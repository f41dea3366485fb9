# SPDX-License-Identifier: MIT
"""Every one of 2,000 streams gets every item, in order; the worker's descriptors stay where select() never sees them."""
import resource

import pytest

from harness.crowd import Crowd
from harness.fastcgi_client import environment, request
from harness.fixtures import wait_subscribed
from harness.scgi_client import request as scgi_request
from harness.worker import HOST, settled_sockets, sockets_of

STREAMS, ITEMS = 2000, 30


@pytest.fixture(scope="module", autouse=True)
def descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def everybody_gets_everything(crowd: Crowd, publisher, node: str) -> None:
    crowd.read_until(lambda stream: b"retry:" in stream.octets, "the beginning of every stream", timeout=60)
    for number in range(ITEMS):
        publisher.publish(node, f"<n xmlns='urn:x'>item {number}.</n>", f"i{number}")
    crowd.read_until(lambda stream: b"item %d." % (ITEMS - 1) in stream.octets, "the last item in every stream", timeout=60)
    for stream in crowd.streams:
        at = [stream.octets.find(b"item %d." % number) for number in range(ITEMS)]
        assert -1 not in at and at == sorted(at)
        assert stream.octets.count(b">item ") == ITEMS
    assert not any(stream.ended for stream in crowd.streams)


@pytest.mark.timeout(150)
@pytest.mark.parametrize("kind", ["fastcgi", "scgi"])
def test_straight_from_the_workers_socket(own_worker, user, publisher, node, kind):
    worker = own_worker().start().wait_connected(user("friend"))
    before = settled_sockets(worker.pid)
    head = environment("/eventsource/" + node, HOST)
    octets, address = (request(head), worker.fastcgi) if kind == "fastcgi" else (scgi_request(head), worker.scgi)
    with Crowd() as crowd:
        for _ in range(STREAMS):
            crowd.add(address, octets)
        everybody_gets_everything(crowd, publisher, node)
        accepted = {number for number, socket in sockets_of(worker.pid).items() if before.get(number) != socket}
        assert len(accepted) == STREAMS
        assert publisher.subscribers(node) == [worker.component]


@pytest.mark.timeout(150)
def test_over_https_through_nginx(own_worker, user, publisher, node, folder):
    from harness.nginx import Nginx
    worker = own_worker().start().wait_connected(user("friend"))
    web = Nginx(folder, worker.fastcgi, worker.scgi).start()
    try:
        with Crowd() as crowd:
            octets = f"GET /eventsource/{node} HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/event-stream\r\n\r\n".encode()
            for number in range(STREAMS):
                crowd.add(("127.0.0.1", web.ports["fastcgi" if number % 2 else "scgi"]), octets, tls=True)
            everybody_gets_everything(crowd, publisher, node)
    finally:
        web.stop()


@pytest.mark.timeout(150)
def test_the_session_is_made_anew_while_they_are_open(own_server, own_worker, user):
    """The descriptor that libstrophe gets for its second connection must be a low one."""
    own_server.start()
    user("publisher").create("crowded")
    worker = own_worker().start().wait_connected(user("friend"))
    with Crowd() as crowd:
        for _ in range(STREAMS):
            crowd.add(worker.fastcgi, request(environment("/eventsource/crowded", HOST)))
        crowd.read_until(lambda stream: b"retry:" in stream.octets, "the beginning of every stream", timeout=60)
        own_server.restart()
        worker.wait_connected(user("friend"), timeout=40)
        publisher = user("publisher")
        wait_subscribed(publisher, "crowded", worker)
        everybody_gets_everything(crowd, publisher, "crowded")
    assert worker.process.alive()
