"""Sentences of the rooms below the web, in the reader's language.

Domain, services and plugins say plain English, and some of it is kept: a verdict, a reason, what a machine said. So a
sentence is its own message. One that has values in it is known by its shape: "Write the colour as #rrggbb." is said
as it is, "There is no time zone 'Mars'." is found as "There is no time zone %(timezone)s." (decision 38).
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

from craftops.web.frame.language.catalogues import SOURCE, catalogue
from craftops.web.frame.language.markup import has_letters
from craftops.web.frame.language.templates import language

SLOT = re.compile(r"%\((\w+)\)[sd]")
BETWEEN = re.compile(r"(?<=[.?!;]) (?=[^\Wa-z]|“)|\n")
FEWEST_LETTERS = 5
"""Letters that a shape has at least; one of fewer would fit anything."""
LONGEST = 2000
"""Longer texts are nobody's sentence."""


@lru_cache
def _shapes(language: str) -> dict[str, list[tuple[int, re.Pattern[str], str]]]:
    """The messages with values, by their first word ("" where a value comes first); those with most words first."""
    found: dict[str, list[tuple[int, re.Pattern[str], str]]] = defaultdict(list)
    for message, said in catalogue(language).messages.items():
        parts = SLOT.split(message)
        letters = sum(len(re.sub(r"[\W\d_]", "", words)) for words in parts[::2])
        if len(parts) == 1 or letters < FEWEST_LETTERS or "<" in message:
            continue
        seen: set[str] = set()
        shape = ""
        for index, part in enumerate(parts):
            if index % 2 == 0:
                shape += re.escape(part)
            elif part in seen:
                shape += f"(?P={part})"
            else:
                shape += f"(?P<{part}>.*?)"
                seen.add(part)
        found[_first_word(parts[0])].append((letters, re.compile(shape, re.DOTALL), said))
    for group in found.values():
        group.sort(key=lambda one: -one[0])
    return found


def _first_word(text: str) -> str:
    """What a sentence surely begins with: a word that something follows."""
    return text.split(" ", 1)[0] if " " in text else ""


def told(sentence: object) -> str:
    """A sentence of the rooms below as the reader is told it; unchanged where nobody knows it."""
    speaks = language()
    text = str(sentence)
    return text if speaks == SOURCE or not text or len(text) > LONGEST else _told(speaks, text)


@lru_cache(maxsize=8192)
def _told(speaks: str, text: str) -> str:
    if not has_letters(text):
        return text
    known = catalogue(speaks).messages.get(text)
    if known:
        return known
    shaped = _shaped(speaks, text)
    if shaped is not None:
        return shaped
    parts = BETWEEN.split(text)
    if len(parts) > 1:
        return " ".join(_told(speaks, one) for one in parts)
    head, colon, tail = text.partition(": ")
    if colon and (said := _told(speaks, tail)) != tail:
        return f"{_told(speaks, head)}: {said}"
    return text


def _shaped(speaks: str, text: str) -> str | None:
    shapes = _shapes(speaks)
    for first in (text.split(" ", 1)[0], ""):
        for _letters, shape, said in shapes.get(first, ()):
            found = shape.fullmatch(text)
            if found:
                return _filled(speaks, said, found.groupdict())
    return None


def _filled(speaks: str, said: str, values: dict[str, str]) -> str:
    return SLOT.sub(lambda slot: _told(speaks, values.get(slot[1], "")), said)
