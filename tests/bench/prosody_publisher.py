#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Publishes numbered items as a component of Prosody (XEP-0114, XEP-0060 §7.1), some in flight: how Prosody's own
mod_pubsub_eventsource is fed. `prosody_publisher.py PORT`; then as the other sources:
blast NODE FIRST COUNT BYTES RATE BATCH"""
import hashlib
import re
import socket
import sys
import time

DOMAIN, SECRET, SERVICE = "publisher.bench", "bench", "pubsub.bench"
IN_FLIGHT = 16
PUBSUB = "http://jabber.org/protocol/pubsub"


class Publisher:
    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send(f"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='{DOMAIN}'>")
        stream_id = re.search(r"id=['\"]([^'\"]+)", self.until("id=")).group(1)
        self.send(f"<handshake>{hashlib.sha1((stream_id + SECRET).encode()).hexdigest()}</handshake>")
        self.until("<handshake")
        self.answered = 0

    def send(self, text: str) -> None:
        self.socket.sendall(text.encode())

    def until(self, text: str) -> str:
        got = ""
        while text not in got or not got.endswith(">"):
            got += self.socket.recv(65536).decode()
        return got

    def iq(self, number, content: str) -> None:
        self.send(f"<iq type='set' id='{number}' from='{DOMAIN}' to='{SERVICE}'><pubsub xmlns='{PUBSUB}'>{content}</pubsub></iq>")

    def wait(self, answers: int) -> None:
        """Until so many IQs are answered."""
        while self.answered < answers:
            got = self.socket.recv(65536).decode()
            if "type='error'" in got:
                raise RuntimeError(got)
            self.answered += got.count("type='result'")

    def blast(self, node: str, first: int, count: int, size: int, rate: float) -> None:
        began = time.monotonic_ns()
        self.answered = 0
        for i in range(count):
            if rate:
                time.sleep(max(0, began / 1e9 + i / rate - time.monotonic()))
            self.wait(i - IN_FLIGHT + 1)
            # As event_data() and write_marker() in common.hpp.
            data = f'{{"n":"#{first + i:010}:{time.monotonic_ns():019};","pad":""}}'
            data = data[:-2] + "x" * max(0, size - len(data)) + '"}'
            self.iq(i, f"<publish node='{node}'><item id='{first + i}'><json xmlns='urn:xmpp:json:0'>{data}</json></item></publish>")
        self.wait(count)
        print("done", began, time.monotonic_ns(), flush=True)


publisher = Publisher(int(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    _, node, first, count, size, rate, *_ = line.split()
    publisher.blast(node, int(first), int(count), int(size), float(rate))
