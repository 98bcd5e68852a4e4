"""What may be a password: long enough, and not one of those that everybody tries first."""

from __future__ import annotations

import re
from functools import cache

from craftops.errors import IntakeError

SHORTEST, LONGEST = 8, 500
OWN_WORDS = ("craftops", "workshop", "password", "passwort")
"""Nothing but one of these, the person's name or their mailbox, with digits around it, is no password here."""
COMMON = "Everybody tries this one first. Choose another, best a sentence."


@cache
def _common() -> frozenset[str]:
    """The passwords that lists of stolen ones have most often, about eleven thousand of eight characters and more."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # half a second to load, and needed by new passwords alone

    return frozenset(one for one in FREQUENCY_LISTS["passwords"] if len(one) >= SHORTEST)


def fault_of(password: str, *, email: str = "", name: str = "") -> str:
    """Why this is no password for somebody, as a sentence; empty when it is one."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    plain = password.casefold()
    own = {*OWN_WORDS, email.casefold(), email.partition("@")[0].casefold(), "".join(name.casefold().split())}
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    if plain in _common() or plain in own or (core and "".join(core.split()) in own):
        return COMMON
    return ""


def check(password: str, *, email: str = "", name: str = "") -> None:
    """Raises IntakeError for what is no password."""
    if fault := fault_of(password, email=email, name=name):
        raise IntakeError("This password cannot be used.", {"password": fault})
