# SPDX-License-Identifier: MIT
"""The worker while its own system calls and its heap fail: no crash, no leak, nothing lost that is stored.

tests/faults/run.py --shim FILE [--seconds N] [--seed S] [--readers N] [--kinds REGEX] [--keep]

The scene, the pages and the verdict are those of tests/chaos; what goes wrong is tests/faults/shim.cpp, preloaded into both
workers. First each kind of fault alone, then all together, then none: from then on every page must be complete.
"""
import argparse
import mmap
import os
import random
import re
import secrets
import struct
import sys
import time
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "chaos")]

from harness import worker as harness_worker  # noqa: E402
from harness.folders import play  # noqa: E402
from harness.process import wait_until  # noqa: E402
from run import WRONG, Run  # noqa: E402

# As in shim.cpp: the kinds in its order, and how often each is tried while it is on (one in so many calls).
KINDS = {"accept4 fails": 3, "recv fails": 20, "recv takes less": 2, "send fails": 20, "send takes less": 2,
         "epoll_ctl fails to add": 4, "eventfd fails": 2, "operator new fails": 3000}

SELDOM = {"eventfd fails"}  # Asio makes one when it starts, and none after that


class Control:
    """The file that a worker's shim maps."""

    def __init__(self, path: Path, seed: int):
        path.write_bytes(struct.pack("Q", seed) + bytes(8 * len(KINDS)))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    def set(self, kinds) -> None:
        for index, (kind, one_in) in enumerate(KINDS.items()):
            struct.pack_into("I", self._map, 8 + 4 * index, one_in if kind in kinds else 0)

    def counts(self) -> Counter:
        return Counter(dict(zip(KINDS, struct.unpack_from(f"{len(KINDS)}I", self._map, 8 + 4 * len(KINDS)))))


class FaultyRun(Run):
    """Each worker's process gets a shim of its own; a worker that ends is a failure, whatever ends it."""

    def __init__(self, options, folder: Path):
        options.server, options.pause = "prosody", 0.03
        super().__init__(options, folder)
        self.choice = random.Random(options.seed)
        self.controls = []
        for worker in self.scene.workers:
            control = worker.folder / "faults"
            self.controls.append(Control(control, self.choice.getrandbits(64)))
            self._preload(worker, control)

    def _preload(self, worker, control: Path) -> None:
        wrapper = worker.folder / "worker-with-faults"
        wrapper.write_text(f'#!/bin/sh\nLD_PRELOAD="{self.options.shim}" XES_FAULTS="{control}" exec "{harness_worker.binary()}" "$@"\n')
        wrapper.chmod(0o755)
        start = worker.start

        def start_with_faults():
            before = os.environ.get("XES_WORKER")
            os.environ["XES_WORKER"] = str(wrapper)
            try:
                return start()
            finally:
                os.environ.pop("XES_WORKER")
                if before is not None:
                    os.environ["XES_WORKER"] = before
        worker.start = start_with_faults

    def set_faults(self, kinds) -> None:
        for control in self.controls:
            control.set(kinds)

    def counts(self) -> Counter:
        return sum((control.counts() for control in self.controls), Counter())

    def check_alive(self) -> None:
        for worker in self.scene.workers:
            if not worker.process.alive():
                raise AssertionError(f"{worker.component} ended with {worker.process.returncode} ({self.phase}):\n{worker.log()[-3000:]}")

    def descriptors(self) -> list:
        return [len(os.listdir(f"/proc/{worker.pid}/fd")) for worker in self.scene.workers]

    def fault_phase(self, name: str, kinds, seconds: float) -> None:
        self.phase = name
        self.set_faults(kinds)
        end = time.monotonic() + seconds

        def over():
            self.check_alive()
            # Somebody has to connect and come back, or there is nothing to accept.
            self.choice.choice(self.scene.pages).cut()
            return time.monotonic() > end and all(self.counts()[kind] for kind in kinds if kind not in SELDOM)
        self.watch(over, name, seconds + 15)
        self.set_faults(())

    def play(self) -> dict:
        self.scene.start()
        self.say(f"{len(self.scene.pages)} readers stream")
        phases = [(kind, [kind]) for kind in self.options.kinds] + [("all together", self.options.kinds)]
        for name, kinds in phases:
            self.fault_phase(name, kinds, self.options.seconds / len(phases))
        self.count = self.counts()
        truth = self.settle()
        self.check_alive()
        figures = self.figures(truth)
        self._check_leaks()
        return figures

    def _reconnect_workers(self) -> None:
        """Nobody restarts a worker here: it has to come back by itself (chaos/scene gives it a back-off of some seconds)."""

    def _check_leaks(self) -> None:
        """With every page gone and none of its nodes lingering, only what was there at first is left."""
        for page in self.scene.pages:
            page.close()
        for web in self.scene.webs:
            web.stop()
        # Listeners, epolls, eventfds, timers and the XMPP session of a worker with two threads: 30 and no stream.
        wait_until(lambda: max(self.descriptors()) <= IDLE_DESCRIPTORS, "the descriptors of streams to be closed", 10)


IDLE_DESCRIPTORS = 40


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shim", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", default=None)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--kinds", default="", help="a regular expression; none: all")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.kinds = [kind for kind in KINDS if re.search(options.kinds, kind)]
    options.seed, options.shim = options.seed or secrets.token_hex(4), options.shim.resolve()
    print(f"seed {options.seed}", flush=True)

    def judged(run) -> bool:
        figures = run.play()
        wrong = {name: figures[name] for name in WRONG if figures[name]}
        never = [kind for kind in options.kinds if kind not in SELDOM and not run.count[kind]]
        print(f"faults: {', '.join(f'{kind} {count}' for kind, count in run.count.items())}")
        print(f"deliveries {figures['deliveries']}, wrong: {wrong or 'nothing'}")
        if never:
            print(f"never happened, so nothing is shown of: {never}")
        return not wrong and not never
    return play("faults", lambda folder: FaultyRun(options, folder), judged, options.keep)


if __name__ == "__main__":
    sys.exit(main())
