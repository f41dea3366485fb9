# SPDX-License-Identifier: MIT
"""What can go wrong, one method each; every one leaves its part working again. Which come when is the seed's choice.

The parts are independent, so that faults of different parts fall together: `PARTS` names the faults of each.
"""
import random
import signal
import threading
import time
from collections import Counter

PARTS = {
    "workers": ("worker-killed", "worker-restarted", "both-workers-killed", "workers-swapped"),
    "server": ("server-restarted", "server-killed"),
    "links": ("link-cut", "link-closed", "link-stalled"),
    "web": ("nginx-reloaded", "nginx-restarted"),
    "readers": ("readers-cut", "readers-stopped", "reader-joins"),
}
KINDS = [kind for kinds in PARTS.values() for kind in kinds]
# Mean seconds between two faults of a part, once all are mixed. A server needs seconds to come up.
MEAN_PAUSE = {"workers": 4.0, "server": 14.0, "links": 5.0, "web": 8.0, "readers": 1.5}


class Faults:
    def __init__(self, scene):
        self.scene, self.count, self.problem, self.doing = scene, Counter(), None, ""
        self._mixing = set()
        self._part = {part: threading.Lock() for part in PARTS}

    def do(self, kind: str, choice: random.Random) -> None:
        part = next(part for part, kinds in PARTS.items() if kind in kinds)
        with self._part[part]:
            self.doing = kind
            getattr(self, "_" + kind.replace("-", "_"))(choice)
            self.count[kind] += 1

    def mixed(self, until: float) -> "Faults":
        """Begins each part's own schedule, all at once; `mixing` is true until the last one is over."""
        self._mixing = set(PARTS)
        for part in PARTS:
            threading.Thread(target=self._mix, args=(part, until), daemon=True, name=f"faults of {part}").start()
        return self

    @property
    def mixing(self) -> bool:
        return bool(self._mixing)

    def _mix(self, part: str, until: float) -> None:
        choice = random.Random(f"{self.scene.seed} {part}")
        try:
            while True:
                pause = min(choice.expovariate(1 / MEAN_PAUSE[part]), 3 * MEAN_PAUSE[part])
                kind = choice.choice(PARTS[part])
                if time.monotonic() + pause > until:
                    return
                time.sleep(pause)
                self.do(kind, choice)
        except Exception as problem:  # the run has to know
            self.problem = problem
        finally:
            self._mixing.discard(part)
            # What this thread started gets a signal when the thread ends (harness.process: setpriv --pdeathsig).
            threading.Event().wait()

    # ---- workers

    def _worker_killed(self, choice) -> None:
        worker = choice.choice(self.scene.workers)
        worker.process.kill()
        time.sleep(choice.choice((0, 0.3, 1.5)))
        worker.start()

    def _worker_restarted(self, choice) -> None:
        choice.choice(self.scene.workers).restart()

    def _both_workers_killed(self, choice) -> None:
        for worker in self.scene.workers:
            worker.process.kill()
        time.sleep(choice.uniform(0, 2))
        for worker in self.scene.workers:
            worker.start()

    def _workers_swapped(self, choice) -> None:
        """One goes while the other is there, and the other way round."""
        for worker in choice.sample(self.scene.workers, 2):
            worker.process.kill()
            time.sleep(choice.uniform(0.5, 2.5))
            worker.start()
            time.sleep(choice.uniform(0.2, 1.5))

    # ---- the XMPP server

    def _server_restarted(self, choice) -> None:
        self.scene.server.stop()
        time.sleep(choice.choice((0, 1.5)))
        self.scene.server.start()

    def _server_killed(self, choice) -> None:
        self.scene.server.kill()
        time.sleep(choice.choice((0, 1.5)))
        self.scene.server.start()

    # ---- the links between workers and server

    def _links_of(self, choice) -> list:
        return choice.choice((self.scene.links, self.scene.links[:1], self.scene.links[1:]))

    def _link_cut(self, choice) -> None:
        for link in self._links_of(choice):
            link.cut()

    def _link_closed(self, choice) -> None:
        links = self._links_of(choice)
        for link in links:
            link.close()
        time.sleep(choice.uniform(0.5, 4))
        for link in links:
            link.open()

    def _link_stalled(self, choice) -> None:
        links = self._links_of(choice)
        for link in links:
            link.stall()
        time.sleep(choice.uniform(0.5, 6))
        if choice.random() < 0.5:
            for link in links:
                link.cut()
        for link in links:
            link.open()

    # ---- nginx

    def _nginx_reloaded(self, choice) -> None:
        choice.choice(self.scene.webs).process.signal(signal.SIGHUP)

    def _nginx_restarted(self, choice) -> None:
        web = choice.choice(self.scene.webs)
        web.stop()
        time.sleep(choice.choice((0, 1)))
        web.start()

    # ---- readers

    def _some_pages(self, choice) -> list:
        pages = list(self.scene.pages)
        return choice.sample(pages, choice.randint(1, len(pages)))

    def _readers_cut(self, choice) -> None:
        for page in self._some_pages(choice):
            page.cut()

    def _readers_stopped(self, choice) -> None:
        for page in self._some_pages(choice):
            page.stop_reading(choice.uniform(0.5, 5))

    def _reader_joins(self, choice) -> None:
        if len(self.scene.pages) < 60:
            self.scene.join(choice.randrange(20), "last=20000")
