# SPDX-License-Identifier: MIT
"""nginx/example.conf as it is, but for its ports and its certificate: pages, redirect, HTTP/2 and streams."""
import http.client
import os
import re
import subprocess

import pytest

from harness.eventsource import EventSource
from harness.nginx import self_signed, substitute, with_http2
from harness.process import Process, free_port, program
from harness.responder import Responder
from harness.worker import HOST, ROOT

_CONFIG = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  include {folder}/conf/site.conf;
}}
"""


@pytest.fixture(scope="module")
def site(run_folder):
    """(HTTP port, HTTPS port) of the example server; hosts.conf is the shipped one, too."""
    folder = run_folder / "example"
    conf, plain, tls = folder / "conf", free_port(), free_port()
    (conf / "xmpp-eventsource").mkdir(parents=True)
    (folder / "tmp").mkdir()
    self_signed(folder)
    responder = Responder(folder)
    for path in (ROOT / "nginx").glob("*.conf"):
        text = path.read_text()
        if path.name == "upstream.conf":
            text = substitute(text, "unix:/run/xmpp-eventsource/", f"unix:{folder}/")
        (conf / "xmpp-eventsource" / path.name).write_text(text)
    text = with_http2((ROOT / "nginx" / "example.conf").read_text())
    text = re.sub(r"(?m)^ *listen \[::\]:.*;\n", "", text)
    for old, new in {"listen 80;": f"listen 127.0.0.1:{plain};", "listen 80 ": f"listen 127.0.0.1:{plain} ",
                     "listen 443 ": f"listen 127.0.0.1:{tls} ",
                     "/etc/ssl/certs/push.example.org.pem": f"{folder}/cert.pem",
                     "/etc/ssl/private/push.example.org.key": f"{folder}/key.pem"}.items():
        text = substitute(text, old, new)
    (conf / "site.conf").write_text(text)
    (conf / "nginx.conf").write_text(_CONFIG.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))
    nginx = Process([program("nginx"), "-p", folder, "-e", folder / "error.log", "-c", conf / "nginx.conf"], folder / "output")
    nginx.wait_listening(("127.0.0.1", tls))
    yield plain, tls, responder.asked
    nginx.end()
    responder.close()


def test_streams_arrive_and_the_shipped_map_names_the_service(site):
    _, tls, asked = site
    with EventSource(f"https://127.0.0.1:{tls}/eventsource/a%2Fb", host=HOST) as stream:
        assert stream.wait_open().next().data == "hello"
    kind, params = asked[-1]
    assert kind == "fastcgi" and params["REQUEST_URI"] == "/eventsource/a%2Fb"
    assert params["PUBSUB_SERVICE"] == "pubsub.example.org"


def test_it_speaks_http2(site):
    _, tls, _ = site
    told = subprocess.run([program("curl"), "-sk", "--http2", "--max-time", "5", "-o", "/dev/null", "-w", "%{http_version}",
                           "--resolve", f"{HOST}:{tls}:127.0.0.1", f"https://{HOST}:{tls}/eventsource/n"],
                          capture_output=True, text=True, timeout=10).stdout
    assert told == "2"


def test_plain_http_leads_to_https(site):
    plain, _, _ = site
    connection = http.client.HTTPConnection("127.0.0.1", plain, timeout=5)
    connection.request("GET", "/eventsource/n?x=1", headers={"Host": HOST})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{HOST}/eventsource/n?x=1")


@pytest.mark.parametrize("host", ["evil.example", "pubsub.example.org", f"evil.{HOST}", "127.0.0.1", f"{HOST}.evil.example"])
def test_any_other_name_is_misdirected(site, host):
    """No redirect that leads where a client says, and nothing that another name guards."""
    plain, tls, asked = site
    before = len(asked)
    connection = http.client.HTTPConnection("127.0.0.1", plain, timeout=5)
    connection.request("GET", "/eventsource/n", headers={"Host": host})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location")) == (421, None)
    for version in ("--http1.1", "--http2"):
        told = subprocess.run([program("curl"), "-sk", version, "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                               f"Host: {host}", "--resolve", f"{HOST}:{tls}:127.0.0.1", f"https://{HOST}:{tls}/eventsource/n"],
                              capture_output=True, text=True, timeout=10).stdout
        assert told == "421", version
    assert len(asked) == before


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_long_request_head_passes_its_small_buffers(site, version):
    """Buffers are small for the sake of many streams; cookies, URL and last event ID may be long all the same."""
    _, tls, asked = site
    target, last = "/eventsource/" + "x" * 5000, "k" * 128
    got = subprocess.run([program("curl"), "-sk", version, "--max-time", "1", "-H", "Cookie: " + "c" * 5000,
                          "-H", f"Last-Event-ID: {last}", "--resolve", f"{HOST}:{tls}:127.0.0.1", f"https://{HOST}:{tls}{target}"],
                         capture_output=True, text=True, timeout=10).stdout
    assert "data: hello" in got
    _, params = asked[-1]
    assert (params["REQUEST_URI"], params["HTTP_LAST_EVENT_ID"]) == (target, last)
