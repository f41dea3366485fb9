# SPDX-License-Identifier: MIT
"""JSON Web Tokens (RFC 7519), written without a library."""
import base64
import hashlib
import hmac
import json
import subprocess
import time
from pathlib import Path

from .process import program

SECRET = "a secret of thirty-two bytes at least"


def _part(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _openssl(*arguments, octets: bytes = None) -> bytes:
    return subprocess.run([program("openssl"), *map(str, arguments)], input=octets, check=True, capture_output=True, timeout=20).stdout


class Secret:
    """A key of HS256; `file` is what the worker's key file holds."""
    alg = "HS256"

    def __init__(self, folder: Path = None, text: str = SECRET):
        self.file = text

    def sign(self, octets: bytes) -> bytes:
        return hmac.new(self.file.encode(), octets, hashlib.sha256).digest()


class _KeyPair:
    """The private half stays in `folder`; `file` is the public one, in PEM."""

    def __init__(self, folder: Path):
        self._private = folder / f"{self.alg}-{time.monotonic_ns()}.pem"
        _openssl("genpkey", *self.made_with, "-out", self._private)
        self.file = _openssl("pkey", "-in", self._private, "-pubout").decode()

    def sign(self, octets: bytes) -> bytes:
        return _openssl("dgst", "-sha256", "-sign", self._private, octets=octets)


class Rsa(_KeyPair):
    alg, made_with = "RS256", ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")


class P256(_KeyPair):
    alg, made_with = "ES256", ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")

    def sign(self, octets: bytes) -> bytes:
        """OpenSSL's is an ASN.1 sequence of two integers; a token has them as 32 bytes each (RFC 7518 §3.4)."""
        der = super().sign(octets)
        numbers, at = b"", 2
        for _ in range(2):
            size = der[at + 1]
            numbers += int.from_bytes(der[at + 2:at + 2 + size], "big").to_bytes(32, "big")
            at += 2 + size
        return numbers


KEYS = {"HS256": Secret, "RS256": Rsa, "ES256": P256}


def token(*nodes: str, sub: str = "alice", seconds: float = 600, secret: str = SECRET, key=None, header=None, **claims) -> str:
    """A token for `sub` and the patterns `nodes` that is good for so many seconds; signed with `key`, else with `secret`;
    its header has `header` besides."""
    key = key or Secret(text=secret)
    claims = {"sub": sub, "exp": int(time.time() + seconds), "nodes": list(nodes), **claims}
    text = _part(json.dumps({"alg": key.alg, "typ": "JWT", **(header or {})}).encode()) + "." + _part(json.dumps(claims).encode())
    return text + "." + _part(key.sign(text.encode()))


def bearer(*nodes: str, **more) -> dict:
    """The param by which a web server hands such a token on."""
    return {"HTTP_AUTHORIZATION": "Bearer " + token(*nodes, **more)}
