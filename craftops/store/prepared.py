"""Selects that are written once in a process: their SQL is kept as text, and their rows are made without asking peewee
what each column is.

A page's query is the same text each time but for its values. peewee builds and writes it anew (about ten times what the
database takes), and sets every column of every row through a descriptor; here both are worked out at the first call.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import is_dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

import orjson
from peewee import ColumnBase

from craftops.store.models import database
from craftops.store.models.base import to_micros
from craftops.store.models.row_making import QUICK, converters_of, instance_of, row_maker

RowT = TypeVar("RowT")
ViewT = TypeVar("ViewT")
Value = str | int | float | bool | datetime | None
Values = Value | Sequence[Value] | set[int]


MOST_KEPT, MOST_LARGE = 2048, 1024
"""Views of one query that are kept, and of one that reads documents or whole rows; all go when there are more."""
CHECKED = os.environ.get("CRAFTOPS_CHECK_KEPT") == "1"
"""Whether every kept view is held against its row once more, as in all tests."""


class ChangedView(AssertionError):
    """Somebody changed the document of a view in place: others would see it."""


class Placeholder(ColumnBase):
    """Where a value goes that is known when the query is asked."""

    def __init__(self, place: int) -> None:
        self.place = place

    def __sql__(self, ctx: Any) -> Any:
        ctx._values.append(self)
        return ctx.literal(ctx.state.param or "?")

    def __hash__(self) -> int:
        return id(self)


class Prepared(Generic[RowT]):
    """A select, of rows or of whatever ``view`` makes of their columns, ``of_row`` of each of them whole.

    ``make`` gets a slot for each value, a list of slots for one that is a list, and is called once for each dialect and
    size of lists; it may decide nothing by its arguments. ``view`` and ``of_row`` go by what they are given alone: what
    they make is kept where it is a frozen dataclass.
    """

    def __init__(
        self,
        make: Callable[..., Any],
        view: Callable[..., RowT] | None = None,
        *,
        of_row: Callable[[Any], RowT] | None = None,
    ) -> None:
        self._make = make
        self._view, self._of_row = view, of_row
        self._plans: dict[Any, _Plan] = {}

    def all(self, *values: Values) -> list[RowT]:
        """All rows."""
        plan, given = self._planned(values)
        rows = plan.raw(database.execute_sql(plan.sql, given))
        make = plan.make
        return [make(row) for row in rows]

    def first(self, *values: Values) -> RowT | None:
        """The first row, of a query that gives few."""
        return next(iter(self.all(*values)), None)

    def plain(self, *values: Values) -> list[RowT]:
        """The same by peewee itself: what the quick way is held against."""
        query: Any = self._make(*(list(cast(Sequence[Value], one)) if _is_list(one) else one for one in values))
        if self._view is not None:
            return [self._view(*row) for row in query.tuples()]
        return list(query) if self._of_row is None else [self._of_row(row) for row in query]

    def _planned(self, values: tuple[Values, ...]) -> tuple[_Plan, list[Any]]:
        given, shape = _flat(values)
        key = (database.obj.param, shape)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = _Plan(self._make(*_slots(shape)), self._view, self._of_row)
        filled = plan.values.copy()
        for place, which in plan.slots:
            filled[place] = given[which]
        return plan, filled


LISTS = (list, tuple, set, frozenset)


def _is_list(value: Values) -> bool:
    return isinstance(value, LISTS)


def _flat(values: tuple[Values, ...]) -> tuple[list[Any], tuple[int, ...]]:
    """All values in a row, and how many there are of each; -1 for one that is no list. A list is filled up to a power
    of two with its last, so that few texts serve every length."""
    if not any(isinstance(one, LISTS) for one in values):
        return [to_micros(one) if isinstance(one, datetime) else one for one in values], (-1,) * len(values)
    flat: list[Any] = []
    shape: list[int] = []
    for value in values:
        if _is_list(value):
            many = list(value)  # type: ignore[arg-type]
            size = 1 << max(0, len(many) - 1).bit_length()
            many += [many[-1] if many else None] * (size - len(many))
            flat += many
            shape.append(size)
        else:
            flat.append(value)
            shape.append(-1)
    return [to_micros(one) if isinstance(one, datetime) else one for one in flat], tuple(shape)


def _slots(shape: Iterable[int]) -> list[Placeholder | list[Placeholder]]:
    made: list[Placeholder | list[Placeholder]] = []
    place = 0
    for size in shape:
        if size < 0:
            made.append(Placeholder(place))
            place += 1
        else:
            made.append([Placeholder(place + index) for index in range(size)])
            place += size
    return made


class _Plan:
    """The text of a query, its values with slots among them, and how its rows are made."""

    def __init__(self, query: Any, view: Callable[..., Any] | None, of_row: Callable[[Any], Any] | None = None) -> None:
        self._query = query if view is None else query.tuples()
        self._view, self._of_row = view, of_row
        self.make: Callable[[tuple[Any, ...]], Any] = _nothing
        self.sql, values = query.sql()
        self.values: list[Any] = list(values)
        self.slots = [(place, one.place) for place, one in enumerate(self.values) if type(one) is Placeholder]

    def raw(self, cursor: Any) -> list[tuple[Any, ...]]:
        """The rows as the database gives them; ``make`` makes of each what was asked for."""
        if self.make is _nothing:
            wrapper = self._query._get_cursor_wrapper(cursor)
            wrapper.initialize()
            if self._view is not None:
                self.make = _view_maker(wrapper, self._view)
            else:
                of_row, made = self._of_row, getattr(wrapper, "made", None) or row_maker(wrapper)
                self.make = made if of_row is None else kept_by_row(lambda row: of_row(made(row)), MOST_LARGE)
        return cast(list[tuple[Any, ...]], cursor.fetchall())


def _nothing(row: Any) -> Any:
    raise RuntimeError("asked of a query that was never asked")


class WholeRow:
    """All columns of a model, for SQL written by hand."""

    def __init__(self, model: type[Any]) -> None:
        self._model = model
        fields = model._meta.sorted_fields
        self.columns = [field.column_name for field in fields]
        self._names = [field.name for field in fields]
        wanted = [(field.name, QUICK.get(type(field), field.python_value)) for field in fields]
        self._converted = [(name, convert) for name, convert in wanted if convert is not None]

    def named(self, table: str) -> str:
        """The columns of ``table``, as a select lists them."""
        return ", ".join(f"{table}.{name}" for name in self.columns)

    def made(self, values: Sequence[Any]) -> Any:
        """The row, of as many values as there are ``columns``."""
        return instance_of(self._model, self._names, values, self._converted)


def _view_maker(wrapper: Any, view: Callable[..., Any]) -> Callable[[tuple[Any, ...]], Any]:
    converted = [(place, one) for place, one in enumerate(converters_of(wrapper)) if one is not None]

    def make(row: Sequence[Any]) -> Any:
        values = list(row)
        for place, convert in converted:
            if values[place] is not None:
                values[place] = convert(values[place])
        return view(*values)

    documents = any(convert is orjson.loads for _place, convert in converted)
    plain = isinstance(view, type) and not documents
    return kept_by_row(make, MOST_KEPT if plain else MOST_LARGE, checked=not plain)


def kept_by_row(
    make: Callable[[tuple[Any, ...]], ViewT], most: int, *, checked: bool = True
) -> Callable[[tuple[Any, ...]], ViewT]:
    """A row that says the same is the same view: it is not made anew, and whoever keeps it finds it at once. What is
    no frozen dataclass is made anew all the same. Raises ChangedView, where ``CHECKED`` is set; not ``checked`` is what
    cannot change, a view of plain columns."""
    known: dict[tuple[Any, ...], ViewT] = {}
    frozen = True

    def made_before(row: tuple[Any, ...]) -> ViewT:
        nonlocal frozen
        if not frozen:
            return make(row)
        found = known.get(row)
        if found is None:
            found = make(row)
            frozen = _is_frozen(found)
            if len(known) >= most:
                known.clear()
            known[row] = found
        elif CHECKED and checked and found != make(row):
            raise ChangedView(f"{found} was made of {row}")
        return found

    return made_before


def _is_frozen(view: object) -> bool:
    """Whether it can never change: a frozen dataclass, whose documents nobody changes in place."""
    return is_dataclass(view) and bool(cast(Any, view).__dataclass_params__.frozen)
