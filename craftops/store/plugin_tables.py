"""Tables of plugins: made by their migrations, found again as models, so that backups, moves and exports know them."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from peewee import BigIntegerField, BooleanField, DoubleField, Field, IntegrityError, TextField
from playhouse.migrate import PostgresqlMigrator, SchemaMigrator, SqliteMigrator, migrate

from craftops.errors import CraftOpsError
from craftops.sdk.tables import AddColumn, AddTable, ColumnKind, DropTable, Migration, Step, TableColumn, Value
from craftops.store.database import connected, in_dialect, is_sqlite, unit_of_work, utcnow
from craftops.store.models import PluginMigrationRow, database
from craftops.store.models.base import InstantField, Row, to_micros

KINDS: Mapping[ColumnKind, type[Field]] = {
    ColumnKind.TEXT: TextField,
    ColumnKind.WHOLE: BigIntegerField,
    ColumnKind.REAL: DoubleField,
    ColumnKind.FLAG: BooleanField,
    ColumnKind.MOMENT: InstantField,
}
TABLE, COLUMN, DROP = "add_table", "add_column", "drop_table"


def name_of(plugin: str, table: str) -> str:
    """What a table of a plugin is called in the database."""
    return f"x_{plugin}_{table}"


class PluginTables:
    """The tables of one plugin. What it has declared is made when they are first used in a process."""

    def __init__(self, plugin: str, migrations: Sequence[Migration]) -> None:
        self._plugin = plugin
        self._migrations = migrations
        self._made = False

    def ask(self, sql: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT."""
        with connected():
            return [tuple(row) for row in self._run(sql, values).fetchall()]

    def change(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run an INSERT, UPDATE or DELETE; how many rows it changed."""
        self._make()
        with connected(), unit_of_work():
            return int(self._run(sql, values).rowcount)

    def together(self) -> AbstractContextManager[object]:
        """Changes inside of it happen all, or none."""
        self._make()
        return unit_of_work()

    def _run(self, sql: str, values: Sequence[Value]) -> Any:
        self._make()
        names = _Names(self._plugin)
        return database.execute_sql(in_dialect(string.Formatter().vformat(sql, (), names)), [_plain(v) for v in values])

    def _make(self) -> None:
        if not self._made:
            with connected():
                make(self._plugin, self._migrations, at=utcnow())
            self._made = True


class _Names(dict[str, str]):
    def __init__(self, plugin: str) -> None:
        super().__init__()
        self._plugin = plugin

    def __missing__(self, table: str) -> str:
        return f'"{name_of(self._plugin, table)}"'


def _plain(value: Value) -> Any:
    return to_micros(value) if isinstance(value, datetime) else value


def make(plugin: str, migrations: Iterable[Migration], *, at: datetime) -> int:
    """Make what this shop has not made yet, each migration in a transaction of its own; how many.

    Raises CraftOpsError where one that was made reads otherwise now.
    """
    count = 0
    for one in migrations:
        steps = [_to_json(step) for step in one.steps]
        if (made := _made(plugin, one.name)) is not None:
            _must_be(plugin, one.name, made, steps)
            continue
        try:
            with unit_of_work():
                PluginMigrationRow.create(plugin=plugin, name=one.name, steps=steps, at=at)
                for step in steps:
                    _take(database.obj, plugin, step)
            count += 1
        except IntegrityError:  # another process has made it in the same moment
            if (made := _made(plugin, one.name)) is None:
                raise
            _must_be(plugin, one.name, made, steps)
    return count


def _made(plugin: str, name: str) -> PluginMigrationRow | None:
    row: PluginMigrationRow | None = PluginMigrationRow.get_or_none(
        PluginMigrationRow.plugin == plugin, PluginMigrationRow.name == name
    )
    return row


def _must_be(plugin: str, name: str, made: PluginMigrationRow, steps: list[dict[str, Any]]) -> None:
    if made.steps != steps:
        raise CraftOpsError(
            f"The migration {name} of the plugin {plugin} was made otherwise in this shop. Write a further one."
        )


def models(rows: Iterable[PluginMigrationRow] | None = None) -> list[type[Row]]:
    """A model for each table that plugins have in this shop."""
    tables: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows if rows is not None else PluginMigrationRow.select().order_by(PluginMigrationRow.id):
        for step in row.steps:
            key = (row.plugin, step["table"])
            if step["step"] == DROP:
                tables.pop(key, None)
            elif step["step"] == TABLE:
                tables[key] = list(step["columns"])
            else:
                tables[key].append(step["column"])
    return [_model(name_of(*key), columns) for key, columns in tables.items()]


def make_again(target: Any, tables: Iterable[type[Row]]) -> None:
    """The same tables in another database, empty."""
    for one in tables:
        with one.bind_ctx(target):
            one.create_table()


def _take(db: Any, plugin: str, step: Mapping[str, Any]) -> None:
    name = name_of(plugin, step["table"])
    if step["step"] == TABLE:
        with (table := _model(name, step["columns"])).bind_ctx(db):
            table.create_table(safe=False)
    elif step["step"] == DROP:
        migrate(_migrator(db).drop_table(name))
    else:
        migrate(_migrator(db).add_column(name, step["column"]["name"], _field(step["column"])))


def _migrator(db: Any) -> SchemaMigrator:
    return SqliteMigrator(db) if is_sqlite() else PostgresqlMigrator(db)


def _model(name: str, columns: Iterable[Mapping[str, Any]]) -> type[Row]:
    meta = type("Meta", (), {"table_name": name})
    fields = {one["name"]: _field(one) for one in columns}
    kind: type[Row] = type("PluginRow", (Row,), {**fields, "Meta": meta, "__module__": __name__})
    return kind


def _field(column: Mapping[str, Any]) -> Field:
    return KINDS[ColumnKind(column["kind"])](null=True, unique=column["unique"], index=column["indexed"])


def _to_json(step: Step) -> dict[str, Any]:
    if isinstance(step, AddTable):
        return {"step": TABLE, "table": step.name, "columns": [_column(one) for one in step.columns]}
    if isinstance(step, AddColumn):
        return {"step": COLUMN, "table": step.table, "column": _column(step.column)}
    if isinstance(step, DropTable):
        return {"step": DROP, "table": step.name}
    raise TypeError(f"{step!r} is no step of a migration")


def _column(column: TableColumn) -> dict[str, Any]:
    return {**asdict(column), "kind": column.kind.value}
