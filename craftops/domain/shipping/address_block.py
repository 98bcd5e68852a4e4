"""The lines of an address as its country writes them on a letter or a label.

The order comes as data: the pattern of Google's address data (``%N`` name, ``%O`` company, ``%A`` street, ``%D``
district, ``%C`` city, ``%S`` region, ``%Z`` postcode, ``%X`` sorting code, ``%n`` a new line), which
``services/shipping/address_lines.py`` asks its library for. Abroad, the country stands alone in capitals in the last
line, in the sender's language (Universal Postal Convention, article 17-109).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from craftops.domain.people.addresses import PostalAddress

FIELD = re.compile("(%[A-Z])")
LOUD = "CSXZ"
"""What a country may want in capitals. Names and streets are left as their owners write them."""


@dataclass(frozen=True, slots=True)
class AddressLayout:
    """How one country writes addresses."""

    pattern: str
    """In the country's own script."""
    latin: str
    """In Latin letters."""
    capitals: frozenset[str] = frozenset()
    """Letters of the fields that its post wants in capitals."""


EVERYWHERE = AddressLayout("%N%n%O%n%A%n%Z %C%n%S", "%N%n%O%n%A%n%Z %C%n%S")
"""Where nothing is known of a country."""


def block(address: PostalAddress, layout: AddressLayout, abroad: str = "") -> tuple[str, ...]:
    """The lines, first to last, none of them empty. ``abroad``: the name of the country, where the letter leaves ours.

    Whatever stands in name, company, street, city and postcode stands in the lines, also where the pattern has no
    place for it; a region only where the country writes one.
    """
    values = {
        "N": address.name,
        "O": address.company if address.company != address.name else "",
        "A": "\n".join(line for line in (address.line1, address.line2) if line.strip()),
        "C": address.city,
        "S": address.region,
        "Z": address.postcode,
    }
    values = {key: value.strip() for key, value in values.items()}
    for key in layout.capitals & set(LOUD):
        if key in values:
            values[key] = capitals(values[key], address.country)
    if abroad:
        values["C"] = capitals(values["C"], address.country)
    pattern = layout.pattern if _is_native(address) else layout.latin
    lines = [line for part in _complete(pattern, values).split("%n") for line in _filled(part, values).split("\n")]
    return tuple(line for line in (*lines, capitals(abroad, "")) if line)


def capitals(text: str, country: str) -> str:
    """``text`` in capitals; Turkish keeps its dots, Greek loses its accents."""
    if country in ("TR", "AZ"):
        text = text.replace("i", "İ")
    if country in ("GR", "CY"):
        plain = unicodedata.normalize("NFD", text.upper())
        return unicodedata.normalize("NFC", plain.replace("\u0301", ""))
    return text.upper()


def _is_native(address: PostalAddress) -> bool:
    """Whether street and city are written in other letters than Latin ones."""
    letters = [one for one in address.line1 + address.city if one.isalpha()]
    foreign = sum(not unicodedata.name(one, "").startswith(("LATIN", "MODIFIER")) for one in letters)
    return foreign * 2 > len(letters)


def _complete(pattern: str, values: dict[str, str]) -> str:
    """The pattern with a place for the city and the postcode, where they are given and it has none.

    Japan's own pattern expects the city within the street; Singapore's has the city as a word of its own.
    """
    city = values["C"]
    if city and "%C" not in pattern and city.casefold() not in FIELD.sub("", pattern).casefold():
        if "%S%n%A" in pattern:
            pattern = pattern.replace("%S%n%A", "%S%C%n%A")
        elif "%A, %S" in pattern:
            pattern = pattern.replace("%A, %S", "%A%n%C, %S")
        else:
            pattern = pattern.replace("%A", "%A%n%C", 1)
    if values["Z"] and "%Z" not in pattern:
        pattern = pattern.replace("%C", "%C %Z", 1) if "%C" in pattern else f"{pattern}%n%Z"
    return pattern


def _filled(part: str, values: dict[str, str]) -> str:
    """One line of a pattern. What stands between two fields is written where both are, the shorter of two such where
    the field between them is missing; what stands before the first belongs to the line."""
    pieces = FIELD.split(part)
    fields = [values.get(one[1], "") for one in pieces[1::2]]
    if not any(fields):
        return pieces[0].strip() if any(one.isalpha() for one in pieces[0] if one.isascii()) else ""
    out, gap, begun = pieces[0], "", False
    for value, after in zip(fields, pieces[2::2], strict=True):
        if value:
            out += (gap if begun else "") + value
            gap, begun = after, True
        elif begun:
            gap = min(gap, after, key=len)
    return (out + (gap if fields[-1] else "")).strip()
