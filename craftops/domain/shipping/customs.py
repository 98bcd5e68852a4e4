"""Which parcels need a customs declaration, and what stands on it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.carriage import CustomsLine, ParcelSize
from craftops.errors import IntakeError

EU = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MC", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
"""The Union's customs territory with Monaco (Regulation (EU) 952/2013, Art. 4)."""

APART: dict[str, dict[str, str]] = {
    "ES": {r"(35|38)\d{3}": "IC", r"5[12]\d{3}": "EA"},
    "DE": {r"27498": "Heligoland", r"78266": "CH"},
    "IT": {r"23041": "Livigno", r"22061": "Campione"},
    "FR": {
        r"971\d{2}": "GP", r"972\d{2}": "MQ", r"973\d{2}": "GF", r"974\d{2}": "RE", r"975\d{2}": "PM",
        r"976\d{2}": "YT", r"97[7-8]\d{2}": "BL", r"98[4-9]\d{2}": "PF",
    },
    "GR": {r"6308[67]": "Athos"},
    "FI": {r"22\d{3}": "AX"},
    "DK": {r"39\d{2}": "GL"},
    "GB": {r"BT\w+": "XI", r"JE\w+": "JE", r"GY\w+": "GG"},
    "US": {
        r"(09\d|340|96[2-6])\d{2}(\d{4})?": "military", r"(969\d{2}|96799)(\d{4})?": "GU", r"008\d{2}(\d{4})?": "VI",
    },
}  # fmt: skip
"""Places that goods reach through customs, or over a border of taxes, though their country does not say so: by postcode
the area that they belong to. The Canaries, Ceuta and Melilla; Heligoland; Büsingen, which is Switzerland's; Livigno and
Campione; the French overseas (Monaco is none); Mount Athos; Åland; Greenland; Northern Ireland and the Channel Islands;
of the United States the posts of the forces, the islands of the Pacific and the Virgin Islands."""
WITH = {
    **dict.fromkeys(EU, "EU"), "IM": "GB", "LI": "CH", "PR": "US", "MF": "BL", "WF": "PF", "NC": "PF",
    "TF": "PF", "AS": "GU", "MP": "GU",
}  # fmt: skip
"""Countries whose goods move freely within a larger area."""
FREE = frozenset({frozenset({"XI", "EU"}), frozenset({"XI", "GB"})})
"""Between these nothing is declared: Northern Ireland follows the Union's rules for goods, and is of the British market
(Windsor Framework)."""
PREFIX = re.compile(r"(?:[A-Z]{1,3}-)?")
SMALL_WEIGHT_G = 2_000
SMALL_VALUE = 35_000
"""Up to this weight and value (300 SDR, about 350 euros, in minor units) the form CN 22 is enough (UPU Convention
Regulations, Art. 20-001)."""
HS_CODE = re.compile(r"\d{6}(\d{2}){0,2}")


def needs_customs(sender: PostalAddress, recipient: PostalAddress) -> bool:
    """Whether the parcel leaves the sender's customs area. Since 2025-08-29 no small value is free of it anywhere that
    matters (the United States ended theirs), so every such parcel is declared."""
    here, there = customs_area(sender), customs_area(recipient)
    return here != there and frozenset({here, there}) not in FREE


def customs_area(address: PostalAddress) -> str:
    """The area within which goods that are sent to or from here are not declared."""
    code = re.sub(r"\W", "", PREFIX.sub("", address.postcode.upper().strip(), count=1))
    for pattern, area in APART.get(address.country, {}).items():
        if re.fullmatch(pattern, code):
            return area
    return WITH.get(address.country, address.country)


def check_lines(lines: Sequence[CustomsLine], parcel: ParcelSize) -> tuple[CustomsLine, ...]:
    """The lines of a declaration if customs would take them. Raises IntakeError with ``customs_<row>_<field>``."""
    faults: dict[str, str] = {}
    for row, line in enumerate(lines):
        faults |= {f"customs_{row}_{name}": why for name, why in _faults(line).items()}
    if not lines:
        faults["customs"] = "Say what is in the parcel: it leaves the customs area."
    elif sum(line.weight_g for line in lines) > parcel.weight_g:
        faults["customs"] = "The contents weigh more than the parcel."
    if faults:
        raise IntakeError("The customs declaration is not complete.", faults)
    return tuple(lines)


def _faults(line: CustomsLine) -> dict[str, str]:
    faults = {}
    if not 3 <= len(line.description.strip()) <= 100:
        faults["description"] = "Say in up to 100 characters what it is."
    if not HS_CODE.fullmatch(line.hs_code):
        faults["hs_code"] = "Write six, eight or ten digits."
    if not re.fullmatch(r"[A-Z]{2}", line.origin):
        faults["origin"] = "Write the country as two capital letters."
    if line.quantity < 1:
        faults["quantity"] = "Write how many there are."
    if line.value.minor <= 0:
        faults["value"] = "Customs want the value of gifts and samples, too."
    if line.weight_g < 1:
        faults["weight_g"] = "Write grams above zero."
    return faults
