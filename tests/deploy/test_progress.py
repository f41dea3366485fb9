# SPDX-License-Identifier: MIT
"""deploy/progress.sh: how far a command is, in a log and on a terminal. With the real ninja and ctest."""
import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRESS = ROOT / "deploy/progress.sh"
pytestmark = pytest.mark.timeout(120)


def script(text: str) -> list[str]:
    return ["bash", "-euc", f'. "{PROGRESS}"; {text}']


def in_a_log(folder: Path, text: str) -> tuple[int, str]:
    """Runs text in folder with standard output in the file `out` there."""
    with open(folder / "out", "w") as out:
        ended = subprocess.run(script(text), cwd=folder, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=100)
    return ended.returncode, (folder / "out").read_text()


class Terminal:
    """Text that runs in folder on a terminal of its own; `shown` is everything that it wrote there."""

    def __init__(self, folder: Path, text: str):
        self.shown = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ["TERM"] = "xterm"
            os.execvp("bash", script(text))

    def read(self, until=None):
        """Until that text has come; without it, until the end."""
        while until is None or until not in self.shown:
            try:
                some = os.read(self.fd, 65536)
            except OSError:  # what Linux says once nobody holds the other end
                some = b""
            if not some:
                assert until is None, f"{until!r} did not come: {self.shown}"
                break
            self.shown += some.decode()

    def end(self) -> int:
        self.read()
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_silent_command_is_told_of_within_ten_seconds(tmp_path):
    # It ends as soon as the log has a line, however long that takes on a busy machine.
    status, told = in_a_log(tmp_path, "progress mooring none log bash -c 'until [ -s out ]; do sleep 0.1; done'; "
                                      "echo \"silent for at most $quiet_seconds\"")
    first, done, bound = told.splitlines()
    assert status == 0
    assert re.fullmatch(r"    mooring: \d:\d\d", first)
    assert re.fullmatch(r"    mooring: done in \d:\d\d", done)
    assert int(bound.split()[-1]) < 10


def test_the_commands_status_is_the_callers(tmp_path):
    status, told = in_a_log(tmp_path, "progress mooring none log bash -c 'exit 7'")
    assert status == 7 and told == "    mooring: failed after 0:00\n"


def test_what_is_not_about_progress_is_shown_even_without_a_line_end(tmp_path):
    status, told = in_a_log(tmp_path, r"progress mooring notes log printf -- '-- looking\nfog: 3 miles\nrope'")
    assert status == 0 and told.splitlines()[:2] == ["fog: 3 miles", "rope"] and "looking" not in told
    assert (tmp_path / "log").read_text() == "-- looking\nfog: 3 miles\nrope"


def test_a_slow_line_comes_in_one_piece(tmp_path):
    told = in_a_log(tmp_path, "progress mooring none log bash -c 'printf fo; sleep 1; echo g'")[1]
    assert told.startswith("fog\n")


def test_a_child_that_keeps_the_log_open_is_not_waited_for(tmp_path):
    status, told = in_a_log(tmp_path, "progress mooring none log bash -c 'sleep 300 & echo $! >left'")
    os.kill(int((tmp_path / "left").read_text()), signal.SIGKILL)
    assert status == 0 and "done" in told


def test_apts_phases(tmp_path):
    (tmp_path / "apt").write_text("\n".join([
        "dlstatus:1:20.5:Retrieving file 1 of 5", "Reading package lists...", "Need to get 395 MB of archives.",
        "After this operation, 1606 MB of additional disk space will be used.", "dlstatus:3:37.25:Retrieving file 31 of 200",
        "pmstatus:libc6:amd64:42.8571:Unpacking libc6 (amd64)", "Setting up libc6"]) + "\n")
    status, told = in_a_log(tmp_path, "quiet_seconds=0; progress packages apt log bash -c "
                            "'while IFS= read -r line; do echo \"$line\"; sleep 0.7; done <apt'")
    assert status == 0
    assert "20 % of the package lists, 0:0" in told and "37 % downloaded, 0:0" in told
    assert "    Need to get 395 MB of archives\n" in told
    assert "    After this operation, 1606 MB of additional disk space will be used\n" in told
    assert re.search(r"packages: 42 % installed, \d:\d\d \(Unpacking libc6 \(amd64\)\)", told)
    assert "Setting up" not in told and "Reading" not in told


