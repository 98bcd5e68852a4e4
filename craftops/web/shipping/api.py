"""Where an order goes and where its parcels are, as JSON."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from craftops.domain.people.access import Scope
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.carriage import TrackingState
from craftops.domain.shipping.parcels import ParcelState
from craftops.services.orders import delivering
from craftops.store.database import utcnow
from craftops.store.queries import scoped, shipping
from craftops.store.views.orders import OrderView
from craftops.web.frame.api_common import Taken, answer, shown_as, token_actor
from craftops.web.orders.api import CodePath

ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "Lindenweg 3",
    "city": "Berlin",
    "country": "DE",
    "postcode": "10969",
    "region": "",
    "company": "",
    "line2": "",
    "phone": "",
}
PARCEL = {
    "position": 1,
    "state": "in_transit",
    "since": "2026-12-01T09:00:00Z",
    "carrier": "DHL",
    "number": "00340434161094042557",
    "link": "https://carrier.example/00340434161094042557",
    "expected_at": None,
    "delivered_at": None,
    "events": [{"at": "2026-12-01T09:00:00Z", "state": "in_transit", "text": "On its way", "place": "Berlin"}],
}


def add_to(api: APIBlueprint) -> None:
    """Register the routes."""
    api.get("/orders/<code>/delivery", summary="Where an order goes, and its parcels", responses={200: DeliveryOut})(
        get_delivery
    )
    api.put("/orders/<code>/address", summary="Send an order elsewhere", responses={200: DeliveryOut})(put_address)


def get_delivery(path: CodePath) -> Response:
    """Parcels have a number once their label is made. Scope: orders:read."""
    actor = token_actor(Scope.ORDERS_READ)
    return answer(_delivery(scoped.order_view(actor, path.code)))


def put_address(path: CodePath, body: AddressIn) -> Response:
    """Possible until a label is bought. Scope: orders:write."""
    actor = token_actor(Scope.ORDERS_WRITE)
    delivering.change_address(path.code, PostalAddress(**body.model_dump()), actor=actor, at=utcnow())
    return answer(_delivery(scoped.order_view(actor, path.code)))


def _delivery(order: OrderView) -> DeliveryOut:
    parcels, told = shipping.parcels_with_events(order.id)
    address = delivering.address_of(order)
    return DeliveryOut(
        delivery=order.delivery,
        address=AddressOut.model_validate(address, from_attributes=True) if address else None,
        parcels=[
            ParcelOut(
                position=row.position,
                state=ParcelState(row.state),
                since=row.state_since,
                carrier=row.network,
                number=row.number,
                link=row.link,
                expected_at=row.expected_at,
                delivered_at=row.delivered_at,
                events=[
                    TrackingEventOut(at=one.at, state=TrackingState(one.state), text=one.text, place=one.place)
                    for one in told[row.id]
                ],
            )
            for row in parcels
            if row.state != ParcelState.PACKED.value
        ],
    )


class AddressIn(Taken):
    model_config = shown_as(ADDRESS)
    name: str = Field(max_length=100)
    line1: str = Field(max_length=100)
    city: str = Field("", max_length=100)
    country: str = Field(description="ISO 3166-1 alpha-2", max_length=2)
    postcode: str = Field("", max_length=20)
    region: str = Field("", max_length=100)
    company: str = Field("", max_length=100)
    line2: str = Field("", max_length=100)
    phone: str = Field("", max_length=40)


class AddressOut(BaseModel):
    name: str
    line1: str
    city: str
    country: str
    postcode: str
    region: str
    company: str
    line2: str
    phone: str


class TrackingEventOut(BaseModel):
    at: datetime
    state: TrackingState
    text: str
    place: str


class ParcelOut(BaseModel):
    position: int
    state: ParcelState
    since: datetime
    carrier: str
    number: str
    link: str
    expected_at: datetime | None
    delivered_at: datetime | None
    events: list[TrackingEventOut] = Field(description="Newest first")


class DeliveryOut(BaseModel):
    model_config = shown_as({"delivery": "shipping", "address": ADDRESS, "parcels": [PARCEL]})
    delivery: str
    address: AddressOut | None
    parcels: list[ParcelOut]
