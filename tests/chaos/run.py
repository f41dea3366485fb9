# SPDX-License-Identifier: MIT
"""One run on one server: each fault alone, all mixed, quiet, the verdict. Ends with one line `FIGURES {json}`.

Called by main.py, which gives the seed.
"""
import argparse
import json
import random
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "e2e"), str(Path(__file__).resolve().parent)]

from harness.folders import play  # noqa: E402
from harness.process import wait_until  # noqa: E402
from harness.publisher import Publisher  # noqa: E402

from faults import KINDS, Faults  # noqa: E402
from scene import Scene  # noqa: E402
from verdict import brief, describe, judge  # noqa: E402

ALONE_SHARE = 0.6   # of the time at most, for each fault alone
QUIET_WITHIN = 40   # seconds after the last fault
PROGRESS_EVERY = 5
WRONG = ("lost", "duplicated", "disordered", "untold", "strange", "dead")  # figures that have to be 0


class Run:
    def __init__(self, options, folder: Path):
        self.options, self.folder, self.begin = options, folder, time.monotonic()
        self.scene = Scene(folder, options.server, f"{options.seed} {options.server}", options.readers, options.pause)
        self.faults, self.phase, self._said = Faults(self.scene), "start", 0.0

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self.begin:6.1f} s  {text}", flush=True)

    def progress(self) -> None:
        scene, now = self.scene, time.monotonic()
        if now - self._said < PROGRESS_EVERY:
            return
        self._said = now
        pages = scene.pages
        self.say(f"{self.phase}: published {scene.feed.published}, delivered {sum(page.deliveries for page in pages)}, "
                 f"faults {sum(self.faults.count.values())}, streams {sum(page.streaming for page in pages)}/{len(pages)}, "
                 f"resets {sum(page.resets() for page in pages)}")

    def watch(self, condition, what: str, timeout: float) -> bool:
        """Polls, with progress lines; false after `timeout` seconds."""
        def polled():
            self.progress()
            for problem in (self.faults.problem, self.scene.feed.problem):
                if problem:
                    raise problem
            return condition()
        try:
            wait_until(polled, what, timeout, 0.1)
            return True
        except TimeoutError:
            return False

    def alone(self, until: float) -> None:
        """One phase per fault; each ends when all streams are back (or its time is up)."""
        choice = random.Random(f"{self.scene.seed} alone")
        kinds = choice.sample(KINDS, len(KINDS))
        for index, kind in enumerate(kinds):
            left = until - time.monotonic()
            if left <= 0:
                return
            self.phase = f"alone: {kind}"
            self.faults.do(kind, choice)
            share = max(0.5, (until - time.monotonic()) / max(1, len(kinds) - index))
            self.watch(lambda: all(page.streaming for page in self.scene.pages), "streams", share)

    def mixed(self, until: float) -> None:
        self.phase = "mixed"
        self.faults.mixed(until)
        self.watch(lambda: not self.faults.mixing, "the end of the faults", until - time.monotonic() + 30)

    def settle(self) -> dict:
        """The last items, the truth, and the time until every page has it."""
        self.phase = "quiet"
        scene, began = self.scene, time.monotonic()
        scene.feed.end()
        self._reconnect_workers()
        scene.feed.publish_last()
        truth = scene.feed.truth()
        wanted = {name: set(items) for name, items in truth.items()}

        def has(page, node: str) -> bool:
            had = set()
            for one in page.told_of(node):
                if one.what == "reset":
                    had.clear()
                elif one.what == "item":
                    had.add((one.item, one.number))
            return wanted[node] <= had

        def has_all(page) -> bool:
            return page.dead is not None or all(has(page, node) for node in page.nodes)
        waiting = set(scene.pages)

        def all_have():
            waiting.difference_update([page for page in waiting if has_all(page)])
            return not waiting
        complete = self.watch(all_have, "every page to have every item", QUIET_WITHIN - (time.monotonic() - began))
        if complete:
            time.sleep(1.5)  # what comes too often comes now
        return truth

    def _reconnect_workers(self) -> None:
        """After many short sessions the back-off may have grown to a minute, which nobody wants to wait for here."""
        asker = Publisher(self.scene.server, "friend")
        for worker in self.scene.workers:
            try:
                worker.wait_connected(asker, 6)
            except TimeoutError:
                self.say(f"{worker.component} still waits to reconnect: restarted")
                worker.restart()
        asker.close()

    def figures(self, truth: dict) -> dict:
        scene = self.scene
        nodes = {node.name: node for node in scene.feed.nodes}
        total = {"lost": 0, "duplicated": 0, "disordered": 0, "untold": 0, "strange": 0}
        resets = {name: 0 for name in nodes}
        for page in scene.pages:
            (self.folder / f"{page.name}?{page.query}".replace("/", "-").replace("*", "pattern")).write_text(
                describe(page.told, count=len(page.told) + 1))
            for node in page.nodes:
                self._judge(page, nodes[node], truth[node], total, resets)
        return {"server": self.options.server, "published": scene.feed.published,
                "unsure": sum(len(node.unsure) for node in nodes.values()),
                "forgotten": sum(len(node.forgotten) for node in nodes.values()),
                "faults": dict(self.faults.count), "readers": len(scene.pages),
                "deliveries": sum(page.deliveries for page in scene.pages), **total,
                "dead": sum(page.dead is not None for page in scene.pages), "resets": resets}

    def _judge(self, page, node, truth: list, total: dict, resets: dict) -> None:
        told = page.told_of(node.name)
        verdict = judge(node, truth, told, from_start=page.from_start)
        resets[node.name] += verdict.resets
        for name in total:
            total[name] += len(getattr(verdict, name))
        if not page.dead and verdict.good():
            return
        wrong = {name: getattr(verdict, name) for name in total if getattr(verdict, name)}
        print(f"WRONG {page.name}?{page.query} {node.name}: {page.dead or ''} "
              + "; ".join(f"{name}: {brief(names)}" for name, names in wrong.items()))
        first = next(iter(wrong.values()), [""])[0]
        print(describe(told, first.split(" after")[0]), flush=True)

    def play(self) -> dict:
        self.scene.start()
        start = time.monotonic()
        end = start + self.options.seconds
        self.say(f"{len(self.scene.pages)} readers stream")
        self.alone(start + ALONE_SHARE * self.options.seconds)
        self.mixed(end)
        return self.figures(self.settle())

    def close(self) -> None:
        self.scene.close()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--readers", type=int, required=True)
    parser.add_argument("--pause", type=float, default=0.05)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()

    def judged(run) -> bool:
        figures = run.play()
        print("FIGURES " + json.dumps(figures), flush=True)
        return not any(figures[name] for name in WRONG)
    return play("chaos", lambda folder: Run(options, folder), judged, options.keep)


if __name__ == "__main__":
    sys.exit(main())
