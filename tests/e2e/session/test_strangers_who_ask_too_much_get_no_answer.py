# SPDX-License-Identifier: MIT
"""Answers to strangers never stand in the way of what the worker itself has to ask."""
from harness.fixtures import wait_subscribed


def test_requests_without_end_leave_session_and_streams_alone(xmpp, own_worker, user, publisher, new_node, open_direct):
    worker = own_worker().start().wait_connected(user("friend"))
    first, second = new_node(), new_node()
    stream = open_direct(worker, first)
    info = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
    # A user of their own: for a while their server is busy with what they sent.
    for number in range(2000):
        user("flooder").send(f"<iq type='get' id='{number}' to='{worker.component}'>{info}</iq>")
    for number in range(100):
        user("flooder").send(f"<iq type='get' id='{str(number) * 20_000}' to='{worker.component}'>{info}</iq>")
    user("flooder").press_on()
    # What is new at the service is still asked for, and heard of.
    other = open_direct(worker, second)
    wait_subscribed(publisher, second, worker)
    for node, reader in ((first, stream), (second, other)):
        publisher.publish(node, "<p xmlns='urn:x'>after</p>", "i1")
        assert "after" in reader.next(20).data
    assert worker.log().count("XMPP session ready") == 1
    assert "unanswered" in worker.log()
    assert worker.log().count("unanswered") <= 40, "lines that outsiders cause are limited"
