# SPDX-License-Identifier: MIT
"""Over a limit that passes: 200, a long jittered retry:, and the end; never a status that ends a browser's EventSource."""
import re

import pytest

from harness.process import wait_until
from harness.tokens import SECRET, bearer


@pytest.fixture
def limited(own_worker, user):
    """limited(streams=2): a worker with that limit."""
    def make(services=None, token=None, **limits):
        worker = own_worker(limits={"retry": "60s", **limits}, services=services, token=token, stream={"heartbeat": "1s"})
        return worker.start().wait_connected(user("friend"))
    return make


# What a person with curl reads of it.
WHY = {"streams": "this worker has reached its limit of streams", "streams_per_address": "your address has reached its limit of streams",
       "streams_per_user": "you have reached your limit of streams", "streams_per_node": "the node has reached its limit of streams",
       "nodes": "this worker has reached its limit of nodes",
       "subscribes_per_second": "too many nodes were requested in this second",
       "subscribes_per_address": "your address requested too many nodes in this second",
       "bad_tokens_per_address": "your address sent too many tokens that are not valid"}


def turned_away(stream, limit: str) -> int:
    """The milliseconds it is told to wait."""
    stream.wait_open().wait_end()
    assert re.fullmatch(rf": {WHY[limit]}\nretry: \d+\n\n", stream.raw.decode())
    return stream.parser.retry_ms


def limited_total(worker, open_direct, limit: str) -> int:
    text = open_direct(worker, "any", wait=False, EVENTSOURCE_METRICS="1").wait_head().wait_end().text()
    return int(re.search(rf'limited_total\{{limit="{limit}"\}} (\d+)', text)[1])


@pytest.mark.parametrize("limit, params", [("streams", {}), ("streams_per_address", {}), ("streams_per_node", {}),
                                           ("streams_per_user", {"REMOTE_USER": "alice"})])
def test_one_stream_too_many_comes_back_later(xmpp, limited, node, open_direct, framing, limit, params):
    worker = limited(**{limit: 2})
    first, _ = open_direct(worker, node, framing, **params), open_direct(worker, node, framing, **params)
    waits = {turned_away(open_direct(worker, node, framing, wait=False, **params), limit) for _ in range(5)}
    assert all(60_000 <= wait <= 120_000 for wait in waits) and len(waits) > 1, "not all at once"
    assert limited_total(worker, open_direct, limit) == 5
    first.close()
    wait_until(lambda: not open_direct(worker, node, framing, **params).ended.wait(0.3), "room for another", 5, 0.2)


def test_another_address_another_user_another_node_has_room(prosody, limited, new_node, open_direct):
    worker, node = limited(streams_per_address=1, streams_per_user=1, streams_per_node=2), new_node()
    open_direct(worker, node, REMOTE_ADDR="192.0.2.1", REMOTE_USER="alice")
    kept = open_direct(worker, node, REMOTE_ADDR="192.0.2.2", REMOTE_USER="bob")
    turned_away(open_direct(worker, node, wait=False, REMOTE_ADDR="192.0.2.3", REMOTE_USER="carol"), "streams_per_node")
    turned_away(open_direct(worker, new_node(), wait=False, REMOTE_ADDR="192.0.2.2", REMOTE_USER="dave"), "streams_per_address")
    turned_away(open_direct(worker, new_node(), wait=False, REMOTE_ADDR="192.0.2.5", REMOTE_USER="bob"), "streams_per_user")
    other = open_direct(worker, new_node(), REMOTE_ADDR="192.0.2.4", REMOTE_USER="erin")
    assert not kept.ended.is_set() and not other.ended.is_set()


def test_an_ipv6_client_counts_by_its_network(prosody, limited, node, open_direct):
    worker = limited(streams_per_address=1)
    open_direct(worker, node, REMOTE_ADDR="2001:db8:1:2::1")
    turned_away(open_direct(worker, node, wait=False, REMOTE_ADDR="2001:db8:1:2:ffff::9"), "streams_per_address")
    assert not open_direct(worker, node, REMOTE_ADDR="2001:db8:1:3::1").ended.wait(0.3)


def test_subjects_of_tokens_are_users(prosody, limited, node, folder, open_direct):
    (folder / "key").write_text(SECRET)
    (folder / "key").chmod(0o600)
    worker = limited([{"jid": prosody.pubsub, "hosts": ["push.example.org"], "access": "token"}],
                     {"keys": [str(folder / "key")]}, streams_per_user=1)
    open_direct(worker, node, **bearer("*", sub="alice"))
    turned_away(open_direct(worker, node, wait=False, **bearer("*", sub="alice")), "streams_per_user")
    assert not open_direct(worker, node, **bearer("*", sub="bob")).ended.wait(0.3)


def test_nodes_in_all(xmpp, limited, new_node, open_direct):
    worker = limited(nodes=2)
    first, second, third = new_node(), new_node(), new_node()
    open_direct(worker, target=f"/eventsource/?node={first}&node={second}")
    turned_away(open_direct(worker, third, wait=False), "nodes")
    assert not open_direct(worker, first).ended.wait(0.3), "that one is followed already"


