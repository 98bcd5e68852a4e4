"""How a shop's papers look: its colour and its logo. Name, address and bank stand in the document."""

from __future__ import annotations

from dataclasses import dataclass

INK = "#1c1e21"
READABLE = 4.5
"""Contrast of text on white (WCAG 2.2, 1.4.3)."""
LETTER = frozenset(("US", "CA", "MX", "PH", "CO", "CL"))
"""Countries that print on letter paper."""


@dataclass(frozen=True, slots=True)
class Brand:
    """``accent`` as #rrggbb; ``logo`` a PNG as ``services/shop/logo.py`` keeps it, or nothing."""

    accent: str = "#1f6feb"
    logo: bytes = b""
    website: str = ""

    @property
    def ink(self) -> str:
        """The colour of words in the accent: the accent, where it can be read on white."""
        return self.accent if _contrast_on_white(self.accent) >= READABLE else INK


def paper_size(country: str) -> str:
    """The sheet that printers of a country hold, by its name in typst."""
    return "us-letter" if country in LETTER else "a4"


def _contrast_on_white(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    light = sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (light + 0.05)
