# SPDX-License-Identifier: MIT
"""The demo as a person starts it (deploy/demo.sh), and its page (demo_page.test.mjs) in real Chromium."""
import os
import signal
import subprocess
from pathlib import Path

import pytest

from harness.process import Process, free_port, program, wait_until

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
WORKER = PROJECT / "build/release/xmpp-eventsource"
FEEDS = Path("/usr/lib/prosody/modules/mod_pubsub_feeds")

pytestmark = [
    pytest.mark.timeout(150),
    pytest.mark.skipif(Path(os.environ.get("XES_WORKER", WORKER)) != WORKER, reason="the demo runs the release preset's worker"),
    pytest.mark.skipif(not FEEDS.exists(), reason="prosody-modules is missing (deploy/install.sh demo)"),
]


@pytest.fixture(scope="module")
def demo(run_folder):
    """The demo's address, while it runs."""
    port = free_port()
    process = Process([PROJECT / "deploy/demo.sh", "--no-install", "--port", port], run_folder / "demo.out")
    process.address = f"https://127.0.0.1:{port}/"
    try:
        wait_until(lambda: "the page is at" in process.text() or not process.alive(), "the demo to start", 100)
        assert process.alive(), process.text()
        yield process
    finally:
        process.end(30)


def children(pid: int) -> list:
    tasks = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in tasks]


def test_the_page_works_by_mouse_keyboard_and_phone_and_its_console_stays_empty(demo):
    run = subprocess.run([program("node", "nodejs"), "--test", HERE / "demo_page.test.mjs"], cwd=HERE, timeout=140,
                         env={**os.environ, "DEMO_URL": demo.address}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 0, run.stdout[-6000:]


def test_ctrl_c_stops_all_that_the_demo_has_started(demo):
    started = [pid for pid in children(demo.pid) if "sleep" not in Path(f"/proc/{pid}/comm").read_text()]
    assert len(started) == 4, demo.text()  # feed, Prosody, worker, nginx
    demo.signal(signal.SIGINT)
    assert demo.wait(20) == 130, demo.text()
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]
