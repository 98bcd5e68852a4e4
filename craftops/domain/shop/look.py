"""The look that an owner puts together: theme, colours, type, shape, room and a few sentences.

Every part may be left to the theme.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from craftops.domain.shop.colour import HEX
from craftops.domain.shop.palette import AA, AAA
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import IntakeError

LONGEST_WORDS = 120
SHA = re.compile(r"[0-9a-f]{64}")
TARGETS = {"aa": AA, "aaa": AAA}
"""Contrast of words that all colours are made for."""
TYPES: Mapping[str, Mapping[str, str]] = {
    "inter": {"font-text": '"Inter", system-ui, sans-serif', "font-heading": "var(--font-text)",
              "heading-weight": "650", "heading-tracking": "-0.022em"},
    "bitter": {"font-text": '"Inter", system-ui, sans-serif', "font-heading": '"Bitter", Georgia, serif',
               "heading-weight": "500", "heading-tracking": "-0.012em"},
    "nunito": {"font-text": '"Nunito", system-ui, sans-serif', "font-heading": "var(--font-text)",
               "heading-weight": "800", "heading-tracking": "-0.012em"},
    "mono": {"font-text": '"Inter", system-ui, sans-serif', "font-heading": '"Mono", ui-monospace, monospace',
             "heading-weight": "600", "heading-tracking": "-0.03em"},
    "system": {"font-text": "system-ui, sans-serif", "font-heading": "var(--font-text)",
               "heading-weight": "700", "heading-tracking": "-0.015em"},
}  # fmt: skip
"""Faces that come with the program, by name; nothing is fetched from elsewhere."""
CORNERS: Mapping[str, Mapping[str, str]] = {
    "square": {"radius": "0", "radius-small": "0"},
    "small": {"radius": "4px", "radius-small": "3px"},
    "medium": {"radius": "12px", "radius-small": "8px"},
    "round": {"radius": "22px", "radius-small": "14px"},
}
ROOM: Mapping[str, Mapping[str, str]] = {
    "compact": {"card-room": "0.9rem", "gap": "0.7rem", "page-gap": "1.1rem", "control": "2.5rem"},
    "normal": {"card-room": "1.25rem", "gap": "1rem", "page-gap": "1.75rem", "control": "2.75rem"},
    "generous": {"card-room": "1.75rem", "gap": "1.3rem", "page-gap": "2.5rem", "control": "3.1rem"},
}
SENTENCES = (
    "home", "home_lead", "received", "in_review", "queued", "ready_for_pickup", "ready_to_ship", "shipped", "completed",
    "mail_close",
)  # fmt: skip
"""What may be worded anew: the head of the customer's home and a line under it, sentences of stages, the end of each
mail."""


@dataclass(frozen=True, slots=True)
class ShopLook:
    """One look. Empty parts are those of the theme; an empty ``accent`` is the colour of the shop's profile."""

    theme: str = ""
    accent: str = ""
    ground: str = ""
    target: str = "aa"
    type: str = ""
    corners: str = ""
    room: str = ""
    logo_sha: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def contrast(self) -> float:
        """What words keep on their grounds, at least."""
        return TARGETS[self.target]

    @property
    def shape(self) -> dict[str, str]:
        """Tokens of type, corners and room, where they are not left to the theme."""
        return {**TYPES.get(self.type, {}), **CORNERS.get(self.corners, {}), **ROOM.get(self.room, {})}

    def word(self, name: str) -> str:
        """How the shop words a sentence; empty where it says nothing of its own."""
        return self.words.get(name, "")

    def body(self) -> dict[str, Any]:
        """As it is kept."""
        return {**asdict(self), "words": dict(self.words)}


CHOICES: Mapping[str, tuple[str, ...]] = {
    "target": tuple(TARGETS),
    "type": ("", *TYPES),
    "corners": ("", *CORNERS),
    "room": ("", *ROOM),
}
"""What a part may be, in the order in which it is offered."""


def check_look(look: ShopLook, themes: tuple[str, ...]) -> ShopLook:
    """The look itself if it can be worn. Raises IntakeError with every faulty field and its sentence."""
    if faults := _faults(look, themes):
        raise IntakeError("Some answers cannot be used yet.", faults)
    return replace(
        look,
        accent=look.accent.lower(),
        ground=look.ground.lower(),
        words={name: text.strip() for name, text in look.words.items() if name in SENTENCES and text.strip()},
    )


def _faults(look: ShopLook, themes: tuple[str, ...]) -> dict[str, str]:
    faults: dict[str, str] = {}
    for name in ("accent", "ground"):
        value = getattr(look, name)
        if value and not HEX.fullmatch(value):
            faults[name] = "Write the colour as #rrggbb."
    for name, possible in CHOICES.items():
        if getattr(look, name) not in possible:
            faults[name] = "Choose one of these."
    if look.theme and look.theme not in themes:
        faults["theme"] = "There is no such theme."
    if look.logo_sha and not SHA.fullmatch(look.logo_sha):
        faults["logo"] = "Choose the logo again."
    for name, text in look.words.items():
        if name in SENTENCES and len(text) > LONGEST_WORDS:
            faults[f"w_{name}"] = f"Write at most {LONGEST_WORDS} characters."
    return faults


def look_from_json(data: Mapping[str, Any]) -> ShopLook:
    """A kept look; what a newer version has added is left out, and what it calls otherwise is left to the theme."""
    known = {key: value for key, value in data.items() if key in ShopLook.__dataclass_fields__}
    for name, possible in CHOICES.items():
        if known.get(name) not in possible:
            known.pop(name, None)
    return ShopLook(**known)


def faced(profile: ShopProfile, look: ShopLook | None) -> ShopProfile:
    """The profile with the colour and the logo of the look, which count from the first look on that is kept."""
    return profile if look is None else replace(profile, brand=look.accent or profile.brand, logo_sha=look.logo_sha)