NINJA = """
rule wait
  command = sleep 0.6; echo $words
build one: wait
build two: wait one
  words = fog: 3 miles
build three: wait two
"""


def test_ninjas_share_and_a_compilers_words(tmp_path):
    (tmp_path / "build.ninja").write_text(NINJA)
    status, told = in_a_log(tmp_path, "quiet_seconds=0; export NINJA_STATUS='[%f/%t] '; progress building ninja log ninja -j1")
    assert status == 0
    assert "    building: 33 % (1 of 3), 0:0" in told and "fog: 3 miles\n" in told
    assert "    building: done in 0:0" in told


CTEST = """
add_test(quick true)
add_test(bad bash -c "echo fog; false")
add_test(slow bash -c "until grep -q 'slow for' out; do sleep 0.1; done")
"""


def test_ctest_in_a_log_names_what_runs_and_has_the_last_word(tmp_path):
    (tmp_path / "CTestTestfile.cmake").write_text(CTEST)
    status, told = in_a_log(tmp_path, "quiet_seconds=1; progress testing ctest log ctest --output-on-failure")
    assert status == 8
    assert re.search(r"    testing: 66 % \(2 of 3\), \d:\d\d \(slow for \d:\d\d\)", told)
    assert "Passed" in told and "fog\n" in told and "67% tests passed, 1 tests failed out of 3" in told
    log = (tmp_path / "log").read_text().splitlines()
    assert told.splitlines()[-4:] == log[-4:] and "Errors while running CTest" in log[-1] + log[-2]


def test_ctest_on_a_terminal_renews_one_line_and_shows_what_failed(tmp_path):
    (tmp_path / "CTestTestfile.cmake").write_text(CTEST.replace("out;", "go;"))
    (tmp_path / "go").touch()
    terminal = Terminal(tmp_path, "progress testing ctest log ctest --output-on-failure")
    terminal.read(until="(slow for ")
    (tmp_path / "go").write_text("slow for")
    status = terminal.end()
    lines = [line.split("\r")[-1].removeprefix("\x1b[K") for line in terminal.shown.splitlines()]
    assert status == 8
    assert not [line for line in lines if "Passed" in line or "Start " in line]
    assert [line for line in lines if "***Failed" in line] and "fog" in lines
    assert "67% tests passed, 1 tests failed out of 3" in lines
    assert [line for line in lines if line][-1] == (tmp_path / "log").read_text().splitlines()[-1]


def test_on_a_terminal_the_line_is_cut_not_wrapped(tmp_path):
    terminal = Terminal(tmp_path, "progress mooring notes log bash -c 'echo \"-- looking\"; until [ -e go ]; do sleep 0.1; done'")
    terminal.read(until="(looking)")
    (tmp_path / "go").touch()
    assert terminal.end() == 0
    assert re.search(r"\r\x1b\[\?7l    mooring: 0:\d\d \(looking\)\x1b\[K\x1b\[\?7h", terminal.shown)
    assert re.search(r"\r\x1b\[K    mooring: done in 0:\d\d\r\n$", terminal.shown)


def test_ctrl_c_ends_the_command_too(tmp_path):
    terminal = Terminal(tmp_path, "progress mooring none log bash -c 'echo $$ >pid.new; mv pid.new pid; exec sleep 300'")
    terminal.read(until="mooring: ")
    while not (tmp_path / "pid").exists():
        time.sleep(0.05)
    os.write(terminal.fd, b"\x03")
    assert terminal.end() != 0
    running = Path("/proc", (tmp_path / "pid").read_text().strip())
    while running.exists() and "\nState:\tZ" not in (running / "status").read_text():
        time.sleep(0.05)
