"""Reading the tokens of a style sheet: which names it gives what, by day and by night, and in which line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from craftops.domain.shop.colour import HEX, Oklch

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARED = re.compile(r"--([a-z0-9-]+)\s*:\s*([^;{}]+)")
OKLCH = re.compile(r"oklch\(\s*([\d.]+)(%?)\s+([\d.]+)\s+([\d.]+)(?:deg)?\s*\)")
SHORT = re.compile(r"#[0-9a-fA-F]{3}")


@dataclass(frozen=True, slots=True)
class TokenValue:
    """A token where it is given a value."""

    name: str
    value: str
    line: int
    dark: bool
    """Counts by night alone."""

    @property
    def colour(self) -> str:
        """``#rrggbb``, where it is a plain colour; else empty (a reference, a mix, a length)."""
        return as_hex(self.value)


def without_comments(sheet: str) -> str:
    """The sheet, its comments blanked so that every line keeps its number."""
    return COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), sheet)


def declared(sheet: str) -> Iterator[TokenValue]:
    """Every token that ``:root`` is given, in order."""
    around: list[str] = []
    line = 1
    for piece in re.findall(r"[^{}]*[{}]", without_comments(sheet)):
        text, brace = piece[:-1], piece[-1]
        if brace == "{":
            around.append(text.rpartition(";")[2])
        else:
            where = " ".join(around)
            if ":root" in where:
                dark = "dark" in where or "data-scheme=light" in where
                for one in DECLARED.finditer(text):
                    yield TokenValue(one[1], one[2].strip(), line + text.count("\n", 0, one.start()), dark)
            around = around[:-1]
        line += piece.count("\n")


def colours_of(*sheets: str, dark: bool) -> dict[str, str]:
    """The plain colours that hold in the end, of the light or of the dark scheme, as ``#rrggbb``."""
    found: dict[str, str] = {}
    for sheet in sheets:
        for one in declared(sheet):
            if (dark or not one.dark) and one.colour:
                found[one.name] = one.colour
    return found


def as_hex(value: str) -> str:
    """A colour of CSS (``#rgb``, ``#rrggbb``, ``oklch(l c h)``) as ``#rrggbb``; empty where it is none of these."""
    value = value.strip()
    if HEX.fullmatch(value):
        return value.lower()
    if SHORT.fullmatch(value):
        return "#" + "".join(digit * 2 for digit in value[1:].lower())
    if found := OKLCH.fullmatch(value):
        return Oklch(float(found[1]) / (100 if found[2] else 1), float(found[3]), float(found[4])).hex
    return ""
