"""What templates of pickup get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from craftops.web.frame.views import Chip, HoursRow


@dataclass(frozen=True, slots=True)
class PlaceCard:
    """Where and when: ``portal/_pickup_place.html``."""

    address: tuple[str, ...]
    open_sentence: str
    is_open: bool
    hours: tuple[HoursRow, ...]
    closed: tuple[str, ...]
    """Days ahead on which it is closed, in words."""
    map_url: str
    """OpenStreetMap; empty without an address."""
    geo_url: str
    """Opens the reader's own app."""


@dataclass(frozen=True, slots=True)
class PlacePage:
    """``portal/pickup_place.html``, for everybody."""

    name: str
    place: PlaceCard
    osm: str
    """The hours as OpenStreetMap writes them."""
    data: dict[str, object]
    """schema.org, as JSON-LD."""


@dataclass(frozen=True, slots=True)
class ProxyLine:
    """Somebody who may fetch the order."""

    id: int
    name: str
    url: str
    revoke_url: str


@dataclass(frozen=True, slots=True)
class PickupPanel:
    """``portal/_pickup.html``. ``code`` is empty for a reader who may see the order and not fetch it."""

    code: str
    qr: Markup
    place: PlaceCard
    proxies: tuple[ProxyLine, ...]
    send_url: str
    """Empty where nobody can be sent by this reader."""
    given_to: str
    handed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProxyTicket:
    """``portal/pickup_ticket.html``: what somebody who is sent sees of an order."""

    name: str
    title: str
    code: str
    qr: Markup
    place: PlaceCard


@dataclass(frozen=True, slots=True)
class MailTicket:
    """``mail/_pickup.*``."""

    code: str
    cid: str
    can_send: bool
    """The customer can name somebody on the order's page, because they have a password to see it with."""
    closed: tuple[str, ...]
    map_url: str


@dataclass(frozen=True, slots=True)
class PickupLine:
    """One order of the staff's list."""

    url: str
    code: str
    title: str
    customer: str
    proxies: tuple[str, ...]
    since: datetime
    bin: str
    chips: tuple[Chip, ...]
    picture_url: str


@dataclass(frozen=True, slots=True)
class PickupsPage:
    """``staff/pickups.html``."""

    waiting: tuple[PickupLine, ...]
    fault: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class HandOverPart:
    """A thing to put into somebody's hands."""

    title: str
    quantity: int
    made_of: str
    picture_url: str


@dataclass(frozen=True, slots=True)
class CounterPage:
    """``staff/pickup.html``."""

    id: int
    code: str
    """Of the order."""
    title: str
    order_url: str
    customer: str
    proxies: tuple[str, ...]
    since: datetime
    bin: str
    parts: tuple[HandOverPart, ...]
    photos: tuple[tuple[str, str], ...]
    """(address, description) of the newest photos."""
    unpaid: tuple[str, ...]
    why_not: str
    """What stands in the way; empty when it may be handed over."""
    shown: str
    """The code that was shown; empty where there was none."""
    shown_by: str
    """In words whose it is."""
    values: dict[str, str]
    errors: dict[str, str]
    handed_at: datetime | None
    handed_by: str
    given_to: str
    proof: str
    signature_url: str


@dataclass(frozen=True, slots=True)
class StaffPickupPanel:
    """``staff/_pickup.html``, on the order's page."""

    url: str
    bin: str
    since: datetime
    handed_at: datetime | None
    handed_by: str
    given_to: str
    proof: str
