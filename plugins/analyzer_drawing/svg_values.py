"""Values of CSS properties: which of them mean something, and what the words mean that every property knows."""

from __future__ import annotations

import re

from PIL import ImageColor

INITIAL = {
    "fill": "black", "stroke": "none", "color": "black", "fill-opacity": "1", "stroke-opacity": "1",
    "stroke-width": "1", "visibility": "visible", "font-size": "16px", "marker": "none", "marker-start": "none",
    "marker-mid": "none", "marker-end": "none",
}  # fmt: skip
"""What inherited properties begin with."""
WIDE = frozenset(("inherit", "unset", "initial", "revert", "revert-layer"))
DISPLAYS = re.compile(
    r"(?:none|contents|(?:(?:block|inline|run-in|flow|flow-root|table|flex|grid|ruby|list-item|math|inline-\w+|table-[\w-]+|"
    r"ruby-[\w-]+)\s*)+)"
)
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
ALPHA = re.compile(rf"{NUMBER}%?|calc\(.*\)")
WIDTH = re.compile(rf"{NUMBER}[a-z%]*|calc\(.*\)")
COLOURS = re.compile(
    r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})|(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix|device-cmyk|light-dark)\(.*\)"
)
OTHER_PAINTS = frozenset((
    "none", "transparent", "currentcolor", "context-fill", "context-stroke", "canvas", "canvastext", "linktext",
    "graytext", "highlight", "highlighttext", "buttonface", "buttontext", "windowtext", "window", "mark", "marktext",
    "field", "fieldtext",
    "accentcolor", "accentcolortext", "activetext", "visitedtext", "buttonborder", "infotext", "infobackground", "menu",
    "menutext", "background",
))  # fmt: skip


def lowered(value: str) -> str:
    """A value whose words are written small, as they mean the same; addresses and quotes stay."""
    return value if ("(" in value and "url(" in value.lower()) or '"' in value or "'" in value else value.lower()


def is_valid(name: str, value: str) -> bool:
    """Whether a value (written small) means something for this property; True for properties that are not looked at."""
    if value in WIDE or "var(" in value:
        return True
    if name == "display":
        return DISPLAYS.fullmatch(value) is not None
    if name == "visibility":
        return value in ("visible", "hidden", "collapse")
    if name in ("opacity", "fill-opacity", "stroke-opacity"):
        return ALPHA.fullmatch(value) is not None
    if name == "stroke-width":
        return WIDTH.fullmatch(value) is not None
    if name in ("fill", "stroke"):
        return "url(" in value or is_colour(value)
    return name != "color" or is_colour(value)


def is_colour(value: str) -> bool:
    """Whether a value, written small, is a colour or stands for one or none."""
    return value in OTHER_PAINTS or COLOURS.fullmatch(value) is not None or value in ImageColor.colormap


def settled(name: str, value: str) -> str | None:
    """What a word that every property knows comes to; None where the property is as if nobody had given it."""
    word = value.strip().lower()
    if word not in WIDE:
        return value
    return INITIAL.get(name) if word == "initial" else None
