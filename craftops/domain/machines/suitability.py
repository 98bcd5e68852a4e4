"""Whether a design can be made of a material: a sheet has its thickness, a drawing no height, a machine its bed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from craftops.domain.machines.bed import Bed, fits
from craftops.domain.machines.readings import ProcessKind

PRINTED = frozenset({ProcessKind.FDM.value, ProcessKind.SLA.value})
SHEET_MM, SHEET_SHARE = 0.3, 0.1
"""A part that was drawn for a sheet may differ from its thickness by this many mm, or this share of it: 4 mm plywood
is sold between 3.6 and 4.2 mm (EN 315)."""


class Misfit(StrEnum):
    """Why a design cannot be made of a material as it is."""

    NOT_A_SHEET = "not_a_sheet"
    NO_HEIGHT = "no_height"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Stock:
    """What a material comes as: its process (a ``ProcessKind`` value) and its thickness in mm, 0 where it is no sheet
    or nobody has said."""

    process: str
    sheet_mm: float = 0.0


def misfit(size_mm: Sequence[float] | None, stock: Stock, beds: Iterable[Bed | None] = ()) -> Misfit | None:
    """None where nothing speaks against it, or nothing is known.

    ``size_mm`` are the sides of a part, two of a drawing; ``beds`` are those of the machines that work the material,
    None for one of which nobody has said.
    """
    if size_mm is None or not all(side > 0 for side in size_mm):
        return None
    if len(size_mm) == 2 and stock.process in PRINTED:
        return Misfit.NO_HEIGHT
    if len(size_mm) == 3 and stock.sheet_mm > 0:
        thickness = min(size_mm)
        if abs(thickness - stock.sheet_mm) > max(SHEET_MM, SHEET_SHARE * stock.sheet_mm):
            return Misfit.NOT_A_SHEET
    known = list(beds)
    if known and all(bed is not None and not fits(size_mm, bed) for bed in known):
        return Misfit.TOO_LARGE
    return None
