"""A passkey without a device: makes and signs what WebAuthn level 3 asks for (attestation "none", ES256)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, MADE = 0x01, 0x04, 0x40


def word(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftKey:
    """One device. What it says of itself can be changed before each answer."""

    origin: str
    rp_id: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    handle: str = ""

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _told(self, more: int = 0) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def make(self, asked: dict[str, Any]) -> str:
        """The answer to the making of a passkey."""
        point = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        held = self._told(MADE) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        self.handle = asked["user"]["id"]
        response = {
            "clientDataJSON": word(self._client("create", asked["challenge"])),
            "attestationObject": word(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": held})),
            "transports": ["internal"],
        }
        return self._answer(response)

    def show(self, asked: dict[str, Any]) -> str:
        """The answer to a sign-in."""
        self.count += 1
        told, client = self._told(), self._client("get", asked["challenge"])
        signed = self.key.sign(told + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": word(client), "authenticatorData": word(told), "signature": word(signed),
            "userHandle": self.handle,
        }  # fmt: skip
        return self._answer(response)

    def _answer(self, response: dict[str, Any]) -> str:
        name = word(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
