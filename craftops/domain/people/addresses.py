"""Postal addresses of customers: their fields, and how long each may be. What a country wants is asked elsewhere."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Protocol

from craftops.errors import IntakeError

MOST = 50
"""Addresses of one person."""
LENGTHS = {
    "name": 100, "company": 100, "line1": 100, "line2": 100, "postcode": 20, "city": 100, "region": 100, "country": 2,
    "phone": 40,
}  # fmt: skip


class Addressed(Protocol):
    """A postal address, as it is kept or as it was typed."""

    @property
    def name(self) -> str: ...
    @property
    def company(self) -> str: ...
    @property
    def line1(self) -> str: ...
    @property
    def line2(self) -> str: ...
    @property
    def postcode(self) -> str: ...
    @property
    def city(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def phone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where something is sent. ``country`` is ISO 3166-1 alpha-2; ``region`` a state or province where there is one."""

    name: str
    line1: str
    city: str
    country: str
    postcode: str = ""
    region: str = ""
    company: str = ""
    line2: str = ""
    phone: str = ""


def clean(sent: PostalAddress) -> PostalAddress:
    """The same without needless blanks. Raises IntakeError for fields that are too long or hold no text."""
    values = {name: " ".join(text.split()) for name, text in asdict(sent).items()}
    values["country"] = values["country"].upper()
    faults = {
        name: f"Use at most {LENGTHS[name]} characters." for name, text in values.items() if len(text) > LENGTHS[name]
    }
    faults |= {
        name: "These are characters that no label can print." for name, text in values.items() if not text.isprintable()
    }
    if not values["name"]:
        faults["name"] = "Write who gets it."
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    return PostalAddress(**values)
