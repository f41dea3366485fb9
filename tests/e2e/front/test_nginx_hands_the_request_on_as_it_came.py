# SPDX-License-Identifier: MIT
"""What the shipped locations tell the worker, seen by a stand-in for it."""
import pytest

from harness.eventsource import EventSource
from harness.nginx import Nginx
from harness.responder import Responder
from harness.worker import HOST


@pytest.fixture(scope="module")
def seen(run_folder):
    """seen(framing, target, …): the params of that request."""
    folder = run_folder / "handing-on"
    folder.mkdir()
    responder = Responder(folder)
    web = Nginx(folder, responder.fastcgi, responder.scgi, hosts="push.example.org pubsub.localhost;\n *.example.net pubsub2.localhost;")
    web.start()

    def ask(framing, target="/eventsource/n", **options):
        options.setdefault("host", HOST)
        with EventSource(web.url(framing) + target, **options) as stream:
            stream.wait_open()
            assert stream.next().data == "hello"
        kind, params = responder.asked[-1]
        assert kind == framing
        return params
    yield ask
    web.stop()
    responder.close()


@pytest.mark.parametrize("target", [
    "/eventsource/plain", "/eventsource/a//b", "/eventsource/a%2Fb", "/eventsource/a%252Fb", "/eventsource/a/../b",
    "/eventsource/%C3%BC%20x", "/eventsource/a+b", "/eventsource/n?lastEventId=7&x=%2F", "/eventsource/x.php", "/eventsource//",
    "/eventsource/" + "x" * 3000])
def test_the_target_arrives_raw(seen, framing, target):
    params = seen(framing, target)
    assert params["REQUEST_URI"] == target
    assert params["QUERY_STRING"] == target.partition("?")[2]


def test_method_peer_and_accepted_type_arrive(seen, framing):
    params = seen(framing)
    assert (params["REQUEST_METHOD"], params["REMOTE_ADDR"], params["HTTP_ACCEPT"]) == ("GET", "127.0.0.1", "text/event-stream")


def test_the_last_event_id_arrives(seen, framing):
    assert seen(framing, last_event_id="abc-12.x_9")["HTTP_LAST_EVENT_ID"] == "abc-12.x_9"


def test_the_map_of_host_names_chooses_the_service(seen, framing):
    assert seen(framing, host="push.example.org")["PUBSUB_SERVICE"] == "pubsub.localhost"
    assert seen(framing, host="a.example.net")["PUBSUB_SERVICE"] == "pubsub2.localhost"
    assert seen(framing, host="A.Example.NET:8443")["PUBSUB_SERVICE"] == "pubsub2.localhost"


def test_a_host_that_is_in_no_map_is_left_to_the_worker(seen, framing):
    params = seen(framing, host="push2.example.org")
    assert not params.get("PUBSUB_SERVICE")
    assert params["HTTP_HOST"] == "push2.example.org"


@pytest.mark.parametrize("host", ["push2.example.org", "secret.example", "pubsub.localhost", "a.example.net"])
def test_a_server_with_one_name_tells_that_whatever_the_client_says(folder, framing, host):
    responder = Responder(folder)
    web = Nginx(folder, responder.fastcgi, responder.scgi, hosts=f"{host} pubsub2.localhost;", by_host=False).start()
    try:
        with EventSource(web.url(framing) + "/eventsource/n", host=host) as stream:
            stream.wait_open()
        _, params = responder.asked[-1]
        assert params["HTTP_HOST"] == HOST and not params["PUBSUB_SERVICE"]
    finally:
        web.stop()
        responder.close()


@pytest.mark.parametrize("name", ["PUBSUB_SERVICE", "Pubsub-Service", "PUBSUB-SERVICE"])
def test_the_client_cannot_choose_the_service_by_a_header(seen, framing, name):
    assert seen(framing, host="push.example.org", headers={name: "secret.localhost"})["PUBSUB_SERVICE"] == "pubsub.localhost"
    assert not seen(framing, host="push2.example.org", headers={name: "secret.localhost"}).get("PUBSUB_SERVICE")


def test_the_client_cannot_claim_a_user(seen, framing):
    params = seen(framing, headers={"Remote-User": "root", "Authorization": "Basic cm9vdDpyb290"})
    assert not params.get("REMOTE_USER")
