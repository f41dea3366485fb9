# SPDX-License-Identifier: MIT
def test_streams_live_under_the_configured_path_alone(own_worker, user, publisher, node, framing, open_direct):
    worker = own_worker(stream={"path": "/push/v1/"}).start().wait_connected(user("friend"))
    stream = open_direct(worker, target=f"/push/v1/{node}", framing=framing)
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert stream.next()
    assert open_direct(worker, node, framing, wait=False).wait_head().status == 404
