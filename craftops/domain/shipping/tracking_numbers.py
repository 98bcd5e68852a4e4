"""Whether a tracking number can be one of the carrier that staff chose: by its shape and its check digit.

It only ever warns: carriers change their numbers, pass parcels on, and take numbers of one another. The rules are
published: UPU S10, GS1 General Specifications (SSCC), UPS "Tracking number check digit", FedEx and USPS (Publication
199, IMpb), Deutsche Post "Identcode", DPD "Parcel Label Specification 2.4.1", DHL Express "Waybill", ISO/IEC 7064
(MOD 37, 36) and ISO/IEC 7812 (Luhn); as collected in jkeen/tracking_number_data (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from craftops.domain.shipping.tracking_links import NETWORKS

Check = Callable[[str], bool]
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Doubt(StrEnum):
    """What may be wrong with a number."""

    CHECK_DIGIT = "check_digit"
    """It has the carrier's shape, and its check digit does not fit: a digit is wrong."""
    SHAPE = "shape"
    """The carrier writes other numbers."""
    OTHER = "other"
    """It is surely somebody else's."""


@dataclass(frozen=True, slots=True)
class Warned:
    """One doubt. ``sentence`` is for staff; ``network`` names whose number it looks like, where that is told."""

    doubt: Doubt
    sentence: str
    network: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of number. ``check`` is None where there is no check digit; ``telling``: nobody else writes such."""

    networks: tuple[str, ...]
    pattern: re.Pattern[str]
    check: Check | None = None
    telling: bool = False


def normal(number: str) -> str:
    """A number without the blanks and marks that people and labels put into it."""
    return re.sub(r"[\s.\-/]", "", number).upper()


def weighted(weights: Sequence[int], modulus: int = 10) -> Check:
    """GS1's way: digits times weights that repeat from the right, and the check digit fills up to ``modulus``."""

    def check(digits: str) -> bool:
        body = reversed(digits[:-1])
        total = sum(int(one) * weights[place % len(weights)] for place, one in enumerate(body))
        return -total % modulus == int(digits[-1])

    return check


def s10(number: str) -> bool:
    """UPU S10-12, 5.2: weights 8 6 4 2 3 5 9 7, modulo 11."""
    digits = number[2:11]
    rest = 11 - sum(int(one) * weight for one, weight in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=False)) % 11
    return {10: 0, 11: 5}.get(rest, rest) == int(digits[8])


def ups(number: str) -> bool:
    """After "1Z": letters count as (code − 63) modulo 10, every second sign twice."""
    signs = [int(one) if one.isdecimal() else (ord(one) - 63) % 10 for one in number[2:-1]]
    total = sum(value * (2 if place % 2 else 1) for place, value in enumerate(signs))
    return -total % 10 == int(number[-1])


def fedex_express(number: str) -> bool:
    """The last twelve: weights 1 3 7 from the right, modulo 11, then modulo 10."""
    body = reversed(number[-12:-1])
    total = sum(int(one) * (1, 3, 7)[place % 3] for place, one in enumerate(body))
    return total % 11 % 10 == int(number[-1])


def fedex_long(number: str) -> bool:
    """Of 34 digits the last fourteen, with the weights of the short one."""
    body = reversed(number[-14:-1])
    total = sum(int(one) * (1, 3, 7)[place % 3] for place, one in enumerate(body))
    return total % 11 % 10 == int(number[-1])


def modulo_7(number: str) -> bool:
    """DHL Express: the number without its last digit, modulo 7."""
    return int(number[:-1]) % 7 == int(number[-1])


def iso_7064_37_36(number: str) -> bool:
    """DPD: ISO/IEC 7064, MOD 37, 36."""
    rest = 36
    for one in number[:-1]:
        rest = rest + DIGITS.index(one)
        rest = (rest - 36 if rest > 36 else rest) * 2
        rest = rest - 37 if rest > 36 else rest
    return (37 - rest) % 36 == DIGITS.index(number[-1])


def luhn(number: str) -> bool:
    """ISO/IEC 7812."""
    doubled = [int(one) * (2 if place % 2 else 1) for place, one in enumerate(reversed(number))]
    return sum(sum(divmod(one, 10)) for one in doubled) % 10 == 0


def usps(number: str) -> bool:
    """IMpb: GS1's way over all after the ZIP code (Publication 199)."""
    return weighted((3, 1))(re.sub(r"^420(\d{5}|\d{9})(?=9\d{21}$|9\d{25}$|\d{20}$)", "", number))


POSTS = {
    "AT": "post_at", "AU": "australia_post", "BE": "bpost", "CA": "canada_post", "CH": "swiss_post",
    "CZ": "ceska_posta",
    "DE": "dhl_paket", "DK": "postnord", "ES": "correos", "FI": "posti", "FR": "la_poste", "GB": "royal_mail",
    "GR": "elta", "IE": "an_post", "IT": "poste_italiane", "JP": "japan_post", "NL": "postnl", "NO": "bring",
    "NZ": "nz_post", "PL": "poczta_polska", "PT": "ctt", "SE": "postnord", "US": "usps",
}  # fmt: skip
"""Whose numbers end in a country (UPU S10). Any post may bring another's: the last mile is theirs."""
OF_POSTS = (*dict.fromkeys(POSTS.values()), "deutsche_post", "parcelforce", "chronopost", "dhl_ecommerce")
SSCC = (
    "dhl_paket", "dpd", "gls", "hermes", "post_at", "postnord", "posti", "bring", "ups", "fedex", "dhl_ecommerce",
    "dhl_express", "ceska_posta", "poczta_polska", "brt", "seur",
)  # fmt: skip
"""Who labels parcels with a Serial Shipping Container Code."""


