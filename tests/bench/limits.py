# SPDX-License-Identifier: MIT
"""What happens at the limits: 50,000 streams in three workers, readers that stall, a publisher that is faster than the
fan-out, no more descriptors, no more connections in nginx. Figures go into the table; what must hold is a check."""
import json
import time
import urllib.request
from dataclasses import dataclass

from contestants import NODE, Worker
from measure import Run
from programs import Program, Readers, cpu_seconds, memory_bytes


@dataclass
class Limits:
    streams: int          # of three workers together
    heartbeat: int        # seconds
    rounds: int
    stalled_among: int    # streams
    burst: int            # events
    fast: tuple           # streams, events, their bytes


QUICK = Limits(600, 1, 1, 200, 500, (50, 10_000, 1024))
FULL = Limits(50_000, 4, 5, 1_000, 1_500, (100, 150_000, 1024))


class LimitTests:
    """Uses the Bench's notes, folder and programs."""

    def __init__(self, bench, limits: Limits):
        self.bench, self.limits = bench, limits
        self.checks = []  # {"what", "holds", "seen"}

    def check(self, what: str, holds: bool, seen: str) -> None:
        self.checks.append({"what": what, "holds": bool(holds), "seen": seen})
        self.bench.say(f"{'holds' if holds else 'DOES NOT HOLD'}: {what}: {seen}")

    def worker(self, name: str, **options) -> Worker:
        worker = Worker(self.bench.build, self.bench.worker, self.bench.folder / name.replace(" ", "-"), **options)
        worker.name = name
        return worker

    def readers(self, worker, streams: int, node: str = NODE, processes: int = 1) -> Readers:
        return Readers(self.bench.build / "bench_load", worker.load_arguments(node), streams,
                       self.bench.folder / "load.log", first_source=100, processes=processes)

    def run(self) -> list:
        for part in (self.three_workers, self.stalled_readers, self.fast_publisher, self.few_descriptors,
                     self.few_connections):
            began = time.monotonic()
            part()
            self.bench.say(f"{part.__name__}: {time.monotonic() - began:.1f} s")
        return self.checks

    # ---- side by side ----

    def three_workers(self) -> None:
        """Each worker has a node with events and one without, whose streams live on heartbeats."""
        bench, limits, count = self.bench, self.limits, 3
        each = -(-limits.streams // count // 2)
        name = "worker, fastcgi"
        bench.say(f"three workers with {count * each * 2} streams")
        workers = [self.worker(f"side by side {i}", direct=True, heartbeat=f"{limits.heartbeat}s") for i in range(count)]
        runs = [Run(worker, each) for worker in workers]
        quiet = []
        try:
            before = sum(run.memory()["own"] for run in runs)
            began = time.monotonic()
            for run, worker in zip(runs, workers):
                run.readers = self.readers(worker, each)
                quiet.append(self.readers(worker, each, node="quiet"))
            for one in [run.readers for run in runs] + quiet:
                one.tell(lambda i, one=one: ("open", one.wanted[i]))
            opened = sum(answer["open"] for one in [run.readers for run in runs] + quiet for answer in one.answers())
            streams = count * each * 2
            if opened != streams:
                raise RuntimeError(f"{opened} of {streams} streams opened")
            bench.note("three workers: opens/s", streams, name, streams / (time.monotonic() - began))
            for run in runs:
                run.streams = each
            self.together(runs, 2)
            bench.note("three workers: own bytes per stream", streams, name,
                       (sum(run.memory()["own"] for run in runs) - before) / streams)
            for _ in range(limits.rounds):
                result = self.together(runs, 10, 5.0)
                bench.note("three workers: own CPU µs per delivery", streams, name, result["own_cpu_us"])
                bench.note("three workers: ms to the last stream", streams, name, result["slowest_ms"])
            self.heartbeats(runs, quiet, streams)
        finally:
            for run in runs:
                bench.faults[run.contestant.name] = run.faults
                if run.readers:
                    run.readers.stop()
            for one in quiet:
                one.stop()
            for worker in workers:
                worker.stop()

    @staticmethod
    def together(runs: list, count: int, rate: float = 0) -> dict:
        results = [finish() for finish in [run.begin(count, rate) for run in runs]]
        delivered = sum(result["delivered"] for result in results)
        slowest = [(at - result["began_ns"]) / 1e6 - (i * 1000 / rate if rate else 0)
                   for result in results for i, at in enumerate(result["slowest_ns"])]
        return {"own_cpu_us": sum(result["own_cpu_us"] * result["delivered"] for result in results) / max(1, delivered),
                "slowest_ms": sorted(slowest)[len(slowest) // 2]}

    def heartbeats(self, runs: list, quiet: list, streams: int) -> None:
        """While events go to half of the streams, the others get heartbeats, and not all at the same moment."""
        seconds = self.limits.heartbeat * 2
        for one in quiet:
            one.tell(lambda i: ("beats", int(seconds * 1000)))
        self.together(runs, max(2, int(seconds * 0.8)), 1.0)
        quarters = {}
        for one in quiet:
            for answer in one.answers():
                for quarter, beats in answer["beats"]:
                    quarters[quarter] = quarters.get(quarter, 0) + beats
        whole = sorted(quarters)[1:-1]  # the first and the last are cut
        mean = sum(quarters[quarter] for quarter in whole) / max(1, len(whole))
        most = max((quarters[quarter] for quarter in whole), default=0)
        self.bench.note("three workers: heartbeats, busiest quarter of a second : mean", streams, "worker, fastcgi",
                        most / max(1, mean))
        beaten = sum(quarters.values())
        # A few streams for a moment say nothing about how they are spread.
        spread = most <= 2.5 * mean or self.limits is QUICK
        self.check("heartbeats come to all silent streams, and spread", beaten >= streams / 2 and spread,
                   f"{beaten} in {seconds} s to {streams // 2} streams, {mean:.0f} in a quarter of a second, {most} at most")

    # ---- readers that read nothing ----

    def stalled_readers(self) -> None:
        for direct in (True, False):
            name = "worker, fastcgi" if direct else "worker, nginx"
            streams = self.limits.stalled_among
            self.bench.say(f"{name}: stalled readers among {streams}")
            worker = self.worker(f"stalled {'direct' if direct else 'nginx'}", direct=direct, max_lag="1MiB")
            run = Run(worker, streams)
            try:
                run.readers = self.readers(worker, streams)
                run.streams = run.readers.open()["streams"]
                run.events(2)
                for _ in range(min(3, self.limits.rounds)):
                    for stalled in (0, 1, 100):
                        self.stalled(run, worker, name, stalled)
                median = self.bench.median
                for stalled in (1, 100):
                    what = f"CPU µs per delivery, {stalled} stalled"
                    self.bench.note(f"{what} : none stalled", streams, name,
                                    median(what, streams, name) / median("CPU µs per delivery, 0 stalled", streams, name))
            finally:
                self.bench.faults[worker.name] = run.faults
                if run.readers:
                    run.readers.stop()
                worker.stop()

    def stalled(self, run: Run, worker, name: str, count: int) -> None:
        """Six bursts: directly, 2 MB in all, which is more than a socket and a lag of 1 MiB take, so that it comes to cuts."""
        burst = self.limits.burst if worker.nginx is None else self.limits.burst // 3
        load = Program(self.bench.build / "bench_load", *worker.load_arguments(), log=self.bench.folder / "load.log")
        try:
            for words in (("small",), ("open", count), ("stall",)) if count else ():
                load.tell(*words)
                load.line(60)
            cpu = delivered = seconds = 0
            for _ in range(6):
                result = run.events(burst)
                cpu += result["cpu_us"] * result["delivered"]
                delivered += result["delivered"]
                seconds += result["seconds"]
            self.bench.note(f"CPU µs per delivery, {count} stalled", run.streams, name, cpu / delivered)
            self.bench.note(f"deliveries/s, {count} stalled", run.streams, name, delivered / seconds)
            if count == 100 and burst >= 1_500:
                load.tell("cut")
                cut = json.loads(load.line(10))["cut"]
                self.check("readers that stall are cut at max_lag, the others are not", cut == 100 and not run.faults["ended"],
                           f"{cut:.0f} of 100, {memory_bytes(worker.own_pids()) / 1e6:.0f} MB in the worker")
        finally:
            load.stop()

    # ---- a publisher that is faster than the fan-out ----

    def fast_publisher(self) -> None:
        streams, events, data_bytes = self.limits.fast
        self.bench.say(f"{events} events of {data_bytes} bytes at once to {streams} streams")
        # One shard, and readers that have the cores first, so that the shard is what is slow: slow readers are cut.
        worker = self.worker("fast publisher", direct=True, threads=1, under=("nice", "-n", "19"))
        run = Run(worker, streams)
        try:
            run.readers = self.readers(worker, streams, processes=2)
            run.streams = run.readers.open()["streams"]
            run.events(300)  # the history is full
            before = most = run.memory("Rss")["own"]
            finish = run.begin(events, data_bytes=data_bytes)
            while not run.readers.answered():
                most = max(most, run.memory("Rss")["own"])
                time.sleep(0.02)
            result = finish()
            grown = most - before
            self.bench.note("fast publisher: MB that the worker grows by at most", streams, "worker, fastcgi", grown / 1e6)
            self.bench.note("fast publisher: events/s", streams, "worker, fastcgi", events / result["publish_seconds"])
            sent = events * (data_bytes + 250)
            # Between the threads wait at most 16,384 letters.
            bound = 16_384 * (2 * data_bytes + 1_500) + (16 << 20)
            self.check("a publisher that is too fast is held back, and memory stays bounded", grown < bound,
                       f"of {sent / 1e6:.0f} MB of stanzas at most {grown / 1e6:.0f} MB were in the worker; publishing took "
                       f"{result['publish_seconds']:.1f} s of {result['seconds']:.1f} s")
        finally:
            self.bench.faults[worker.name] = run.faults
            if run.readers:
                run.readers.stop()
            worker.stop()

    # ---- no more descriptors, no more connections ----

    def crowded(self, worker, wanted: int) -> tuple:
        """More readers than there is room for: (Run with those that got in, share of a core while they are there)."""
        run = Run(worker, wanted)
        run.readers = self.readers(worker, wanted)
        run.streams = sum(answer["open"] for answer in run.readers.ask(lambda i: ("open", run.readers.wanted[i], 700)))
        time.sleep(0.2)
        before = cpu_seconds(worker.cpu_pids())
        time.sleep(0.5)
        share = (cpu_seconds(worker.cpu_pids()) - before) / 0.5
        run.events(20)
        return run, share

    def few_descriptors(self) -> None:
        worker = self.worker("few descriptors", under=("prlimit", "--nofile=400:400"))
        run = None
        try:
            run, share = self.crowded(worker, 600)
            run.readers.stop()
            run.readers = None
            time.sleep(0.3)
            log = worker.log.read_text()
            said = log.count("raise the limit of open files")
            metrics = urllib.request.urlopen(f"http://127.0.0.1:{worker.nginx.port}/eventsource-metrics", timeout=5).read().decode()
            rests = int(next(line for line in metrics.splitlines() if line.startswith("xmpp_eventsource_accept_rests_total")).split()[1])
            self.check("out of descriptors, the worker says so and rests", said == 1 and rests > 0 and share < 0.1 and run.streams > 200,
                       f"{run.streams} streams with 400 descriptors, {said} log line, accept_rests_total {rests}, {share:.1%} of a core")
        finally:
            if run:
                self.bench.faults[worker.name] = run.faults
            worker.stop()

    def few_connections(self) -> None:
        worker = self.worker("few connections", connections=256)
        run = None
        try:
            run, share = self.crowded(worker, 600)
            run.readers.stop()
            log = (worker.nginx.folder / "error.log").read_text()
            said = log.count("worker_connections are not enough")
            self.check("out of worker_connections, nginx says so and goes on", said > 0 and share < 0.1 and run.streams > 150,
                       f"{run.streams} streams with 2 x 256 connections, {said} log lines, {share:.1%} of a core")
        finally:
            if run:
                self.bench.faults[worker.name] = run.faults
            worker.stop()
