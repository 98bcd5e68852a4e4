"""SVG fonts (SVG 1.1, chapter 20): renderers show nothing of them, so their letters are laid out as a sheet."""

from __future__ import annotations

import re

from .svg_tree import SPACE

GLYPH = re.compile(r"""<(?:\w+:)?glyph\b[^>]*?\bd\s*=\s*["']([-+.,\d\sA-Za-z]{2,20000})["']""")
SHAPE = re.compile(r"<(?:\w+:)?(?:path|rect|circle|ellipse|line|polyline|polygon|text|image|use)\b", re.IGNORECASE)
EM = re.compile(r"""units-per-em\s*=\s*["'](\d{2,5})""")
MOST = 64
COLUMNS = 8


def letters_of(text: str) -> tuple[str, bool]:
    """The SVG itself; or, for a font with nothing else in it, a sheet of its letters, and True."""
    if ("<glyph" not in text and ":glyph" not in text) or SHAPE.search(text):
        return text, False
    letters = [found[1] for found in GLYPH.finditer(text)][:MOST]
    if not letters:
        return text, False
    named = EM.search(text)
    em = int(named[1]) if named else 1000
    drawn = "".join(
        f'<path transform="translate({(i % COLUMNS) * em} {(1 + i // COLUMNS) * em}) scale(1 -1)" d="{letter}"/>'
        for i, letter in enumerate(letters)
    )
    rows = -(-len(letters) // COLUMNS)
    box = f"0 0 {COLUMNS * em} {(rows + 0.3) * em:g}"
    return f'<svg xmlns="{SPACE}" viewBox="{box}" width="{COLUMNS * 20}" height="{rows * 20 + 6}">{drawn}</svg>', True
