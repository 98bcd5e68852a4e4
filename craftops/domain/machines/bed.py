"""Does a part fit a machine."""

from __future__ import annotations

import re
from collections.abc import Sequence

from craftops.errors import IntakeError

NUMBER = re.compile(r"^\d{1,5}(?:[.,]\d{1,2})?$")
BETWEEN = re.compile(r"\s*[x×*]\s*", re.IGNORECASE)
Bed = tuple[float, ...]
"""The largest part that a machine can make, in mm: width, depth, and height where it has one."""


def parse_bed(text: str) -> Bed | None:
    """ "250 × 210 × 220" as millimetres; None for an empty text. Raises IntakeError."""
    if not text.strip():
        return None
    parts = BETWEEN.split(text.strip().removesuffix("mm").strip())
    if len(parts) not in (2, 3) or not all(NUMBER.match(part) for part in parts):
        raise IntakeError("Write the size as 250 × 210 × 220.", {"bed": "Write it as 250 × 210 × 220, in mm."})
    sides = tuple(float(part.replace(",", ".")) for part in parts)
    if min(sides) <= 0:
        raise IntakeError("Every side must be longer than nothing.", {"bed": "Every side must be longer than nothing."})
    return sides


def fits(size_mm: Sequence[float], bed: Sequence[float]) -> bool:
    """Whether a part fits when it is turned by right angles as it likes.

    A drawing has two sides, and lies flat: it takes the two of the bed that come first. A machine without a height (a
    laser) takes parts by their two longest sides, as sheets.
    """
    if len(size_mm) == 2 or len(bed) == 2:
        part, room = sorted(size_mm)[-2:], sorted(bed[:2])
    else:
        part, room = sorted(size_mm), sorted(bed)
    return all(side <= most for side, most in zip(part, room, strict=True))
