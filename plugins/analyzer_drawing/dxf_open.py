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
    raw = path.read_bytes()
    if changed := b"\r\r\n" in raw and not raw.startswith(BINARY):  # ends of lines that were turned into others twice
        raw = raw.replace(b"\r\r\n", b"\n")
    if (tidy := tidied(raw)) is not raw:
        raw, changed = tidy, True
    cut_off = is_cut_off(raw)
    if cut_off:
        raw = with_end(raw)
    if (cut_off or changed) and not raw.startswith(BINARY):
        raw = with_numbers(raw)
    old = None
    try:
        from_text = cut_off or changed
        document = recover.read(io.BytesIO(raw))[0] if from_text else filemanagement.readfile(str(path))
        if document.dxfversion > OLD or not needs_markers(raw):
            return Opened(document, cut_off=cut_off)
        old = document  # of what is newer than R12, its reader has kept only a part
    except FAULTS:
        pass
    whole, broken = raw, 0
    if not raw.startswith(BINARY):  # what is no number would be read up to where it is one
        whole, broken = without_broken(with_numbers(with_whole_strings(raw)))
    if old is None and (document := _recovered(whole) or _recovered(raw)) is not None:
        return Opened(document, broken, cut_off)
    if (document := _recovered(with_markers(raw))) is not None:
        return Opened(document, cut_off=cut_off)
    if old is not None:
        return Opened(old, cut_off=cut_off)
    whole = whole if raw.startswith(BINARY) else with_ends_of_polylines(whole)
    document = _recovered(whole) or _recovered(with_markers(whole))
    if document is None:
        raise NotReadable(
            "not_dxf", "This is not a DXF file, or it is damaged.", "Please save it again as DXF (R2000 or newer)."
        )
    return Opened(document, broken, cut_off)


def _recovered(raw: bytes) -> Any:
    try:
        return recover.read(io.BytesIO(raw))[0]
    except FAULTS:
        return None
