# SPDX-License-Identifier: MIT
"""Whatever else an operator's nginx says, the worker never takes a user whom nobody has checked."""
import base64

from harness.eventsource import EventSource
from harness.worker import HOST, ROOT

CLAIM = {"Authorization": "Basic " + base64.b64encode(b"mallory:guessed").decode()}
STOCK = {framing: f"include /etc/nginx/{framing}_params;\n" for framing in ("fastcgi", "scgi")}


def with_stock(framing: str) -> dict:
    """The location, with Debian's stock params in it: before ours and after them."""
    line = f"    {framing}_param REQUEST_METHOD $request_method;\n"
    return {f"location-{framing}.conf": [(line, line + "    " + STOCK[framing])]}


def test_stock_params_above_the_location_are_not_inherited(nginx, stand_in, framing):
    web = nginx(stand_in, http="".join(STOCK.values()))
    with EventSource(web.url(framing) + "/eventsource/n", host=HOST, headers=CLAIM) as stream:
        stream.wait_open()
    assert "mallory" not in str(stand_in.asked[-1][1])


def test_stock_params_in_the_location_are_answered_400(nginx, worker, framing):
    """At once and for everybody, so that it is noticed. Debian's file sends REMOTE_USER $remote_user."""
    assert "$remote_user" in open("/etc/nginx/fastcgi_params").read()
    web = nginx(worker, edits=with_stock(framing))
    for headers in ({}, CLAIM):
        with EventSource(web.url(framing) + "/eventsource/n", host=HOST, headers=headers) as stream:
            assert stream.wait_head().status == 400
            assert "fastcgi_params" in stream.wait_end(5).text()


def test_an_address_that_is_let_in_claims_no_name(nginx, stand_in, folder, framing):
    """`satisfy any` of the server lets this address in without a password."""
    (folder / "passwords").write_text("alice:{PLAIN}secret\n")
    web = nginx(stand_in, access=["access-basic.conf"], extra="    satisfy any;\n    allow 127.0.0.1;\n    deny all;\n",
                edits={"access-basic.conf": [("/etc/nginx/xmpp-eventsource.htpasswd", f"{folder}/passwords")]})
    for headers, status in ((CLAIM, 401), ({}, 401), ({"Authorization": "Basic " + base64.b64encode(b"alice:secret").decode()}, 200)):
        with EventSource(web.url(framing) + "/eventsource/n", host=HOST, headers=headers) as stream:
            assert stream.wait_head().status == status
    assert [params["REMOTE_USER"] for _, params in stand_in.asked] == ["alice"]


def test_every_location_sends_what_the_worker_trusts_even_if_it_is_empty(framing):
    """Else another include's would be the only one, and not come twice."""
    assert "if_not_empty" not in (ROOT / "nginx" / f"location-{framing}.conf").read_text()
