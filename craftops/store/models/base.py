"""The database handle, the field types, and the base of all rows.

Instants are stored as microseconds since 1970 UTC: they sort, compare and travel between SQLite and
PostgreSQL without a thought for zones.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from peewee import BigIntegerField, DatabaseProxy, Model, TextField

from craftops.store.models.row_making import QUICK
from craftops.store.models.selecting import RowSelect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

database = DatabaseProxy()


def to_micros(at: datetime) -> int:
    """Microseconds since 1970 UTC of an aware datetime."""
    return (at - EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=32_768)
def from_micros(value: int) -> datetime:
    """The reverse of ``to_micros``. A page reads eighty moments, most of which the page before it has read, too."""
    return EPOCH + timedelta(microseconds=value)


class InstantField(BigIntegerField):
    """An aware UTC datetime."""

    def db_value(self, value: Any) -> Any:
        return to_micros(value) if isinstance(value, datetime) else value

    def python_value(self, value: Any) -> Any:
        return from_micros(value) if isinstance(value, int) else value


class JsonField(TextField):
    """JSON values as text."""

    def db_value(self, value: Any) -> Any:
        return None if value is None else orjson.dumps(value).decode()

    def python_value(self, value: Any) -> Any:
        return orjson.loads(value) if isinstance(value, (str, bytes)) else value


QUICK.update({InstantField: from_micros, JsonField: orjson.loads})


class Row(Model):
    """Base of all rows."""

    if TYPE_CHECKING:  # what peewee adds when the class is made: keys, ids of references, back references
        id: Any

        def __getattr__(self, name: str) -> Any: ...

    else:  # mypy knows peewee's own

        @classmethod
        def select(cls, *fields: Any) -> RowSelect:
            return RowSelect(cls, fields or cls._meta.sorted_fields, is_default=not fields)

    class Meta:
        database = database
        legacy_table_names = False
