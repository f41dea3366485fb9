# SPDX-License-Identifier: MIT
"""A server that ends the session whenever one node is asked for: that node is left alone after two sessions, until a new
stream wants it, and every other node goes on."""
import pytest

from harness.worker import Worker

OTHERS = [f"n{i}" for i in range(5)]


@pytest.fixture
def served(scripted, folder):
    worker = Worker(folder, scripted, xmpp={"max_backoff": "1s"}).start()
    scripted.wait_ready()
    yield worker
    worker.stop_if_running()


def publish(scripted, node: str, item: str) -> None:
    payload = f"<p xmlns='urn:x'>{item}</p>"
    scripted.items[node] = scripted.items.get(node, "") + f"<item id='{item}'>{payload}</item>"
    scripted.publish(node, item, payload)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("what", ["subscribe", "items"])
def test_it_costs_two_sessions_and_one_for_each_ask(scripted, served, open_direct, what):
    streams = {node: open_direct(served, node).wait_live() for node in OTHERS}

    def all_go_on(item: str) -> None:
        for node, stream in streams.items():
            publish(scripted, node, item)
            assert item in stream.next(20).data
    all_go_on("i0")
    scripted.drops = {(what, "bad")}
    waiting = open_direct(served, "bad", wait=False)
    scripted.wait_sessions(3)
    all_go_on("i1")
    # What is opened now is subscribed to after whatever there was to ask for.
    streams["late"] = open_direct(served, "late").wait_live()
    all_go_on("i2")
    assert (scripted.asked(what, "bad"), scripted.sessions) == (2, 3)
    assert waiting.wait_open().nothing_within(0)
    if what == "subscribe":
        return
    anew = open_direct(served, "bad").wait_open()
    scripted.wait_sessions(4, timeout=150)  # a minute after the failure
    all_go_on("i3")
    streams["later"] = open_direct(served, "later").wait_live()
    all_go_on("i4")
    assert (scripted.asked(what, "bad"), scripted.sessions) == (3, 4)
    assert not anew.ended.is_set() and not waiting.ended.is_set()
