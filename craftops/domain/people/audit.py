"""What is kept of who did what, in words that stand in the database for ever."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Deed(StrEnum):
    """One kind of thing that somebody did, or tried to do."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SECOND_REFUSED = "second_refused"
    """Password or link were right, the second factor was not."""
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, no secret
    ADDRESS_CHANGED = "address_changed"
    FACTOR_ON = "factor_on"
    FACTOR_OFF = "factor_off"
    FACTOR_RESET = "factor_reset"
    """By somebody else: an owner, or whoever may use the command line."""
    CODES_MADE = "codes_made"
    CODE_USED = "code_used"
    """A recovery code."""
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_COPIED = "passkey_copied"
    """Its counter went back: there may be a copy of it."""
    IDENTITY_LINKED = "identity_linked"
    """An account elsewhere lets somebody in from now on."""
    IDENTITY_REFUSED = "identity_refused"
    INVITED = "invited"
    ACCOUNT_MADE = "account_made"
    ROLE_CHANGED = "role_changed"
    SHUT_OUT = "shut_out"
    LET_IN = "let_in"
    ERASED = "erased"
    TOKEN_MADE = "token_made"  # noqa: S105
    TOKEN_ENDED = "token_ended"  # noqa: S105
    SETTING_CHANGED = "setting_changed"
    SHOP_CHANGED = "shop_changed"
    CALENDAR_MADE = "calendar_made"
    CALENDAR_ENDED = "calendar_ended"
    PLUGINS_CHANGED = "plugins_changed"
    WEBHOOK_CHANGED = "webhook_changed"
    PRICES_CHANGED = "prices_changed"
    EXPORTED = "exported"
    IMPORTED = "imported"
    BACKUP_MADE = "backup_made"
    BACKUP_KEY_MADE = "backup_key_made"
    KEYS_ROTATED = "keys_rotated"
    RESTORED = "restored"
    GONE_LIVE = "gone_live"
    DEMO_WIPED = "demo_wiped"


SIGN_INS = frozenset(
    {Deed.SIGNED_IN, Deed.SIGNED_OUT, Deed.SIGN_IN_REFUSED, Deed.SECOND_REFUSED, Deed.IDENTITY_REFUSED}
)
"""What is forgotten after a while: where people were, and when."""
LONGEST_VALUE = 200


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str]:
    """What was and what is of the values that differ, a line each ("mail.port: 25"); nested ones by their path."""
    old, new = _flat(before), _flat(after)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]

    def lines(values: Mapping[str, str]) -> str:
        return "\n".join(f"{name}: {values[name]}" for name in names if name in values)

    return lines(old), lines(new)


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, Mapping):
        parts = [_flat(one, f"{path}.{key}" if path else str(key)) for key, one in value.items()]
        return {name: text for part in parts for name, text in part.items()}
    if isinstance(value, (list, tuple)) and any(isinstance(one, (Mapping, list, tuple)) for one in value):
        parts = [_flat(one, f"{path}[{_called(one, number)}]") for number, one in enumerate(value, start=1)]
        return {name: text for part in parts for name, text in part.items()}
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return {path: text[:LONGEST_VALUE]}


def _called(one: Any, number: int) -> str:
    """A thing of a list by its own name, where it has one."""
    return str(one["name"]) if isinstance(one, Mapping) and one.get("name") else str(number)
