# SPDX-License-Identifier: MIT
"""A long run of everything at once, and whether the worker still grows. See tests/soak.sh."""
import argparse
import csv
import random
import secrets
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

from harness.folders import play  # noqa: E402
from harness.link import Link  # noqa: E402
from harness.nginx import Nginx, substitute  # noqa: E402
from harness.process import free_port, wait_until  # noqa: E402
from harness.prosody import Prosody  # noqa: E402
from harness.publisher import Publisher, Refused  # noqa: E402
from harness.room import Room  # noqa: E402
from harness.worker import HOST, HOST2, ROOT, Worker  # noqa: E402

from crowd import Crowd, kinds_of  # noqa: E402
from samples import Trend, plot, sample  # noqa: E402

LIVE = [f"live-{number}" for number in range(12)]
ROOMS = ["lobby", "hall"]
WARM_SHARE = 0.4        # of the time, after which nothing may rise any more
DELIVERIES = 4000       # a second at most, which is what the client's side can read
MAX_PAYLOAD = 20_000    # bytes
_FAILURES = (TimeoutError, Refused, OSError)


class Publishing(threading.Thread):
    """Items of 100 bytes to 20 KB, words in rooms, nodes made and deleted; and the XMPP session is cut now and then."""

    def __init__(self, server, link, pause: float, seed: str, cut_every: float):
        super().__init__(daemon=True, name="publishing")
        self.server, self.link, self.pause, self.cut_every = server, link, pause, cut_every
        self.chance, self.problem = random.Random(seed), None
        self.items = self.words = self.made = self.cuts = 0
        self._over = threading.Event()

    def prepare(self) -> None:
        self.publisher = Publisher(self.server)
        for name in LIVE:
            self.publisher.create(name, persist_items=1, max_items=20)
        self.publisher.create("guarded", "pubsub2.localhost", persist_items=1, max_items=20)
        self.rooms = [Room(self.publisher, name) for name in ROOMS]

    def run(self) -> None:
        try:
            since_cut = time.monotonic()
            while not self._over.wait(self.chance.uniform(0, 2 * self.pause)):
                self._publish(self.chance.choice(LIVE))
                if self.chance.random() < 0.05:
                    self._publish("guarded", "pubsub2.localhost")
                if self.chance.random() < 0.1:
                    room = self.chance.choice(self.rooms).jid
                    self.publisher.send(f"<message type='groupchat' to='{room}'><body>word {self.words}</body></message>")
                    self.words += 1
                    del self.publisher.messages[:], self.publisher.presences[:]
                if self.chance.random() < 0.1:
                    self._churn(f"churn-{self.chance.randrange(20)}")
                if time.monotonic() - since_cut > self.cut_every:
                    self.link.cut()
                    self.cuts += 1
                    since_cut = time.monotonic()
        except Exception as problem:  # the run has to know
            self.problem = problem

    def _payload(self) -> str:
        size = int(100 * (MAX_PAYLOAD / 100) ** self.chance.random())
        return f"<entry xmlns='http://www.w3.org/2005/Atom'><title>{self.items}</title><content>{'x' * size}</content></entry>"

    def _publish(self, node: str, service: str = None) -> None:
        try:
            self.publisher.publish(node, self._payload(), f"i{self.chance.randrange(200)}", service)
            self.items += 1
        except _FAILURES:
            pass  # a churn node that is gone

    def _churn(self, node: str) -> None:
        try:
            self.publisher.create(node, persist_items=1, max_items=5)
            self._publish(node)
        except _FAILURES:
            try:
                self.publisher.delete(node)
            except _FAILURES:
                pass
        self.made += 1

    def end(self) -> None:
        self._over.set()
        self.join(30)


