# SPDX-License-Identifier: MIT
"""The demo, started as a visitor would: its own check, and its page in Chromium (demo_page.test.mjs)."""
import os
import subprocess
from pathlib import Path

import pytest

from harness.process import Process, free_port, program
from harness.worker import ROOT

DEMO = ROOT / "deploy" / "demo.sh"
pytestmark = pytest.mark.timeout(170)


def test_its_check_receives_items_over_https():
    ended = subprocess.run(["bash", DEMO, "--no-install", "--check", "--port", str(free_port())], capture_output=True, text=True,
                           timeout=160)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_its_page_shows_them(folder):
    port = free_port()
    demo = Process(["bash", DEMO, "--no-install", "--port", port], folder / "demo.out")
    try:
        demo.wait_listening(("127.0.0.1", port), timeout=100)
        ended = subprocess.run([program("node", "nodejs"), "--test", Path(__file__).with_name("demo_page.test.mjs")],
                               env={**os.environ, "DEMO_URL": f"https://127.0.0.1:{port}/"}, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0 and "skipped 0" in ended.stdout, ended.stdout[-6000:] + demo.text()[-2000:]
    finally:
        assert demo.end(timeout=15) in (0, -15, 143), demo.text()[-2000:]
