"""What the shop and carriers say to each other about a parcel: its size, what is in it, how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from craftops.domain.billing.money import Money


class TrackingState(StrEnum):
    """How a parcel stands, in the words that carriers share."""

    UNKNOWN = "unknown"
    ANNOUNCED = "announced"
    """The carrier has the data and not yet the parcel."""
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    WAITS_FOR_PICKUP = "waits_for_pickup"
    """At a shop or locker, where its recipient fetches it."""
    EXCEPTION = "exception"
    """Held up: customs, an address that nobody finds, damage."""
    RETURNED = "returned"
    """On its way back to us, or back."""
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ParcelSize:
    """A packed box. Grams and millimetres, all above zero."""

    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class CustomsLine:
    """One kind of thing in a parcel that leaves the customs area."""

    description: str
    quantity: int
    value: Money
    """Of all of them together."""
    weight_g: int
    """Of all of them together."""
    hs_code: str = ""
    """Six to ten digits of the Harmonised System."""
    origin: str = ""
    """Where they were made, ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One thing that the carrier says happened to a parcel."""

    at: datetime
    """Aware UTC."""
    state: TrackingState
    text: str
    """The carrier's words."""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Tracking:
    """A parcel as its carrier has it now."""

    number: str
    state: TrackingState
    events: tuple[TrackingEvent, ...] = ()
    """Oldest first."""
    expected_at: datetime | None = None
    signed_by: str = ""
