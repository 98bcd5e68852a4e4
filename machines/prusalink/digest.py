"""HTTP Digest (RFC 7616, and RFC 2617 before it): the answer to a challenge, as a value. Pure.

The client keeps the challenge and answers it before it is asked again, so that a body is never sent for nothing.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

PAIR = re.compile(r'([a-zA-Z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
HASHES = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks for; ``algorithm`` such as MD5 or MD5-sess."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = ""
    opaque: str = ""


def parse(header: str) -> Challenge | None:
    """The challenge in a ``WWW-Authenticate`` header; None where it is none that can be answered."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "digest":
        return None
    told = {name.lower(): quoted or plain for name, quoted, plain in PAIR.findall(rest)}
    qops = [one.strip() for one in told.get("qop", "").split(",") if one.strip()]
    algorithm = told.get("algorithm", "MD5")
    known = algorithm.upper().removesuffix("-SESS") in HASHES
    if not told.get("nonce") or not known or (qops and "auth" not in qops):
        return None
    return Challenge(told.get("realm", ""), told["nonce"], algorithm, "auth" if qops else "", told.get("opaque", ""))


def answer(challenge: Challenge, name: str, password: str, method: str, uri: str, *, cnonce: str, count: int) -> str:
    """The ``Authorization`` header for one request. ``count`` is how often this nonce was answered, from 1 on."""
    algorithm = challenge.algorithm.upper()

    def digest(text: str) -> str:
        return hashlib.new(HASHES[algorithm.removesuffix("-SESS")], text.encode(), usedforsecurity=False).hexdigest()

    secret = digest(f"{name}:{challenge.realm}:{password}")
    if algorithm.endswith("-SESS"):
        secret = digest(f"{secret}:{challenge.nonce}:{cnonce}")
    asked = digest(f"{method}:{uri}")
    times = f"{count:08x}"
    middle = f"{challenge.nonce}:{times}:{cnonce}:{challenge.qop}" if challenge.qop else challenge.nonce
    fields = {"username": name, "realm": challenge.realm, "nonce": challenge.nonce, "uri": uri,
              "response": digest(f"{secret}:{middle}:{asked}")}  # fmt: skip
    if challenge.opaque:
        fields["opaque"] = challenge.opaque
    if challenge.qop or algorithm.endswith("-SESS"):
        fields["cnonce"] = cnonce
    text = ", ".join(f'{key}="{_escaped(value)}"' for key, value in fields.items())
    text += f", algorithm={challenge.algorithm}"
    return f"Digest {text}" + (f", qop={challenge.qop}, nc={times}" if challenge.qop else "")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
