# SPDX-License-Identifier: MIT
"""The web server's side of SCGI, good manners and bad."""
from .fastcgi_client import CgiReader


def netstring(octets: bytes) -> bytes:
    return b"%d:%s," % (len(octets), octets)


def request(params: dict) -> bytes:
    # CONTENT_LENGTH comes first and SCGI says 1: the specification wants both.
    pairs = {"CONTENT_LENGTH": "0", "SCGI": "1", **params}
    return netstring(b"".join(f"{name}\0{value}\0".encode() for name, value in pairs.items()))


class Scgi(CgiReader):
    def _request(self) -> bytes:
        return request(self._params)

    def _bytes(self):
        self._peer.settimeout(60)
        while block := self._peer.recv(65536):
            yield block
