"""Runs of a page's tokens as messages: which words are one sentence, and how a translation takes its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from jinja2 import nodes

from craftops.web.frame.language.markup import Markup, Piece, Tag, Text, Token, Value, has_letters

Say = Callable[[str], str]
"""From a message to what it is in the reader's language."""
SLOT = re.compile(r"%\((\w+)\)s|<(/?)([a-z]+\d*)>")
STANDING_ALONE = frozenset({"icon"})
"""What is no part of a sentence: a picture before it."""


def name_of(node: nodes.Node) -> str:
    """What an expression is called in a message: ``page.order.title`` is ``title``."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node, nodes.Filter) and node.node is not None:
        return "count" if node.name in ("length", "count") else name_of(node.node)
    if isinstance(node, nodes.Call):
        return name_of(node.node)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        return re.sub(r"\W", "_", node.arg.value)
    if isinstance(node, nodes.CondExpr):
        return name_of(node.expr1)
    return "value"


def stands_alone(token: Token) -> bool:
    """Whether a value is drawn rather than said: an icon, or a part of the page that a macro makes."""
    if not isinstance(token, Value) or not isinstance(token.node, nodes.Call):
        return False
    made = token.node.node
    of_a_macro = isinstance(made, nodes.Getattr) and isinstance(made.node, nodes.Name) and made.node.name == "ui"
    return of_a_macro or name_of(token.node) in STANDING_ALONE


class PageMessage:
    """A run as one message, and what its placeholders stand for."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.slots: dict[str, tuple[Token, ...]] = {}
        """``%(name)s``, ``<b>`` and ``</b>`` -> what is written there."""
        self._open: list[str] = []
        said = "".join(self._word(token) for token in tokens)
        inner = said.strip()
        self.before = said[: len(said) - len(said.lstrip())]
        self.after = said[len(said.rstrip()) :]
        self.text = re.sub(r"\s+", " ", inner)

    def _word(self, token: Token) -> str:
        if isinstance(token, Text):
            return token.text
        if isinstance(token, Value):
            slot = self._fresh("%({})s", name_of(token.node))
        elif isinstance(token, Tag) and token.closes:
            slot = "</" + self._open.pop()[1:]
        elif isinstance(token, Tag):
            slot = self._fresh("<{}>", token.name)
            self._open.append(slot)
        else:
            raise TypeError("Markup is no part of a message.")
        self.slots[slot] = (token,)
        return slot

    def _fresh(self, form: str, name: str) -> str:
        slot, number = form.format(name), 1
        while slot in self.slots:
            number += 1
            slot = form.format(f"{name}{number}")
        return slot

    def written(self, said: str) -> list[Token]:
        """A translation, with what stands in it."""
        tokens: list[Token] = [Text(self.before)] if self.before else []
        at = 0
        for found in SLOT.finditer(said):
            slot = found[0]
            if slot not in self.slots:
                continue
            tokens += [Text(said[at : found.start()]), *self.slots[slot]]
            at = found.end()
        tokens.append(Text(said[at:] + self.after))
        return [one for one in tokens if not isinstance(one, Text) or one.text]

    def fits(self, said: str) -> bool:
        """Whether a translation has the same slots, each once."""
        found = [one[0] for one in SLOT.finditer(said) if one[0] in self.slots or one[1]]
        return sorted(found) == sorted(self.slots)


def translated(tokens: Sequence[Token], say: Say) -> list[Token]:
    """The same page with all its messages said by ``say``."""
    out: list[Token] = []
    for run in _runs(tokens):
        out += run if isinstance(run[0], Markup) or stands_alone(run[0]) else _run(run, say)
    return out


def _runs(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """What stands between blocks, pictures, and tags that have no partner here."""
    partners = _partners(tokens)
    run: list[Token] = []
    depth = 0
    for index, token in enumerate(tokens):
        lonely = isinstance(token, Tag) and index not in partners
        if isinstance(token, Markup) or lonely or (depth == 0 and stands_alone(token)):
            if run:
                yield run
            yield [Markup(token.pieces) if isinstance(token, Tag) else token]
            run = []
            continue
        if isinstance(token, Tag):
            depth += -1 if token.closes else 1
        run.append(token)
    if run:
        yield run


def _partners(tokens: Sequence[Token]) -> set[int]:
    """Where the tags stand that are opened and closed in one run."""
    found: set[int] = set()
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if isinstance(token, Markup):
            opened = []
        elif isinstance(token, Tag) and not token.closes:
            opened.append(index)
        elif isinstance(token, Tag):
            inner = next((one for one in reversed(opened) if getattr(tokens[one], "name", "") == token.name), None)
            if inner is not None:
                found |= {inner, index}
                del opened[opened.index(inner) :]
    return found


def _run(run: list[Token], say: Say) -> list[Token]:
    parts = list(_parts(run))
    if not any(isinstance(one[0], Text) and has_letters(one[0].text) for one in parts):
        return [token for part in parts for token in _part(part, say)]
    message = PageMessage(run)
    if '="' in message.text:  # what a macro gives for a tag of its caller
        return run
    said = say(message.text)
    if said == message.text or not message.fits(said):
        return run
    return message.written(said)


def _part(part: list[Token], say: Say) -> list[Token]:
    """An element of a run that is no sentence: what is in it may be one."""
    if not isinstance(part[0], Tag):
        return part
    return [part[0], *translated(part[1:-1], say), part[-1]]


def _parts(run: Sequence[Token]) -> Iterator[list[Token]]:
    """A run in its own words, its values, and its elements with what is in them."""
    depth, part = 0, list[Token]()
    for token in run:
        part.append(token)
        if isinstance(token, Tag):
            depth += -1 if token.closes else 1
        if depth == 0:
            yield part
            part = []


def pieces_of(tokens: Sequence[Token]) -> list[Piece]:
    """What is written, in its order."""
    out: list[Piece] = []
    for token in tokens:
        if isinstance(token, Text):
            out.append(token.text)
        elif isinstance(token, Value):
            out.append(token.node)
        else:
            out += token.pieces
    return out
