"""Opening a DXF with ezdxf, mended on the way where it has to be.

``readfile`` first, ``recover`` for what is damaged; what converters leave out or break is put in or taken out before.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ezdxf import filemanagement, recover
from ezdxf.lldxf.const import DXFError

from craftops.sdk.analyzer import NotReadable

from .dxf_repair import (
    BINARY,
    is_cut_off,
    needs_markers,
    tidied,
    with_end,
    with_ends_of_polylines,
    with_markers,
    with_numbers,
    with_whole_strings,
    without_broken,
)

OLD = "AC1009"
"""R12, which knows neither a unit nor many elements of today, though programs write them into it."""
FAULTS = (DXFError, ValueError, KeyError, IndexError, TypeError, AttributeError, LookupError, EOFError, OSError)


@dataclass(frozen=True, slots=True)
class Opened:
    """A document, and what it lost when it was mended."""

    document: Any
    broken: int = 0
    """Elements that were left out since their numbers are none."""
    cut_off: bool = False
    """Whether the file ends before its end."""


def open_dxf(path: Path) -> Opened:
    """The document, mended where that is possible. Raises NotReadable."""
    raw, mended, cut_off = _straightened(path.read_bytes())
    document = _recovered(raw) if mended else _as_it_is(path)
    if document is not None:
        if document.dxfversion <= OLD and needs_markers(raw):
            # Of what is newer than R12, its reader has kept only a part.
            document = _recovered(with_markers(raw)) or document
        return Opened(document, cut_off=cut_off)
    document, broken = _salvaged(raw)
    if document is None:
        raise NotReadable(
            "not_dxf", "This is not a DXF file, or it is damaged.", "Please save it again as DXF (R2000 or newer)."
        )
    return Opened(document, broken, cut_off)


def _straightened(raw: bytes) -> tuple[bytes, bool, bool]:
    """A file as text with what converters and lost ends have left in it put right; whether anything was, and whether
    it ends before its end."""
    if raw.startswith(BINARY):
        return raw, False, False
    text = raw
    if b"\r\r\n" in raw:  # ends of lines that were turned into others twice
        text = raw.replace(b"\r\r\n", b"\n")
    text = tidied(text)
    cut_off = is_cut_off(text)
    if cut_off:
        text = with_end(text)
    if text is raw and not cut_off:
        return raw, False, False
    return with_numbers(text), True, cut_off


def _salvaged(raw: bytes) -> tuple[Any, int]:
    """The document of a damaged file, and how many of its elements were left out; None where nothing helps.

    What changes the file least is tried first.
    """
    is_text = not raw.startswith(BINARY)
    whole, broken = raw, 0
    if is_text:  # what is no number would be read up to where it is one
        whole, broken = without_broken(with_numbers(with_whole_strings(raw)))
    if (document := _recovered(whole) or _recovered(raw)) is not None:
        return document, broken
    if (document := _recovered(with_markers(raw))) is not None:
        return document, 0
    if is_text:
        whole = with_ends_of_polylines(whole)
    return _recovered(whole) or _recovered(with_markers(whole)), broken


def _as_it_is(path: Path) -> Any:
    try:
        return filemanagement.readfile(str(path))
    except FAULTS:
        return None


def _recovered(raw: bytes) -> Any:
    try:
        return recover.read(io.BytesIO(raw))[0]
    except FAULTS:
        return None
