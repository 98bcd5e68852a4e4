"""What pdfium does not tell of a PDF: the unit of its first page, and which of its layers are switched off.

ISO 32000-1: objects and object streams (7.3.10, 7.5.7), ``UserUnit`` (table 30), optional content (8.11). Only
dictionaries are looked at, as text; what cannot be found this way is taken as the standard's default.
"""

from __future__ import annotations

import codecs
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from .pdf_layers import REFERENCE, UNPRINTED, Objects, behind, hidden_groups, hidden_sets, hides_forms, listed

OBJECT = re.compile(rb"(?<!\d)(\d{1,9})\s+\d{1,5}\s+obj\b(.*?)(?:\bendobj\b|\bstream\r?\n|$)", re.DOTALL)
PACKED = re.compile(rb"/Type\s*/ObjStm\b")
FIRST = re.compile(rb"/First\s+(\d+)")
UNIT = re.compile(rb"/UserUnit\s+([\d.]+)")
PAGES = re.compile(rb"/Type\s*/Catalog\b")
NAME = re.compile(rb"/Name\s*(\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>)", re.DOTALL)
ESCAPED = re.compile(rb"\\(\d{1,3}|\r?\n|.)", re.DOTALL)
MOST = 40_000_000
"""Bytes that one object stream may unpack to."""
DEEPEST = 20
UNITS = (0.01, 10_000.0)
PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """``unit``: points to a user unit of the first page. ``off``: names of layers that are not shown."""

    unit: float = 1.0
    off: frozenset[str] = frozenset()
    sets_off: frozenset[frozenset[str]] = frozenset()
    """The keys of membership dictionaries (OCMD) whose content is not shown; pdfium tells these apart by no more."""
    uncertain: bool = False
    """Whether something may be hidden that cannot be told apart here."""
    unprinted: bool = False
    """Whether a layer is shown and never printed."""


def told_by(path: Path) -> Dictionaries:
    """What the dictionaries of the file at ``path`` say."""
    data = path.read_bytes()
    if b"/UserUnit" not in data and b"/OCProperties" not in data and b"/ObjStm" not in data:
        return Dictionaries()
    objects = _objects(data)
    catalog = next((text for text in objects.values() if PAGES.search(text)), b"")
    return Dictionaries(_unit(objects, catalog), *_layers(objects, behind(objects, catalog, rb"/OCProperties")))


def _objects(data: bytes) -> Objects:
    found: Objects = {}
    for one in OBJECT.finditer(data):
        found[int(one[1])] = one[2]
        if PACKED.search(one[2]):
            found.update(_unpacked(one[2], data, one.end()))
    return found


def _unpacked(head: bytes, data: bytes, begin: int) -> Objects:
    first = FIRST.search(head)
    end = data.find(b"endstream", begin)
    if not first:
        return {}
    try:
        text = zlib.decompressobj().decompress(data[begin : end if end > 0 else len(data)], MOST)
    except zlib.error:
        return {}
    offset = int(first[1])
    numbers = [int(word) for word in text[:offset].split() if word.isdigit()]
    pairs = sorted(zip(numbers[1::2], numbers[0::2], strict=False))
    ends = [place for place, _number in pairs[1:]] + [len(text) - offset]
    return {number: text[offset + place : offset + last] for (place, number), last in zip(pairs, ends, strict=True)}


def _unit(objects: Objects, catalog: bytes) -> float:
    node, value = behind(objects, catalog, rb"/Pages"), 1.0
    for _level in range(DEEPEST):
        own = UNIT.search(node)
        if own:
            value = float(own[1] if own[1].count(b".") < 2 else b"1")
        kids = re.search(rb"/Kids\s*\[\s*", node)
        first = REFERENCE.match(node, kids.end()) if kids else None
        if not first:
            break
        node = objects.get(int(first[1]), b"")
    return value if UNITS[0] <= value <= UNITS[1] else 1.0


def _layers(objects: Objects, properties: bytes) -> tuple[frozenset[str], frozenset[frozenset[str]], bool, bool]:
    """All that ``Dictionaries`` says of layers."""
    if not properties:
        return frozenset(), frozenset(), False, False
    every = listed(objects, properties, rb"/OCGs")
    off = hidden_groups(objects, properties)
    names = {name_of(objects.get(number, b"")) for number in off}
    shown = {name_of(objects.get(number, b"")) for number in every - off}
    sets, mixed = hidden_sets(objects, off)
    unprinted = any(UNPRINTED.search(objects.get(number, b"")) for number in every - off)
    uncertain = mixed or bool((names - {""}) & shown) or hides_forms(objects, off)
    return frozenset(names - shown - {""}), sets, uncertain, unprinted


def name_of(text: bytes) -> str:
    """A layer's name as far as it tells layers apart; it is shown to nobody."""
    found = NAME.search(text)
    if not found:
        return ""
    raw = found[1]
    if raw.startswith(b"<"):
        digits = re.sub(rb"\s", b"", raw[1:-1])
        raw = codecs.decode(digits + b"0" * (len(digits) % 2), "hex")
    else:
        raw = ESCAPED.sub(_plain, raw[1:-1])
    return raw.decode("utf-8", "ignore")  # as pdfium hands over the names that marked content carries


def _plain(found: re.Match[bytes]) -> bytes:
    word = found[1]
    if word.isdigit():
        return bytes((int(word, 8) & 0xFF,)) if all(one < 56 for one in word) else word
    return b"" if word.strip() == b"" else PLAIN.get(word, word)
