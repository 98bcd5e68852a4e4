"""All rows of the open database into another one, SQLite or PostgreSQL: for backups and for moving house.

The other one gets its tables from the migrations, so both have the same; rows are read as of one moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peewee import AutoField, BooleanField, PeeweeException, SqliteDatabase
from playhouse.db_url import connect
from playhouse.migrations import Runner

from craftops.errors import ConfigError
from craftops.store.database import is_sqlite, reading
from craftops.store.migrating import FOLDER
from craftops.store.models import TABLES, CursorRow, EventRow, database
from craftops.store.plugin_tables import make_again, models

AT_ONCE = 1000
FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""


def copy_to_sqlite(path: Path) -> dict[str, int]:
    """Everything into a new SQLite file; how many rows each table has."""
    target = SqliteDatabase(str(path), pragmas={"journal_mode": "delete", "foreign_keys": 0})
    with _opened(target):
        counts = _copy_all(target)
    path.chmod(0o600)
    return counts


def copy_to_postgres(url: str) -> dict[str, int]:
    """Everything into an empty PostgreSQL database. Raises ConfigError when it is not empty or cannot be reached."""
    scheme, rest = url.split("://", 1)
    if scheme not in ("postgres", "postgresql"):
        raise ConfigError(f"Write the new database as postgresql://user@host/name, not {scheme}://.")
    try:
        target = connect(f"psycopg3://{rest}")
        target.connect()
    except (PeeweeException, ImportError) as error:
        raise ConfigError(f"PostgreSQL cannot be reached: {' '.join(str(error).split())[:300]}") from None
    with _opened(target):
        if target.get_tables():
            raise ConfigError("That database is not empty, and nothing was copied.")
        return _copy_all(target)


@contextmanager
def _opened(target: Any) -> Iterator[None]:
    target.connect(reuse_if_open=True)
    try:
        yield
    finally:
        target.close()


def _copy_all(target: Any) -> dict[str, int]:
    Runner(target, directory=str(FOLDER)).up()
    lite = isinstance(target, SqliteDatabase)
    with reading(), target.atomic():
        theirs = models()
        make_again(target, theirs)
        tables = (*TABLES, *theirs)
        keys = [] if lite else list(target.execute_sql(FOREIGN_KEYS).fetchall())
        for table, name, _what in keys:
            target.execute_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        counts = {one._meta.table_name: _copy(one, target, lite) for one in tables}
        for table, name, what in keys:
            target.execute_sql(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {what}')
        if not lite:
            _set_sequences(target, tables)
    return counts


def _copy(table: type[Any], target: Any, lite: bool) -> int:
    name, fields = table._meta.table_name, table._meta.sorted_fields
    columns = ", ".join(f'"{one.column_name}"' for one in fields)
    flags = [number for number, one in enumerate(fields) if isinstance(one, BooleanField)]
    write = _write_sqlite if lite else _write_postgres
    marks = ", ".join("?" * len(fields))
    count = 0
    target.execute_sql(f'DELETE FROM "{name}"')  # noqa: S608 - names of our own tables; a migration may have put rows in
    for rows in _batches(f'SELECT {columns} FROM "{name}"'):  # noqa: S608 - likewise
        plain = [_with_flags(row, flags) for row in rows]
        write(target, name, columns, marks, plain)
        count += len(plain)
    return count


def _with_flags(row: Sequence[Any], flags: Sequence[int]) -> list[Any]:
    values = list(row)
    for number in flags:
        values[number] = None if values[number] is None else bool(values[number])
    return values


def _batches(sql: str) -> Iterator[list[Sequence[Any]]]:
    """The answer of a query, never all of it in memory."""
    if is_sqlite():
        cursor = database.execute_sql(sql)
    else:
        cursor = database.connection().cursor(name="craftops_copy")
        cursor.execute(sql)
    try:
        while rows := cursor.fetchmany(AT_ONCE):
            yield rows
    finally:
        cursor.close()


def _write_sqlite(target: Any, name: str, columns: str, marks: str, rows: list[list[Any]]) -> None:
    target.connection().executemany(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})', rows)  # noqa: S608


def _write_postgres(target: Any, name: str, columns: str, _marks: str, rows: list[list[Any]]) -> None:
    cursor = target.connection().cursor()
    with cursor, cursor.copy(f'COPY "{name}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def _set_sequences(target: Any, tables: Sequence[type[Any]]) -> None:
    """The next number of each table, beyond what was copied; of events also beyond what their readers have read."""
    for table in tables:
        key = table._meta.primary_key
        if not isinstance(key, AutoField):
            continue
        name, column = table._meta.table_name, key.column_name
        newest = f'SELECT COALESCE(MAX("{column}"), 0) FROM "{name}"'  # noqa: S608 - names of our own tables
        if table is EventRow:
            readers = f'SELECT COALESCE(MAX(event_id), 0) FROM "{CursorRow._meta.table_name}"'  # noqa: S608
            newest = f"SELECT GREATEST(({newest}), ({readers}))"
        target.execute_sql(f"SELECT setval(pg_get_serial_sequence('\"{name}\"', '{column}'), ({newest}) + 1, false)")
