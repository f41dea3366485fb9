# SPDX-License-Identifier: MIT
"""The benchmark's processes: how they are started, told what to do, looked at, and ended."""
import json
import os
import select
import signal
import socket
import subprocess
from pathlib import Path


started = []


def spawn(command: list, **more) -> subprocess.Popen:
    process = subprocess.Popen([str(part) for part in command], **more)
    started.append(process)
    return process


def end_all() -> None:
    """Whatever went wrong, nothing that was started stays."""
    for process in started:
        end(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_socket(path: Path, process: subprocess.Popen, seconds: float = 10) -> None:
    for _ in range(int(seconds * 100)):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
        select.select([], [], [], 0.01)
    raise RuntimeError(f"nobody listens at {path}")


def wait_for_port(port: int, process: subprocess.Popen, seconds: float = 10) -> None:
    for _ in range(int(seconds * 100)):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        select.select([], [], [], 0.01)
    raise RuntimeError(f"nobody listens on port {port}")


class Program:
    """A process that takes commands as lines on stdin and answers with lines."""

    def __init__(self, *command, log: Path):
        self.log = open(log, "ab")
        self.process = spawn(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, bufsize=0)
        self.buffer = b""
        self.line(10)  # it is ready

    def tell(self, *words) -> None:
        self.process.stdin.write((" ".join(str(word) for word in words) + "\n").encode())

    def line(self, seconds: float) -> str:
        while b"\n" not in self.buffer:
            if not select.select([self.process.stdout], [], [], seconds)[0]:
                raise RuntimeError(f"{self.process.args} did not answer within {seconds} s")
            got = os.read(self.process.stdout.fileno(), 1 << 20)
            if not got:
                raise RuntimeError(f"{self.process.args} ended with {self.process.wait()}; see {self.log.name}")
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()

    def stop(self) -> None:
        end(self.process)
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()


def end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def children(pid: int) -> list:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_seconds(pids) -> float:
    """User and system time of all threads. From schedstat, in ns, where the kernel has it: stat counts in 10 ms."""
    total = 0.0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0]) / 1e9
            except FileNotFoundError:
                fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
                total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def memory_bytes(pids, what: str = "Pss") -> int:
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(what + ":"):
                total += int(line.split()[1]) * 1024
    return total


class Readers:
    """N streams, in as many processes as descriptors allow; a process holds at most 19,900."""
    PER_PROCESS = 9_950

    def __init__(self, load: Path, arguments: list, streams: int, log: Path, first_source: int = 0,
                 processes: int = 1):
        self.parts = []
        count = max(processes, -(-streams // self.PER_PROCESS))
        self.wanted = [streams // count + (i < streams % count) for i in range(count)]
        for i in range(count):
            sources = []
            if arguments[0] == "http":
                sources = [f"127.0.0.{10 + first_source + i * 2 + j}" for j in range(2)]
            self.parts.append(Program(load, *arguments, *sources, log=log))

    def pids(self) -> list:
        return [part.process.pid for part in self.parts]

    def tell(self, words) -> None:
        """`words(i)`: the command for the i-th process."""
        for i, part in enumerate(self.parts):
            part.tell(*words(i))

    def answers(self, seconds: float = 90) -> list:
        return [json.loads(part.line(seconds)) for part in self.parts]

    def answered(self) -> bool:
        """True once all answers can be had without waiting."""
        return all(part.buffer or select.select([part.process.stdout], [], [], 0)[0] for part in self.parts)

    def ask(self, words, seconds: float = 90) -> list:
        self.tell(words)
        return self.answers(seconds)

    def open(self, fraction: float = 1.0) -> dict:
        answers = self.ask(lambda i: ("open", max(1, int(self.wanted[i] * fraction))))
        got = sum(answer["open"] for answer in answers)
        refused = sum(answer["refused"] for answer in answers)
        wanted = sum(max(1, int(one * fraction)) for one in self.wanted)
        if got != wanted or refused:
            raise RuntimeError(f"{got} of {wanted} streams opened, {refused} refused")
        return {"streams": got, "opened": sum(a["opened"] for a in answers), "seconds": max(a["seconds"] for a in answers)}

    def close_all_but_one(self) -> None:
        self.ask(lambda i: ("close", 1 if i == 0 else 0))

    def open_again(self, seconds: float) -> dict:
        """To be asked before the streams end: answers once they are back. Call the result."""
        for part, wanted in zip(self.parts, self.wanted):
            part.tell("again", wanted, int(seconds * 1000))
        return lambda: [json.loads(part.line(seconds + 10)) for part in self.parts]

    def stop(self) -> None:
        for part in self.parts:
            part.stop()
