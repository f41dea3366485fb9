# SPDX-License-Identifier: MIT
"""The scripts' options, and what .ci/run makes of its two parts."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ["deploy/demo.sh", "deploy/install.sh", "tests/run.sh", "tests/debian.sh", "tests/lint.sh"]


def run(*command, **more) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", *command], text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=50, **more)


@pytest.mark.parametrize("script", SCRIPTS)
def test_help(script):
    ended = run(ROOT / script, "--help")
    assert ended.returncode == 0 and ended.stdout.startswith(f"usage: {script} ") and ended.stderr == ""


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_unknown_option_is_an_error(script):
    ended = run(ROOT / script, "--wharf")
    assert ended.returncode == 1 and ended.stderr.splitlines()[-1] == f"{Path(script).name}: unknown option: --wharf"
    assert ended.stdout == ""


@pytest.mark.parametrize("arguments, sentence", [
    (["-R"], "-R needs a regular expression"), (["base"], "unknown option: base")])
def test_bad_arguments_for_the_tests(arguments, sentence):
    ended = run(ROOT / "tests/run.sh", "--no-install", *arguments)
    assert ended.returncode == 1 and ended.stderr.splitlines()[-1] == f"run.sh: {sentence}"


@pytest.mark.parametrize("arguments, sentence", [
    (["trixie"], "expected SUITE and 'COMMAND'"), (["hamm", "true"], 'SUITE is bookworm or trixie, not "hamm"')])
def test_bad_arguments_for_a_bare_debian(arguments, sentence):
    ended = run(ROOT / "tests/debian.sh", *arguments)
    assert ended.returncode == 1 and ended.stderr.splitlines()[-1] == f"debian.sh: {sentence}"


def test_a_bare_debian_needs_root(tmp_path):
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    ended = run(ROOT / "tests/debian.sh", "trixie", "true", env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert ended.returncode == 77
    assert ended.stderr == "debian.sh: cannot make a Debian trixie here: chroot and mount need root\n"


@pytest.mark.parametrize("part, status, failed", [
    (None, 0, None), ("debian.sh", 77, None), ("debian.sh", 5, "Debian "), ("run.sh", 8, "tests/run.sh"),
    ("sanitizers.sh", 1, "tests/sanitizers.sh threads"), ("install.sh", 1, "deploy/install.sh")])
def test_ci_is_green_only_if_all_parts_are(tmp_path, part, status, failed):
    for folder in (".ci", "tests", "deploy"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci")
    for name in ("tests/debian.sh", "tests/run.sh", "tests/sanitizers.sh", "deploy/install.sh"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name}\nexit {status if Path(name).name == part else 0}\n")
        (tmp_path / name).chmod(0o755)
    ended = run(tmp_path / ".ci/run")
    said = ended.stdout.splitlines()
    assert said[0] == "tests/debian.sh" and said[-1] == "tests/run.sh"  # whose last lines are ctest's summary
    assert (ended.returncode != 0) == (failed is not None)
    assert failed is None or f"==> FAILED: {failed}" in ended.stderr