def test_nodes_that_a_pattern_matches_count_too(prosody, own_worker, user, new_node, open_direct):
    worker = own_worker(limits={"nodes": 2, "retry": "60s"}, stream={"heartbeat": "1s", "discover": "1s"})
    worker.start().wait_connected(user("friend"))
    first, _ = new_node("limited/a", persist_items=1), new_node("limited/b", persist_items=1)
    by_pattern = open_direct(worker, target="/eventsource/?node=limited/*")
    turned_away(open_direct(worker, new_node(), wait=False), "nodes")
    named = open_direct(worker, first)
    new_node("limited/c", persist_items=1)
    by_pattern.wait_end(15)
    assert f"\n: {WHY['nodes']}\nretry: " in by_pattern.raw.decode()
    assert 60_000 <= by_pattern.parser.retry_ms <= 120_000
    assert not named.ended.wait(0.3)
    turned_away(open_direct(worker, target="/eventsource/?node=limited/*", wait=False), "nodes")
    assert limited_total(worker, open_direct, "nodes") == 3


def test_new_subscriptions_per_second(prosody, limited, new_node, open_direct):
    worker = limited(subscribes_per_second=3)
    nodes = [new_node() for _ in range(5)]
    streams = [open_direct(worker, node, wait=False).wait_open() for node in nodes]
    ended = [stream for stream in streams if stream.ended.wait(0.3)]
    assert len(ended) in (1, 2) and all(turned_away(stream, "subscribes_per_second") for stream in ended)
    assert limited_total(worker, open_direct, "subscribes_per_second") in (1, 2)


def test_one_address_that_asks_for_random_nodes_keeps_nobody_else_out(prosody, limited, new_node, open_direct):
    worker = limited(subscribes_per_second=100, subscribes_per_address=20)
    cold = [new_node() for _ in range(20)]
    for count, node in enumerate(cold):
        for turn in range(2):
            names = "&".join(f"node=random{count}-{turn}-{i}" for i in range(16))
            open_direct(worker, target=f"/eventsource/?{names}", wait=False, REMOTE_ADDR="192.0.2.1")
        assert open_direct(worker, node, REMOTE_ADDR=f"198.51.100.{count}").status == 200
    assert limited_total(worker, open_direct, "subscribes_per_second") == 0
    assert limited_total(worker, open_direct, "subscribes_per_address") > 0


def test_a_node_that_was_refused_a_moment_ago_is_not_asked_for_again(prosody, limited, open_direct, framing):
    worker = limited(subscribes_per_address=5)  # one name is asked for four times a second at most
    told = [open_direct(worker, "missing", framing, wait=False).wait_head().status for _ in range(30)]
    assert told == [404] * 30, "it would be told to come back, were each counted"


def test_bad_tokens_of_one_address(prosody, limited, node, folder, open_direct):
    (folder / "key").write_text(SECRET)
    (folder / "key").chmod(0o600)
    worker = limited([{"jid": prosody.pubsub, "hosts": ["push.example.org"], "access": "token"}],
                     {"keys": [str(folder / "key")]}, bad_tokens_per_address=5)
    forged, good = bearer("*", secret="x" * 32), bearer("*")
    for _ in range(5):
        assert open_direct(worker, node, wait=False, REMOTE_ADDR="192.0.2.1", **forged).wait_head().status == 401
    turned_away(open_direct(worker, node, wait=False, REMOTE_ADDR="192.0.2.1", **forged), "bad_tokens_per_address")
    turned_away(open_direct(worker, node, wait=False, REMOTE_ADDR="192.0.2.1", **good), "bad_tokens_per_address")
    assert not open_direct(worker, node, REMOTE_ADDR="192.0.2.2", **good).ended.wait(0.3)


def test_outsiders_write_few_lines_that_say_who(prosody, limited, node, folder, open_direct):
    (folder / "key").write_text(SECRET)
    (folder / "key").chmod(0o600)
    worker = limited([{"jid": prosody.pubsub, "hosts": ["push.example.org"]},
                      {"jid": prosody.pubsub2, "hosts": ["token.example.org"], "access": "token"}],
                     {"keys": [str(folder / "key")]}, streams_per_user=1)
    open_direct(worker, node, REMOTE_USER="alice")
    for i in range(60):
        open_direct(worker, f"missing{i}", wait=False, REMOTE_ADDR="192.0.2.9").wait_head()
        open_direct(worker, node, host="token.example.org", wait=False, REMOTE_ADDR="192.0.2.9", **bearer("*", secret="x" * 32)).wait_head()
        open_direct(worker, node, wait=False, REMOTE_ADDR="192.0.2.9", REMOTE_USER="alice").wait_head()
    lines = [re.sub(r"[0-9]+", "N", line.partition(" ")[2].partition(":")[2]) for line in worker.log().splitlines()
             if " debug:" not in line]
    assert max(lines.count(line) for line in set(lines)) <= 10, sorted(set(lines), key=lines.count)[-3:]
    for kind in ("request: refused 192.0.2.9", "token: refused a token from 192.0.2.9", "limit: told 192.0.2.9"):
        assert kind in worker.log()


def test_a_document_is_told_to_be_asked_for_again(prosody, limited, node, open_direct):
    worker = limited(streams=1)
    open_direct(worker, node)
    answer = open_direct(worker, node, wait=False, HTTP_ACCEPT="application/json").wait_head()
    assert answer.status == 503
