"""Where in a page a piece of a template stands, and what runs of it are one message.

A message is text with what stands in it: values as ``%(name)s``, and parts of the line (``<b>``, ``<a>`` …) as bare
tags, so that a sentence stays whole and its attributes stay out. It ends at a block of the page and at ``{% … %}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from jinja2 import nodes

INLINE = frozenset(
    {
        "a", "abbr", "b", "bdi", "cite", "code", "em", "i", "kbd", "mark", "output", "q", "s", "samp", "small", "span",
        "strong", "sub", "sup", "time", "u", "var",
    }
)  # fmt: skip
"""Elements that may stand in the middle of a sentence."""
ATTRIBUTES = frozenset({"alt", "aria-label", "aria-description", "placeholder", "title"})
SAID_BY_SCRIPTS = frozenset({"confirm", "label", "waiting", "loaded", "without", "failed", "name"})
"""``data-`` attributes whose words a script shows."""
RAW = ("script", "style")
LETTERS = re.compile(r"[^\W\d_]{2}")
ENTITY = re.compile(r"&#?\w+;")
TAG_START = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
IN_TAG = re.compile(r"""([^\s"'<>/=]+)\s*=\s*(["'])|(/?>)|[^\s>]+?(?=[\s>/=]|$)|\s+|.""", re.DOTALL)


@dataclass(frozen=True)
class Text:
    """Words as they stand in the template."""

    text: str


@dataclass(frozen=True)
class Value:
    """An expression among the words."""

    node: nodes.Expr


Piece = str | nodes.Expr


@dataclass(frozen=True)
class Tag:
    """A tag in a line: what opens or closes a part of a sentence."""

    name: str
    closes: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Markup:
    """What belongs to no message."""

    pieces: tuple[Piece, ...]


Token = Text | Value | Tag | Markup


def has_letters(text: str) -> bool:
    return bool(LETTERS.search(ENTITY.sub("", text)))


def is_said(attribute: str) -> bool:
    """Whether people meet the value of this attribute."""
    return attribute in ATTRIBUTES or (attribute.startswith("data-") and attribute[5:] in SAID_BY_SCRIPTS)


@dataclass
class Scanner:
    """Reads a template's data in the order of the page, and knows where in the page it is."""

    said: Callable[[list[Piece]], list[Piece]]
    """Is handed the pieces of an attribute that people meet, and gives those that are written."""
    plain: bool = False
    """Text without markup, as in the text part of a mail: every line stands for itself."""
    mode: str = "text"
    raw: str = ""
    tag: str = ""
    closing: bool = False
    attribute: str = ""
    quote: str = ""
    buffer: list[Piece] = field(default_factory=list)
    value: list[Piece] = field(default_factory=list)
    whole: bool = True
    """Whether the buffer has its tag from the beginning."""

    def read(self, parts: list[nodes.Expr]) -> list[Token]:
        """One run of data and expressions, as tokens."""
        tokens: list[Token] = []
        for part in parts:
            if isinstance(part, nodes.TemplateData):
                self._data(part.data, tokens)
            elif self.mode == "text":
                tokens.append(Value(part))
            elif self.mode == "raw":
                tokens.append(Markup((part,)))
            elif self.mode == "attribute" and is_said(self.attribute):
                self.value.append(part)
            else:
                self.buffer.append(part)
        self._pause(tokens)
        return tokens

    def _pause(self, tokens: list[Token]) -> None:
        """A statement of the template follows."""
        if self.value:
            self.buffer += self.said(self.value)
            self.value = []
        if self.buffer:
            tokens.append(Markup(tuple(self.buffer)))
            self.buffer = []
        self.whole = False

    def _data(self, data: str, tokens: list[Token]) -> None:
        at = 0
        while at < len(data):
            at = getattr(self, f"_{self.mode}")(data, at, tokens)

    def _text(self, data: str, at: int, tokens: list[Token]) -> int:
        if self.plain:
            end = data.find("\n", at)
            stop = len(data) if end < 0 else end
            if stop > at:
                tokens.append(Text(data[at:stop]))
            if end >= 0:
                tokens.append(Markup(("\n",)))
            return stop + 1
        end = data.find("<", at)
        stop = len(data) if end < 0 else end
        if stop > at:
            tokens.append(Text(data[at:stop]))
        if end < 0:
            return stop
        found = TAG_START.match(data, stop)
        if found:
            self.mode, self.tag, self.closing = "tag", found[2].lower(), bool(found[1])
            self.buffer, self.whole = [found[0]], True
            return found.end()
        if data.startswith("<!", stop):
            end = data.find("-->" if data.startswith("<!--", stop) else ">", stop)
            stop, end = (len(data), stop) if end < 0 else (data.index(">", end) + 1, stop)
            tokens.append(Markup((data[end:stop],)))
            return stop
        tokens.append(Text("<"))
        return stop + 1

    def _tag(self, data: str, at: int, tokens: list[Token]) -> int:
        found = IN_TAG.match(data, at)
        if found is None:  # cannot be: the last branch takes anything
            return len(data)
        self.buffer.append(found[0])
        if found[1]:
            self.mode, self.attribute, self.quote = "attribute", found[1].lower(), found[2]
        elif found[3]:
            self._end_tag(found[3], tokens)
        return found.end()

    def _end_tag(self, end: str, tokens: list[Token]) -> None:
        inline = self.whole and self.tag in INLINE and end == ">"
        pieces = tuple(self.buffer)
        tokens.append(Tag(self.tag, self.closing, pieces) if inline else Markup(pieces))
        self.buffer = []
        self.mode = "raw" if self.tag in RAW and not self.closing else "text"
        self.raw = self.tag

    def _attribute(self, data: str, at: int, _tokens: list[Token]) -> int:
        end = data.find(self.quote, at)
        stop = len(data) if end < 0 else end
        if stop > at:
            (self.value if is_said(self.attribute) else self.buffer).append(data[at:stop])
        if end < 0:
            return stop
        if self.value:
            self.buffer += self.said(self.value)
            self.value = []
        self.buffer.append(self.quote)
        self.mode = "tag"
        return stop + 1

    def _raw(self, data: str, at: int, tokens: list[Token]) -> int:
        end = data.find(f"</{self.raw}", at)
        stop = len(data) if end < 0 else end
        tokens.append(Markup((data[at:stop],)))
        if end >= 0:
            self.mode = "text"
        return stop
