# SPDX-License-Identifier: MIT
"""Two workers, each with its own component, behind nginx/upstream-several.conf: the reader need not care which it gets."""
from harness.fixtures import wait_subscribed
from harness.numbers import numbers, publish


def test_the_reader_lands_on_the_other_worker_and_misses_nothing(pair, publisher, new_node, open_stream, framing):
    (first, second), web = pair
    node = new_node(persist_items=1, max_items=200)
    stream = open_stream(node, framing, web=web, reconnect=True)
    publish(publisher, node, 1)
    assert numbers(stream, until=1) == [1]
    number = 1
    for gone in (first, second, first):
        gone.process.kill()
        publish(publisher, node, number + 1)
        assert numbers(stream, until=number + 1, timeout=20) == [number + 1]
        gone.start()
        publish(publisher, node, number + 2)
        assert numbers(stream, until=number + 2, timeout=20) == [number + 2]
        number += 2
    assert stream.status == 200


def test_while_both_are_away_the_answer_is_still_a_stream(pair, publisher, new_node, open_stream):
    workers, web = pair
    node = new_node(persist_items=1, max_items=200)
    stream = open_stream(node, web=web, reconnect=True)
    publish(publisher, node, 1)
    assert numbers(stream, until=1) == [1]
    for worker in workers:
        worker.process.kill()
    publish(publisher, node, 2)
    stream.wait_away()
    for worker in workers:
        worker.start()
    assert numbers(stream, until=2, timeout=30) == [2]
    assert stream.status == 200


def test_a_worker_that_is_back_gets_the_next_stream_at_once(pair, publisher, new_node, open_stream):
    (first, second), web = pair
    node = new_node()
    second.process.kill()
    open_stream(node, web=web)
    second.start()
    # It has no streams, so least_conn means it; no time of penalty is waited for (max_fails=0).
    open_stream(node, web=web)
    for worker in (first, second):
        wait_subscribed(publisher, node, worker)
