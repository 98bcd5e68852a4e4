"""People's words on a page: everything escaped, addresses made links, what was searched for marked."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

ADDRESS = re.compile(r"https?://[^\s<>\"'´`]+[^\s<>\"'´`.,;:!?)\]}]")
AROUND = 60


def linked(text: str) -> Markup:
    """A text with its web addresses as links that tell the other site nothing of us."""
    parts: list[Markup] = []
    end = 0
    for found in ADDRESS.finditer(text):
        parts.append(escape(text[end : found.start()]))
        link = Markup('<a href="{0}" rel="noopener noreferrer nofollow ugc" target="_blank">{0}</a>')
        parts.append(link.format(found[0]))
        end = found.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def marked(text: str, words: list[str]) -> Markup:
    """The part of a text around the first of these words, each of them marked."""
    line = " ".join(text.split())
    if not words:
        return escape(line[: 2 * AROUND])
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    first = pattern.search(line)
    start = max(0, first.start() - AROUND) if first else 0
    shown = line[start : start + 4 * AROUND]
    parts = [Markup("… ") if start else Markup("")]
    end = 0
    for found in pattern.finditer(shown):
        parts += [escape(shown[end : found.start()]), Markup("<mark>{}</mark>").format(found[0])]
        end = found.end()
    parts.append(escape(shown[end:]))
    return Markup("").join(parts) + (Markup(" …") if start + len(shown) < len(line) else "")
