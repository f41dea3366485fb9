# SPDX-License-Identifier: MIT
"""A component that is away gets nothing queued. On its return its streams get exactly what they have not had."""
import pytest

from harness.ejabberd import Ejabberd
from harness.fixtures import wait_subscribed
from harness.link import Link
from harness.numbers import last_id, number_of, numbers, publish
from harness.process import wait_until
from harness.prosody import Prosody

both = pytest.mark.parametrize("own_server", [Prosody, Ejabberd], indirect=True, ids=["prosody", "ejabberd"])


@pytest.fixture
def links():
    made = []
    yield made
    for link in made:
        link.end()


def linked(links, own_worker, server, asker):
    """A worker whose link to the server can be cut."""
    links.append(Link(server.component_port))
    return own_worker(xmpp={"server": links[-1].address}).start().wait_connected(asker), links[-1]


def wait_away(worker):
    wait_until(lambda: "no XMPP session" in worker.log(), "the worker to notice")


def test_missed_items_come_in_order_and_once(xmpp, links, own_worker, user, publisher, new_node, open_direct):
    worker, link = linked(links, own_worker, xmpp, user("friend"))
    node = new_node(persist_items=1, max_items=50)
    stream = open_direct(worker, node)
    last_id(stream, publisher, node, 1)
    link.close()
    wait_away(worker)
    publish(publisher, node, 2, 3)
    link.open()
    worker.wait_connected(user("friend"), 30)
    publish(publisher, node, 4)
    assert numbers(stream, until=4, timeout=20) == [2, 3, 4]
    assert stream.opened == 1


def test_a_changed_item_counts_and_an_unchanged_one_does_not(xmpp, links, own_worker, user, publisher, new_node, open_direct):
    """ejabberd keeps a re-published item where it was in the list, so only its content tells."""
    worker, link = linked(links, own_worker, xmpp, user("friend"))
    node = new_node(persist_items=1, max_items=50)
    stream = open_direct(worker, node)
    publish(publisher, node, 1, item="a")
    publish(publisher, node, 2, item="b")
    publish(publisher, node, 3, item="c")
    assert [number_of(event) for event in stream.take(3)] == [1, 2, 3]
    link.close()
    wait_away(worker)
    publish(publisher, node, 4, item="a")
    link.open()
    worker.wait_connected(user("friend"), 30)
    publish(publisher, node, 5, item="b")
    assert numbers(stream, until=5, timeout=20) == [4, 5]


def test_streams_are_told_of_the_outage_and_its_end(xmpp, links, own_worker, user, node, open_direct):
    worker, link = linked(links, own_worker, xmpp, user("friend"))
    stream = open_direct(worker, node)
    link.close()
    down = stream.next()
    link.open()
    up = stream.next(30)
    assert [(event.type, event.data) for event in (down, up)] == [("status", '{"xmpp":"down"}'), ("status", '{"xmpp":"up"}')]


def test_a_short_outage_is_not_worth_a_word(xmpp, links, own_worker, user, publisher, new_node, open_direct):
    worker, link = linked(links, own_worker, xmpp, user("friend"))
    node = new_node(persist_items=1, max_items=50)
    stream = open_direct(worker, node)
    last_id(stream, publisher, node, 1)
    link.cut()
    wait_away(worker)
    publish(publisher, node, 2)
    # The first wait is at most a second, and an outage of a second is told: either both events or none.
    told = numbers(stream, until=2, timeout=20, ignore=())
    assert told in ([2], ["status", "status", 2], ["status", 2]), told


@both
def test_items_from_before_the_worker_is_back_at_a_restarted_server(own_server, links, own_worker, user, open_direct):
    own_server.start()
    worker, link = linked(links, own_worker, own_server, user("friend"))
    user("publisher").create("lasting", persist_items=1, max_items=50)
    stream = open_direct(worker, "lasting")
    last_id(stream, user("publisher"), "lasting", 1)
    link.close()
    own_server.restart()
    publisher = user("publisher")
    publish(publisher, "lasting", 2, 3)
    link.open()
    worker.wait_connected(user("friend"), 40)
    wait_subscribed(publisher, "lasting", worker)
    publish(publisher, "lasting", 4)
    assert numbers(stream, until=4, timeout=20) == [2, 3, 4]
    assert stream.opened == 1
