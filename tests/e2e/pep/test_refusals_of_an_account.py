# SPDX-License-Identifier: MIT
"""A node that is missing or closed, and a JID that nobody configured."""
import pytest

from harness.accounts import target


def status_of(stream) -> int:
    return stream.wait_head().status


def test_a_closed_node_is_forbidden(accounts_worker, own_node, alice, open_direct):
    node = alice.create("private:whitelist", access_model="whitelist")
    stream = open_direct(accounts_worker, target=target(node), wait=False)
    assert status_of(stream) == 403
    alice.delete(node)


def test_a_node_for_those_who_see_her_presence_is_forbidden(accounts_worker, alice, open_direct):
    node = alice.create("private:presence", access_model="presence")
    assert status_of(open_direct(accounts_worker, target=target(node), wait=False)) == 403
    alice.delete(node)


@pytest.mark.parametrize("jid", ["alice@localhost", "nobody@localhost"])
def test_a_missing_node_is_refused(xmpp, accounts_worker, open_direct, jid):
    """Prosody 0.12 does not tell strangers which nodes an account has, nor which accounts there are."""
    stream = open_direct(accounts_worker, target=target("public:nobody-made-this", jid), wait=False)
    assert status_of(stream) == (404 if xmpp.tells_missing_nodes_of_accounts else 403)


@pytest.mark.parametrize("letter", ["%F0%9F%8E%89", "%E1%B4%AC"])
def test_an_account_with_letters_younger_than_stringprep_is_refused(xmpp, accounts_worker, open_direct, letter):
    """By ejabberd, to which that is no JID; Prosody takes it for one, of an account that it does not know."""
    stream = open_direct(accounts_worker, target=target("n", letter + "lice@localhost"), wait=False)
    assert status_of(stream) == (404 if xmpp.name == "prosody" and xmpp.tells_missing_nodes_of_accounts else 403)


@pytest.mark.parametrize("path", ["@alice/n", "@alice@localhost%2Fphone/n", "@@localhost/n", "@alice@localhost/"])
def test_what_names_no_node_of_a_bare_jid_is_malformed(accounts_worker, open_direct, path):
    stream = open_direct(accounts_worker, target=f"/eventsource/{path}", wait=False)
    assert status_of(stream) == (404 if path == "@alice/n" else 400), stream.text()


def test_a_deleted_node_ends_its_stream(accounts_worker, alice, own_node, open_direct):
    node = own_node()
    stream = open_direct(accounts_worker, target=target(node))
    alice.delete(node)
    assert stream.next().type == "delete"
    stream.wait_end()
