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

OUTSIDE = {
    "ES": (r"(35|38|51|52)\d{3}",),
    "DE": (r"27498", r"78266"),
    "IT": (r"23041",),
    "FR": (r"97[1-8]\d{2}|98\d{3}",),
    "GR": (r"63086",),
    "FI": (r"22\d{3}",),
}
"""Places in the Union that goods reach through customs or with a tax border, by postcode: the Canaries, Ceuta and
Melilla; Heligoland and Büsingen; Livigno; the French overseas; Mount Athos; Åland."""
SMALL_WEIGHT_G = 2_000
SMALL_VALUE = 35_000
"""Up to this weight and value (300 SDR, about 350 euros, in minor units) the form CN 22 is enough (UPU Convention
Regulations, Art. 20-001)."""
HS_CODE = re.compile(r"\d{6}(\d{2}){0,2}")


def needs_customs(sender: PostalAddress, recipient: PostalAddress) -> bool:
    """Whether the parcel leaves the sender's customs area. Since 2025-08-29 no small value is free of it anywhere that
    matters (the United States ended theirs), so every such parcel is declared."""
    if _remote(sender) or _remote(recipient):
        return _place(sender) != _place(recipient)
    if sender.country in EU and recipient.country in EU:
        return False
    return sender.country != recipient.country


def _remote(address: PostalAddress) -> bool:
    code = address.postcode.replace(" ", "")
    return any(re.fullmatch(pattern, code) for pattern in OUTSIDE.get(address.country, ()))


def _place(address: PostalAddress) -> tuple[str, str]:
    return address.country, address.postcode.replace(" ", "")[:2] if _remote(address) else ""


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
