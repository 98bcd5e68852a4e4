"""How a shop's papers look: its colour and its logo. Name, address and bank stand in the document."""

from __future__ import annotations

from dataclasses import dataclass

from craftops.domain.shop.colour import WHITE, readable

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
        """The colour of words in the accent: the accent, darker where it could not be read on white."""
        return readable(self.accent, (WHITE,), READABLE, darker=True)


def paper_size(country: str) -> str:
    """The sheet that printers of a country hold, by its name in typst."""
    return "us-letter" if country in LETTER else "a4"
