"""Questions that a page asks together, because most of them find nothing, and most others a handful.

The floor's home looks for thirty kinds of things to do and finds some of them. Within ``together`` the queries that
found nothing the last time are asked in one: does any of you find something now? Those that do not are not asked again
on this page. Those that found a few rows are asked in one, too, and each finds its own rows there. Nothing is guessed:
a query is known by its text and values (``store.query_cache`` looks here before it asks), so that one that was not
asked in this way is asked as ever, and so is every one after the page has written something itself (the ticket of a
pickup is made when its page is first seen).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from craftops.store.models import database
from craftops.store.models.base import to_micros

MOST = 60
"""So many are asked in one query."""
FEW = 40
"""A query that found more rows than this is asked alone."""
WIDEST = 80
"""And so is one of more columns."""
A_TIME = 10**14
"""A number from here on is a moment in microseconds since 1970 (those from 1973 on), and moves with the page's."""
NUMERIC = 1700
CONVERTED = {700: float, 701: float, NUMERIC: Decimal}
"""What JSON would give as another number, by its type in PostgreSQL (pg_type.dat): float4, float8, and numeric, which
goes as text."""
PLAIN = (16, 20, 21, 23, 25, 1042, 1043)
"""Those that JSON gives back as they were: bool, int8, int2, int4, text, bpchar, varchar."""
ENDS_LIMITED = re.compile(r"\bLIMIT\b[^()]*$")
Fact = int | str
Pattern = tuple[tuple[str, Any], ...]
RawRow = tuple[Any, ...]
Question = tuple[str, Pattern]
Asked = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class _Columns:
    """What a query gives, known since it was first asked."""

    description: Any
    names: str
    """How they are listed for JSON (PostgreSQL)."""
    whole: str
    """The query below another one, in its own order: SQLite keeps the order of what has a limit."""
    converted: tuple[tuple[int, Callable[[Any], Any]], ...]
    """What JSON does not give back as it was, by its place."""
    apart: bool
    """It is too wide to be asked with others, or has a column that JSON does not give back as it was."""

    @property
    def width(self) -> int:
        return len(self.description)


_columns: dict[str, _Columns] = {}
"""By the text of the query."""


def _columns_of(text: str, description: Any) -> _Columns:
    types = [one[1] for one in description]  # SQLite tells none
    names = ", ".join(f"c{place}::text" if type_ == NUMERIC else f"c{place}" for place, type_ in enumerate(types))
    converted = tuple((place, CONVERTED[type_]) for place, type_ in enumerate(types) if type_ in CONVERTED)
    odd = any(type_ is not None and type_ not in PLAIN and type_ not in CONVERTED for type_ in types)
    whole = text if ENDS_LIMITED.search(text) else f"{text} LIMIT -1"
    return _Columns(description, names, whole, converted, odd or len(types) > WIDEST)


class _Together:
    """What one page has asked, and what it knows already."""

    def __init__(self, now: datetime, facts: Mapping[str, Fact]) -> None:
        self._now = to_micros(now)
        self._facts = dict(facts)
        self._names = {value: name for name, value in facts.items()}
        self._known: dict[Asked, list[RawRow]] = {}
        self._questions: dict[Asked, Question] = {}
        self.learnt: dict[Question, bool] = {}
        """What was asked -> whether it found a few rows, not none."""

    def ask(self, learnt: Mapping[Question, bool]) -> None:
        """What these find now: those that found nothing before whether they still do, those that found a few what."""
        nothing = [self._asked(one) for one, few in learnt.items() if not few][:MOST]
        some = [self._asked(one) for one, few in learnt.items() if few][:MOST]
        if len(nothing) == 1 and some and not _columns[nothing[0][0]].apart:
            some, nothing = [*some, *nothing], []
        if len(nothing) > 1:
            row = _ask(_kept_text(_any_of, nothing), _values_of(nothing)).fetchone()
            self._known = {one: [] for one, exists in zip(nothing, row, strict=True) if not exists}
        if len(some) > 1:
            self._known |= _rows_of(some)

    def rows_of(self, asked: Asked) -> tuple[Any, list[RawRow]] | None:
        """The columns and rows of a query, where they are known; it is remembered for the next page."""
        found = self._known.get(asked)
        if found is None:
            return None
        if len(found) <= FEW:
            self.learnt[self._questions[asked]] = bool(found)
        return _columns[asked[0]].description, found

    def clear(self) -> None:
        """Something is written: from now on everything is asked."""
        self._known = {}

    def note(self, asked: Asked, description: Any, found: Sequence[RawRow]) -> None:
        """What this query has found."""
        text, values = asked
        if len(found) > FEW:
            return
        columns = _columns.get(text)
        if columns is None:
            columns = _columns[text] = _columns_of(text, description)
        if not (found and columns.apart):
            self.learnt[text, tuple(self._meant(one) for one in values)] = bool(found)

    def _meant(self, value: Any) -> tuple[str, Any]:
        if type(value) is int and value >= A_TIME:
            return "now", value - self._now
        return (self._names[value], None) if type(value) in (int, str) and value in self._names else ("", value)

    def _asked(self, question: Question) -> Asked:
        text, pattern = question
        now, facts = self._now, self._facts
        values = [
            value if not name else now + value if name == "now" else facts.get(name, value) for name, value in pattern
        ]
        asked = (text, tuple(values))
        self._questions[asked] = question
        return asked


