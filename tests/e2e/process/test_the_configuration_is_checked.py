# SPDX-License-Identifier: MIT
"""`--check` says file, line, what is wrong and what would be right; the worker itself starts with nothing less."""
import re

import pytest

from harness.pages import OPERATORS, examples
from harness.tokens import P256
from harness.worker import ROOT, run

GOOD = """[xmpp]
server = "127.0.0.1:5347"
jid = "eventsource.example.org"
secret = "hidden-in-plain-sight"

[listen]
fastcgi = ["unix:{folder}/fastcgi.sock"]

[[service]]
jid = "pubsub.example.org"
hosts = ["push.example.org"]

[stream]
heartbeat = "15s"
"""

# What is changed in the good configuration; the line that must be named; a word that must be said.
FAULTS = {
    "an unknown key": ('heartbeat = "15s"', 'heartbeat = "15s"\nhartbeat = "1s"', 15, "hartbeat"),
    "an unknown table": ("[stream]", "[streams]", 13, "streams"),
    "a wrong type": ('heartbeat = "15s"', "heartbeat = true", 14, "heartbeat"),
    "a number without a unit": ('heartbeat = "15s"', 'heartbeat = "15"', 14, "heartbeat"),
    "a value out of bounds": ('heartbeat = "15s"', 'heartbeat = "1ms"', 14, "heartbeat"),
    "an impossible port": ("127.0.0.1:5347", "127.0.0.1:70000", 2, "70000"),
    "a JID that is none": ('jid = "eventsource.example.org"', 'jid = "not a jid@@"', 3, "jid"),
    "an endpoint of no kind": ("unix:{folder}/fastcgi.sock", "/tmp/x.sock", 7, "fastcgi"),
    "a view that does not exist": ('hosts = ["push.example.org"]', 'view = "items"', 11, "items"),
    "the same key twice": ('heartbeat = "15s"', 'heartbeat = "15s"\nheartbeat = "15s"', 15, "redefine"),
    "a syntax error": ("[stream]", "[stream", 13, ""),
    "a string that does not end": ('"push.example.org"]', '"push.example.org]', 11, ""),
}


@pytest.fixture
def check(folder):
    def with_text(text: str):
        path = folder / "config.toml"
        path.write_text(text.replace("{folder}", str(folder)))
        path.chmod(0o600)
        return path, run("--check", "--config", path)
    return with_text


def test_a_good_configuration_passes(check):
    _, ended = check(GOOD)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("example", examples(OPERATORS, "toml"))
def test_the_operators_pages_examples_pass(check, folder, example):
    public = P256(folder).file
    for name in re.findall(r'"([^"]+\.pem)"', example):
        (folder / name).write_text(public)
    path, ended = check(GOOD[:GOOD.index("[[service]]")] + example)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_named_with_file_and_line(check, what):
    old, new, line, word = FAULTS[what]
    assert old in GOOD
    path, ended = check(GOOD.replace(old, new))
    assert ended.returncode == 1
    said = ended.stderr + ended.stdout
    assert re.search(rf"(?m)^{re.escape(str(path))}:{line}: .*{re.escape(word)}", said), said
    assert "hidden-in-plain-sight" not in said


@pytest.mark.parametrize("missing", ['jid = "eventsource.example.org"\n', 'secret = "hidden-in-plain-sight"\n',
                                     'fastcgi = ["unix:{folder}/fastcgi.sock"]\n', 'jid = "pubsub.example.org"\n'])
def test_what_is_required_is_missed(check, missing):
    path, ended = check(GOOD.replace(missing, ""))
    assert ended.returncode == 1 and re.search(rf"(?m)^{re.escape(str(path))}:\d+: ", ended.stderr + ended.stdout)


def test_a_broken_secret_is_not_repeated(check):
    for secret in ('secret = 12345678901', 'secret = "hidden-in-plain-sight', 'secret = ["hidden-in-plain-sight"]'):
        _, ended = check(GOOD.replace('secret = "hidden-in-plain-sight"', secret))
        assert ended.returncode == 1
        assert "12345678901" not in ended.stderr + ended.stdout
        assert "hidden-in-plain-sight" not in ended.stderr + ended.stdout


def test_the_worker_itself_refuses_what_check_refuses(check):
    path, checked = check(GOOD.replace("heartbeat", "hartbeat"))
    started = run("--config", path)
    assert started.returncode == 1 and started.stderr == checked.stderr


def test_a_missing_file_and_a_missing_secret_are_said(folder, check):
    ended = run("--check", "--config", folder / "nowhere.toml")
    assert ended.returncode == 1 and "nowhere.toml" in ended.stderr
    _, ended = check(GOOD.replace('secret = "hidden-in-plain-sight"', 'secret_file = "{folder}/nosecret"'))
    assert ended.returncode == 1 and "config.toml:4: " in ended.stderr and "secret_file" in ended.stderr


def test_the_shipped_example_is_right(folder):
    secret = folder / "secret"
    secret.write_text("x\n")
    secret.chmod(0o600)
    shipped = (ROOT / "deploy" / "xmpp-eventsource.toml").read_text()
    assert '"/etc/xmpp-eventsource/secret"' in shipped
    path = folder / "example.toml"
    path.write_text(shipped.replace("/etc/xmpp-eventsource/secret", str(secret)))
    ended = run("--check", "--config", path)
    assert ended.returncode == 0, ended.stderr


def test_version_and_help_are_told():
    assert re.search(r"\d+\.\d+\.\d+", run("--version").stdout)
    told = run("--help")
    assert told.returncode == 0
    assert all(option in told.stdout for option in ("--config", "--check", "--version"))


def test_wrong_usage_is_not_taken_for_anything_else():
    for arguments in (["--nonsense"], [], ["--config"]):
        ended = run(*arguments)
        assert ended.returncode not in (0, -6, -11) and ended.stderr
