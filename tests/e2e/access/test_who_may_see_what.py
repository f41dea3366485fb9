# SPDX-License-Identifier: MIT
"""deploy/README.md, "Access control", row by row, on both servers: the cases are its own table, and nothing else.

`alice` is the user; the node belongs to `publisher`. A cell is a word of the dictionaries below, or several between
commas, each of which is tried. A word that is not there fails the collection.
"""
import itertools
from types import SimpleNamespace

import pytest

from harness.pages import OPERATORS, table
from harness.process import wait_until
from harness.publisher import Refused
from harness.tokens import bearer

RULE, MODEL, COMPONENT, USER = COLUMNS = "access", "node's model", "component", "user, or token"
SERVERS = {"prosody": "Prosody", "ejabberd": "ejabberd"}
_numbers = itertools.count(1)

RULES = ("open", "user-at-component", "owner", "privileged", "token")


# What may be done to the node.

def with_model(model: str, **more):
    return lambda case: case.new_node(access_model=model, persist_items=1, **more)


def named(prefix: str):
    """An open node that the guard's `nodes` and `deny` say something about, see conftest.py."""
    return lambda case: case.new_node(f"{prefix}{next(_numbers)}", access_model="open", persist_items=1)


NODES = {"open": with_model("open"), "whitelist": with_model("whitelist"), "authorize": with_model("authorize"),
         "presence": with_model("presence"), "roster": with_model("roster", roster_groups_allowed="friends"),
         "open but in `deny`": named("denied"), "open but not in `nodes`": named("other")}
# What a server has of them; it refuses to make others.
MODELS = {"prosody": ["open", "whitelist"], "ejabberd": ["open", "whitelist", "authorize", "presence", "roster"]}


# What may be made of the component.

def nothing(case) -> None:
    pass


def component_is(affiliation: str):
    return lambda case: case.publisher.affiliate(case.node, case.worker.component, affiliation)


def component_is_approved(case) -> None:
    """Somebody who may read did so earlier; so the component asked, and the owner approved of it."""
    case.publisher.affiliate(case.node, case.jid_of("bob"), "member")
    case.open(REMOTE_USER="bob").wait_open()
    asks = {case.node, case.worker.component}  # ejabberd lists no pending subscription: what tells the owner is a form
    wait_until(lambda: any(asks <= set(form.itertext()) for form in case.publisher.messages), "the component to ask for approval")
    case.publisher.approve(case.node, case.worker.component)


def component_is_approved_owner(case) -> None:
    component_is("owner")(case)
    component_is_approved(case)


COMPONENTS = {"–": nothing, "not listed": nothing, "asks": nothing, "member": component_is("member"), "owner": component_is("owner"),
              "outcast": component_is("outcast"), "approved": component_is_approved, "approved owner": component_is_approved_owner}


# What may be made of the user, and what the request says of it.

def user_is(affiliation: str = None):
    def make(case) -> dict:
        if affiliation:
            case.publisher.affiliate(case.node, case.jid_of("alice"), affiliation)
        return {"REMOTE_USER": "alice"}
    return make


