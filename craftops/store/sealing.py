"""Secrets at rest: sealed with AES-256-GCM, by a key derived from the shop's sealing key.

What is sealed begins with the mark of its cipher, so that another one can follow: what an earlier version has sealed
(Fernet: AES-128-CBC with HMAC, without a mark) is opened, and sealed anew by the next ``craftops key rotate``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from functools import cached_property
from typing import TYPE_CHECKING

from craftops.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = "2."
NONCE = 12
"""Bytes, as NIST SP 800-38D has them; by chance, of which a key may draw 2^32."""


class Sealer:
    """Seals and opens short secrets. ``before``: the key of before the last rotation, which opens alone."""

    def __init__(self, key: str, before: str = "") -> None:
        self._newest = _Key(key)
        self._all = [self._newest, *([_Key(before)] if before else [])]

    def seal(self, secret: str) -> str:
        return self._newest.seal(secret) if secret else ""

    def open(self, sealed: str) -> str:
        """The secret. Raises ConfigError when ``secret.key`` is not the one that sealed it."""
        if not sealed:
            return ""
        for key in self._all:
            if (found := key.open(sealed)) is not None:
                return found
        raise ConfigError("secret.key is not the key that sealed this shop's secrets.")

    def is_newest(self, sealed: str) -> bool:
        """Whether the newest key has sealed this."""
        return self._newest.open(sealed) is not None

    def is_as_now(self, sealed: str) -> bool:
        """Whether the newest key has sealed this, with the cipher of today."""
        return sealed.startswith(MARK) and self.is_newest(sealed)


class _Key:
    """One sealing key, with each cipher that it ever sealed with. They are loaded by whoever seals or opens something:
    4 MB in a process, and most of a resting shop's do neither."""

    def __init__(self, key: str) -> None:
        self._key = key

    @cached_property
    def _gcm(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(_derived(2, self._key))

    @cached_property
    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(_derived(1, self._key)))

    def seal(self, secret: str) -> str:
        nonce = secrets.token_bytes(NONCE)
        return MARK + base64.urlsafe_b64encode(nonce + self._gcm.encrypt(nonce, secret.encode(), None)).decode()

    def open(self, sealed: str) -> str | None:
        """The secret; None: another key has sealed it, or somebody has changed it."""
        from cryptography.exceptions import InvalidTag
        from cryptography.fernet import InvalidToken

        try:
            if not sealed.startswith(MARK):
                return self._fernet.decrypt(sealed.encode()).decode()
            whole = base64.b64decode(sealed.removeprefix(MARK), altchars=b"-_", validate=True)
            return self._gcm.decrypt(whole[:NONCE], whole[NONCE:], None).decode()
        except (InvalidToken, InvalidTag, binascii.Error, ValueError):
            return None


def _derived(version: int, key: str) -> bytes:
    return hashlib.sha256(f"craftops.sealing.{version}:{key}".encode()).digest()
