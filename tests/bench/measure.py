# SPDX-License-Identifier: MIT
"""One measurement each: events to a contestant's streams, and what they cost."""
from programs import cpu_seconds, memory_bytes

DATA_BYTES = 150  # with `id:` and the rest of the block: 200


class Run:
    """A contestant with its streams open; numbers go on from one measurement to the next."""

    def __init__(self, contestant, most: int):
        self.contestant, self.most = contestant, most
        self.streams, self.readers = 0, None
        self.next = 1
        self.faults = {"lost": 0, "duplicate": 0, "out_of_order": 0, "ended": 0}

    def events(self, count: int, rate: float = 0, batch: int = 1, seconds: float = 60) -> dict:
        """Publishes, waits until all streams have the last one, and counts."""
        return self.begin(count, rate, batch, seconds)()

    def begin(self, count: int, rate: float = 0, batch: int = 1, seconds: float = 60, data_bytes: int = DATA_BYTES):
        """Begins to publish. Call the result to wait and count."""
        first, last = self.next, self.next + count - 1
        self.next = last + 1
        self.readers.ask(lambda i: ("expect", first))
        source, pids = self.contestant.source(), self.contestant.cpu_pids()
        own = self.contestant.own_pids()
        before, own_before = cpu_seconds(pids), cpu_seconds(own)
        source.tell("blast", "bench", first, count, data_bytes, rate, batch)
        self.readers.tell(lambda i: ("await", last, int(seconds * 1000)))

        def finish() -> dict:
            answers = self.readers.answers(seconds + 10)
            began, finished = (int(word) for word in source.line(seconds).split()[1:])
            cpu, own_cpu = cpu_seconds(pids) - before, cpu_seconds(own) - own_before
            delivered = sum(answer["delivered"] for answer in answers)
            for fault in self.faults:
                self.faults[fault] += int(sum(answer[fault] for answer in answers))
            slowest = [max(times) for times in zip(*(answer["slowest_ns"] for answer in answers))]
            arrived = max(answer["last_ns"] for answer in answers)
            return {"delivered": delivered, "cpu_us": cpu / max(1, delivered) * 1e6,
                    "own_cpu_us": own_cpu / max(1, delivered) * 1e6, "seconds": (arrived - began) / 1e9,
                    "rate": delivered / max(1e-9, (arrived - began) / 1e9), "publish_seconds": (finished - began) / 1e9,
                    "began_ns": began, "slowest_ns": slowest}
        return finish

    def single(self, per_second: float, seconds: float) -> dict:
        """Events one at a time: `per_second` deliveries in total."""
        rate = min(200.0, per_second / self.streams)
        count = max(2, round(rate * seconds))
        result = self.events(count, rate)
        gap = 1e9 / rate
        result["latency_ms"] = [(at - (result["began_ns"] + i * gap)) / 1e6 for i, at in enumerate(result["slowest_ns"])]
        return result

    def burst(self, deliveries: int, batch: int = 1) -> dict:
        return self.events(max(20, deliveries // self.streams), 0, batch)

    def memory(self, what: str = "Pss") -> dict:
        return {"own": memory_bytes(self.contestant.own_pids(), what), "all": memory_bytes(self.contestant.cpu_pids(), what)}
