# SPDX-License-Identifier: MIT
"""The shipped example of a session service (deploy/session-service), with users whose password is "secret"."""
import http.client
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
                         f"    location ~ ^/(login|logout)$ {{ proxy_pass http://{address}; }}\n"}

    def ask(self, method: str, path: str, cookie: str = None, **form):
        """The answer to what nginx would send."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, urlencode(form) if form else None, {"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def login(self, user: str) -> str:
        """What a browser sends as Cookie afterwards."""
        answer = self.ask("POST", "/login", name=user, password="secret")
        assert answer.status == 303
        return answer.getheader("Set-Cookie").partition(";")[0]
