"""What a carrier is, and where postage is bought.

Money moves in one place: ``buy``. Before it is called, the core has written a row with an ``intent``, a key that is the
same for every repetition of this one act; a carrier that keeps it with the shipment (a reference) finds it again by
``find``, so that a lost answer is never bought a second time. ``void`` asks for the money back and may be asked again.
Every other method only looks.

Errors tell the core what it may conclude. ``Unreachable``: the carrier was provably not reached, or said that it did
nothing. ``Unsure``: it may have happened; the core asks ``find`` before anything else is done. ``Refused``: it said no,
nothing happened. ``CredentialsRejected``: nothing happened, and staff must see to the key. ``NotUnderstood`` comes only
from what looks: an answer to ``buy`` that cannot be read is ``Unsure``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from craftops.domain.billing.money import Money
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.carriage import CustomsLine, ParcelSize, Tracking, TrackingEvent, TrackingState
from craftops.errors import Refused

__all__ = [
    "BLOCKS_S",
    "Carrier",
    "CarrierEvent",
    "CarrierWordRejected",
    "Consignment",
    "CustomsLine",
    "Label",
    "LabelFile",
    "LabelRequest",
    "ParcelSize",
    "PickupConfirmation",
    "PickupRequest",
    "Rate",
    "Tracking",
    "TrackingEvent",
    "TrackingState",
    "VoidState",
]

BLOCKS_S = 30.0
"""Seconds within which every method of a carrier returns or raises."""


@dataclass(frozen=True, slots=True)
class Consignment:
    """One parcel from the shop to its recipient."""

    sender: PostalAddress
    recipient: PostalAddress
    parcel: ParcelSize
    email: str = ""
    """Of the recipient, empty where the shop does not pass it on."""
    customs: tuple[CustomsLine, ...] = ()
    """Empty where the parcel stays within the customs area."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What it costs to send a parcel with one service."""

    service: str
    """The carrier's own word for the service, told back to ``buy``."""
    title: str
    """For people: "DHL Paket"."""
    price: Money
    """What the carrier asks of the shop, before tax where the carrier says so."""
    days: int | None = None
    """Working days that it usually takes."""
    ref: str = ""
    """What the carrier wants to hear with ``buy``, where a rate has an id of its own."""


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """What to buy."""

    intent: str
    """Unique for this attempt and the same for each repetition of the call; at most 64 characters of ``[a-z0-9-]``."""
    reference: str
    """What the shop's people read on the label: the order's code and the parcel's number, "K7RCX3-2"."""
    consignment: Consignment
    rate: Rate
    number: str = ""
    """The tracking number, where a person brings it from elsewhere (only carriers with ``takes_numbers``)."""
    network: str = ""
    """Whose number that is, a key of ``networks``."""


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label to print."""

    media_type: str
    """``application/pdf``, ``image/png`` or ``application/zpl``."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Label:
    """Postage that is bought, or a number that a person has typed."""

    ref: str
    """The carrier's own id of the shipment, unique at the carrier."""
    number: str
    """The tracking number; empty where this service has none."""
    network: str
    """Who brings the parcel, for people: "DPD"."""
    price: Money | None
    """What was charged; None where nothing was."""
    files: tuple[LabelFile, ...] = ()
    link: str = ""
    """Where anybody follows the parcel, https; empty: the core makes it of network and number."""


class VoidState(StrEnum):
    """What came of asking for the money back."""

    ASKED = "asked"
    """The carrier looks at it; the label must not be used any more."""
    VOIDED = "voided"
    REFUSED = "refused"
    """Too late: it was used, or the time is over."""


@dataclass(frozen=True, slots=True)
class CarrierEvent:
    """A word from the carrier whose signature was checked. It tells only what to look at again."""

    id: str
    """The carrier's id of this word: a repeated one is told by it."""
    kind: str
    """As the carrier calls it."""
    number: str = ""
    ref: str = ""
    """``Label.ref``, where the word has it."""
    tracking: Tracking | None = None
    """How the parcel stood when the word was sent, where it says so; words come late and in any order."""


class CarrierWordRejected(Exception):
    """A word that is not the carrier's, or too old. The sentence is for the log."""


@dataclass(frozen=True, slots=True)
class PickupRequest:
    """The carrier is asked to fetch parcels at the shop."""

    intent: str
    sender: PostalAddress
    refs: tuple[str, ...]
    """``Label.ref`` of the parcels."""
    earliest: datetime
    latest: datetime
    """Aware UTC."""
    note: str = ""
    """For the driver."""


@dataclass(frozen=True, slots=True)
class PickupConfirmation:
    """The carrier comes."""

    ref: str
    number: str
    """What the driver is told."""
    price: Money | None = None


class Carrier(ABC):
    """One way to send parcels. Its methods block for at most ``BLOCKS_S``; they are called from any thread or process.

    What a carrier cannot do it leaves as it is here.
    """

    name: ClassVar[str]
    """Kept in the database with each label; never change it."""
    title: ClassVar[str]
    """For people."""
    takes_numbers: ClassVar[bool] = False
    """A person may bring number and network from elsewhere (post office, the carrier's own site)."""
    collects: ClassVar[bool] = False
    """It can be asked to fetch parcels."""

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether it is set up; staff are not shown one that is not."""

    @property
    def test_mode(self) -> bool:
        """Labels of it cost nothing and carry nothing; every page says so."""
        return False

    @property
    def networks(self) -> Mapping[str, str]:
        """Who may bring the parcels of a carrier that ``takes_numbers``: key -> name for people."""
        return {}

    def rates(self, consignment: Consignment) -> tuple[Rate, ...]:
        """What it costs, cheapest first; empty where it does not go there. Raises OutsideError."""
        return ()

    @abstractmethod
    def buy(self, request: LabelRequest) -> Label:
        """Buy a label; the same one for the same ``intent``. Raises OutsideError as the module says."""

    def find(self, intent: str, since: datetime) -> Label | None:
        """What was bought under ``intent`` not before ``since``, when its answer was lost; None: nothing yet.

        Raises OutsideError.
        """
        return None

    def void(self, ref: str) -> VoidState:
        """Ask for a label's money back; asked again, it says how that stands. Raises OutsideError."""
        return VoidState.VOIDED

    def track(self, number: str, network: str) -> Tracking | None:
        """How a parcel stands; None where this carrier cannot say. Raises OutsideError."""
        return None

    def link(self, number: str, network: str, postcode: str, country: str, language: str) -> str:
        """Where anybody follows the parcel, https; empty where there is no such page."""
        return ""

    def receive(self, body: bytes, headers: Mapping[str, str]) -> CarrierEvent:
        """A webhook's body, believed. ``headers`` by lower-case name. Raises CarrierWordRejected."""
        raise CarrierWordRejected("This carrier sends no words.")

    def request_pickup(self, request: PickupRequest) -> PickupConfirmation:
        """Have parcels fetched; once for the same ``intent``. Raises OutsideError; Refused where it never comes."""
        raise Refused("This carrier does not fetch parcels.")
