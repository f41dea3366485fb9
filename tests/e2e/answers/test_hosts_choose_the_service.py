# SPDX-License-Identifier: MIT
"""HTTP host names mean a configured service; PUBSUB_SERVICE wins over them but must be configured too."""
import pytest

from harness.worker import HOST, HOST2


@pytest.fixture
def two_nodes(publisher, new_node, prosody):
    """The same name on both services."""
    node = new_node()
    publisher.create(node, service=prosody.pubsub2)
    return node


def published_on(service, publisher, node, stream) -> bool:
    publisher.publish(node, f"<p xmlns='urn:x'>{service}</p>", "i1", service=service)
    return service in stream.next().data


@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}:8443", f"{HOST}."])
def test_a_host_name_means_its_service(prosody, worker, publisher, two_nodes, framing, open_direct, host):
    assert published_on(prosody.pubsub, publisher, two_nodes, open_direct(worker, two_nodes, framing, host=host))


def test_another_host_name_means_another_service(prosody, worker, publisher, two_nodes, framing, open_direct):
    assert published_on(prosody.pubsub2, publisher, two_nodes, open_direct(worker, two_nodes, framing, host=HOST2))


@pytest.mark.parametrize("path", ["", "@pubsub2.localhost/"])
@pytest.mark.parametrize("host", ["pubsub2.localhost", "PubSub2.localhost:443", HOST, "localhost"])
def test_a_service_with_hosts_is_not_reached_around_them(worker, two_nodes, framing, open_direct, host, path):
    """The web server may guard the virtual host that is configured, and a client can send any Host to another one."""
    if path or host != HOST:
        stream = open_direct(worker, target=f"/eventsource/{path}{two_nodes}", framing=framing, host=host, wait=False)
        assert stream.wait_head().status == 404


def test_a_service_without_hosts_has_its_own_name(prosody, own_worker, publisher, user, two_nodes, framing, open_direct):
    worker = own_worker(services=[{"jid": prosody.pubsub2}])
    worker.start().wait_connected(user("friend"))
    assert published_on(prosody.pubsub2, publisher, two_nodes, open_direct(worker, two_nodes, framing, host=prosody.pubsub2))


def test_the_web_servers_choice_wins_over_the_host(prosody, worker, publisher, two_nodes, framing, open_direct):
    stream = open_direct(worker, two_nodes, framing, host=HOST, PUBSUB_SERVICE=prosody.pubsub2)
    assert published_on(prosody.pubsub2, publisher, two_nodes, stream)


def test_an_empty_choice_is_none(prosody, worker, publisher, two_nodes, framing, open_direct):
    stream = open_direct(worker, two_nodes, framing, host=HOST2, PUBSUB_SERVICE="")
    assert published_on(prosody.pubsub2, publisher, two_nodes, stream)


@pytest.mark.parametrize("service", ["pubsub3.localhost", "localhost", "publisher@localhost", "pubsub.localhost/x", HOST])
def test_a_choice_that_is_not_configured_gets_404(worker, node, framing, open_direct, service):
    assert open_direct(worker, node, framing, host=HOST, PUBSUB_SERVICE=service, wait=False).wait_head().status == 404


@pytest.mark.parametrize("host", ["", "push.example.org.evil.example", "xpush.example.org", "*", "[::1]", "a" * 300])
def test_hosts_that_only_look_alike_get_no_stream(worker, node, framing, open_direct, host):
    assert open_direct(worker, node, framing, host=host, wait=False).wait_head().status in (400, 404)


def test_a_star_is_any_host(prosody, own_worker, publisher, user, two_nodes, framing, open_direct):
    worker = own_worker(services=[{"jid": prosody.pubsub, "hosts": ["*"]}, {"jid": prosody.pubsub2, "hosts": [HOST2]}])
    worker.start().wait_connected(user("friend"))
    assert published_on(prosody.pubsub, publisher, two_nodes, open_direct(worker, two_nodes, framing, host="any.example"))
    assert published_on(prosody.pubsub2, publisher, two_nodes, open_direct(worker, two_nodes, framing, host=HOST2))
