# SPDX-License-Identifier: MIT
"""JSON Web Tokens (RFC 7519), written without a library."""
import base64
import hashlib
import hmac
import json
import time

SECRET = "a secret of thirty-two bytes at least"


def _part(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def token(*nodes: str, sub: str = "alice", seconds: float = 600, secret: str = SECRET, **claims) -> str:
    """A token for `sub` and the patterns `nodes` that is good for so many seconds."""
    claims = {"sub": sub, "exp": int(time.time() + seconds), "nodes": list(nodes), **claims}
    text = _part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + "." + _part(json.dumps(claims).encode())
    return text + "." + _part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


def bearer(*nodes: str, **more) -> dict:
    """The param by which a web server hands such a token on."""
    return {"HTTP_AUTHORIZATION": "Bearer " + token(*nodes, **more)}