def _of(networks: str, pattern: str, check: Check | None = None, *, telling: bool = False) -> Shape:
    return Shape(tuple(networks.split()), re.compile(pattern), check, telling)


GS1 = weighted((3, 1))
SHAPES = (
    Shape(OF_POSTS, re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}"), s10, telling=True),
    Shape(SSCC, re.compile(r"(00)?\d{18}"), GS1),
    _of("ups", r"1Z[A-Z0-9]{15}\d", ups, telling=True),
    _of("ups", r"[AHJKTV]\d{10}", lambda number: _ups_waybill(number)),
    _of("ups", r"\d{9}|\d{12}|MI\d{6}[A-Z0-9]{1,22}"),
    _of("fedex", r"\d{12}", fedex_express),
    _of("fedex", r"\d{15}", GS1),
    _of("fedex", r"96\d{20}", lambda number: GS1(number[7:])),
    _of("fedex", r"\d{34}", fedex_long),
    _of("fedex", r"3\d{31}", lambda number: fedex_express(number[:-4])),
    _of("usps", r"(420\d{5}(\d{4})?)?9[1-5]\d{20}(\d{4})?", usps),
    _of("usps", r"\d{20}", lambda number: usps(number) or GS1(f"91{number}")),
    _of("usps", r"420\d{5}(\d{4})?\d{20}", usps),
    _of("dhl_paket", r"\d{12}", weighted((4, 9))),
    _of("dhl_paket", r"JJD\d{16,18}|JVGL\d{16,24}|3S[A-Z0-9]{9,14}", telling=False),
    _of("dhl_express", r"\d{10,11}", modulo_7),
    _of("dhl_express", r"J[A-Z]{2,3}\d{9,20}"),
    _of("dhl_ecommerce", r"(GM|LX|RX|UV|CN|SG|TH|IN|HK|MY)[0-9A-Z]{10,39}|\d{14}|\d{16}|JJD\d{10,20}|JVGL\d{10,24}"),
    _of("dpd dpd_uk", r"\d{14}[0-9A-Z]", iso_7064_37_36),
    _of("dpd dpd_uk", r"[0-9A-Z]{7}\d{20}[0-9A-Z]", iso_7064_37_36),
    _of("dpd dpd_uk", r"\d{10}|\d{14}"),
    _of("gls", r"\d{11,14}|[A-Z0-9]{8}"),
    _of("hermes", r"\d{14}|\d{16}|H\d{19}"),
    _of("evri", r"\d{16}|[A-Z]\d{14,15}[A-Z0-9]|[A-Z]{2}\d{2}[A-Z0-9]{12}"),
    _of("yodel", r"JJ?D\d{16}"),
    _of("la_poste", r"[0-9][A-Z0-9]\d{11}|\d{15}"),
    _of("chronopost", r"[A-Z]{2}\d{9}[A-Z0-9]{2}"),
    _of("post_at", r"\d{16}|\d{22}"),
    _of("swiss_post", r"99\d{16}"),
    _of("postnl", r"3S[A-Z0-9]{9,15}", telling=False),
    _of("bpost", r"\d{24}|3232\d{20}"),
    _of("correos", r"[A-Z]{2}[A-Z0-9]{20}[A-Z]"),
    _of("canada_post", r"\d{16}", GS1),
    _of("purolator", r"[0-5]\d{11}", luhn),
    _of("purolator", r"[A-Z]{3}\d{9}"),
    _of("inpost", r"\d{24}"),
    _of("packeta", r"Z\d{10}"),
    _of("japan_post", r"\d{11,12}"),
    _of("australia_post", r"[A-Z0-9]{12,23}"),
    _of("nz_post", r"[A-Z0-9]{12,24}"),
)  # fmt: skip


def _ups_waybill(number: str) -> bool:
    total = sum(int(one) * (2 if place % 2 else 1) for place, one in enumerate(number[1:-1]))
    return -total % 10 == int(number[-1])


def doubts(number: str, network: str) -> Warned | None:
    """What is odd about ``number`` for a parcel that ``network`` brings; None where nothing is, or nothing is known."""
    plain = normal(number)
    mine = [shape for shape in SHAPES if network in shape.networks]
    fitting = [shape for shape in mine if shape.pattern.fullmatch(plain)]
    if any(shape.check is None or shape.check(plain) for shape in fitting):
        return None
    name = NETWORKS[network].name if network in NETWORKS else ""
    if fitting:
        return Warned(Doubt.CHECK_DIGIT, f"A digit of this number is wrong, if it is one of {name}: look again.")
    other = whose(plain)
    if other and network != other:
        return Warned(Doubt.OTHER, f"This looks like a number of {NETWORKS[other].name}.", other)
    if mine:
        return Warned(Doubt.SHAPE, f"{name} usually writes other numbers: look again.")
    return None


def whose(number: str) -> str:
    """The key of the network that alone writes such numbers, checked by its digit; empty where nobody can say."""
    plain = normal(number)
    for shape in SHAPES:
        if shape.telling and shape.pattern.fullmatch(plain) and (shape.check is None or shape.check(plain)):
            return POSTS.get(plain[-2:], "") if shape.networks == OF_POSTS else shape.networks[0]
    return ""
