"""What an answer by mail is known by."""

from __future__ import annotations

import base64
import secrets

TOKEN_BYTES = 20
"""160 bits: nobody guesses one."""


def new_token() -> str:
    """A token for one thread and one recipient: base32 in small letters, since mail servers may fold case."""
    return base64.b32encode(secrets.token_bytes(TOKEN_BYTES)).decode().lower()
