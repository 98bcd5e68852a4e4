"""All that waits in the shop, as a mail tells it: the lists of the to-do home, none longer than its share."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from craftops.web.frame.panels import todo_kinds
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import TodoItem


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One thing that waits."""

    title: str
    code: str
    said: str
    link: str


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """One list: its title, how many are in it, and the first of them."""

    title: str
    count: int
    lines: tuple[WaitingLine, ...]


@dataclass(frozen=True, slots=True)
class AllThatWaits:
    """Every list that holds something."""

    count: int
    groups: tuple[WaitingGroup, ...]


def shares(counts: list[int], most: int) -> list[int]:
    """How many lines each list gets of ``most``: one each in turn, so that a long one crowds none out."""
    given = [0] * len(counts)
    while most > 0 and any(mine < count for mine, count in zip(given, counts, strict=True)):
        for number, count in enumerate(counts):
            if given[number] < count and most > 0:
                given[number] += 1
                most -= 1
    return given


def what_waits(sight: RequestContext, most: int) -> AllThatWaits:
    """Everything that somebody of the shop has to do, with ``most`` lines of it."""
    lists = [(str(kind.title), kind.find(sight)) for kind in todo_kinds().values()]
    lists = [(title, items) for title, items in lists if len(items)]
    given = shares([len(items) for _title, items in lists], most)
    base = sight.shop.config.base_url + "/"
    groups = tuple(
        WaitingGroup(title, len(items), tuple(_line(one, base) for one in items[:share]))
        for (title, items), share in zip(lists, given, strict=True)
    )
    return AllThatWaits(sum(group.count for group in groups), groups)


def _line(item: TodoItem, base: str) -> WaitingLine:
    return WaitingLine(item.title, item.code, item.note, urljoin(base, item.url))