def user_is_approved(case) -> dict:
    case.user("alice").iq("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                                 f"<subscribe node='{case.node}' jid='{case.jid_of('alice')}'/></pubsub>")
    case.publisher.approve(case.node, case.jid_of("alice"))
    return {"REMOTE_USER": "alice"}


def nobody(case) -> dict:
    return {}


USERS = {"not listed": user_is(), "member": user_is("member"), "publisher": user_is("publisher"), "outcast": user_is("outcast"),
         "approved": user_is_approved, "no `REMOTE_USER`": nobody}
TOKENS = {"names the node": lambda case: bearer(case.node), "does not name it": lambda case: bearer("something-else"),
          "is for another service": lambda case: bearer(case.node, aud="other.example"),
          "none": nobody, "expired": lambda case: bearer(case.node, seconds=-60),
          "wrong key": lambda case: bearer(case.node, secret="another secret, of thirty-two bytes too")}


# What may come of it.

def is_shown(stream, case) -> None:
    assert stream.status == 200, stream.text()
    # Another item than what was published before: the same once more would be no news.
    case.publisher.publish(case.node, "<p xmlns='urn:x'>secret</p>", "i2")
    assert "secret" in stream.next().data


def is_refused(status: int):
    def check(stream, case) -> None:
        assert stream.status == status, stream.text()
        assert b"secret" not in stream.wait_end().raw
    return check


def shows_nothing(stream, case, seconds: float = 1.5) -> None:
    assert stream.status == 200, stream.text()
    case.publisher.publish(case.node, "<p xmlns='urn:x'>secret</p>", "i1")
    assert stream.nothing_within(seconds) and b"secret" not in stream.raw
    assert not stream.ended.is_set()


def waits_for_the_owner(stream, case) -> None:
    shows_nothing(stream, case, 0.5)
    case.publisher.approve(case.node, case.worker.component)
    # It begins with what is new from then on, and its first ID says that it has begun.
    wait_until(lambda: b"\nid: " in stream.raw, "the stream to begin once its node was approved")
    is_shown(stream, case)


CANNOT_BE_MADE = "–"
ANSWERS = {"200": is_shown, "401": is_refused(401), "403": is_refused(403), "held open, nothing shown": shows_nothing,
           "held open until the owner approves": waits_for_the_owner, CANNOT_BE_MADE: None}


def split(cell: str, groups: dict, known) -> list:
    """The words of a cell; `groups` are those that stand for several."""
    words = [word for group in cell.split(", ") for word in groups.get(group, [group])]
    assert words and all(word in known for word in words), f"the page's table has {cell!r}, which is none of {', '.join(known)}"
    return words


def cases() -> list:
    found = []
    for server, row in itertools.product(SERVERS, table(OPERATORS, *COLUMNS, *SERVERS.values())):
        expected = row[SERVERS[server]]
        assert expected in ANSWERS, f"the page's table has {expected!r}, which is none of {', '.join(ANSWERS)}"
        for rule in split(row[RULE], {}, RULES):
            # A stream of access = "open" may be anybody's, also whom the server has not authenticated.
            anybody = ["not listed", "member", "outcast"] + (["no `REMOTE_USER`"] if rule == "open" else [])
            models = split(row[MODEL], {"any": MODELS[server]}, NODES)
            components = split(row[COMPONENT], {"any": ["not listed", "member", "owner", "outcast"],
                                                "no owner": ["not listed", "member", "outcast"]}, COMPONENTS)
            users = split(row[USER], {"anybody": anybody}, TOKENS if rule == "token" else USERS)
            found += [(server, rule, *words, expected) for words in itertools.product(models, components, users)]
    assert len(set(found)) == len(found), "the page's table says a thing twice"
    return found


@pytest.mark.parametrize("xmpp, rule, model, component, who, expected", cases(), indirect=["xmpp"], scope="session",
                         ids=lambda value: str(value).replace("–", "-"))
def test_who_may_see_what(xmpp, guard, new_node, publisher, user, open_direct, rule, model, component, who, expected):
    case = SimpleNamespace(new_node=new_node, publisher=publisher, user=user, worker=guard(rule))
    if expected == CANNOT_BE_MADE:
        with pytest.raises(Refused):
            NODES[model](case)
        return
    case.jid_of = lambda name: f"{name}@{case.worker.component if rule == 'user-at-component' else 'localhost'}"
    case.node = NODES[model](case)
    case.open = lambda **params: open_direct(case.worker, case.node, wait=False, **params)
    COMPONENTS[component](case)
    params = (TOKENS if rule == "token" else USERS)[who](case)
    ANSWERS[expected](case.open(**params).wait_head(15), case)


LOOK_ALIKES = ["ａlice", "al\u00adice", "ＡLICE", "\u1d2clice"]


@pytest.mark.parametrize("rule", ["user-at-component", "owner"])
@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_look_alike_of_a_user_sees_nothing(xmpp, guard, new_node, publisher, open_direct, rule, name):
    """Servers fold these into "alice" (stringprep), where a web server holds them for other users."""
    worker, node = guard(rule), new_node(access_model="whitelist")
    publisher.affiliate(node, worker.component, "owner" if rule == "owner" else "member")
    publisher.affiliate(node, f"alice@{worker.component}" if rule == "user-at-component" else "alice@localhost", "member")
    refused = open_direct(worker, node, wait=False, REMOTE_USER=name).wait_head()
    assert refused.status == 403 and "cannot make a JID of the user" in refused.text()
    open_direct(worker, node, REMOTE_USER="ALICE")  # case alone makes no other user


@pytest.mark.parametrize("rule", ["user-at-component", "owner", "privileged"])
def test_without_a_user_the_refusal_says_what_is_missing(prosody, guard, node, open_direct, rule):
    assert "REMOTE_USER" in open_direct(guard(rule), node, wait=False).wait_head().text()


def test_without_a_privilege_the_log_says_so(ejabberd, guard, node, open_direct):
    """ejabberd 23.01 does not know privileged IQs: it says "not now", so the page waits, and the operator can read why."""
    worker = guard("privileged")
    open_direct(worker, node, wait=False, REMOTE_USER="alice").wait_head(15)
    wait_until(lambda: "does not say what users may read" in worker.log(), "a line for the operator", 20, 0.2)
