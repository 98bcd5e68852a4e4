"""Questions that a page asks together, because most of them find nothing, and most others a handful.

The floor's home looks for thirty kinds of things to do and finds some of them. Within ``together`` the queries that
found nothing the last time are asked in one: does any of you find something now? Those that do not are not asked again
on this page. Those that found a few rows are asked in one, too, and each finds its own rows there. Nothing is guessed:
a query that was not asked in this way, or with other values, is asked as ever, and so is every one after the page has
written something itself (the ticket of a pickup is made when its page is first seen).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Protocol

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
Pattern = tuple[tuple[str, Any], ...]
RawRow = tuple[Any, ...]


class QueryText(Protocol):
    """The text of a query, for one dialect and so many values."""

    @property
    def sql(self) -> str: ...
    @property
    def width(self) -> int:
        """How many columns it gives; 0 before it was ever asked."""
        ...

    @property
    def floats(self) -> tuple[int, ...]:
        """Which of them are floats, where JSON would not tell (PostgreSQL)."""
        ...

    @property
    def limited(self) -> bool: ...


Question = tuple[QueryText, Pattern]
Asked = tuple[QueryText, tuple[Any, ...]]


class _Together:
    """What one page has asked, and what it knows already."""

    def __init__(self, now: datetime, facts: Mapping[str, int]) -> None:
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
        if len(nothing) > 1:
            sql = "SELECT " + ", ".join(f"EXISTS({plan.sql})" for plan, _values in nothing)
            row = database.execute_sql(sql, _values_of(nothing)).fetchone()
            self._known = {one: [] for one, exists in zip(nothing, row, strict=True) if not exists}
        some = [self._asked(one) for one, few in learnt.items() if few][:MOST]
        if len(some) > 1:
            self._known |= _rows_of(some)

    def rows_of(self, plan: QueryText, values: Sequence[Any]) -> list[RawRow] | None:
        """What a query finds, where that is known; it is remembered for the next page."""
        asked = (plan, tuple(values))
        found = self._known.get(asked)
        if found is not None and len(found) <= FEW:
            self.learnt[self._questions[asked]] = bool(found)
        return found

    def forget(self) -> None:
        """Something is written: from now on everything is asked."""
        self._known = {}

    def note(self, plan: QueryText, values: Sequence[Any], found: Sequence[RawRow]) -> None:
        """What this query has found."""
        if len(found) <= FEW and plan.width <= WIDEST:
            self.learnt[plan, tuple(self._meant(one) for one in values)] = bool(found)

    def _meant(self, value: Any) -> tuple[str, Any]:
        if type(value) is int and value >= A_TIME:
            return "now", value - self._now
        return (self._names[value], None) if type(value) is int and value in self._names else ("", value)

    def _asked(self, question: Question) -> Asked:
        plan, pattern = question
        now, facts = self._now, self._facts
        values = [
            value if not name else now + value if name == "now" else facts.get(name, value) for name, value in pattern
        ]
        asked = (plan, tuple(values))
        self._questions[asked] = question
        return asked


def _values_of(asked: Sequence[Asked]) -> list[Any]:
    return [one for _plan, values in asked for one in values]


def _rows_of(asked: Sequence[Asked]) -> dict[Asked, list[RawRow]]:
    """What each of these finds, in one query: every row with the number of its question before it."""
    found: dict[Asked, list[RawRow]] = {one: [] for one in asked}
    if database.obj.param == "?":
        widest = max(plan.width for plan, _values in asked)
        parts = [
            f"SELECT {number}, *{', NULL' * (widest - plan.width)} FROM ({_whole(plan)})"  # noqa: S608 - our own texts
            for number, (plan, _values) in enumerate(asked)
        ]
        for number, *row in database.execute_sql(" UNION ALL ".join(parts), _values_of(asked)).fetchall():
            found[asked[number]].append(tuple(row[: asked[number][0].width]))
        return found
    parts = []
    for number, (plan, _values) in enumerate(asked):
        names = ", ".join(f"c{place}" for place in range(plan.width))
        parts.append(f"SELECT {number}, json_build_array({names})::text FROM ({plan.sql}) AS q({names})")  # noqa: S608
    for number, text in database.execute_sql(" UNION ALL ".join(parts), _values_of(asked)).fetchall():
        values, plan = orjson.loads(text), asked[number][0]
        for place in plan.floats:
            values[place] = None if values[place] is None else float(values[place])
        found[asked[number]].append(tuple(values))
    return found


def _whole(plan: QueryText) -> str:
    """A query below another one, in its own order: SQLite keeps the order of what has a limit."""
    return plan.sql if plan.limited else f"{plan.sql} LIMIT -1"


_page: ContextVar[_Together | None] = ContextVar("craftops.together", default=None)
_learnt: dict[str, dict[Question, bool]] = {}
"""By page: what was asked when it was shown last."""


def page_now() -> _Together | None:
    """What the page that is made at this moment knows; None outside of ``together``."""
    return _page.get()


def forget() -> None:
    """Whatever the page of this moment knows is old: it writes something itself."""
    page = _page.get()
    if page is not None:
        page.forget()


@contextmanager
def together(name: str, *, now: datetime, **facts: int) -> Iterator[None]:
    """Within the block queries of ``store.prepared`` are asked so. ``now`` is the moment from which the page counts,
    ``facts`` are the numbers that its queries get beside it: whose page it is, the order that it shows."""
    page = _Together(now, facts)
    page.ask(_learnt.get(name, {}))
    before = _page.set(page)
    try:
        yield
    finally:
        _page.reset(before)
    _learnt[name] = page.learnt