def make_web(folder: Path, worker, processes: int) -> tuple:
    """nginx with, beside its TLS servers, two plain ones that take who asks from a header of the test."""
    ports = {"fastcgi": free_port(), "scgi": free_port()}
    servers = "".join(f"""
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    server_name {HOST} {HOST2};
    include xmpp-eventsource/location-{framing}.conf;
    include xmpp-eventsource/never-dies.conf;
  }}""" for framing, port in ports.items())
    web = Nginx(folder, worker.fastcgi, worker.scgi, hosts=f"{HOST} pubsub.localhost;\n    {HOST2} pubsub2.localhost;",
                edits={"access.conf": [('set $eventsource_user "";', "set $eventsource_user $http_x_user;")]}, http=servers)
    text = substitute(web.config.read_text(), "worker_processes 1;", f"worker_processes {processes};")
    text = substitute(text, "worker_connections 8192;", "worker_connections 16384;")
    text = substitute(text, "worker_rlimit_nofile 16384;", "worker_rlimit_nofile 20000;")
    text = substitute(text, f"access_log {folder}/access.log;", "access_log off;")  # of an hour it would be gigabytes
    web.config.write_text(text)
    return web, list(ports.values())


class Soak:
    def __init__(self, options, folder: Path):
        self.options = options
        for name in ("server", "worker", "web"):
            (folder / name).mkdir()
        self.server = Prosody(folder / "server", people=True, rooms=True).start()
        self.link = Link(self.server.component_port)
        self.worker = Worker(folder / "worker", self.server, xmpp={"server": self.link.address, "max_backoff": "2s"},
                             services=[{"jid": self.server.pubsub, "hosts": [HOST]},
                                       {"jid": self.server.pubsub2, "hosts": [HOST2], "access": "user", "ask_every": "5s"}],
                             room_services=[{"jid": self.server.room_service, "rooms": ROOMS}],
                             stream={"heartbeat": "5s", "retry": "300ms", "history": options.history, "linger": "2s", "discover": "2s"},
                             limits={"streams_per_user": 0}, log={"level": "warning"})
        self.web, ports = make_web(folder / "web", self.worker, max(1, options.streams // 2500))
        kinds = kinds_of(LIVE, LIVE[:6], ROOMS, HOST, HOST2)
        # Every event goes to a third of the streams or so: those of its node, of several nodes, and of patterns.
        pause = max(0.05, options.streams / 3 / DELIVERIES)
        seconds = options.minutes * 60
        self.publishing = Publishing(self.server, self.link, pause, f"{options.seed} items", max(10, min(60, seconds / 8)))
        self.crowd = Crowd(ports, kinds, options.streams, max(20, options.streams / 15), f"{options.seed} crowd")
        self.samples = []

    def run(self) -> None:
        self.publishing.prepare()
        self.worker.start()
        asker = Publisher(self.server, "friend")
        self.worker.wait_connected(asker)
        self.web.start()
        self.idle = sample(self.worker.pid)
        self.publishing.start()
        start, said = time.monotonic(), 0.0
        while (now := time.monotonic() - start) < self.options.minutes * 60:
            self.crowd.turn(1.0)
            self.check()
            self.samples.append({"at": now, "streams": len(self.crowd), **sample(self.worker.pid)})
            if now - said >= 15:
                said = now
                last = self.samples[-1]
                print(f"{now:6.0f} s  streams {last['streams']}, opened {self.crowd.count['opened']}, items {self.publishing.items}, "
                      f"RSS {last['rss']:.1f} MiB, descriptors {last['descriptors']}, CPU {last['cpu']:.0f} s", flush=True)
        self.publishing.end()
        self.crowd.close_all()
        # Linger is 2 s, and who reads nothing is noticed at the next heartbeat.
        self.left = None
        try:
            wait_until(lambda: sample(self.worker.pid)["descriptors"] <= self.idle["descriptors"] + 2, "all streams to be closed", 30, 0.5)
        except TimeoutError:
            self.left = sample(self.worker.pid)["descriptors"] - self.idle["descriptors"]
        self.after = sample(self.worker.pid)
        self.ended_with = self.worker.end(20)
        asker.close()

    def check(self) -> None:
        if not self.worker.process.alive():
            raise AssertionError(f"the worker ended with {self.worker.process.returncode}:\n{self.worker.log()[-3000:]}")
        if self.publishing.problem:
            raise self.publishing.problem

    def tell(self, out: Path) -> bool:
        out.mkdir(parents=True, exist_ok=True)
        with open(out / "samples.csv", "w", newline="") as file:
            table = csv.DictWriter(file, self.samples[0])
            table.writeheader()
            table.writerows(self.samples)
        warm = self.options.minutes * 60 * WARM_SHARE
        series = {name: [(one["at"], one[name]) for one in self.samples] for name in ("rss", "descriptors", "threads", "streams")}
        series["cpu"] = [(b["at"], 100 * (b["cpu"] - a["cpu"]) / (b["at"] - a["at"])) for a, b in zip(self.samples, self.samples[1:])]
        titles = {"rss": "RSS of the worker, MiB", "descriptors": "descriptors of the worker", "threads": "threads of the worker",
                  "cpu": "CPU of the worker, % of one core", "streams": "clients"}
        for name, points in series.items():
            (out / f"{name}.svg").write_text(plot(titles[name], points, warm))
        # Each client is a descriptor: that series may rise only as far as theirs does.
        beside = [(one["at"], one["descriptors"] - one["streams"]) for one in self.samples]
        trends = {"RSS, MiB": Trend([point for point in series["rss"] if point[0] >= warm], least=4),
                  "descriptors beside the clients'": Trend([point for point in beside if point[0] >= warm],
                                                           least=max(20, 0.1 * self.options.streams)),
                  "threads": Trend([point for point in series["threads"] if point[0] >= warm], least=1)}
        crowd, publishing = self.crowd, self.publishing
        print(f"\nstreams opened    {crowd.count['opened']}: " + ", ".join(f"{kind.name} {crowd.count[kind.name]}" for kind in crowd.kinds))
        print("answers           " + ", ".join(f"{key} {crowd.count[key]}" for key in sorted(crowd.count) if key.startswith("status")))
        print(f"published         {publishing.items} items, {publishing.words} words in rooms, {publishing.made} nodes made or deleted")
        print(f"XMPP cuts         {publishing.cuts}")
        print(f"read              {crowd.bytes / 2**20:.0f} MiB")
        print(f"wrong             {dict(crowd.wrong) or 'nothing'}")
        for name, trend in trends.items():
            print(f"{name:17} {trend}")
        print(f"when all are gone RSS {self.after['rss']:.1f} MiB (at the start {self.idle['rss']:.1f}), descriptors "
              f"{self.after['descriptors']} ({self.idle['descriptors']}), threads {self.after['threads']} ({self.idle['threads']}); "
              f"exit status {self.ended_with}")
        print(f"plots             {out}", flush=True)
        # Cuts and full backlogs may lose a connection now and then; an answer that nobody expects may not come at all.
        statuses = [name for name in crowd.wrong if ": " in name]
        if self.options.watch_only:
            del trends["RSS, MiB"]
        return not (any(trend.rises for trend in trends.values()) or self.left or self.ended_with or statuses)

    def close(self) -> None:
        self.web.stop()
        self.worker.stop_if_running()
        self.link.end()
        self.server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--history", type=int, default=16, help="[stream] history: how much is kept before it is level")
    parser.add_argument("--seed", default=None)
    parser.add_argument("--watch-only", action="store_true", help="RSS is no matter, as under a sanitizer")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "soak")
    options = parser.parse_args()
    options.seed = options.seed or secrets.token_hex(4)
    print(f"seed {options.seed}, {options.minutes:g} minutes, {options.streams} streams", flush=True)

    def judged(soak) -> bool:
        soak.run()
        return soak.tell(options.out)
    return play("soak", lambda folder: Soak(options, folder), judged)


if __name__ == "__main__":
    sys.exit(main())
