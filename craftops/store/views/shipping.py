"""Parcels, labels, and orders at the counter, as pages read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from craftops.store.views.orders import LineView


@dataclass(frozen=True, slots=True)
class StoredParcel:
    """One box of an order."""

    id: int
    order_id: int
    position: int
    code: str
    state: str
    state_since: datetime
    contents: list[list[int]]
    """``[[line id, copies], …]``."""
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    customs: list[dict[str, Any]] | None
    rates: dict[str, Any] | None
    rated_at: datetime | None
    network: str
    number: str
    link: str
    told: str
    expected_at: datetime | None
    signed_by: str
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedParcel:
    """A parcel in a list, with its order and customer."""

    id: int
    position: int
    state: str
    state_since: datetime
    told: str
    network: str
    number: str
    link: str
    weight_g: int
    order_id: int
    order_code: str
    order_title: str
    customer: str


@dataclass(frozen=True, slots=True)
class StoredLabel:
    """An attempt to buy a label; ``alive``: the one that counts."""

    id: int
    parcel_id: int
    alive: bool | None
    carrier: str
    title: str
    state: str
    number: str
    network: str
    currency: str
    quoted: int | None
    price: int | None
    """What was charged, in minor units of ``currency``."""
    files: list[tuple[str, str]] | None
    """``[[media type, sha-256 of the blob], …]``."""
    reason: str
    by_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TroubledLabel:
    """A label that somebody should look at."""

    reason: str
    created_at: datetime
    order_code: str
    order_title: str


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One word of a carrier about a parcel."""

    parcel_id: int
    at: datetime
    state: str
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """A customer says that something is wrong with what came."""

    id: int
    wish: str
    text: str
    state: str
    at: datetime
    answer: str
    remake: str
    order_code: str
    order_title: str
    customer: str


@dataclass(frozen=True, slots=True)
class StoredAddress:
    """Where an order is sent."""

    order_id: int
    name: str
    company: str
    line1: str
    line2: str
    postcode: str
    city: str
    region: str
    country: str
    phone: str


@dataclass(frozen=True, slots=True)
class ShippedOrder:
    """An order as far as the desk names it."""

    id: int
    code: str
    title: str
    stage: str
    stage_since: datetime
    delivery: str
    customer: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """An order with all that is to be shipped of it; of each parcel its labels, newest first."""

    order: ShippedOrder
    address: StoredAddress | None
    lines: tuple[LineView, ...]
    parcels: tuple[StoredParcel, ...]
    labels: dict[int, list[StoredLabel]]


@dataclass(frozen=True, slots=True)
class StoredCollection:
    """A carrier was asked to fetch parcels."""

    carrier: str
    state: str
    earliest: datetime
    latest: datetime
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class PickupView:
    """One order that waits at the counter, or has been handed over there."""

    id: int
    order_id: int
    since: datetime
    bin: str
    state: str
    handed_at: datetime | None
    handed_by: str
    given_to: str
    proof: str
    signature_sha: str
    code: str
    title: str
    stage: str
    hold_since: datetime | None
    customer: str
    customer_phone: str


@dataclass(frozen=True, slots=True)
class PickupPass:
    """A code that opens a hand-over, with the order that it is about."""

    id: int
    pickup_id: int
    code: str
    name: str
    """Of the proxy; empty for the customer's own."""
    seed: str
    revoked_at: datetime | None
    title: str
    stage: str
