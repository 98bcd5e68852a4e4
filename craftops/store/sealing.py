"""Secrets at rest: sealed with a key derived from the shop's ``secret.key`` (Fernet: AES-128-CBC with HMAC)."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from craftops.errors import ConfigError


class Sealer:
    """Seals and opens short secrets."""

    def __init__(self, key: str) -> None:
        derived = hashlib.sha256(b"craftops.sealing.1:" + key.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode() if secret else ""

    def open(self, sealed: str) -> str:
        """The secret. Raises ConfigError when ``secret.key`` is not the one that sealed it."""
        if not sealed:
            return ""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise ConfigError("secret.key is not the key that sealed this shop's secrets.") from None
