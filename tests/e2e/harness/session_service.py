# SPDX-License-Identifier: MIT
"""The shipped example of a session service (deploy/session-service), with users whose password is "secret"."""
import http.client
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlencode

from .process import Process, free_port
from .worker import ROOT

_SCRIPT = ROOT / "deploy" / "session-service" / "session_service.py"


class SessionService:
    def __init__(self, folder: Path, *users: str):
        self.port, self.process, self._folder = free_port(), None, folder
        self._passwords = folder / "passwords"
        for user in users:
            subprocess.run([_SCRIPT, self._passwords, "--add", user], input="secret\n", text=True, check=True, timeout=10)

    def start(self) -> "SessionService":
        self.process = Process([_SCRIPT, self._passwords, "--port", self.port], self._folder / "session-service.out")
        self.process.wait_listening(("127.0.0.1", self.port))
        return self

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process = None

    def nginx(self) -> dict:
        """What an nginx with it takes: arguments of harness.nginx.Nginx."""
        address = f"127.0.0.1:{self.port}"
        return {"access": ["access-session.conf"], "edits": {"session.conf": [("127.0.0.1:9180", address)]},
                "extra": "    include xmpp-eventsource/session.conf;\n"
                         f"    location ~ ^/(login|logout)$ {{ proxy_pass http://{address}; proxy_set_header X-Real-IP $remote_addr; }}\n"}

    def ask(self, method: str, path: str, cookie: str = None, address: str = None, **form):
        """The answer to what nginx would send; `address` is the client's."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {name: value for name, value in (("Cookie", cookie), ("X-Real-IP", address)) if value}
        connection.request(method, path, urlencode(form) if form else None, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def tell(self, text: bytes, timeout: float = 5) -> bytes:
        """Whatever somebody writes there, and all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(text)
            answer = b""
            while got := connection.recv(65536):
                answer += got
            return answer

    def login(self, user: str) -> str:
        """What a browser sends as Cookie afterwards."""
        answer = self.ask("POST", "/login", name=user, password="secret")
        assert answer.status == 303
        return answer.getheader("Set-Cookie").partition(";")[0]
