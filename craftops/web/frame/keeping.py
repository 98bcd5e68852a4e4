"""Pieces of pages that are kept: ``{% keep facts %}…{% endkeep %}`` in a template, ``kept(name, facts, make)`` in
Python.

Half of a page is what the page before had: the menu of the floor, the card of an order that was delivered last week.
What such a piece says follows from few facts. They are named where the piece stands, and as long as they are equal the
piece is not made again. Language, layers of the theme and the path below which the shop answers count by themselves.

Facts are values that can be hashed and that never change in place. A fact that was forgotten would show one reader what
another saw: where ``CHECKED`` is set, as in all tests, every kept piece is made anew all the same and has to be equal.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar, cast
from uuid import uuid4

from flask import current_app, has_request_context
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

from craftops.web.frame.addresses import script_root
from craftops.web.frame.language.now import language_now
from craftops.web.frame.page_globals import page_globals

ValueT = TypeVar("ValueT")
CHECKED = os.environ.get("CRAFTOPS_CHECK_KEPT") == "1"
MOST = 4096


class StalePiece(AssertionError):
    """A piece follows from more than the facts that are named."""


class Kept(Generic[ValueT]):
    """At most so many values by their facts; all go when there are more, which costs each of them one making."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._values: dict[Hashable, ValueT] = {}

    def __len__(self) -> int:
        return len(self._values)

    def of(self, facts: Hashable, make: Callable[[], ValueT]) -> ValueT:
        """What follows from ``facts``. Raises StalePiece where that is not true, if somebody looks."""
        found = self._values.get(facts)
        if found is None:
            if len(self._values) >= self._most:
                self._values.clear()
            found = self._values[facts] = make()
        elif CHECKED and (anew := make()) != found:
            raise StalePiece(f"{facts} gave\n{found}\nand gives\n{anew}")
        return found


EXTENSION = "craftops.kept"


def kept(name: str, facts: Hashable, make: Callable[[], ValueT]) -> ValueT:
    """What follows from ``facts``, the reader's language and the path of the shop. ``name``: whose facts they are. Made
    anew outside of a request."""
    place = _place()
    if place is None:
        return make()
    values, root = place
    return cast(ValueT, values.of((name, facts, language_now(), root), make))


def _place() -> tuple[Kept[Any], str] | None:
    """Where a request keeps pieces, and the path below which the shop answers; looked for once."""
    if not has_request_context():
        return None
    page = page_globals()
    place: tuple[Kept[Any], str] | None = page.get(EXTENSION)
    if place is None:
        place = page[EXTENSION] = (current_app.extensions.setdefault(EXTENSION, Kept()), script_root())
    return place


class KeepExtension(Extension):
    """``{% keep fact, another %}…{% endkeep %}``."""

    tags = {"keep"}

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        facts = parser.parse_tuple(with_condexpr=True)
        body = parser.parse_statements(("name:endkeep",), drop_needle=True)
        # Every text that is compiled is a piece of its own: one of another language, or edited since.
        mark = nodes.Const(uuid4().hex, lineno=line)
        call = self.call_method("piece", [mark, facts], lineno=line)
        return nodes.CallBlock(call, [], [], body, lineno=line)

    def piece(self, mark: str, facts: Hashable, caller: Callable[[], str]) -> Markup:
        """The body, as it was when the facts were these."""
        pieces: Kept[Markup] | None = getattr(self.environment.loader, "pieces", None)
        if pieces is None:
            return Markup(caller())  # noqa: S704 - a template of ours has escaped it
        place = _place()
        root = script_root() if place is None else place[1]
        return pieces.of((mark, facts, root), lambda: Markup(caller()))  # noqa: S704 - as above
