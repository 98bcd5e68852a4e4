"""Code 128 (ISO/IEC 15417) as a picture, by ``python-barcode``; QR codes are in ``codes.py``."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby

from barcode.codex import Code128  # type: ignore[import-untyped]

CODE = re.compile(r"[A-Z0-9-]{1,40}")
"""What references of shipments are made of: every scanner and printer knows these signs."""
QUIET = 10
"""Modules of white on each side (5.3.3)."""


@lru_cache(maxsize=256)
def bars(code: str) -> str:
    """The modules, "1" for black, without quiet zones. Raises ValueError for signs that we never put into codes."""
    if not CODE.fullmatch(code):
        raise ValueError(f"{code!r} is no reference of a shipment")
    [modules] = Code128(code).build()
    return str(modules)


def widths(code: str) -> list[int]:
    """Widths of bars and gaps in turn, in modules; the first is a bar."""
    return [len(list(run)) for _, run in groupby(bars(code))]
