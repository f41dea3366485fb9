# SPDX-License-Identifier: MIT
"""What others take for "open your logs again" or "print your state" ends no stream."""
import signal

import pytest

MEAN_NOTHING = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGPIPE, signal.SIGPOLL,
                signal.SIGPWR, signal.SIGXFSZ, signal.SIGWINCH, signal.SIGURG, signal.SIGCHLD, signal.SIGCONT, signal.SIGHUP,
                signal.SIGRTMIN, signal.SIGRTMIN + 1, signal.SIGRTMAX]


def test_streams_go_on(own_worker, user, node, publisher, open_direct, framing):
    worker = own_worker().start().wait_connected(user("friend"))
    stream = open_direct(worker, node, framing)
    for count, number in enumerate(MEAN_NOTHING):
        for _ in range(2):
            worker.process.signal(number)
        publisher.publish(node, f"<p xmlns='urn:x'>{count}</p>", f"i{count}")
        assert f">{count}<" in stream.next().data, number
    worker.process.signal(signal.SIGTERM)
    assert worker.process.wait(5) == 0


@pytest.mark.parametrize("number", [signal.SIGQUIT])
def test_a_core_dump_can_be_asked_for(own_worker, number):
    worker = own_worker().start()
    worker.process.signal(number)
    assert worker.process.wait(30) == -number  # the kernel may be long about it
