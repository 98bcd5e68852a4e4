"""A carrier in memory that does what carriers do: loses answers, tells late, tells twice, takes labels back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

import orjson

from craftops.domain.billing.money import Money
from craftops.errors import Refused, Unreachable, Unsure
from craftops.sdk.carrier import (
    Carrier,
    CarrierEvent,
    CarrierWordRejected,
    Consignment,
    Label,
    LabelFile,
    LabelRequest,
    PickupConfirmation,
    PickupRequest,
    Rate,
    Tracking,
    TrackingEvent,
    TrackingState,
    VoidState,
)

SIGNATURE = "paper"


@dataclass
class PaperCarrier(Carrier):
    """``trouble`` is what happens to the next call that changes something: "unreached", "lost", "refused"."""

    name = "paper"
    title = "Paper Express"
    collects = True
    sold: dict[str, Label] = field(default_factory=dict)
    """By intent."""
    voided: dict[str, VoidState] = field(default_factory=dict)
    told: dict[str, Tracking] = field(default_factory=dict)
    asked: list[Consignment] = field(default_factory=list)
    fetched: dict[str, PickupRequest] = field(default_factory=dict)
    trouble: str = ""
    looks_at_voids: bool = False
    """It answers that it will look at what is voided, as most do."""

    @property
    def ready(self) -> bool:
        return True

    def rates(self, consignment: Consignment) -> tuple[Rate, ...]:
        self.asked.append(consignment)
        if self.trouble == "no_rates":
            self.trouble = ""
            raise Unreachable("Nobody answers at Paper Express.")
        price = 390 + consignment.parcel.weight_g // 100
        return (
            Rate("standard", "Standard", Money(price, "EUR"), 3, "rate_1"),
            Rate("express", "Express", Money(price * 3, "EUR"), 1, "rate_2"),
        )

    def buy(self, request: LabelRequest) -> Label:
        if self.trouble == "unreached":
            self.trouble = ""
            raise Unreachable("Nobody answers at Paper Express.")
        if self.trouble == "refused":
            self.trouble = ""
            raise Refused("Paper Express does not go there.")
        if request.intent not in self.sold:
            count = len(self.sold) + 1
            self.sold[request.intent] = Label(
                f"shp_{count}", f"PX{count:010}", self.title, request.rate.price,
                (LabelFile("application/pdf", b"%PDF-1.7 " + request.reference.encode()),),
                f"https://paper.example/{count}",
            )  # fmt: skip
        if self.trouble == "lost":
            self.trouble = ""
            raise Unsure("No answer came from Paper Express.")
        return self.sold[request.intent]

    def find(self, intent: str, since: datetime) -> Label | None:
        return self.sold.get(intent)

    def void(self, ref: str) -> VoidState:
        if self.trouble == "lost":
            self.trouble = ""
            raise Unsure("No answer came from Paper Express.")
        said = VoidState.ASKED if self.looks_at_voids else VoidState.VOIDED
        return self.voided.setdefault(ref, said)

    def track(self, number: str, network: str) -> Tracking | None:
        return self.told.get(number, Tracking(number, TrackingState.ANNOUNCED))

    def receive(self, body: bytes, headers: Mapping[str, str]) -> CarrierEvent:
        if headers.get("x-signature") != SIGNATURE:
            raise CarrierWordRejected("wrong signature")
        said = orjson.loads(body)
        return CarrierEvent(said["id"], "moved", said["number"])

    def request_pickup(self, request: PickupRequest) -> PickupConfirmation:
        if self.trouble == "refused":
            self.trouble = ""
            raise Refused("Paper Express does not come on that day.")
        self.fetched.setdefault(request.intent, request)
        if self.trouble == "lost":
            self.trouble = ""
            raise Unsure("No answer came from Paper Express.")
        return PickupConfirmation("pickup_1", "PE-77")

    def happens(self, number: str, state: TrackingState, at: datetime, text: str = "", place: str = "") -> None:
        """Something happens to a parcel out there."""
        known = self.told.get(number, Tracking(number, state))
        event = TrackingEvent(at, state, text or state.value.replace("_", " ").capitalize(), place)
        self.told[number] = Tracking(number, state, (*known.events, event), at if state == "in_transit" else None)


@dataclass
class PostOffice(Carrier):
    """One whose labels people buy elsewhere: number and network are typed, and it knows nothing of where they are."""

    name = "post_office"
    title = "Typed by hand"
    takes_numbers = True

    @property
    def ready(self) -> bool:
        return True

    @property
    def networks(self) -> Mapping[str, str]:
        return {"dpd": "DPD", "dhl": "DHL Paket"}

    def buy(self, request: LabelRequest) -> Label:
        return Label(request.intent, request.number, self.networks[request.network], None)

    def link(self, number: str, network: str, postcode: str, country: str, language: str) -> str:
        return f"https://{quote(network)}.example/{quote(number, safe='')}?plz={quote(postcode)}"
