# SPDX-License-Identifier: MIT
"""access = "token": where a token may be, when it ends, how keys are changed."""
import signal
import subprocess
import time

import pytest

from harness.eventsource import ends_with_retry
from harness.fixtures import _server_of, wait_subscribed
from harness.pages import OPERATORS, examples
from harness.process import wait_until
from harness.tokens import KEYS, SECRET, Secret, bearer, token

OTHER = "another secret, of thirty-two bytes too"


@pytest.fixture
def keys(folder):
    """keys(SECRET, …): writes the key files anew; they are called key0, key1 …"""
    def write(*secrets):
        for number in range(2):
            path = folder / f"key{number}"
            path.write_text(secrets[min(number, len(secrets) - 1)])
            path.chmod(0o600)
        return [str(folder / f"key{number}") for number in range(2)]
    return write


@pytest.fixture
def guarded(request, servers, own_worker, user, keys):
    def make(key: str = SECRET, rule: dict = {}, **options):
        server = _server_of(request, servers)
        services = [{"jid": server.pubsub, "hosts": ["push.example.org"], "access": "token", "deny": ["secret*"], **rule},
                    {"jid": server.pubsub2, "hosts": ["push2.example.org"], "access": "token"}]
        worker = own_worker(services=services, token={"keys": keys(key), **options},
                            stream={"heartbeat": "1s", "retry": "100ms"})
        return worker.start().wait_connected(user("friend"))
    return make


def test_a_stream_ends_with_its_token_and_the_retry_is_a_401(guarded, node, publisher, open_direct, framing):
    worker = guarded()
    stream = open_direct(worker, node, framing, reconnect=True, **bearer(node, seconds=3))
    publisher.publish(node, "<p xmlns='urn:x'>before</p>", "i1")
    assert "before" in stream.next().data
    assert not stream.ended.wait(1)
    stream.wait_end(6)
    assert stream.status == 401 and stream.opened == 2
    assert stream.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert ends_with_retry(stream.bodies[0]), "so the browser comes back"


@pytest.mark.parametrize("alg", KEYS)
def test_each_kind_of_key_opens_streams_and_its_like_does_not(xmpp, guarded, folder, node, publisher, open_direct, alg):
    key, stranger = KEYS[alg](folder), Secret(text=OTHER) if alg == "HS256" else KEYS[alg](folder)
    worker = guarded(key.file)
    stream = open_direct(worker, node, **bearer(node, key=key))
    publisher.publish(node, "<p xmlns='urn:x'>1</p>", "i1")
    assert ">1<" in stream.next().data
    assert open_direct(worker, node, wait=False, **bearer(node, key=stranger)).wait_head().status == 401
    if alg != "HS256":  # whoever has the public key has no secret
        forged = bearer(node, key=Secret(text=key.file))
        assert open_direct(worker, node, wait=False, **forged).wait_head().status == 401


def test_who_brings_a_new_token_goes_on_where_the_old_one_ended(guarded, node, publisher, open_direct):
    worker = guarded()
    stream = open_direct(worker, node, **bearer(node, seconds=2))
    publisher.publish(node, "<p xmlns='urn:x'>1</p>", "i1")
    stream.next()
    stream.wait_end(6)
    publisher.publish(node, "<p xmlns='urn:x'>2</p>", "i2")
    again = open_direct(worker, node, last_event_id=stream.parser.last_event_id, **bearer(node))
    assert ">2<" in again.next().data


def test_without_a_token_a_challenge(guarded, node, open_direct):
    answer = open_direct(guarded(), node, wait=False).wait_head()
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("params", [{"HTTP_AUTHORIZATION": "Bearer {}"}, {"HTTP_AUTHORIZATION": "bearer  {}"},
                                    {"HTTP_COOKIE": "a=b; __Host-eventsource={}; c=d"}])
def test_a_token_may_be_in_the_header_or_the_cookie(guarded, node, open_direct, params):
    params = {name: value.format(token(node)) for name, value in params.items()}
    open_direct(guarded(), node, **params)


def test_a_token_in_the_query_counts_only_if_it_is_configured_and_is_never_logged(guarded, node, open_direct):
    in_query = f"/eventsource/{node}?access_token={token(node)}"
    strict = guarded()
    assert open_direct(strict, target=in_query, wait=False).wait_head().status == 401
    lax = guarded(query=True)
    stream = open_direct(lax, target=in_query)
    stream.close()
    for broken in (in_query[:-3] + "abc", in_query + "%00", in_query + "&last=x"):
        open_direct(lax, target=broken, wait=False).wait_head().wait_end()
    wait_until(lambda: "token: refused" in lax.log(), "the log to speak of it")
    for worker in (strict, lax):
        assert "eyJ" not in worker.log() and token(node)[-20:] not in worker.log()


