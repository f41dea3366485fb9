# SPDX-License-Identifier: MIT
"""A replay is read from events that streams share: those who ask for much and read nothing do not fill the memory, and 20 MB
more than the worker has are enough."""
import resource

from harness.fastcgi_client import connect, environment, request
from harness.process import wait_until
from harness.worker import HOST, metric

STREAMS, ITEMS, ITEM_BYTES = 60, 100, 40_000  # of two nodes, 480 MB to read in all


def filled(publisher, new_node) -> list:
    nodes = [new_node(persist_items=1, max_items=ITEMS) for _ in range(2)]
    for number in range(ITEMS):
        for node in nodes:
            publisher.publish(node, f"<p xmlns='urn:x'>{'x' * ITEM_BYTES}</p>", f"i{number}")
    return nodes


def unread(worker, nodes: list, address: str):
    peer = connect(worker.fastcgi)
    target = f"/eventsource/?node={nodes[0]}&node={nodes[1]}&last=1000"
    peer.sendall(request({**environment(target, HOST), "REMOTE_ADDR": address}))
    return peer


def resident(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def virtual(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmSize:"))


def streams_of(worker) -> int:
    return metric(worker, "streams")


def alive(worker, publisher, node: str, open_direct) -> None:
    stream = open_direct(worker, node)
    publisher.publish(node, "<p xmlns='urn:x'>still here</p>", "live")
    assert "still here" in stream.next(timeout=10).data
    stream.close()


def test_who_reads_nothing_takes_little(own_worker, user, publisher, new_node, open_direct):
    worker = own_worker(limits={"waiting_per_address": "1GiB", "waiting": "1GiB"}).start().wait_connected(user("friend"))
    nodes = filled(publisher, new_node)
    peers = [unread(worker, nodes, "192.0.2.1")]
    peers[0].settimeout(20)
    assert peers[0].recv(1), "the first one's replay has begun"
    before = resident(worker.pid)
    peers += [unread(worker, nodes, "192.0.2.1") for _ in range(STREAMS)]
    for peer in peers[1:]:
        peer.settimeout(20)
        assert peer.recv(1)
    grown = resident(worker.pid) - before
    # Snapshots that are asked for anew are events of their own; a copy for each would be 480 MB.
    assert grown < 200_000_000, grown
    assert streams_of(worker) == STREAMS + 1
    alive(worker, publisher, nodes[0], open_direct)
    for peer in peers:
        peer.close()
    wait_until(lambda: streams_of(worker) == 0, "the streams' end")


def test_an_address_has_a_bound(own_worker, user, publisher, new_node, open_direct):
    worker = own_worker(limits={"waiting_per_address": "16MiB"}).start().wait_connected(user("friend"))
    nodes = filled(publisher, new_node)
    peers = [unread(worker, nodes, "192.0.2.1") for _ in range(10)]
    wait_until(lambda: "backlog_full" in worker.log() and streams_of(worker) <= 2, "those beyond 16 MiB to be closed", timeout=20)
    other = unread(worker, nodes, "192.0.2.2")
    other.settimeout(20)
    assert other.recv(1), "another address has its own"
    alive(worker, publisher, nodes[0], open_direct)
    for peer in (*peers, other):
        peer.close()


def test_where_there_is_hardly_more_memory_the_worker_goes_on(own_worker, user, publisher, new_node, open_direct):
    worker = own_worker().start().wait_connected(user("friend"))
    nodes = filled(publisher, new_node)
    first = unread(worker, nodes, "192.0.2.1")
    first.settimeout(20)
    assert first.recv(1)
    most = virtual(worker.pid) + 20_000_000
    resource.prlimit(worker.pid, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    peers = []
    for number in range(STREAMS):
        peers.append(unread(worker, nodes, f"192.0.2.{number}"))
        publisher.publish(nodes[number % 2], f"<p xmlns='urn:x'>{'y' * ITEM_BYTES}</p>", f"i{number}")
    wait_until(lambda: metric(worker, "streams_opened_total") + metric(worker, "failures_total") > STREAMS,
               "all of them to be taken in", timeout=30)
    assert worker.process.alive(), worker.log()[-2000:]
    for peer in (first, *peers):
        peer.close()
    resource.prlimit(worker.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    worker.wait_connected(user("friend"))
    alive(worker, publisher, nodes[0], open_direct)
