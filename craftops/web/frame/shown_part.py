"""A list of which a page counts all and shows a few."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

RowT = TypeVar("RowT")
ItemT = TypeVar("ItemT")


class ShownPart(Sequence[ItemT], Generic[RowT, ItemT]):
    """Items of rows: those that are asked for are made (``make``, of many at once), the others are counted only."""

    def __init__(self, rows: Sequence[RowT], make: Callable[[Sequence[RowT]], list[ItemT]]) -> None:
        self._rows, self._make = rows, make

    @property
    def rows(self) -> Sequence[RowT]:
        """What the items are made of."""
        return self._rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> ItemT: ...

    @overload
    def __getitem__(self, index: slice) -> list[ItemT]: ...

    def __getitem__(self, index: int | slice) -> ItemT | list[ItemT]:
        if isinstance(index, int):
            return self._make([self.rows[index]])[0]
        return self._make(self.rows[index])

    def __iter__(self) -> Iterator[ItemT]:
        return iter(self._make(self.rows))
