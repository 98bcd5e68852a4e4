"""Which box a thing goes into, how many boxes an order needs, and what each weighs.

A proposal from real sizes and masses that a person corrects with the scales: the largest go in first, each into
the first open box that still has room for it by volume and weight, and into whose inside it fits by its sides.
Air and padding take ``FILL``'s complement of a box. This is first-fit decreasing, which needs at most 11/9 of the best
number of bins plus one (Johnson 1973; for one measure), and people's hands do the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from craftops.domain.shipping.carriage import ParcelSize
from craftops.errors import IntakeError

FILL = 0.6
"""Share of a box's inside that things take up; the rest is padding and air."""
PADDING_G = 30
MOST_PARCELS = 200


@dataclass(frozen=True, slots=True)
class Box:
    """A carton that the shop has. Inside millimetres, grams."""

    name: str
    length_mm: int
    width_mm: int
    height_mm: int
    most_g: int
    """What it may weigh when it is packed."""
    own_g: int = 0

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


STANDARD_BOXES = (
    Box("Small box", 190, 140, 95, 5_000, 90),
    Box("Medium box", 290, 220, 140, 10_000, 210),
    Box("Large box", 390, 290, 240, 20_000, 430),
    Box("Long box", 600, 300, 150, 25_000, 520),
)
"""Cartons that every packaging trader has; a shop changes them in its settings."""


@dataclass(frozen=True, slots=True)
class PackItem:
    """One kind of thing to pack: ``sides`` of its box in mm, ``mass_g`` of one copy (0: nobody knows)."""

    line: int
    copies: int
    sides: tuple[float, float, float]
    mass_g: float


@dataclass(frozen=True, slots=True)
class PackedBox:
    """A proposal of one parcel."""

    box: Box
    contents: dict[int, int]
    """Line id -> copies."""
    size: ParcelSize


def check_box(box: Box) -> Box:
    """The box itself if it can be used. Raises IntakeError with every faulty field."""
    faults = {}
    if not box.name.strip() or len(box.name) > 60:
        faults["name"] = "Give the box a name of up to 60 characters."
    for name in ("length_mm", "width_mm", "height_mm"):
        if not 1 <= getattr(box, name) <= 5_000:
            faults[name] = "Write millimetres between 1 and 5,000."
    if not 1 <= box.most_g <= 200_000:
        faults["most_g"] = "Write grams between 1 and 200,000."
    if not 0 <= box.own_g < box.most_g:
        faults["own_g"] = "A box weighs less than it may carry."
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    return box


@dataclass(slots=True)
class _Open:
    box: Box
    room: float
    weight: float
    contents: dict[int, int]

    def takes(self, item: PackItem) -> int:
        """Copies of it that still go in."""
        if not _fits(item.sides, self.box):
            return 0
        by_room = self.room // max(_volume(item), 1.0)
        by_weight = (self.box.most_g - self.weight) // item.mass_g if item.mass_g > 0 else item.copies
        return int(max(0, min(by_room, by_weight, item.copies)))

    def put(self, item: PackItem, copies: int) -> None:
        self.room -= copies * _volume(item)
        self.weight += copies * item.mass_g
        self.contents[item.line] = self.contents.get(item.line, 0) + copies


def _volume(item: PackItem) -> float:
    a, b, c = item.sides
    return a * b * c


def _fits(sides: Sequence[float], box: Box) -> bool:
    inside = sorted((box.length_mm, box.width_mm, box.height_mm))
    return all(side <= room for side, room in zip(sorted(sides), inside, strict=True))


def _smallest(item: PackItem, boxes: Sequence[Box]) -> Box | None:
    """The smallest box that takes all the copies; else the largest that takes one."""
    able = [box for box in boxes if _opened(box).takes(item)]
    if not able:
        return None
    whole = [box for box in able if _opened(box).takes(item) >= item.copies]
    return min(whole, key=lambda box: box.volume_mm3) if whole else max(able, key=lambda box: box.volume_mm3)


def _opened(box: Box) -> _Open:
    return _Open(box, box.volume_mm3 * FILL, box.own_g + PADDING_G, {})


def propose(items: Sequence[PackItem], boxes: Sequence[Box]) -> tuple[PackedBox, ...]:
    """Parcels for all of ``items``. What goes into no box of the shop lies in a parcel of its own measure."""
    opened: list[_Open] = []
    for item in sorted(items, key=_volume, reverse=True):
        left = item.copies
        while left > 0 and len(opened) < MOST_PARCELS:
            rest = PackItem(item.line, left, item.sides, item.mass_g)
            room = next((one for one in opened if one.takes(rest)), None)
            if room is None:
                room = _opened(_smallest(rest, boxes) or _own_measure(rest))
                opened.append(room)
            copies = room.takes(rest) or left
            room.put(rest, copies)
            left -= copies
    return tuple(_packed(_shrunk(one, boxes, items)) for one in opened)


def _own_measure(item: PackItem) -> Box:
    """A parcel as large as the thing itself and some padding, for what is larger than any box."""
    a, b, c = sorted((round(side) + 20 for side in item.sides), reverse=True)
    return Box("Own packing", a, b, c, 200_000, 0)


def _shrunk(one: _Open, boxes: Sequence[Box], items: Sequence[PackItem]) -> _Open:
    """The same in the smallest box that takes all of it."""
    by_line = {item.line: item for item in items}
    for box in sorted(boxes, key=lambda box: box.volume_mm3):
        if box.volume_mm3 >= one.box.volume_mm3:
            break
        other = _opened(box)
        for line, copies in one.contents.items():
            item = PackItem(line, copies, by_line[line].sides, by_line[line].mass_g)
            if other.takes(item) < copies:
                break
            other.put(item, copies)
        else:
            return other
    return one


def _packed(one: _Open) -> PackedBox:
    size = ParcelSize(max(1, round(one.weight)), one.box.length_mm, one.box.width_mm, one.box.height_mm)
    return PackedBox(one.box, dict(one.contents), size)
