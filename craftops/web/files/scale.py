"""How large is that? A part's outline to scale beside a coin and a hand, for each unit that its file may have meant.

Pure: from a size to what the macro ``ui.scale`` draws. Of three sides the two longest are drawn, as if it lay there.
"""

from __future__ import annotations

from collections.abc import Sequence

from craftops.web.files.views import Scale, ViewBox
from craftops.web.frame.language.translation import gettext as _

COIN_MM = 23.25
"""A coin of one euro."""
HAND_MM = 190.0
HAND_WIDE_MM = 128.0
"""With the thumb spread, as the macro draws it."""
PALM_MM = 84.0
WIDE, HIGH = 280.0, 132.0
"""The drawing's own size. Everything in it is in the same unit, so it may be shown at any size."""
GAP, EDGE = 16.0, 8.0
LEAST = 2.5
"""A smaller part is drawn as a dot of this size; a smaller coin is left out."""
LEAST_HAND = 9.0
"""A smaller hand is a blot."""
COIN_MOST_MM = 30.0
"""Parts up to here are compared with a coin alone: beside a hand nobody could see them."""


def scale_of(size_mm: Sequence[float], unit: str = "") -> Scale:
    """The drawing of a part that is ``size_mm`` large, in millimetres, two sides or three."""
    wide, high = _longest(size_mm)
    compared = [(COIN_MM, COIN_MM, LEAST)]
    if max(wide, high) > COIN_MOST_MM:
        compared.append((HAND_WIDE_MM, HAND_MM, LEAST_HAND))
    across = wide + sum(one[0] for one in compared)
    tallest = max(high, compared[-1][1])
    step = min((WIDE - 2 * EDGE - GAP * len(compared)) / across, (HIGH - 2 * EDGE) / tallest)
    drawn = [(max(LEAST, wide * step), max(LEAST, high * step))]
    seen = [one for one in compared if one[1] * step >= one[2]]
    drawn += [(one[0] * step, one[1] * step) for one in seen]
    part, *beside = _side_by_side(drawn)
    coin = beside.pop(0) if compared[0] in seen else None
    return Scale(unit, _said(size_mm), _compared(max(size_mm)), WIDE, HIGH, part, coin, beside[0] if beside else None)


def _longest(size_mm: Sequence[float]) -> tuple[float, float]:
    """The two longest sides, in the order of their axes."""
    kept = sorted(sorted(range(len(size_mm)), key=lambda axis: -size_mm[axis])[:2])
    return size_mm[kept[0]], size_mm[kept[1]]


def _side_by_side(boxes: Sequence[tuple[float, float]]) -> list[ViewBox]:
    """Boxes of these widths and heights on one line, in the middle of the drawing."""
    x = (WIDE - sum(wide for wide, _high in boxes) - GAP * (len(boxes) - 1)) / 2
    placed = []
    for wide, high in boxes:
        placed.append(ViewBox(round(x, 2), round(HIGH - EDGE - high, 2), round(wide, 2), round(high, 2)))
        x += wide + GAP
    return placed


def _said(size_mm: Sequence[float]) -> str:
    """The size in whatever people would say: mm, or m where it is large."""
    if max(size_mm) >= 10_000:
        return " × ".join(f"{side / 1000:,.4g}" for side in size_mm) + " m"
    return " × ".join(f"{side:,.1f}".removesuffix(".0") if side >= 1 else f"{side:.2g}" for side in size_mm) + " mm"


def _compared(largest: float) -> str:
    """The largest side in words."""
    if largest < 1:
        return _("Smaller than a grain of salt") if largest < 0.3 else _("As small as a grain of sand")
    if largest < 0.7 * COIN_MM:
        return _("Smaller than a coin")
    if largest < 1.4 * COIN_MM:
        return _("About as large as a coin")
    if largest <= PALM_MM:
        return _("Lies in the palm of a hand")
    if largest < 0.85 * HAND_MM:
        return _("Shorter than a hand")
    if largest < 1.3 * HAND_MM:
        return _("About as long as a hand")
    if largest < 12 * HAND_MM:
        return _("About %(count)s hands long", count=f"{largest / HAND_MM:.2g}")
    if largest < 12_000:
        return _("Longer than a bed") if largest < 6000 else _("Longer than a van")
    return _("Larger than a house")
