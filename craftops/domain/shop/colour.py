"""Colours as people see them: OKLCH, and how well one can be told from another.

Conversions are Björn Ottosson's (https://bottosson.github.io/posts/oklab/), contrast is that of WCAG 2.2.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

HEX = re.compile(r"#[0-9a-fA-F]{6}")
WHITE, INK = "#ffffff", "#14161a"
_LMS = ((0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566),
        (0.0883024619, 0.2817188376, 0.6299787005))  # fmt: skip
_LAB = ((0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660))  # fmt: skip
_FROM_LAB = ((0.3963377774, 0.2158037573), (-0.1055613458, -0.0638541728), (-0.0894841775, -1.2914855480))
_RGB = ((4.0767416621, -3.3077115913, 0.2309699292), (-1.2684380046, 2.6097574011, -0.3413193965),
        (-0.0041960863, -0.7034186147, 1.7076147010))  # fmt: skip
Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Oklch:
    """Lightness from 0 to 1, chroma from 0 (grey), hue in degrees."""

    light: float
    chroma: float
    hue: float

    @property
    def hex(self) -> str:
        """The colour as ``#rrggbb``; where a screen cannot show so much chroma, with as much as it can."""
        light = min(1.0, max(0.0, self.light))
        return _hex(light, max(0.0, self.chroma), self.hue % 360)

    def at(self, light: float, chroma: float | None = None) -> Oklch:
        """The same hue, lighter or darker."""
        return Oklch(light, self.chroma if chroma is None else chroma, self.hue)


def _dot(row: tuple[float, ...], values: tuple[float, ...]) -> float:
    return sum(weight * one for weight, one in zip(row, values, strict=True))


def _linear(light: float, chroma: float, hue: float) -> Triple:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    p, q, r = ((light + x * a + y * b) ** 3 for x, y in _FROM_LAB)
    red, green, blue = (x * p + y * q + z * r for x, y, z in _RGB)
    return red, green, blue


def _fits(linear: Triple) -> bool:
    return min(linear) >= -0.0005 and max(linear) <= 1.0005


@lru_cache(maxsize=16_384)
def _hex(light: float, chroma: float, hue: float) -> str:
    linear = _linear(light, chroma, hue)
    if not _fits(linear):
        low, high = 0.0, chroma
        for _ in range(10):
            middle = (low + high) / 2
            low, high = (middle, high) if _fits(_linear(light, middle, hue)) else (low, middle)
        linear = _linear(light, low, hue)
    return "#" + "".join(f"{round(255 * _encoded(min(1.0, max(0.0, one)))):02x}" for one in linear)


def _encoded(one: float) -> float:
    return 1.055 * one ** (1 / 2.4) - 0.055 if one > 0.0031308 else 12.92 * one


def _decoded(colour: str) -> Triple:
    if not HEX.fullmatch(colour):
        raise ValueError(f"{colour!r} is no colour of the form #rrggbb")
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    )
    return red, green, blue


@lru_cache(maxsize=4096)
def oklch(colour: str) -> Oklch:
    """``#rrggbb`` in OKLCH. Raises ValueError where it is not written so."""
    cone = tuple(max(0.0, _dot(row, _decoded(colour))) ** (1 / 3) for row in _LMS)
    light, a, b = (_dot(row, cone) for row in _LAB)
    return Oklch(light, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


@lru_cache(maxsize=16_384)
def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2), 0 to 1."""
    return _dot((0.2126, 0.7152, 0.0722), _decoded(colour))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours (WCAG 2.2), 1 to 21."""
    a, b = luminance(one), luminance(other)
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    """So much of ``colour`` on ``ground``, as ``color-mix(in srgb, …)`` does."""
    parts = ((int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in parts)


def least(colour: str, grounds: tuple[str, ...]) -> float:
    """The contrast of a colour with that of its grounds from which it is hardest to tell."""
    return min(contrast(colour, ground) for ground in grounds)


def readable(colour: str, grounds: tuple[str, ...], wanted: float, *, darker: bool) -> str:
    """The colour, made darker (or lighter) by no more than is needed for ``wanted`` on each of its grounds; black or
    white where even that is too little."""
    if least(colour, grounds) >= wanted:
        return colour
    start = oklch(colour)
    near, far = start.light, 0.0 if darker else 1.0
    if least(start.at(far).hex, grounds) < wanted:
        return start.at(far).hex
    for _ in range(12):
        middle = (near + far) / 2
        near, far = (near, middle) if least(start.at(middle).hex, grounds) >= wanted else (middle, far)
    return start.at(far).hex
