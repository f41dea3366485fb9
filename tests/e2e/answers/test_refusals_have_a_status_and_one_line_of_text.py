# SPDX-License-Identifier: MIT
"""Only what is permanent gets a status: a browser's EventSource never comes back from one."""
import pytest

from harness.process import wait_until


def refused(stream, status: int) -> None:
    stream.wait_head()
    assert stream.status == status, stream.text()
    assert stream.headers["content-type"].startswith("text/plain")
    text = stream.text()
    assert text.endswith("\n") and text.count("\n") == 1 and len(text) > 5, text


def opens(ask):
    """What opens a moment later: a refusal counts for that long (deploy/README.md, Limits)."""
    streams = []
    wait_until(lambda: streams.append(ask().wait_head()) or streams[-1].status == 200, "a stream", 5, 0.1)
    return streams[-1]


def test_a_node_that_is_missing_gets_404(xmpp, framing, open_stream):
    refused(open_stream("nobody-made-this", framing, wait=False), 404)


def test_an_unknown_host_gets_404(worker, node, framing, open_direct):
    refused(open_direct(worker, node, framing, host="elsewhere.example.org", wait=False), 404)


def test_a_node_that_refuses_the_component_gets_403(xmpp, framing, new_node, open_stream):
    refused(open_stream(new_node(access_model="whitelist"), framing, wait=False), 403)


def test_a_refused_node_opens_once_the_component_is_let_in(xmpp, publisher, worker, new_node, open_stream):
    node = new_node(access_model="whitelist")
    refused(open_stream(node, wait=False), 403)
    publisher.affiliate(node, worker.component, "member")
    stream = opens(lambda: open_stream(node, wait=False))
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert stream.next()


def test_a_missing_node_opens_once_it_is_made(xmpp, publisher, open_stream):
    refused(open_stream("made-later", wait=False), 404)
    publisher.create("made-later")
    stream = opens(lambda: open_stream("made-later", wait=False))
    publisher.publish("made-later", "<p xmlns='urn:x'/>", "i1")
    assert stream.next()


@pytest.mark.parametrize("target", ["/eventsource/%zz", "/eventsource/%4", "/eventsource/a%", "/eventsource/%ff%fe",
                                    "/eventsource/a%00b", "/eventsource/%c0%af", "/eventsource/%01"])
def test_a_malformed_target_gets_400(worker, framing, open_direct, target):
    refused(open_direct(worker, target=target, framing=framing, wait=False), 400)


@pytest.mark.parametrize("target", ["/eventsource/%zz", "/eventsource/a%"])
def test_a_malformed_target_gets_400_through_the_web_server_too(framing, open_stream, target):
    assert open_stream(target=target, framing=framing, wait=False).wait_head().status == 400


def test_a_path_outside_of_the_configured_one_gets_404(worker, node, framing, open_direct):
    refused(open_direct(worker, target=f"/elsewhere/{node}", framing=framing, wait=False), 404)


def test_the_bare_path_names_no_node(worker, framing, open_direct):
    assert open_direct(worker, target="/eventsource/", framing=framing, wait=False).wait_head().status in (400, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_other_methods_get_405_and_are_told_which_are_allowed(worker, node, framing, open_direct, method):
    stream = open_direct(worker, node, framing, method=method, wait=False)
    refused(stream, 405)
    assert {one.strip() for one in stream.headers["allow"].split(",")} >= {"GET", "HEAD"}


def test_refusals_are_not_stored(worker, framing, open_direct):
    assert open_direct(worker, "nobody-made-this", framing, wait=False).wait_head().headers["cache-control"] == "no-store"
