# SPDX-License-Identifier: MIT
"""Programs that print a line of JSON for all that they see: a page in Chromium, a client in Node.js."""
import json
import os
from pathlib import Path
from urllib.parse import urlencode

from .process import Process, program, wait_until
from .worker import ROOT

BROWSER = ROOT / "tests" / "browser"


class Talker:
    """What the program said is in `lines`."""

    def __init__(self, folder: Path, script: Path, *arguments, env=None):
        self.process = Process([program("node", "nodejs"), script, *arguments], folder / "talker.out", cwd=BROWSER,
                               env={**os.environ, **(env or {})})

    @property
    def lines(self) -> list:
        text = self.process.text()
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines() if line.startswith("{")]

    def wait(self, condition, what: str, timeout: float = 20):
        try:
            return wait_until(lambda: condition(self.lines), what, timeout, 0.05)
        except TimeoutError as error:
            raise AssertionError(f"{error}; it said:\n{self.process.text()[-3000:]}") from None

    def wait_open(self, streams: int = 1):
        self.wait(lambda lines: len({line["opened"] for line in lines if "opened" in line}) == streams, "the stream to open", 30)

    def events(self, *types: str) -> list:
        """[(type, data)] of these types, of all without any."""
        return [(line["type"], line["data"]) for line in self.lines if "type" in line and (not types or line["type"] in types)]

    def data(self, kind: str = "message") -> list:
        return [data for _, data in self.events(kind)]

    def wait_data(self, *expected: str, kind: str = "message", timeout: float = 20) -> None:
        """Until so many have come; then they must be these, in this order."""
        self.wait(lambda lines: len(self.data(kind)) >= len(expected), f"{len(expected)} times {kind}", timeout)
        assert self.data(kind) == list(expected)

    def console(self) -> list:
        return [line["console"] for line in self.lines if "console" in line]

    def died(self) -> bool:
        return any(line.get("closed") for line in self.lines)


class Browser(Talker):
    """Chromium with one page open, that of `path` at `address`; what its console said is in `lines`, too."""

    def __init__(self, folder: Path, address: str, path: str, rules: str = "", credentials: str = None, **query):
        profile = folder / "profile"
        profile.mkdir()
        super().__init__(folder, BROWSER / "chromium.mjs", f"{address}/{path}?{urlencode(query)}", profile, rules,
                         env={"CREDENTIALS": credentials} if credentials else None)

    def items(self) -> list:
        """What the page's list shows."""
        return next((line["items"] for line in reversed(self.lines) if "items" in line), [])
