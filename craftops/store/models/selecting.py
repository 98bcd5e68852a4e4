"""The columns of a model, written once.

Half of what a page cost was peewee writing the same list of columns anew, a node for each of them. A row's columns are
always the same text but for the name that its table has in the query.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from peewee import Field, ModelSelect


class RowSelect(ModelSelect):
    """A select whose whole rows are written as one piece of text each."""

    _is_default: bool
    _returning: tuple[Any, ...]

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
