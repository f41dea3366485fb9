#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The demo's outside world: an Atom feed on loopback that gains an entry every ten seconds.

    feed.py SITE PORT_FILE

SITE is the address under which a reader finds the entries' own pages (https://127.0.0.1:8443). A free port is
chosen and written to PORT_FILE. An entry is made from its number alone, and its number from the clock, so the feed
keeps no state and an entry that a pubsub node still stores from an earlier run keeps its page.
"""

import os
import random
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape, quoteattr

EVERY_S = 10
LISTED = 8  # below the 20 items that Prosody keeps of a node, so that mod_pubsub_feeds recognises all of them

VESSELS = [
    ("Aurora", "ferry"), ("Skagen", "trawler"), ("Marie Céleste II", "schooner"), ("Tide & Tern", "pilot boat"),
    ("Nordlys", "coaster"), ("Håkon VI", "research ship"), ("Lady Grey", "tug"), ("Ostara", "container feeder"),
]
AUTHORS = ["Harbour office", "Ingrid Solheim, duty officer", "Lock keeper Ruiz", "VTS <channel 12>"]
MOVEMENTS = [
    ("{name} berthed at quay {quay}", "The {kind} came in {early} and was made fast at quay {quay} with {lines} lines."),
    ("{name} leaves quay {quay}", "Cast off from quay {quay}; the {kind} asks for the inner lock and sails {early}."),
    ("{name} waits at the outer roads", "No berth for the {kind} before high water. Anchored {cables} cables off the pier."),
    ("Pilot aboard {name}", "The pilot boarded the {kind} {cables} cables off; quay {quay} is kept free for her."),
    ("{name}: {tonnes} t discharged", "Discharging of the {kind} at quay {quay} has ended {early}. Hatches closed, 0 < damage reports."),
    ("Quay {quay} closed for divers", "Divers down at quay {quay}. Pass dead slow & keep clear; {name} has been told."),
]


def entry(number):
    """The entry of that number: the same whenever and wherever it is asked for."""
    dice = random.Random(number)
    name, kind = dice.choice(VESSELS)
    words = {
        "name": name, "kind": kind, "quay": dice.randint(1, 6), "lines": dice.choice([4, 6, 8]),
        "cables": dice.randint(3, 30), "tonnes": dice.randint(12, 190) * 10,
        "early": dice.choice(["on time", "twenty minutes early", "an hour late", "with the tide"]),
    }
    title, summary = dice.choice(MOVEMENTS)
    return {
        "id": f"tag:harbour.example,2024:movement-{number}",
        "title": title.format(**words), "summary": summary.format(**words), "author": dice.choice(AUTHORS),
        # A second after the entry appears: mod_pubsub_feeds passes over whatever is not newer than its last look.
        "updated": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(number * EVERY_S + 1)),
        "page": f"/movements/{number}",
    }


def feed(site, now):
    """The Atom document, newest entry first."""
    newest = int(now // EVERY_S)
    entries = "".join(
        "  <entry>\n"
        f"    <id>{escape(e['id'])}</id>\n"
        f"    <title>{escape(e['title'])}</title>\n"
        f"    <link rel=\"alternate\" href={quoteattr(site + e['page'])}/>\n"
        f"    <author><name>{escape(e['author'])}</name></author>\n"
        f"    <updated>{e['updated']}</updated>\n"
        f"    <summary>{escape(e['summary'])}</summary>\n"
        "  </entry>\n"
        for e in (entry(number) for number in range(newest, newest - LISTED, -1)))
    return (
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
        "  <id>tag:harbour.example,2024:movements</id>\n"
        "  <title>Harbour movements</title>\n"
        f"  <updated>{entry(newest)['updated']}</updated>\n"
        f"{entries}</feed>\n")


class Handler(BaseHTTPRequestHandler):
    timeout = 10
    site = ""

    def do_GET(self):
        if self.path == "/feed.atom":
            return self.answer(200, "application/atom+xml", feed(self.site, time.time()))
        number = self.path.removeprefix("/movements/")
        if number != self.path and number.isascii() and number.isdigit() and len(number) < 12:
            e = entry(int(number))
            return self.answer(200, "text/plain", f"{e['title']}\n\n{e['summary']}\n\n{e['author']}, {e['updated']}\n")
        return self.answer(404, "text/plain", "no such page\n")

    def answer(self, status, content_type, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type + "; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    Handler.site, port_file = sys.argv[1], sys.argv[2]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with open(port_file + ".new", "w", encoding="ascii") as file:
        file.write(f"{server.server_port}\n")
    os.replace(port_file + ".new", port_file)  # whoever waits for the file never reads half of it
    server.serve_forever()


if __name__ == "__main__":
    main()
