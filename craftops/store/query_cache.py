"""What a page has read it does not ask for again: a query cache for the length of one request, as Rails has it.

Whoever shows a page asks for what they need, and several of them need the shop's settings, the customer's details or an
account. Between ``begin`` and ``end`` a SELECT of the same text and values is answered by the rows that it gave before.
Anything that is written empties the cache, and within a transaction nothing is kept or answered: who is about to write
reads what is true now. Rows are made anew of the kept values, so nobody sees what another has changed in his own.

What a page has asked ``together`` is answered from there, the first time too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any

from craftops.store.together import page_now

MOST_ROWS = 200
"""A longer answer is read once, as it comes."""
Row = Any
Asked = tuple[str, tuple[Any, ...]]


class KeptRows:
    """A cursor (PEP 249) over rows that were read before, and the rest of them where there were too many to keep."""

    def __init__(self, description: Any, rows: Sequence[Row], rest: Any = None) -> None:
        self.description = description
        self.rowcount = -1 if rest is not None else len(rows)
        self._rows = iter(rows)
        self._rest = rest

    def __iter__(self) -> Iterator[Row]:
        yield from self._rows
        if self._rest is not None:
            yield from self._rest

    def fetchone(self) -> Row | None:
        """The next row, None after the last."""
        found = next(self._rows, None)
        return self._rest.fetchone() if found is None and self._rest is not None else found

    def fetchall(self) -> list[Row]:
        """All that were not fetched yet."""
        found = list(self._rows)
        return found if self._rest is None else [*found, *self._rest.fetchall()]

    def fetchmany(self, size: int = 1) -> list[Row]:
        """At most ``size`` of them."""
        found = [row for _number, row in zip(range(size), self._rows, strict=False)]
        if len(found) < size and self._rest is not None:
            found += self._rest.fetchmany(size - len(found))
        return found

    def close(self) -> None:
        """Nothing is held open but what is left of a long answer."""
        if self._rest is not None:
            self._rest.close()


_kept: ContextVar[dict[Asked, tuple[Any, Sequence[Row]]] | None] = ContextVar("craftops.query_cache", default=None)


def begin() -> None:
    """From now on answers are kept, by this thread of what is done."""
    _kept.set({})


def end() -> None:
    """From now on every query is asked."""
    _kept.set(None)


def ask_anew() -> None:
    """What was read so far is asked again: whoever has waited for somebody decides by what is true now."""
    for one in (_kept.get(), page_now()):
        if one is not None:
            one.clear()


def _forgetting(kept: dict[Asked, Any] | None, page: Any, cursor: Any) -> Any:
    """What was asked while something is written: nothing that was read before is true any more."""
    for one in (kept, page):
        if one is not None:
            one.clear()
    return cursor


def cache_queries(database: Any) -> None:
    """Have what is asked of ``database`` (peewee's) answered from the cache, wherever one has begun."""
    kind = type(database)

    def ask(*of: Any, **named: Any) -> Any:
        return kind.execute_sql(database, *of, **named)

    def execute_sql(sql: str, params: Sequence[Any] | None = None, *more: Any, **named: Any) -> Any:
        kept, page = _kept.get(), page_now()
        if kept is None and page is None:
            return ask(sql, params, *more, **named)
        if database.in_transaction():
            return _forgetting(kept, page, ask(sql, params, *more, **named))
        asked = (sql, tuple(params or ()))
        try:
            known = kept.get(asked) if kept is not None else None
            if known is not None:
                return KeptRows(*known)
            if page is not None:
                known = page.rows_of(asked)
        except TypeError:  # a value that cannot be held against another one
            return _forgetting(kept, page, ask(sql, params, *more, **named))
        if known is None:
            cursor = ask(sql, params, *more, **named)
            if not sql.lstrip("( \n").startswith("SELECT"):
                return _forgetting(kept, page, cursor)
            rows = cursor.fetchmany(MOST_ROWS + 1)
            if len(rows) > MOST_ROWS:
                return KeptRows(cursor.description, rows, cursor)
            known = (cursor.description, rows)
            if page is not None:
                page.note(asked, *known)
        if kept is not None:
            kept[asked] = known
        return KeptRows(*known)

    database.execute_sql = execute_sql