@pytest.mark.parametrize("aud", ["{}", ["https://example.org", "{}"]])
def test_a_token_for_one_service_opens_no_other(xmpp, guarded, node, open_direct, aud):
    aud = [one.format(xmpp.pubsub) for one in aud] if isinstance(aud, list) else aud.format(xmpp.pubsub)
    worker, meant = guarded(), bearer("*", aud=aud)
    open_direct(worker, node, **meant)
    other = open_direct(worker, node, host="push2.example.org", wait=False, **meant).wait_head()
    assert (other.status, other.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
    # Who does not say for whom a token is gives it to both (which here has no such node).
    assert open_direct(worker, node, host="push2.example.org", wait=False, **bearer("*")).wait_head().status == 404


def test_where_an_audience_is_configured_a_token_has_to_name_it(xmpp, guarded, node, open_direct):
    worker = guarded(rule={"audience": "push"})
    open_direct(worker, node, **bearer(node, aud=["push"]))
    for claims in ({}, {"aud": xmpp.pubsub}, {"aud": []}):
        assert open_direct(worker, node, wait=False, **bearer(node, **claims)).wait_head().status == 401


def test_the_lines_of_the_operators_page_make_keys_and_a_token(guarded, folder, new_node, open_direct):
    """As an operator types them: each block by itself, in one folder."""
    blocks = [block for block in examples(OPERATORS, "sh") if "openssl" in block]
    out = subprocess.run(["bash", "-euc", "\n".join(blocks)], cwd=folder, capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out.stderr
    made = out.stdout.split()[-2:]
    assert {path.name for path in folder.glob("*.pem")} >= {"rsa.pem", "rs256.pem", "ec.pem", "es256.pem"}
    worker = guarded(keys=[str(folder / name) for name in ("hs256", "rs256.pem", "es256.pem")])
    new_node("weather/rome")
    for text in made:
        open_direct(worker, target="/eventsource/weather/rome", HTTP_AUTHORIZATION="Bearer " + text)
        other = open_direct(worker, target="/eventsource/news", wait=False, HTTP_AUTHORIZATION="Bearer " + text).wait_head()
        assert other.status == 403


def test_what_the_rule_denies_no_token_opens(guarded, new_node, open_direct):
    worker, node = guarded(), new_node(f"secret-{time.monotonic_ns()}")
    assert open_direct(worker, node, wait=False, **bearer("*")).wait_head().status == 403


def test_a_pattern_shows_what_rule_and_token_let_through(guarded, new_node, publisher, open_direct):
    kind = f"t{time.monotonic_ns()}"
    for name in ("a", "b", "c"):
        new_node(f"{kind}-{name}")
    new_node(f"secret-{kind}")
    worker = guarded()
    stream = open_direct(worker, target=f"/eventsource/?node=*{kind}*", **bearer(f"{kind}-a", f"{kind}-c", f"secret-{kind}"))
    for name in ("a", "c"):
        wait_subscribed(publisher, f"{kind}-{name}", worker)
    for node in (f"{kind}-a", f"{kind}-b", f"secret-{kind}", f"{kind}-c"):
        publisher.publish(node, f"<p xmlns='urn:x'>{node}</p>", "i1")
    seen = "".join(event.data for event in stream.take(2))
    assert f">{kind}-a<" in seen and f">{kind}-c<" in seen
    assert stream.nothing_within(1)


def reload(worker, line: str) -> None:
    """SIGHUP, until the log has another such line."""
    before = worker.log().count(line)
    worker.process.signal(signal.SIGHUP)
    wait_until(lambda: worker.log().count(line) > before, line, 5, 0.05)


def test_keys_are_changed_and_a_stream_ends_only_with_its_own(guarded, keys, node, publisher, open_direct):
    worker = guarded()
    stream = open_direct(worker, node, **bearer(node))
    assert open_direct(worker, node, wait=False, **bearer(node, secret=OTHER)).wait_head().status == 401
    keys(SECRET, OTHER)
    reload(worker, "token: keys from")
    other = open_direct(worker, node, **bearer(node, secret=OTHER))
    open_direct(worker, node, **bearer(node))
    publisher.publish(node, "<p xmlns='urn:x'>1</p>", "i1")
    assert stream.next().data and not stream.ended.is_set(), "its key is still there"
    keys(OTHER)
    reload(worker, "token: keys from")
    assert open_direct(worker, node, wait=False, **bearer(node)).wait_head().status == 401
    open_direct(worker, node, **bearer(node, secret=OTHER))
    assert ends_with_retry(stream.wait_end(5).raw), "what a key that is withdrawn has opened ends at once"
    publisher.publish(node, "<p xmlns='urn:x'>2</p>", "i2")
    assert ">2<" in other.take(2)[-1].data


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_a_public_key_is_added_to_a_secret_and_then_replaces_it(guarded, keys, folder, node, open_direct, alg):
    worker, key = guarded(), KEYS[alg](folder)
    stream = open_direct(worker, node, **bearer(node))
    assert open_direct(worker, node, wait=False, **bearer(node, key=key)).wait_head().status == 401
    keys(SECRET, key.file)
    reload(worker, "token: keys from")
    open_direct(worker, node, **bearer(node, key=key))
    open_direct(worker, node, **bearer(node))
    keys(key.file)
    reload(worker, "token: keys from")
    open_direct(worker, node, **bearer(node, key=key))
    assert open_direct(worker, node, wait=False, **bearer(node)).wait_head().status == 401
    stream.wait_end(5)


def test_a_token_that_names_a_key_is_verified_with_that_alone(guarded, keys, node, open_direct):
    worker = guarded()
    keys(SECRET, OTHER)
    reload(worker, "token: keys from")
    open_direct(worker, node, **bearer(node, header={"kid": "key0"}))
    open_direct(worker, node, **bearer(node, header={"kid": "of-the-issuer"}))
    assert open_direct(worker, node, wait=False, **bearer(node, header={"kid": "key1"})).wait_head().status == 401


@pytest.mark.parametrize("header", [{"alg": "hs256"}, {"b64": False}, {"b64": False, "crit": ["b64"]}, {"crit": []}, {"alg": "none"},
                                    {"typ": "at+jwt"}])
def test_a_header_that_asks_for_something_else_opens_nothing(guarded, node, open_direct, header):
    assert open_direct(guarded(), node, wait=False, **bearer(node, header=header)).wait_head().status == 401


def test_bad_keys_leave_the_old_ones(guarded, keys, node, open_direct):
    worker = guarded()
    keys(OTHER, "short")
    reload(worker, "keeping the old keys")
    assert "short" not in worker.log().replace("shorter", "")
    open_direct(worker, node, **bearer(node))
