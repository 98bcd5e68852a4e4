"""Rows as plain values, without what lets somebody in, for an export in open formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from craftops.store.models import (
    TABLES,
    ApiTokenRow,
    CalendarFeedRow,
    CameraFrameRow,
    CameraWishRow,
    CursorRow,
    HostRow,
    IdentityRow,
    LeaseRow,
    LinkTrialRow,
    MagicLinkRow,
    MessageDraftRow,
    PasskeyRow,
    PluginMigrationRow,
    RecoveryCodeRow,
    ReplyTokenRow,
    SecondFactorRow,
    SessionRow,
    SettingsTrialRow,
    SignInAttemptRow,
    SignInStepRow,
    UploadPieceRow,
    UploadRow,
    WorkRow,
    database,
)
from craftops.store.models.base import InstantField, JsonField
from craftops.store.plugin_tables import models

LEFT_OUT = (
    ApiTokenRow,
    CalendarFeedRow,
    CursorRow,
    IdentityRow,
    CameraFrameRow,
    CameraWishRow,
    HostRow,
    LeaseRow,
    LinkTrialRow,
    MagicLinkRow,
    MessageDraftRow,
    PluginMigrationRow,
    PasskeyRow,
    RecoveryCodeRow,
    ReplyTokenRow,
    SecondFactorRow,
    SessionRow,
    SettingsTrialRow,
    SignInAttemptRow,
    SignInStepRow,
    UploadPieceRow,
    UploadRow,
    WorkRow,
)
"""Tables that hold only what lets somebody in, or what only the program needs."""
SECRETS = frozenset(
    {
        "password_hash", "token_hash", "token", "seed", "nonce", "sealed", "sealed_secret", "credential_hash",
        "submit_token", "key_hash", "link_hash",
        "sealed_before",
        "code_hash", "public_key",
    }
)  # fmt: skip
"""Columns that stay out, whatever their table."""


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of a table and how its values are said."""

    name: str
    instant: bool
    json: bool
    flag: bool


def exported() -> Iterator[type[Any]]:
    """The tables that an export has."""
    return (table for table in (*TABLES, *models()) if table not in LEFT_OUT)


def columns_of(table: type[Any]) -> list[ExportColumn]:
    """Their columns without secrets."""
    return [
        ExportColumn(
            one.column_name, isinstance(one, InstantField), isinstance(one, JsonField), one.field_type == "BOOL"
        )
        for one in table._meta.sorted_fields
        if one.column_name not in SECRETS
    ]


def rows_of(table: type[Any], columns: Sequence[ExportColumn]) -> Iterator[list[Any]]:
    """All rows in the order of their keys: instants as ISO 8601, JSON as values."""
    names = ", ".join(f'"{one.name}"' for one in columns)
    key = table._meta.primary_key
    order = f' ORDER BY "{key.column_name}"' if getattr(key, "column_name", "") else ""
    cursor = database.execute_sql(f'SELECT {names} FROM "{table._meta.table_name}"{order}')  # noqa: S608 - our names
    while rows := cursor.fetchmany(500):
        for row in rows:
            yield [_said(value, one) for value, one in zip(row, columns, strict=True)]


def _said(value: Any, column: ExportColumn) -> Any:
    if value is None:
        return None
    if column.instant:
        return InstantField().python_value(value).isoformat()
    if column.json:
        return JsonField().python_value(value)
    return bool(value) if column.flag else value
