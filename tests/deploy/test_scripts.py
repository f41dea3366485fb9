# SPDX-License-Identifier: MIT
"""The scripts' options, what .ci/run makes of its two parts, and that shellcheck warns of nothing."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ["deploy/demo.sh", "deploy/install.sh", "tests/run.sh", "tests/debian.sh"]


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


@pytest.mark.parametrize("elsewhere, here, status, last", [
    (0, 0, 0, "100% tests passed"), (77, 0, 0, "100% tests passed"), (0, 8, 8, "100% tests passed"),
    (5, 0, 5, "==> failed on Debian"), (5, 8, 5, "==> failed on Debian")])
def test_ci_is_green_only_if_both_parts_are(tmp_path, elsewhere, here, status, last):
    (tmp_path / ".ci").mkdir()
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci")
    (tmp_path / "tests/debian.sh").write_text(f"echo bare; exit {elsewhere}\n")
    (tmp_path / "tests/run.sh").write_text(f"echo '100% tests passed'; exit {here}\n")
    ended = run(tmp_path / ".ci/run")
    said = (ended.stdout + ended.stderr).splitlines()
    assert ended.returncode == status
    assert said[0] == "bare" and said[-1].startswith(last)


def test_shellcheck_warns_of_nothing():
    files = [path for path in [ROOT / ".ci/run", *ROOT.rglob("*.sh")]
             if not {"build", "node_modules", "state"} & set(path.relative_to(ROOT).parts)]
    assert len(files) > 8
    ended = subprocess.run(["shellcheck", "--severity=warning", "-x", "-P", str(ROOT), *map(str, files)],
                           text=True, capture_output=True, timeout=50, cwd=ROOT)
    assert ended.returncode == 0, ended.stdout
