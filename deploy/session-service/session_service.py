#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A small session service for nginx/access-session.conf: an example, which the sessions that your site has replace.

  session_service.py PASSWORDS [--port 9180]    listens on loopback, for nginx alone
  session_service.py PASSWORDS --add NAME       reads NAME's password from standard input and puts it into the file

  POST /login    a form's `name` and `password`: a cookie, and on to /; or 403; 429 after TRIES wrong ones of a name or address
  POST /logout   the session ends (streams that are open go on, see nginx/README.md)
  GET /session   what nginx asks: 204 and X-Eventsource-User, or 401

Sessions are in memory: after a restart everybody logs in again. In nginx, beside `include xmpp-eventsource/session.conf;`:

  location ~ ^/(login|logout)$ { proxy_pass http://127.0.0.1:9180; proxy_set_header X-Real-IP $remote_addr; }
"""
import argparse
import hashlib
import hmac
import os
import re
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

COOKIE, LASTS = "__Host-session", 12 * 3600  # seconds
sessions = {}  # {random text: (name, when it ends)}
BODY = 4096  # bytes of a form; nginx reads no more of it than client_max_body_size says
TRIES, WITHIN, WATCHED = 10, 300, 10_000  # wrong passwords of one name or address; seconds; names and addresses at most
failures = {}  # {(kind, name or address): times}
hashing = threading.BoundedSemaphore(2)  # one takes 16 MiB and a core
lock = threading.Lock()


def barred(*who) -> bool:
    """Too many wrong passwords of late."""
    since = time.monotonic() - WITHIN
    with lock:
        for one in who:
            failures[one] = [when for when in failures.pop(one, []) if when > since]
        answer = any(len(failures[one]) >= TRIES for one in who)
        for one in [one for one in who if not failures[one]]:
            del failures[one]
        return answer


def note_failure(*who) -> None:
    with lock:
        for one in who:
            failures[one] = failures.pop(one, []) + [time.monotonic()]
        while len(failures) > WATCHED:
            del failures[next(iter(failures))]  # the one that failed longest ago


def hashed(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1).hex()


def known(name: str, password: str) -> bool:
    """Takes as long for names that nobody has. Lines of the file: NAME SALT HASH, the last one of a name counts."""
    with open(options.passwords, encoding="utf-8") as lines:
        users = {user: rest for user, *rest in map(str.split, lines)}
    salt, right = users.get(name, ("none", ""))
    with hashing:
        return hmac.compare_digest(hashed(password, salt), right)


class Handler(BaseHTTPRequestHandler):
    protocol_version, timeout = "HTTP/1.1", 10  # seconds for a client that says nothing

    def do_GET(self):
        name, ends = sessions.get(self.session(), ("", 0))
        if self.path == "/session" and time.time() < ends:
            return self.answer(204, {"X-Eventsource-User": name})
        return self.answer(401 if self.path == "/session" else 404)

    def do_POST(self):
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,9}", length) or "Transfer-Encoding" in self.headers or int(length) > BODY:
            self.close_connection = True  # what follows is not read, so it must not be taken for a request
            return self.answer(413 if re.fullmatch("[0-9]+", length) else 400, {"Connection": "close"})
        form = parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace"))
        name, password = (form.get(field, [""])[0] for field in ("name", "password"))
        if self.path == "/logout":
            sessions.pop(self.session(), None)
            return self.answer(303, {"Location": "/", "Set-Cookie": f"{COOKIE}=; Path=/; Secure; Max-Age=0"})
        if self.path != "/login":
            return self.answer(404)
        who = ("name", name), ("address", self.headers.get("X-Real-IP", self.client_address[0]))
        if barred(*who):
            return self.answer(429, {"Retry-After": str(WITHIN)})
        if not known(name, password):
            note_failure(*who)
            return self.answer(403)
        for old in [key for key, (_, ends) in sessions.copy().items() if ends < time.time()]:
            sessions.pop(old, None)
        sessions[key := secrets.token_urlsafe(32)] = (name, time.time() + LASTS)
        # Lax: it does not go along when pages of other sites ask for streams.
        return self.answer(303, {"Location": "/", "Set-Cookie": f"{COOKIE}={key}; Path=/; Secure; HttpOnly; SameSite=Lax"})

    def session(self) -> str:
        found = re.search(rf"(?:^|;\s*){COOKIE}=([^;\s]+)", self.headers.get("Cookie", ""))
        return found[1] if found else ""

    def answer(self, status: int, headers: dict = {}) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items() if status != 204 else headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass  # nginx has a log


arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("passwords")
arguments.add_argument("--port", type=int, default=9180)
arguments.add_argument("--add", metavar="NAME")
options = arguments.parse_args()
if options.add:
    if not re.fullmatch(r"[A-Za-z0-9._-]+", options.add):
        sys.exit("a name is made of A-Z a-z 0-9 . _ -")
    with open(os.open(options.passwords, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as lines:
        salt = secrets.token_hex(16)
        lines.write(f"{options.add} {salt} {hashed(sys.stdin.readline().rstrip(chr(10)), salt)}\n")
else:
    ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()
