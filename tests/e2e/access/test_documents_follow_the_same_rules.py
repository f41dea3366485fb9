# SPDX-License-Identifier: MIT
"""The same URL without EventSource (`Accept: application/json`) shows no more than a stream would."""
import json

import pytest

from harness.tokens import bearer

CASES = [(server, rule, who) for server in ("prosody", "ejabberd") for rule in ("user-at-component", "owner", "privileged")
         for who in ("member", "not listed", "nobody") if (server, rule) != ("ejabberd", "privileged")]


@pytest.fixture
def stored(new_node, publisher):
    """stored(worker, component="member"): a whitelisted node with an item."""
    def make(worker, component: str = "member") -> str:
        node = new_node(access_model="whitelist", persist_items=1)
        publisher.affiliate(node, worker.component, component)
        publisher.publish(node, "<p xmlns='urn:x'>secret</p>", "i1")
        return node
    return make


@pytest.fixture(params=["application/json", "application/atom+xml"])
def get(request, open_direct):
    def make(worker, node: str, **params):
        return open_direct(worker, node, wait=False, HTTP_ACCEPT=request.param, **params).wait_head().wait_end()
    make.type = request.param
    return make


def shows_the_item(answer, kind: str) -> None:
    assert answer.status == 200 and answer.headers["content-type"].startswith(kind)
    assert "secret" in answer.text()
    if kind == "application/json":
        assert len(json.loads(answer.raw)["items"]) == 1
    assert "public" not in answer.headers.get("cache-control", ""), "nobody may keep it for others"


def refuses(answer, status: int) -> None:
    assert answer.status == status, answer.text()
    assert b"secret" not in answer.raw and "x-last-event-id" not in answer.headers


@pytest.mark.parametrize("xmpp, rule, who", CASES, indirect=["xmpp"], scope="session")
def test_users(xmpp, guard, stored, get, publisher, rule, who):
    worker = guard(rule)
    node = stored(worker, "owner" if rule == "owner" else "member")
    if who == "member":
        publisher.affiliate(node, f"alice@{worker.component if rule == 'user-at-component' else 'localhost'}", "member")
    answer = get(worker, node, **({} if who == "nobody" else {"REMOTE_USER": "alice"}))
    shows_the_item(answer, get.type) if who == "member" else refuses(answer, 403)


def test_tokens(xmpp, guard, stored, get):
    worker = guard("token")
    node = stored(worker)
    shows_the_item(get(worker, node, **bearer(node)), get.type)
    refuses(get(worker, node, **bearer("something-else")), 403)
    refuses(get(worker, node), 401)
    refuses(get(worker, node, **bearer(node, seconds=-60)), 401)


def test_who_cannot_be_asked_about_is_shown_nothing(ejabberd, guard, stored, get, publisher):
    """ejabberd 23.01 has no privileged IQs."""
    worker = guard("privileged")
    node = stored(worker)
    publisher.affiliate(node, "alice@localhost", "member")
    refuses(get(worker, node, REMOTE_USER="alice"), 503)
