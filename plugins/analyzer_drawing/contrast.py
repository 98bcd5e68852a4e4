"""Which ground a picture needs so that its lines stand out, and what becomes of lines that stand out from none.

Contrast as WCAG 2.2 reckons it (relative luminance, 1 : 1 to 21 : 1); 3 : 1 is what it asks of graphics.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
ENOUGH = 3.0
WELL = 3.2
"""What a colour that has to be changed is brought to."""
PAGES: tuple[Colour, ...] = ((255, 255, 255), (30, 33, 40))
"""The grounds of a card in a light and in a dark page."""
LIGHT, DARK, MIDDLE = (236, 237, 240), (58, 63, 74), (124, 126, 130)
"""Grounds of our own: for dark, for light, and for black and white at once."""
CHOICES: tuple[tuple[Colour, ...], ...] = (PAGES, (LIGHT,), (DARK,), (MIDDLE,))
MOSTLY = 0.8
"""The share of what is painted that should stand out."""


def luminance(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative luminance, 0 to 1, of sRGB colours from 0 to 255, shape (..., 3)."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    found: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return found


def contrast(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ratio of two luminances, 1 to 21."""
    found: NDArray[np.float64] = (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
    return found


def stands_out(colours: NDArray[np.float64], grounds: tuple[Colour, ...]) -> NDArray[np.bool_]:
    """Which colours, shape (n, 3), stand out from every one of these grounds."""
    own = luminance(colours)
    found = np.ones(len(colours), bool)
    for ground in luminance(np.array(grounds, np.float64)):
        found &= contrast(own, ground) >= ENOUGH
    return found


def ground_for(pixels: NDArray[np.float64], weights: NDArray[np.float64], lines: NDArray[np.float64]) -> int:
    """The place in CHOICES of the ground from which most stands out, all lines before all else.

    ``pixels``: what is painted, shape (n, 3), with its weights; ``lines``: colours of lines, shape (m, 3).
    """
    scores = []
    for grounds in CHOICES:
        seen = float(weights[stands_out(pixels, grounds)].sum() / max(float(weights.sum()), 1e-9))
        kept = float(stands_out(lines, grounds).mean()) if len(lines) else 1.0
        scores.append((kept, min(seen, MOSTLY)))
    return max(range(len(scores)), key=lambda place: (scores[place], -place))


def brought_out(colour: Colour, grounds: tuple[Colour, ...]) -> Colour:
    """The colour, made darker or lighter until it stands out from these grounds."""
    own = np.array(colour, np.float64)
    if stands_out(own[None, :], grounds)[0]:
        return colour
    found = []
    for towards in (np.zeros(3), np.full(3, 255.0)):
        mixed = own + np.linspace(0, 1, 41)[:, None] * (towards - own)
        levels = luminance(np.array(grounds, np.float64))
        good = np.all([contrast(luminance(mixed), level) >= WELL for level in levels], axis=0)
        if good.any():
            place = int(np.argmax(good))
            found.append((place, mixed[place]))
    if not found:
        return (132, 138, 150)
    red, green, blue = (round(float(part)) for part in min(found, key=lambda one: one[0])[1])
    return red, green, blue
