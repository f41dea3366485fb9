# SPDX-License-Identifier: MIT
"""A stream may lag `max_lag` bytes behind; then it is closed and its browser comes back by itself."""
import time

from harness.fastcgi_client import connect, environment, request
from harness.process import wait_until
from harness.worker import HOST, settled_sockets, sockets_of


def test_who_does_not_read_is_closed_while_others_get_everything(own_worker, user, publisher, node, open_direct):
    worker = own_worker(stream={"max_lag": "256KiB"}).start().wait_connected(user("friend"))
    good = open_direct(worker, node)
    before = len(settled_sockets(worker.pid))
    slow = connect(worker.fastcgi)
    slow.sendall(request(environment("/eventsource/" + node, HOST)))
    wait_until(lambda: len(sockets_of(worker.pid)) == before + 1, "the slow reader's connection")
    for number in range(40):
        started = time.monotonic()
        publisher.publish(node, f"<p xmlns='urn:x' n='{number}'>{'x' * 50000}</p>", "i1")
        assert f"n=\"{number}\"" in good.next(timeout=2).data.replace("'", '"')
        assert time.monotonic() - started < 2
    wait_until(lambda: len(sockets_of(worker.pid)) == before, "the slow reader to be closed", timeout=5)
    slow.close()


def test_a_burst_within_the_lag_is_read_in_full_later(own_worker, user, publisher, node, open_direct):
    worker = own_worker(stream={"max_lag": "8MiB"}).start().wait_connected(user("friend"))
    slow = connect(worker.fastcgi)
    slow.sendall(request(environment("/eventsource/" + node, HOST)))
    wait_until(lambda: worker.component in publisher.subscribers(node), "the subscription")
    good = open_direct(worker, node)
    for number in range(40):
        publisher.publish(node, f"<p xmlns='urn:x' n='{number}'>{'x' * 50000}</p>", f"i{number}")
    while "n='39'" not in good.next().data.replace('"', "'"):
        pass
    slow.settimeout(5)
    octets = b""
    while b"n='39'" not in octets and b'n="39"' not in octets:
        block = slow.recv(65536)
        assert block, "closed although the lag was within its bounds"
        octets += block
    assert all(f"n='{number}'".encode() in octets or f'n="{number}"'.encode() in octets for number in range(40))
    slow.close()
