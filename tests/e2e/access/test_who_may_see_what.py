# SPDX-License-Identifier: MIT
"""README, "Who may see what", row by row. `alice` is the user; the node belongs to `publisher`.

Each row: the rule; the node's access model; what the node's owner has made of the component and of the user; and what
comes of it on each server: 200 (and what is published arrives), 403, or None where the server has no such thing.
"""
import pytest

from harness.process import wait_until
from harness.tokens import bearer

ROWS = [
    # rule               model        component    user         Prosody ejabberd
    # open: what the component may subscribe to; whoever asks
    ("open",              "open",      None,        None,        200,    200),
    ("open",              "open",      "outcast",   None,        403,    403),
    ("open",              "whitelist", None,        None,        403,    403),
    ("open",              "whitelist", "member",    None,        200,    200),
    ("open",              "authorize", "approved",  None,        None,   200),
    ("open",              "presence",  "member",    None,        None,   403),
    ("open",              "roster",    "member",    None,        None,   403),
    # user-at-component: alice@COMPONENT decides, and the component has to be let in, too
    ("user-at-component", "open",      None,        None,        200,    200),
    ("user-at-component", "open",      None,        "outcast",   403,    403),
    ("user-at-component", "open",      "outcast",   None,        403,    403),
    ("user-at-component", "whitelist", "member",    None,        403,    403),
    ("user-at-component", "whitelist", "member",    "member",    200,    200),
    ("user-at-component", "whitelist", "member",    "publisher", 200,    200),
    ("user-at-component", "whitelist", None,        "member",    403,    403),
    ("user-at-component", "authorize", "approved",  None,        None,   403),
    ("user-at-component", "authorize", "approved",  "member",    None,   200),
    ("user-at-component", "presence",  "member",    "member",    None,   403),
    ("user-at-component", "roster",    "member",    "member",    None,   403),
    # owner: alice@localhost's affiliation decides, then the access model
    ("owner",             "open",      "owner",     None,        200,    200),
    ("owner",             "open",      "owner",     "outcast",   403,    403),
    ("owner",             "open",      None,        None,        403,    403),  # no owner: it cannot ask
    ("owner",             "whitelist", "member",    "member",    403,    403),
    ("owner",             "whitelist", "owner",     None,        403,    403),
    ("owner",             "whitelist", "owner",     "outcast",   403,    403),
    ("owner",             "whitelist", "owner",     "member",    200,    200),
    ("owner",             "whitelist", "owner",     "publisher", 200,    200),
    ("owner",             "authorize", "owner",     None,        None,   403),
    ("owner",             "authorize", "owner",     "approved",  None,   200),
    ("owner",             "presence",  "owner",     None,        None,   403),
    ("owner",             "roster",    "owner",     None,        None,   403),
    ("owner",             "roster",    "owner",     "member",    None,   200),
    # privileged: alice@localhost asks herself; ejabberd 23.01 has no such privilege (see below)
    ("privileged",        "open",      None,        None,        200,    None),
    ("privileged",        "open",      None,        "outcast",   403,    None),
    ("privileged",        "whitelist", "member",    None,        403,    None),
    ("privileged",        "whitelist", "member",    "member",    200,    None),
    ("privileged",        "whitelist", None,        "member",    403,    None),
    # token: the token decides, and the component has to be let in
    ("token",             "open",      None,        "token",     200,    200),
    ("token",             "open",      None,        "other",     403,    403),
    ("token",             "open",      None,        None,        401,    401),
    ("token",             "whitelist", "member",    "token",     200,    200),
    ("token",             "whitelist", None,        "token",     403,    403),
]


def make_node(new_node, publisher, user, worker, rule, model, component, who):
    """The node of a row; roster groups are nobody's here."""
    more = {"roster_groups_allowed": "friends"} if model == "roster" else {}
    node = new_node(access_model=model, **more)
    if component and component != "approved":
        publisher.affiliate(node, worker.component, component)
    jid = f"alice@{worker.component}" if rule == "user-at-component" else "alice@localhost"
    if who == "approved":
        user("alice").iq("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                                f"<subscribe node='{node}' jid='{jid}'/></pubsub>")
        publisher.approve(node, jid)
    elif who in ("outcast", "member", "publisher"):
        publisher.affiliate(node, jid, who)
    return node


CASES = [(server, *row[:4], row[column]) for column, server in ((4, "prosody"), (5, "ejabberd")) for row in ROWS
         if row[column]]


@pytest.mark.parametrize("xmpp, rule, model, component, who, expected", CASES, indirect=["xmpp"], scope="session",
                         ids=lambda value: str(value or "none"))
def test_who_may_see_what(xmpp, guard, new_node, publisher, user, open_direct, rule, model, component, who, expected):
    worker = guard(rule)
    node = make_node(new_node, publisher, user, worker, rule, model, component, who)
    params = {"REMOTE_USER": "alice"} if rule not in ("open", "token") else {}
    if rule == "token" and who:
        params = bearer(node if who == "token" else "other")
    stream = open_direct(worker, node, wait=False, **params).wait_head(15)
    assert stream.status == expected, stream.text()
    if expected != 200:
        return
    if model == "authorize":  # ejabberd waits for the approval of an owner's subscription, too
        publisher.approve(node, worker.component)
    publisher.publish(node, "<p xmlns='urn:x'>for alice</p>", "i1")
    assert "for alice" in stream.next().data


@pytest.mark.parametrize("rule", ["user-at-component", "owner", "privileged"])
def test_without_a_user_nobody_sees_anything(prosody, guard, node, open_direct, rule):
    stream = open_direct(guard(rule), node, wait=False).wait_head()
    assert stream.status == 403 and "REMOTE_USER" in stream.text()


@pytest.mark.parametrize("model", ["open", "whitelist"])
def test_without_a_privilege_nothing_is_shown_and_the_log_says_so(ejabberd, guard, new_node, publisher, open_direct, model):
    """ejabberd 23.01 does not know privileged IQs: it says "not now", so the page waits, and the operator can read why."""
    worker, node = guard("privileged"), new_node(access_model=model)
    for jid in (worker.component, "alice@localhost"):
        publisher.affiliate(node, jid, "member")
    stream = open_direct(worker, node, wait=False, REMOTE_USER="alice").wait_head(15)
    publisher.publish(node, "<p xmlns='urn:x'>secret</p>", "i1")
    assert stream.nothing_within(2) and b"secret" not in stream.raw
    wait_until(lambda: "does not say what users may read" in worker.log(), "a line for the operator", 20, 0.2)
