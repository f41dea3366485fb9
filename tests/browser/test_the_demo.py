# SPDX-License-Identifier: MIT
"""The demo's own check, as the first command of README.md with --check runs it."""
import subprocess

import pytest

from harness.process import free_port
from harness.worker import ROOT

DEMO = ROOT / "deploy" / "demo.sh"
pytestmark = pytest.mark.timeout(170)


def test_its_check_receives_items_over_https():
    ended = subprocess.run(["bash", DEMO, "--no-install", "--check", "--port", str(free_port())], capture_output=True, text=True,
                           timeout=160)
    assert ended.returncode == 0, ended.stdout + ended.stderr
