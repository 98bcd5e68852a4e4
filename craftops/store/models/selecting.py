"""The columns of a model, written once.

Half of what a page cost was peewee writing the same list of columns anew, a node for each of them. A row's columns are
always the same text but for the name that its table has in the query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from peewee import Field, FieldAlias, ModelBase, ModelCursorWrapper, ModelObjectCursorWrapper, ModelSelect

from craftops.store.models.row_making import row_maker


class RowSelect(ModelSelect):
    """A select whose whole rows are written as one piece of text each."""

    _is_default: bool
    _returning: tuple[Any, ...]
    _from_list: list[Any]
    _joins: dict[Any, Any]

    def _get_model_cursor_wrapper(self, cursor: Any) -> Any:
        if len(self._from_list) == 1 and not self._joins:
            return _LoneRows(cursor, self.model, self._returning, self.model)
        return _JoinedRows(cursor, self.model, self._returning, self._from_list, self._joins)

    def __sql_selection__(self, ctx: Any, is_subquery: bool = False) -> Any:
        if self._is_default and is_subquery and len(self._returning) > 1:
            return super().__sql_selection__(ctx, is_subquery)
        returning, position = self._returning, 0
        while position < len(returning):
            if position:
                ctx.literal(", ")
            whole = _whole_row(returning, position)
            if whole is None:
                ctx.sql(returning[position])
                position += 1
            else:
                meta, count = whole
                alias = ctx.alias_manager[meta.table]
                ctx.literal(_columns(alias, ctx.state.quote or '""', tuple(f.column_name for f in meta.sorted_fields)))
                position += count
        return ctx


_makers: dict[tuple[Any, ...], Callable[[Sequence[Any]], Any]] = {}


def _maker_of(wrapper: Any, joins: tuple[Any, ...], initialize: Callable[[], None]) -> Any:
    """What makes the rows of such a select; None where it has columns that are no fields."""
    if any(not isinstance(one, Field) or isinstance(one, FieldAlias) for one in wrapper.select):
        initialize()
        return None
    key = (wrapper.model, tuple(map(id, wrapper.select)), joins)  # fields live as long as their models
    made = _makers.get(key)
    if made is None:
        initialize()
        made = _makers[key] = row_maker(wrapper)
    return made


class _LoneRows(ModelObjectCursorWrapper):
    """Rows of one table, made by one maker for all queries of the same columns."""

    def initialize(self) -> None:
        self.made = _maker_of(self, (), super().initialize)

    def process_row(self, row: Sequence[Any]) -> Any:
        return (self.made or super().process_row)(row)


class _JoinedRows(ModelCursorWrapper):
    """The same of several tables, where none of them is an alias."""

    def initialize(self) -> None:
        links = [(src, *link) for src, several in self.joins.items() for link in several]
        if all(isinstance(one, ModelBase) for src, key, _attr, made, _how in links for one in (src, key, made)):
            self.made = _maker_of(self, tuple(links), super().initialize)
        else:
            self.made = None
            super().initialize()

    def process_row(self, row: Sequence[Any]) -> Any:
        return (self.made or super().process_row)(row)


def _whole_row(returning: Any, position: int) -> tuple[Any, int] | None:
    """The model whose fields all follow, in their order, from ``position`` on. Compared by identity: ``==`` of two
    fields is SQL."""
    first = returning[position]
    if not isinstance(first, Field):
        return None
    meta = first.model._meta
    if meta.table._alias or meta.schema:
        return None
    fields = meta.sorted_fields
    chosen = returning[position : position + len(fields)]
    if len(chosen) == len(fields) and all(one is other for one, other in zip(chosen, fields, strict=True)):
        return meta, len(fields)
    return None


@lru_cache(maxsize=1024)
def _columns(alias: str, quote: str, names: tuple[str, ...]) -> str:
    opening, closing = quote[0], quote[1]
    return ", ".join(f"{opening}{alias}{closing}.{opening}{name}{closing}" for name in names)
