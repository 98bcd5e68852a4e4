"""Secrets at rest: sealed with a key derived from the shop's sealing key (Fernet: AES-128-CBC with HMAC)."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from craftops.errors import ConfigError


class Sealer:
    """Seals and opens short secrets. ``before``: the key of before the last rotation, which opens alone."""

    def __init__(self, key: str, before: str = "") -> None:
        self._newest = _fernet(key)
        self._all = MultiFernet([self._newest, *([_fernet(before)] if before else [])])

    def seal(self, secret: str) -> str:
        return self._newest.encrypt(secret.encode()).decode() if secret else ""

    def open(self, sealed: str) -> str:
        """The secret. Raises ConfigError when ``secret.key`` is not the one that sealed it."""
        if not sealed:
            return ""
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise ConfigError("secret.key is not the key that sealed this shop's secrets.") from None

    def is_newest(self, sealed: str) -> bool:
        """Whether the newest key has sealed this."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True


def _fernet(key: str) -> Fernet:
    derived = hashlib.sha256(b"craftops.sealing.1:" + key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(derived))
