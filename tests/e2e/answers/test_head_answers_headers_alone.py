# SPDX-License-Identifier: MIT
import pytest


@pytest.mark.parametrize("name, status", [(None, 200), ("nobody-made-this", 404)])
def test_head_gets_what_get_would_have_got_without_the_body(worker, new_node, framing, open_direct, name, status):
    stream = open_direct(worker, name or new_node(), framing, method="HEAD", wait=False).wait_head().wait_end(3)
    assert stream.status == status
    assert stream.raw == b""
    if status == 200:
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store"


def test_head_ends_at_once_through_the_web_server(node, framing, open_stream):
    stream = open_stream(node, framing, method="HEAD").wait_end(3)
    assert stream.raw == b""
