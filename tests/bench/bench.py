# SPDX-License-Identifier: MIT
"""The benchmark: see run.sh. Every figure is a median; every ratio the median of ratios of neighbours in time."""
import argparse
import atexit
import json
import platform
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

import limits
import report
from contestants import nchan_is_missing, prosody_module, Floor, Nchan, Prosody, Worker
from measure import Run
from programs import Readers, end_all


@dataclass
class Size:
    repetitions: int
    direct: list      # streams
    behind_nginx: list
    seconds: float    # of events one at a time
    deliveries: int   # of a burst
    opens: int        # streams of the opening test
    storms: int
    latency_seconds: int
    stanzas: int
    limits: limits.Limits


QUICK = Size(1, [500], [500], 0.5, 50_000, 500, 1, 3, 20_000, limits.QUICK)
FULL = Size(5, [1_000, 10_000, 19_000], [1_000, 10_000], 2.0, 200_000, 10_000, 3, 15, 200_000, limits.FULL)
SINGLE_PER_SECOND = 20_000  # deliveries in total, events one at a time


class Bench:
    def __init__(self, size: Size, build: Path, worker: Path, folder: Path):
        self.size, self.build, self.worker, self.folder = size, build, worker, folder
        self.results = []  # {"what", "streams", "contestant", "values": […]}
        self.faults = {}
        self.runs = []

    def note(self, what: str, streams: int, contestant: str, value: float) -> None:
        for row in self.results:
            if (row["what"], row["streams"], row["contestant"]) == (what, streams, contestant):
                row["values"].append(value)
                return
        self.results.append({"what": what, "streams": streams, "contestant": contestant, "values": [value]})

    def median(self, what: str, streams: int, contestant: str) -> float:
        return next(median(row["values"]) for row in self.results
                    if (row["what"], row["streams"], row["contestant"]) == (what, streams, contestant))

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self.began:5.0f} s] {text}", file=sys.stderr, flush=True)

    def start(self, makers: list, streams: int) -> list:
        """Contestants with readers for at most so many streams."""
        self.runs = []
        for place, make in enumerate(makers):
            contestant = make()
            self.runs.append(run := Run(contestant, streams))
            run.readers = Readers(self.build / "bench_load", contestant.load_arguments(), streams, self.folder / "load.log",
                                  first_source=place * 8)
        return self.runs

    def stop(self) -> None:
        for run in self.runs:
            self.faults[run.contestant.name] = run.faults
            if run.readers:
                run.readers.stop()
            run.contestant.stop()
        self.runs = []

    def open(self, runs: list, streams: int) -> None:
        for run in runs:
            opened = run.readers.open(streams / run.most)
            run.streams = opened["streams"]
            run.events(2)  # the first one finds everything cold

    def each(self, repetitions: int):
        """Every repetition asks the contestants in another order, close to one another in time."""
        for repetition in range(repetitions):
            turn = repetition % len(self.runs)
            for run in self.runs[turn:] + self.runs[:turn]:
                for other in self.runs:
                    if other is not run:
                        other.contestant.beat()
                yield run

    def costs(self, streams: int) -> None:
        self.say(f"{streams} streams: " + "; ".join(run.contestant.name for run in self.runs))
        for run in self.each(self.size.repetitions):
            single = run.single(SINGLE_PER_SECOND, self.size.seconds)
            name = run.contestant.name
            self.note("single: CPU µs per delivery", streams, name, single["cpu_us"])
            self.note("single: own CPU µs per delivery", streams, name, single["own_cpu_us"])
            saturated = run.burst(self.size.deliveries)
            self.note("saturated: deliveries/s", streams, name, saturated["rate"])
            self.note("saturated: CPU µs per delivery", streams, name, saturated["cpu_us"])

    def memory(self, sizes: list, at: dict) -> None:
        """Slope from the smallest to the largest size."""
        low, high = sizes[0], sizes[-1]
        for run in self.runs:
            name = run.contestant.name
            for part in ("own", "all"):
                if part == "own" and not run.contestant.own_pids():
                    continue
                slope = (at[name, high][part] - at[name, low][part]) / max(1, high - low)
                self.note(f"memory: bytes per stream ({part})", high, name, slope)

    def sizes(self, sizes: list) -> None:
        at = {}
        if len(sizes) == 1:  # quick: a slope needs two
            sizes = [sizes[0] // 2, sizes[0]]
        for streams in sizes:
            self.open(self.runs, streams)
            for run in self.runs:
                at[run.contestant.name, streams] = run.memory()
            if streams in (self.size.direct + self.size.behind_nginx):
                self.costs(streams)
        self.memory(sizes, at)

    def opens(self) -> None:
        """Streams opened in a second, for a node that is active already."""
        count = min(self.size.opens, min(run.most for run in self.runs))
        self.say(f"opens: {count} streams")
        for run in self.each(self.size.repetitions):
            run.readers.close_all_but_one()
            time.sleep(0.3)  # the other side sees the ends
            opened = run.readers.open(count / run.most)
            self.note("opens/s", count, run.contestant.name, opened["opened"] / opened["seconds"])

    def direct(self) -> None:
        most = self.size.direct[-1]
        self.start([lambda kind=kind, make=make: make(kind) for kind in ("fastcgi", "scgi") for make in
                    (lambda kind: Worker(self.build, self.worker, self.folder / f"worker-{kind}", kind, direct=True, threads=1),
                     lambda kind: Floor(self.build, self.folder / f"floor-{kind}", kind, direct=True))], most)
        try:
            self.sizes(self.size.direct)
            self.opens()
        finally:
            self.stop()

    def stanzas(self) -> None:
        """What comes in, with one reader."""
        self.say("stanzas in")
        self.start([lambda: Worker(self.build, self.worker, self.folder / "worker-in", direct=True)], 1)
        try:
            self.open(self.runs, 1)
            for run in self.each(self.size.repetitions):
                self.note("stanzas in/s", 1, "worker, fastcgi", run.events(self.size.stanzas)["rate"])
        finally:
            self.stop()

    def behind_nginx(self) -> None:
        makers = [lambda: Worker(self.build, self.worker, self.folder / "worker-nginx"),
                  lambda: Floor(self.build, self.folder / "floor-nginx")]
        if missing := nchan_is_missing():
            self.say(f"nchan is left out: {missing}")
        else:
            makers.append(lambda: Nchan(self.build, self.folder / "nchan"))
        if modules := prosody_module():
            makers.append(lambda: Prosody(self.build, self.folder / "prosody", modules))
        else:
            self.say("Prosody is left out: no mod_pubsub_eventsource, not even in $PROSODY_MODULES")
        self.start(makers, self.size.behind_nginx[-1])
        try:
            self.open(self.runs, 100)
            self.say("100 streams: 1,000 events/s on one node")
            for run in self.each(self.size.repetitions):
                busy = run.events(int(1000 * self.size.seconds / 2), 1000)
                self.note("1,000 events/s: CPU µs per delivery", 100, run.contestant.name, busy["cpu_us"])
            self.sizes(self.size.behind_nginx)
            self.latency()
            self.storms()
        finally:
            self.stop()

    def latency(self) -> None:
        self.say("latency: one event a second")
        for run in self.runs:
            times = sorted(run.single(run.streams, self.size.latency_seconds)["latency_ms"])
            name = run.contestant.name
            self.note("1 event/s: ms to the last stream, median", run.streams, name, times[len(times) // 2])
            self.note("1 event/s: ms to the last stream, p99", run.streams, name, times[min(len(times) - 1, int(len(times) * 0.99))])

    def storms(self) -> None:
        for _ in range(self.size.storms):
            for run in self.runs:
                if not run.contestant.own_pids() or not run.contestant.nginx:
                    continue  # nchan is inside nginx: its history would be gone; Prosody has none before it
                self.say(f"{run.contestant.name}: nginx restarts, {run.streams} readers come back")
                back = run.readers.open_again(40)
                run.contestant.nginx.restart()
                answers = back()
                if sum(answer["open"] for answer in answers) != run.streams:
                    raise RuntimeError(f"{run.contestant.name}: not all readers came back: {answers}")
                seconds = (max(a["ended_ns"] for a in answers) - min(a["began_ns"] for a in answers)) / 1e9
                self.note("nginx restart: seconds until all are back", run.streams, run.contestant.name, seconds)
                run.events(2)
                run.faults["ended"] = 0

    def run(self) -> dict:
        self.began = time.monotonic()
        self.stanzas()
        self.direct()
        self.behind_nginx()
        checks = limits.LimitTests(self, self.size.limits).run()
        return {"machine": machine(), "results": self.results, "checks": checks, "faults": self.faults,
                "seconds": round(time.monotonic() - self.began)}


def machine() -> dict:
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "?")
    return {"cpu": model, "cores": len(Path("/proc/cpuinfo").read_text().split("processor\t:")) - 1,
            "kernel": platform.release(), "date": date.today().isoformat()}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--json", type=Path)
    arguments.add_argument("--plot", type=Path)
    arguments.add_argument("--build", type=Path, required=True, help="build folder")
    options = arguments.parse_args()
    atexit.register(end_all)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    size = QUICK if options.quick else FULL
    room = hard - 200  # the worker keeps some for itself
    size.direct = sorted({min(streams, room) for streams in size.direct})
    worker = options.build / "xmpp-eventsource"
    programs = options.build / "tests/bench" if (options.build / "tests/bench/bench_load").exists() else options.build
    folder = Path(tempfile.mkdtemp(prefix="xes-bench-"))
    try:
        outcome = Bench(size, programs, worker, folder).run()
    except Exception:
        for log in sorted(folder.rglob("*.log")):
            if text := log.read_text(errors="replace")[-2000:].strip():
                print(f"--- {log}\n{text}", file=sys.stderr)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    outcome["command"] = "tests/bench/run.sh" + (" --quick" if options.quick else "")
    print(report.table(outcome))
    if options.json:
        options.json.write_text(json.dumps(outcome, indent=1, ensure_ascii=False))
    if options.plot:
        options.plot.write_text(report.plot(outcome))
    return 1 if report.faulty(outcome) else 0


if __name__ == "__main__":
    sys.exit(main())
