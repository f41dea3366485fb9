# SPDX-License-Identifier: MIT
"""Child processes: each in its own process group, ended by its pid at the latest when the tests end.

`setpriv --pdeathsig TERM` covers the case that the tests themselves are killed (ctest's TIMEOUT does that).
"""
import atexit
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

# A shell's background job ignores it, and so would whatever is started here.
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

_running: set["Process"] = set()
_handed_out: set[int] = set()


def free_port(family: int = socket.AF_INET) -> int:
    """A loopback TCP port that nobody uses; never the same one twice in a run."""
    while True:
        with socket.socket(family) as probe:
            probe.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _handed_out:
            _handed_out.add(port)
            return port


def program(*candidates: str) -> str:
    """The first of the programs that exists; /usr/sbin is looked at even where it is not in PATH."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for candidate in candidates:
        found = shutil.which(candidate, path=path)
        if found:
            return found
    raise FileNotFoundError(f"none of {candidates} is installed")


def wait_until(condition, what: str, timeout: float = 20.0, every: float = 0.02):
    """Polls `condition` until it gives something true, which is returned; fails with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s in vain for: {what}")
        time.sleep(every)


def listens(address) -> bool:
    """Whether somebody accepts connections at ("host", port) or at a Unix socket's path."""
    family = socket.AF_UNIX if isinstance(address, (str, Path)) else socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(address) if family == socket.AF_UNIX else address)
        except OSError:
            return False
        return True


class Process:
    """One program in the background; what it prints is in `output`."""

    def __init__(self, arguments, output: Path, env=None, cwd=None):
        self.output = Path(output)
        self.arguments = [str(argument) for argument in arguments]
        with open(self.output, "ab") as out:
            self._child = subprocess.Popen(
                [program("setpriv"), "--pdeathsig", "TERM", "--", *self.arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env, cwd=cwd, process_group=0)
        self.pid = self._child.pid
        _running.add(self)

    def alive(self) -> bool:
        return self._child.poll() is None

    @property
    def returncode(self):
        return self._child.poll()

    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def signal(self, number: int) -> None:
        if self.alive():
            os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        """The exit code (minus the signal's number, if one ended it)."""
        return self._child.wait(timeout)

    def end(self, timeout: float = 8.0) -> int:
        """TERM, then KILL to what is left of the group."""
        self.signal(signal.SIGTERM)
        try:
            self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        return self.kill()

    def kill(self) -> int:
        """KILL, at once, to the whole group."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        code = self._child.wait(5)
        _running.discard(self)
        return code

    def wait_listening(self, address, timeout: float = 20.0) -> None:
        def ready():
            if not self.alive():
                raise RuntimeError(f"{self.arguments[0]} ended with {self.returncode}:\n{self.text()[-3000:]}")
            return listens(address)
        try:
            wait_until(ready, f"{self.arguments[0]} listening at {address}", timeout)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.text()[-3000:]}") from None


@atexit.register
def _end_all() -> None:
    for process in list(_running):
        process.kill()
