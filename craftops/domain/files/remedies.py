"""Fixes that we make of a customer's file by one click; each gives a new file, the old one stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from craftops.domain.files.designs import Analysis, FileFormat
from craftops.errors import IntakeError

UNITS_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4, "µm": 0.001}
"""Units that a file may turn out to be drawn in, in millimetres."""
OTHER_UNITS_MM = {
    "px": 25.4 / 96, "px90": 25.4 / 90, "pt": 25.4 / 72, "pc": 25.4 / 6, "q": 0.25, "ft": 304.8, "yd": 914.4,
    "mi": 1_609_344.0, "km": 1e6, "dm": 100.0, "dam": 1e4, "hm": 1e5, "µin": 2.54e-5, "mil": 0.0254, "nm": 1e-6,
    "micron": 0.001, "millimeter": 1.0, "centimeter": 10.0, "meter": 1000.0, "inch": 25.4, "foot": 304.8,
}  # fmt: skip
"""Further units that files name, in millimetres; nobody is offered to read a file in these."""
PIXELS = ("px", "px90", "pt")
"""Pixels of 96 to an inch (CSS), of 90 (Inkscape before 0.92), of 72 (Illustrator): an SVG may be drawn in each."""
UNIT_WORDS = {
    "mm": "millimetres", "cm": "centimetres", "m": "metres", "in": "inches", "µm": "micrometres",
    "px": "pixels, 96 to an inch", "px90": "pixels, 90 to an inch", "pt": "points, 72 to an inch",
}  # fmt: skip
LIKELY_MM = (0.5, 5000.0)
"""A longest side between these two is one that somebody may have meant."""
HUGE_MM = 1000.0
"""Below it nobody meant micrometres."""
MESHES = frozenset({FileFormat.STL, FileFormat.OBJ, FileFormat.THREEMF})


class Remedy(StrEnum):
    """What can be done to a file."""

    UNIT = "unit"
    """Read it in another unit; the option names which."""
    REPAIR = "repair"
    """Close the holes of a mesh and turn its faces the same way."""
    CENTRE = "centre"
    """Put a mesh on the bed: its middle at the origin, its lowest point at height 0."""
    CLOSE_GAPS = "close_gaps"
    """Join ends of lines that nearly meet."""
    MERGE_DUPLICATES = "merge_duplicates"
    """Keep one of several lines that lie on each other."""
    DROP_EMPTY = "drop_empty"
    """Leave out layers on which nothing is drawn."""
    READ = "read"
    """Take a mail apart. Never offered, either."""
    REDRAW = "redraw"
    """Draw a picture again, so that nothing but its pixels is left: no place, no camera, no text. Never offered: it
    is done to every picture that comes with a message."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One remedy that somebody asks for. Written ``unit:in`` or ``repair``."""

    remedy: Remedy
    option: str = ""

    def __str__(self) -> str:
        return f"{self.remedy.value}:{self.option}" if self.option else self.remedy.value


def parse_ask(text: str) -> Ask:
    """The reverse of ``str(ask)``. Raises IntakeError for what we cannot do."""
    name, _colon, option = text.partition(":")
    if name not in {one.value for one in Remedy}:
        raise IntakeError("We do not know this fix.")
    remedy = Remedy(name)
    if (remedy is Remedy.UNIT) != (option in UNITS_MM or option in PIXELS):
        raise IntakeError("Choose the unit: mm, cm, m or in.")
    return Ask(remedy, option)


def offered(analysis: Analysis, kind: str) -> tuple[Ask, ...]:
    """What may be asked for, from the findings: units first, those that give a likely size only."""
    wanted = dict.fromkeys(found.remedy for found in analysis.findings if found.remedy)
    found: list[Ask] = []
    for name in wanted:
        if name not in {one.value for one in Remedy}:
            continue
        if name == Remedy.UNIT.value:
            found += _units(analysis, kind)
        else:
            found.append(Ask(Remedy(name)))
    return tuple(found)


def factor(analysis: Analysis, option: str) -> float:
    """By how much the measures grow when the file is read in this unit and not in the one that we took."""
    return unit_mm(option) / read_in_mm(analysis)


def read_in_mm(analysis: Analysis) -> float:
    """The millimetres of the unit that we read the file in."""
    facts = analysis.drawing or analysis.mesh
    return unit_mm(facts.unit if facts else "")


def unit_mm(named: str) -> float:
    """The millimetres of a unit as a file names it; 1 for one that nobody has named."""
    return {**OTHER_UNITS_MM, **UNITS_MM}.get(named, 1.0)


def _units(analysis: Analysis, kind: str) -> list[Ask]:
    if analysis.size_mm is None or kind in (FileFormat.THREEMF, FileFormat.AI):
        return []  # these always name their unit
    largest = max(analysis.size_mm)
    asks = []
    drawn_in = analysis.drawing.unit if analysis.drawing and kind == FileFormat.SVG else ""
    others = [one for one in PIXELS if one != drawn_in] if drawn_in in PIXELS else []
    for option in (*UNITS_MM, *others):
        grows = factor(analysis, option)
        unasked = kind in MESHES and abs(grows - 1.0) < 1e-9  # nothing would change, and nothing in the file says so
        unasked = unasked or (option == "µm" and largest < HUGE_MM)
        if not unasked and LIKELY_MM[0] <= largest * grows <= LIKELY_MM[1]:
            asks.append(Ask(Remedy.UNIT, option))
    return asks
