"""What the owner keeps for the shipping desk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.customs import HS_CODE
from craftops.domain.shipping.packing import STANDARD_BOXES, Box, check_box
from craftops.domain.shipping.pickup import Unpaid
from craftops.errors import IntakeError

MOST_BOXES = 30
MOST_DAYS = 60


@dataclass(frozen=True, slots=True)
class ShippingSettings:
    """Sender, boxes, habits; ``version`` is the number of the change that made them, 0 for what a shop begins with."""

    sender: PostalAddress | None = None
    boxes: tuple[Box, ...] = STANDARD_BOXES
    hs_code: str = "392690"
    """Proposed for what leaves the customs area: other articles of plastics (Harmonised System 2022, 3926.90)."""
    origin: str = ""
    """Proposed country of origin; empty: the sender's."""
    tell_email: bool = True
    """Carriers get the recipient's e-mail address for their own notices."""
    closes_after_days: int = 3
    problem_days: int = 14
    """How long after delivery a customer may report a problem on the page."""
    pickup_unpaid: str = "warn"
    """What happens at the counter while something is to be paid: a value of ``Unpaid``."""
    version: int = 0

    @property
    def made_in(self) -> str:
        return self.origin or (self.sender.country if self.sender else "")


def check_shipping(settings: ShippingSettings) -> ShippingSettings:
    """The settings themselves if they can be used. Raises IntakeError with every faulty field."""
    faults: dict[str, str] = {}
    if not settings.boxes:
        faults["boxes"] = "Keep at least one box."
    if len(settings.boxes) > MOST_BOXES:
        faults["boxes"] = f"Keep at most {MOST_BOXES} boxes."
    for row, box in enumerate(settings.boxes):
        try:
            check_box(box)
        except IntakeError as error:
            faults |= {f"box_{row}_{name}": why for name, why in error.fields.items()}
    if settings.hs_code and not HS_CODE.fullmatch(settings.hs_code):
        faults["hs_code"] = "Write six, eight or ten digits."
    if settings.origin and not re.fullmatch(r"[A-Z]{2}", settings.origin):
        faults["origin"] = "Write the country as two capital letters."
    if settings.pickup_unpaid not in list(Unpaid):
        faults["pickup_unpaid"] = "Choose one."
    for name in ("closes_after_days", "problem_days"):
        if not 0 <= getattr(settings, name) <= MOST_DAYS:
            faults[name] = f"Write a number of days from 0 to {MOST_DAYS}."
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    return settings


def shipping_to_json(settings: ShippingSettings) -> dict[str, Any]:
    """As JSON values."""
    body = asdict(settings)
    del body["version"]
    return body


def shipping_from_json(body: Mapping[str, Any], version: int = 0) -> ShippingSettings:
    """The reverse; keys of a newer version are left out."""
    known = {key: value for key, value in body.items() if key in ShippingSettings.__dataclass_fields__}
    sender = known.pop("sender", None)
    boxes = tuple(Box(**one) for one in known.pop("boxes", ()))
    found = replace(ShippingSettings(**known), sender=PostalAddress(**sender) if sender else None, version=version)
    return replace(found, boxes=boxes) if boxes else found
