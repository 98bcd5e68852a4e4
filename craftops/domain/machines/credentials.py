"""Machine credentials: made here, shown once, kept only as a hash that the broker understands.

The hash is Mosquitto's ``$7$`` format (mosquitto_passwd(1)): PBKDF2-HMAC-SHA512, 12 bytes of salt, 101 rounds
by default there. A credential of ours has 144 random bits, so the count of rounds is no matter.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets

from craftops.errors import IntakeError

ROUNDS = 101
RESERVED_KEYS = frozenset({"server", "homeassistant"})
"""Broker user names of CraftOps itself and of Home Assistant."""
KEY_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_-]{0,31}$")


def new_secret() -> str:
    """A fresh password for a machine: 24 URL-safe characters, 144 bits."""
    return secrets.token_urlsafe(18)


def hash_secret(secret: str, salt: bytes | None = None) -> str:
    """The line Mosquitto's password file wants after ``name:``."""
    salt = salt or secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, ROUNDS)
    return f"$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def secret_matches(secret: str, hashed: str) -> bool:
    """Whether ``secret`` is the one behind ``hashed``; False for any malformed hash."""
    try:
        _, version, rounds, salt, digest = hashed.split("$")
        if version != "7":
            return False
        made = hashlib.pbkdf2_hmac("sha512", secret.encode(), base64.b64decode(salt), int(rounds))
        return hmac.compare_digest(made, base64.b64decode(digest))
    except (ValueError, binascii.Error):
        return False


def check_machine_key(key: str) -> str:
    """A machine's key (topic and broker user name): lower case letters, digits, ``-`` and ``_``, at most 32.

    Raises IntakeError otherwise, and for the user names of others.
    """
    if key in RESERVED_KEYS:
        sentence = "This name is taken on the broker. Choose another key."
        raise IntakeError(sentence, {"key": sentence})
    if not KEY_PATTERN.match(key):
        sentence = "Use 1 to 32 lower case letters, digits, - or _, beginning with a letter or digit."
        raise IntakeError(sentence, {"key": sentence})
    return key
