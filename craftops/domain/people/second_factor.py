"""Codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 s), and the codes for when it is gone."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import datetime

import pyotp

STEP_S = 30
WINDOW = 1
"""Steps before and after this one whose codes are taken too: clocks of telephones differ."""
RECOVERY_CODES = 10
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ3789"
GROUPS, GROUP = 6, 4
"""24 of 28 characters: 115 bits, so that a plain hash of one tells nothing."""
CODE = re.compile(r"\d{6}")


def new_secret() -> str:
    """A secret for an authenticator app: 160 bits, base32."""
    return pyotp.random_base32()


def app_address(secret: str, email: str, shop: str) -> str:
    """What the QR code says (``otpauth://``, Google's key URI format)."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=shop.replace(":", " "))


def step_of(at: datetime) -> int:
    """The number of the time step of a moment."""
    return int(at.timestamp()) // STEP_S


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The time step that ``code`` belongs to, among those that are taken at ``at``; None for a wrong one.

    Takes the same time whichever it is.
    """
    typed = "".join(code.split())
    if not CODE.fullmatch(typed) or not typed.isascii():
        return None
    app, found = pyotp.TOTP(secret), None
    for step in range(step_of(at) - WINDOW, step_of(at) + WINDOW + 1):
        if hmac.compare_digest(app.generate_otp(step), typed):
            found = step
    return found


def new_recovery_codes() -> tuple[str, ...]:
    """Ten codes, each "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ"."""

    def one() -> str:
        return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))

    return tuple(one() for _ in range(RECOVERY_CODES))


def normalise_recovery_code(text: str) -> str:
    """A recovery code as it was given out, however it is typed; empty for what cannot be one."""
    plain = re.sub(r"[^A-Z0-9]", "", text.upper())
    if len(plain) != GROUPS * GROUP:
        return ""
    return "-".join(plain[i : i + GROUP] for i in range(0, len(plain), GROUP))
