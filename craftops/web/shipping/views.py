"""What templates of shipping get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import Chip, Choice, FormField


@dataclass(frozen=True, slots=True)
class CarrierWord:
    """One thing that happened to a parcel."""

    at: datetime
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel as its customer reads it."""

    title: str
    contents: str
    chip: Chip
    since: datetime
    told: str
    """The carrier's words, where they say more than the chip."""
    network: str
    number: str
    link: str
    expected: datetime | None
    signed_by: str
    words: tuple[CarrierWord, ...]


@dataclass(frozen=True, slots=True)
class ProblemView:
    """What a customer said was wrong."""

    wish: str
    text: str
    at: datetime
    open: bool
    answer: str
    remake: str = ""
    """Code of the order that makes it again."""


@dataclass(frozen=True, slots=True)
class DeliveryPanel:
    """``portal/_delivery.html``."""

    address: tuple[str, ...]
    change_url: str
    """Empty where it cannot be changed any more."""
    parcels: tuple[ParcelView, ...]


@dataclass(frozen=True, slots=True)
class ProblemPanel:
    """``portal/_problem.html``."""

    problem: ProblemView | None
    url: str
    """Where one is reported; empty where none can be."""


@dataclass(frozen=True, slots=True)
class DeliveryAddressPage:
    """``portal/delivery_address.html``."""

    code: str
    title: str
    back_url: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """``portal/problem_report.html``."""

    code: str
    title: str
    back_url: str
    wishes: tuple[Choice, ...]
    text: str
    token: str
    errors: dict[str, str]
    accept: str
    kept: tuple[Choice, ...]
    """Files that came with a form that had a fault: their ids and names."""


@dataclass(frozen=True, slots=True)
class OfferView:
    """A price of a carrier, to choose."""

    carrier: str
    service: str
    title: str
    price: str
    days: int | None
    test_mode: bool


@dataclass(frozen=True, slots=True)
class LabelView:
    """A label as the desk sees it."""

    id: int
    carrier: str
    chip: Chip
    title: str
    price: str
    reason: str
    by: str
    at: datetime
    files: tuple[tuple[str, str], ...]
    """Kind ("PDF") and address of each file to print."""
    can_void: bool
    can_number: bool
    """It was bought at a counter, and its number is not known yet."""


@dataclass(frozen=True, slots=True)
class CustomsRow:
    """A line of a declaration, as it is typed."""

    description: str
    quantity: str
    value: str
    weight_g: str
    hs_code: str
    origin: str
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class ContentsRow:
    """How many copies of a line lie in a parcel."""

    line: int
    title: str
    copies: int
    most: int


@dataclass(frozen=True, slots=True)
class DeskParcel:
    """A parcel on the desk."""

    id: int
    title: str
    code: str
    chip: Chip
    since: datetime
    contents: tuple[ContentsRow, ...]
    summary: str
    size: dict[str, int]
    is_open: bool
    """It can still be changed."""
    offers: tuple[OfferView, ...]
    faults: tuple[tuple[str, str], ...]
    asking: bool
    offered_at: datetime | None
    label: LabelView | None
    earlier: tuple[LabelView, ...]
    customs: tuple[CustomsRow, ...]
    customs_error: str
    needs_customs: bool
    declared: bool
    number: str
    network: str
    link: str
    words: tuple[CarrierWord, ...]
    can_say_delivered: bool


@dataclass(frozen=True, slots=True)
class BoxChoice:
    """A box of the shop, for the form of a parcel."""

    name: str
    size: str
    """``length,width,height`` in mm."""


@dataclass(frozen=True, slots=True)
class OrderShippingPage:
    """``staff/order_shipping.html``."""

    code: str
    title: str
    customer: str
    stage: Chip
    address: tuple[str, ...]
    address_fields: tuple[FormField, ...]
    parcels: tuple[DeskParcel, ...]
    left: tuple[ContentsRow, ...]
    boxes: tuple[BoxChoice, ...]
    can_pack: bool
    networks: tuple[tuple[str, str, str], ...]
    """Carrier, network and title, for numbers that are typed."""
    carriers: int
    """How many can be asked for prices."""
    sender_missing: bool
    settings_url: str
    currency: str
    problem: ProblemView | None
    problem_id: int
    remakes: tuple[ContentsRow, ...] = ()
    """What can be made again at no charge."""


@dataclass(frozen=True, slots=True)
class DeskLine:
    """An order or a parcel in a list of the desk."""

    id: int
    url: str
    code: str
    title: str
    customer: str
    to: str
    """City and country."""
    what: str
    chip: Chip
    since: datetime
    price: str = ""
    selectable: bool = False
    link: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far labels that were ordered together are."""

    key: str
    total: int
    done: int
    failed: int

    @property
    def percent(self) -> int:
        return round(100 * (self.done + self.failed) / self.total) if self.total else 0


@dataclass(frozen=True, slots=True)
class DeskPage:
    """``staff/shipping.html``."""

    to_pack: tuple[DeskLine, ...]
    to_label: tuple[DeskLine, ...]
    to_hand_over: tuple[DeskLine, ...]
    held_up: tuple[DeskLine, ...]
    on_the_way: tuple[DeskLine, ...]
    batch: BatchProgress | None
    token: str
    """Makes a repeated click the same batch."""
    sender_missing: bool
    carriers: int


@dataclass(frozen=True, slots=True)
class FetchChoice:
    """A carrier that can be asked to come."""

    carrier: str
    title: str
    parcels: int
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class ComingDriver:
    """A carrier that was asked to come."""

    title: str
    chip: Chip
    when: str
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class HandOverPage:
    """``staff/hand_over.html``."""

    waiting: tuple[DeskLine, ...]
    fetch: tuple[FetchChoice, ...]
    coming: tuple[ComingDriver, ...]
    earliest: str
    latest: str
    """Local date and time as ``datetime-local`` writes them."""
    note: str
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class BoxForm:
    """A box in the settings."""

    row: int
    values: dict[str, str]
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class ShippingSettingsPage:
    """``staff/shipping_settings.html``."""

    sender: tuple[FormField, ...]
    boxes: tuple[BoxForm, ...]
    fields: tuple[FormField, ...]
    tell_email: bool
    carriers: tuple[tuple[str, str], ...]
    """Title, and what it is set up for."""
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class StaffShippingPanel:
    """``staff/_shipping.html``."""

    address: tuple[str, ...]
    parcels: tuple[DeskLine, ...]
    url: str
    ready: bool
    problem: ProblemView | None
    ships: bool
    """False for an order that was fetched: only its problem is told."""
