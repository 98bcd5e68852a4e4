"""What an element of SVG looks like: whether it is seen at all, in which colour, with how wide a pen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from PIL import ImageColor

from .svg_units import Ruler

URL = re.compile(r"url\(\s*[\"']?#([^)\"']*)[\"']?\s*\)\s*(.*)", re.DOTALL)
CLEAR = re.compile(r"(?:rgb|hsl)a?\((?:(?:[^),]*,){3}|[^)/]*/)\s*(?:0+\.?0*|\.0+)%?\s*\)", re.IGNORECASE)
MARKERS = ("marker", "marker-start", "marker-mid", "marker-end")
INHERITED = frozenset((
    "fill", "stroke", "color", "fill-opacity", "stroke-opacity", "stroke-width", "visibility", "font-size", *MARKERS,
    "inkscape:label",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class InheritedStyle:
    """What children take over."""

    fill: str = "black"
    stroke: str = "none"
    colour: str = "black"
    fill_alpha: float = 1.0
    stroke_alpha: float = 1.0
    pen: float = 1.0
    """Width of a stroke in user units."""
    visible: bool = True
    font: float = 16.0
    markers: str = ""
    layer: str = ""

    def under(self, own: dict[str, str], ruler: Ruler) -> InheritedStyle:
        """The look of an element that has these properties of its own."""
        told = {name: own[name] for name in INHERITED & own.keys() if own[name] not in ("inherit", "unset")}
        if not told:
            return self
        font = ruler.length(told["font-size"], self.font, self.font) if "font-size" in told else self.font
        markers = next((told[name] for name in MARKERS if told.get(name, "none") != "none"), None)
        cleared = any(name in told for name in MARKERS)
        return replace(
            self,
            fill=told.get("fill", self.fill),
            stroke=told.get("stroke", self.stroke),
            colour=told.get("color", self.colour),
            fill_alpha=alpha_of(told.get("fill-opacity", ""), self.fill_alpha),
            stroke_alpha=alpha_of(told.get("stroke-opacity", ""), self.stroke_alpha),
            pen=ruler.length(told.get("stroke-width", ""), ruler.diagonal, self.pen),
            visible=told["visibility"] == "visible" if "visibility" in told else self.visible,
            font=font,
            markers=markers or ("" if cleared else self.markers),
            layer=told.get("inkscape:label", self.layer),
        )

    def filled(self, ids: object) -> bool:
        """Whether its inside is painted. ``ids``: what a paint may refer to."""
        return self.fill_alpha > 0 and self._paints(self.fill, ids)

    def stroked(self, ids: object) -> bool:
        """Whether its line is painted."""
        return self.stroke_alpha > 0 and self.pen > 0 and self._paints(self.stroke, ids)

    def hex(self, ids: object) -> str:
        """The colour of its line, or of its inside where it has no line, as ``#rrggbb``; empty for none."""
        paint = self.stroke if self.stroked(ids) else self.fill
        paint = self.colour if paint.lower() == "currentcolor" else paint
        try:
            return "#{:02x}{:02x}{:02x}".format(*ImageColor.getrgb(paint)[:3])
        except ValueError:
            return ""

    def _paints(self, paint: str, ids: object) -> bool:
        paint = paint.strip()
        server = URL.match(paint)
        if server:
            known = isinstance(ids, dict) and server[1] in ids
            return known or (bool(server[2].strip()) and self._paints(server[2], ids))
        paint = (self.colour if paint.lower() == "currentcolor" else paint).lower()
        if paint in ("none", "transparent") or CLEAR.fullmatch(paint):
            return False
        return not (paint.startswith("#") and len(paint) in (5, 9) and not int_of(paint[-(len(paint) // 4) :]))


def int_of(digits: str) -> int:
    """A hexadecimal number; 1 for what is none."""
    try:
        return int(digits, 16)
    except ValueError:
        return 1


def alpha_of(text: str, default: float) -> float:
    """An opacity from 0 to 1, told as a number or a percentage."""
    try:
        value = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        return default
    return min(1.0, max(0.0, value))
