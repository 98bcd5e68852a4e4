"""Fonts of papers: which packages they are in, which script a country writes Han characters in, what none of them has.

All are under the SIL Open Font License 1.1 and come as packages: Inter for what Latin, Greek and Cyrillic need, Noto
Sans for other scripts. PDF/A forbids a character without a glyph, so what no font has is printed as U+25A1.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

# A paper has few pages: threads inside of typst cost a fifth of its time and give nothing back.
os.environ.setdefault("RAYON_NUM_THREADS", "1")

import typst
from fontTools.ttLib import TTFont

PACKAGES = ("fontpkg_inter", "manimgx_fonts", "manimgx_fonts_cjk")
FIRST = ("Inter", "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew")
HAN = {"JP": "JP", "KR": "KR", "TW": "TC", "HK": "HK", "MO": "HK"}
"""Countries whose Han characters look otherwise than in China."""
LAST = ("Noto Sans Symbols", "Noto Emoji")
MISSING = "\u25a1"
PLAIN = re.compile("[\\n -~\u00a0-\u017f\u20ac]*")
"""What needs no look into the fonts: Inter has all of it."""
ESCAPED = re.compile(r'\\[^"\\n]')
"""What JSON writes of signs that cannot be seen."""
INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@cache
def font_folders() -> tuple[Path, ...]:
    """Where the fonts are; a package that is not installed has none."""
    found = []
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        found += [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    return tuple(found)


Compiler = typst.Compiler


@cache
def fonts() -> typst.Fonts:
    """All of them for typst, which opens a font when a character of it is set."""
    return typst.Fonts(False, False, [str(folder) for folder in font_folders()])


@cache
def families(country: str) -> tuple[str, ...]:
    """Names of the fonts in the order in which a character is looked for."""
    known = fonts().families()
    han = f"Noto Sans CJK {HAN.get(country, 'SC')}"
    others = [name for name in known if name.startswith("Noto Sans ") and "CJK" not in name and name not in LAST]
    return tuple(name for name in dict.fromkeys((*FIRST, han, *others, *LAST)) if name in known)


def is_known(character: str, country: str) -> bool:
    """Whether one of the fonts has it; each is read when those before it have not."""
    code = ord(character)
    return any(code in _characters(family) for family in families(country))


def printable_json(said: bytes, country: str) -> Any:
    """What JSON says, with nothing in it that cannot be printed."""
    text = said.decode()
    fields = json.loads(text)  # not orjson: it refuses half of a sign, which falls away here
    return fields if PLAIN.fullmatch(text) and not ESCAPED.search(text) else printable(fields, country)


def printable(value: Any, country: str) -> Any:
    """``value`` (of dicts, lists and strings) with nothing in it that cannot be printed."""
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) else _printable(value, country)
    if isinstance(value, dict):
        return {key: printable(one, country) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(one, country) for one in value]
    return value


def _printable(said: str, country: str) -> str:
    """What no font has becomes a box; what cannot be seen and says nothing falls away."""
    out = []
    for character in unicodedata.normalize("NFC", said.replace("\t", " ").replace("\r\n", "\n")):
        if character == "\n" or (is_known(character, country) and unicodedata.category(character) not in INVISIBLE):
            out.append(character)
        elif unicodedata.category(character) not in INVISIBLE and not unicodedata.combining(character):
            out.append("" if "\ufe00" <= character <= "\ufe0f" else MISSING)
    return "".join(out)


@cache
def _characters(family: str) -> frozenset[int]:
    """The characters of a family, read from its font."""
    for one in fonts().fonts():
        if one.family == family and one.style == "normal" and one.path:
            with TTFont(one.path, fontNumber=one.index, lazy=True) as font:
                return frozenset(font.getBestCmap())
    return frozenset()
