"""Rows that a key of the shop is in: what it has sealed, and links whose tokens come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from peewee import Field

from craftops.domain.orders.sharing import token_of
from craftops.store.database import unit_of_work
from craftops.store.models import (
    CompanyInvitationRow,
    EmailChangeRow,
    FirstOrderRow,
    LinkTrialRow,
    MachineRow,
    PickupPassRow,
    SecondFactorRow,
    SettingsRow,
    SignInStepRow,
    TrackerLinkRow,
    WebhookEndpointRow,
)
from craftops.store.sealing import Sealer

SEALED: tuple[Field, ...] = (
    MachineRow.sealed_secret, LinkTrialRow.sealed_secret, SettingsRow.sealed, WebhookEndpointRow.sealed,
    WebhookEndpointRow.sealed_before, SecondFactorRow.sealed_secret, SignInStepRow.sealed,
)  # fmt: skip
"""Every column with something sealed: a text, or texts by name."""
SEEDED: tuple[tuple[Field, str], ...] = (
    (TrackerLinkRow.token_hash, "tracker"), (PickupPassRow.token_hash, "pickup"),
    (FirstOrderRow.link_hash, "first-order"), (EmailChangeRow.token_hash, "new-address"),
    (CompanyInvitationRow.token_hash, "company"),
)  # fmt: skip
"""Every column with the hash of a token that comes of the row's ``seed`` and the signing key, and its purpose."""
AT_ONCE = 500
Told = Callable[[], None]


def sealed_values() -> Iterator[tuple[str, str]]:
    """Everything that is sealed, with the name of its table."""
    for column in SEALED:
        for row in _rows(column):
            for value in _texts(row[column.name]):
                yield column.model._meta.table_name, value


def seal_anew(sealer: Sealer, told: Told = lambda: None) -> int:
    """Have all that is sealed be sealed by the newest key and cipher; how many were not. Each piece is a transaction,
    and whoever begins again goes on. Raises ConfigError for what no key opens, before anything is changed."""
    for _table, value in sealed_values():
        sealer.open(value)
    count = 0
    for column in SEALED:
        old = [row for row in _rows(column) if any(not sealer.is_as_now(one) for one in _texts(row[column.name]))]
        for start in range(0, len(old), AT_ONCE):
            with unit_of_work():
                for row in old[start : start + AT_ONCE]:
                    was = row[column.name]
                    fresh: Any = _each(was, lambda one: sealer.seal(sealer.open(one)))
                    count += column.model.update({column: fresh}).where(column.model.id == row["id"]).execute()
            told()
    return count


def derive_anew(key: str, told: Told = lambda: None) -> int:
    """Have links be those that come of this key; how many ended. What was sent of them opens nothing any more."""
    count = 0
    for column, purpose in SEEDED:
        model = column.model
        rows = list(model.select(model.id, model.seed, column).where(column.is_null(False), model.seed != "").dicts())
        for start in range(0, len(rows), AT_ONCE):
            with unit_of_work():
                for row in rows[start : start + AT_ONCE]:
                    fresh = sha256(token_of(key, row["seed"], purpose).encode()).hexdigest()
                    if fresh != row[column.name]:
                        count += model.update({column: fresh}).where(model.id == row["id"]).execute()
            told()
    return count


def _rows(column: Field) -> list[dict[str, Any]]:
    model = column.model
    return list(model.select(model.id, column).where(column.is_null(False)).order_by(model.id).dicts())


def _texts(value: str | Mapping[str, str]) -> list[str]:
    found = [value] if isinstance(value, str) else list(value.values())
    return [one for one in found if one]


def _each(value: str | Mapping[str, str], change: Callable[[str], str]) -> str | dict[str, str]:
    if isinstance(value, str):
        return change(value)
    return {name: change(one) if one else one for name, one in value.items()}