def _values_of(asked: Sequence[Asked]) -> list[Any]:
    return [one for _text, values in asked for one in values]


def _rows_of(asked: Sequence[Asked]) -> dict[Asked, list[RawRow]]:
    """What each of these finds, in one query: every row with the number of its question before it."""
    rows = _ask(_kept_text(_all_of, asked), _values_of(asked)).fetchall()
    known = [_columns[text] for text, _values in asked]
    found: list[list[RawRow]] = [[] for _ in asked]
    if database.obj.param == "?":
        ends = [1 + columns.width for columns in known]
        for row in rows:
            number = row[0]
            found[number].append(row[1 : ends[number]])
    else:
        for number, text in rows:
            values = orjson.loads(text)
            for place, convert in known[number].converted:
                values[place] = None if values[place] is None else convert(values[place])
            found[number].append(tuple(values))
    return dict(zip(asked, found, strict=True))


def _ask(sql: str, values: Sequence[Any]) -> Any:
    """Of the database itself: what the page has asked before is looked for here, not the other way round."""
    pool = database.obj
    return type(pool).execute_sql(pool, sql, values)


_texts: dict[tuple[Any, ...], str] = {}
MOST_TEXTS = 500


def _kept_text(write: Callable[[Sequence[str]], str], asked: Sequence[Asked]) -> str:
    """What asks all of these; a page asks the same each time, but for the values."""
    key = (write, database.obj.param, *[text for text, _values in asked])
    found = _texts.get(key)
    if found is None:
        if len(_texts) >= MOST_TEXTS:
            _texts.clear()
        found = _texts[key] = write(key[2:])
    return found


def _any_of(texts: Sequence[str]) -> str:
    return "SELECT " + ", ".join(f"EXISTS({text})" for text in texts)


def _all_of(texts: Sequence[str]) -> str:
    known = [_columns[text] for text in texts]
    if database.obj.param == "?":
        widest = max(columns.width for columns in known)
        parts = [
            f"SELECT {number}, *{', NULL' * (widest - one.width)} FROM ({one.whole})"  # noqa: S608 - our own texts
            for number, one in enumerate(known)
        ]
    else:
        parts = [
            f"SELECT {number}, json_build_array({one.names})::text "  # noqa: S608 - as above
            f"FROM ({text}) AS q({', '.join(f'c{place}' for place in range(one.width))})"
            for number, (text, one) in enumerate(zip(texts, known, strict=True))
        ]
    return " UNION ALL ".join(parts)


_page: ContextVar[_Together | None] = ContextVar("craftops.together", default=None)
_learnt: dict[str, dict[Question, bool]] = {}
"""By page: what was asked when it was shown last."""


def page_now() -> _Together | None:
    """What the page that is made at this moment knows; None outside of ``together``."""
    return _page.get()


@contextmanager
def together(name: str, *, now: datetime, **facts: Fact) -> Iterator[None]:
    """Within the block queries are asked so. ``now`` is the moment from which the page counts, ``facts`` are the
    numbers and codes that its queries get beside it: whose page it is, the order that it shows."""
    page = _Together(now, facts)
    page.ask(_learnt.get(name, {}))
    before = _page.set(page)
    try:
        yield
    finally:
        _page.reset(before)
    _learnt[name] = page.learnt
