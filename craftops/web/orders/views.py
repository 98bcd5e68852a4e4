"""What templates get of orders: the portal's pages and the floor's. Frozen values, ready to print.

Sentences, windows and times of day are finished text in the reader's language; moments that a script keeps
true (ages) are aware UTC datetimes, printed by the ``moment`` macro as ``<time datetime=…>``. This is the
contract with themes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from craftops.web.files.views import Companion, FileCard, PhotoCard
from craftops.web.frame.views import Chip, Choice, HoursRow
from craftops.web.machines.views import SharedCamera
from craftops.web.orders.views_address import OrderAddress
from craftops.web.production.views import JobLine, OperationLine


@dataclass(frozen=True, slots=True)
class TrackerStep:
    """One stage of the tracker; ``state`` is done, current or ahead."""

    title: str
    state: str
    state_word: str
    """What a screen reader hears: "done", "now", "still to come"."""
    at: datetime | None
    note: str
    """Beside the stage: "~ 40 min", the opening hours, or empty."""
    icon: str


@dataclass(frozen=True, slots=True)
class WindowMoved:
    """A line of the honest history: "Was Thu 12:30–15:00", "Moved because the printer paused."."""

    was: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tracker:
    """The heart of the order page; rendered alone for live updates (``portal/_tracker.html``)."""

    code: str
    sentence: str
    """"Printing, part 7 of 10"."""
    window_label: str
    """"Ready", "Ready for pickup since", or empty."""
    window: str
    """"Thu 26 Nov, 14:00–17:30", or what stands in for it."""
    basis: str
    """"from the machine", "from the schedule"."""
    as_of: datetime | None
    stale: str
    """A sentence when the machine has been silent, else empty."""
    chip: Chip | None
    percent: int | None
    moving: str
    """How it goes on by the clock (``Moving``), or empty."""
    left: Markup | None
    """"about 40 min of printing left", which counts down; None while nothing is being made."""
    steps: tuple[TrackerStep, ...]
    moves: tuple[WindowMoved, ...]
    hold: str
    """Why work rests, as a sentence, or empty."""
    ended: bool
    cancelled: bool


@dataclass(frozen=True, slots=True)
class LineCard:
    """One line of an order."""

    id: int
    title: str
    quantity: int
    specification: str
    """"PETG, black, sanded"."""
    instructions: str
    file: FileCard | None
    revision: int = 1
    versions: int = 1
    proposed: int | None = None
    """The newest version that waits for the shop's word."""
    compare_url: str = ""
    """Empty with a single version."""
    revise_url: str = ""
    """Where a new version is sent; empty when the part is being made."""
    mend_url: str = ""
    weight: str = ""
    """"about 24 g each when solid"; empty where no volume is known."""
    caution: str = ""
    """What speaks against making it of its material, as a sentence; empty where nothing does."""
    standard: bool = False
    """A standard part: a consumer may withdraw from it."""
    specification_url: str = ""
    """Where staff say whether it is; empty for everybody else."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry of who, when, what."""

    at: datetime
    who: str
    what: str
    note: str
    icon: str


@dataclass(frozen=True, slots=True)
class OrderCard:
    """An order in a list; rendered alone for live updates (``portal/_order_card.html``)."""

    code: str
    title: str
    url: str
    picture_url: str
    sentence: str
    window_label: str
    window: str
    chip: Chip | None
    percent: int | None = field(compare=False)
    moving: str = field(compare=False)
    """How it goes on by the clock (``Moving``), or empty. Both are drawn anew where the rest of a card is kept."""
    steps_done: int
    steps_all: int
    placed_at: datetime
    ended: bool
    again_url: str = ""


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """``portal/dashboard.html``."""

    active: tuple[OrderCard, ...]
    past: tuple[OrderCard, ...]
    older_url: str
    query: str


@dataclass(frozen=True, slots=True)
class PickupCard:
    """Where and when to fetch an order."""

    address: tuple[str, ...]
    hours: tuple[HoursRow, ...]
    open_sentence: str
    is_open: bool
    ready: bool


@dataclass(frozen=True, slots=True)
class OrderPage:
    """``portal/order.html``."""

    code: str
    title: str
    remake_of: str
    """Code of the order that this one makes again at no charge; empty for all others."""
    tracker: Tracker
    lines: tuple[LineCard, ...]
    delivery: str
    """"Pickup" or "Shipping"."""
    pickup: PickupCard | None
    placed_at: datetime
    can_cancel: bool
    cancel_url: str
    why_not_cancel: str
    timeline: tuple[TimelineEntry, ...]
    companions: tuple[Companion, ...] = ()
    camera: SharedCamera | None = None
    photos: tuple[PhotoCard, ...] = ()
    company: str = ""
    """For whom it was placed; empty for the customer themselves."""
    placed_by: str = ""
    again_url: str = ""
    has_money: bool = False
    """There is a quote, an invoice or a payment: to cancel the order voids none of them."""
    rush: bool = False


@dataclass(frozen=True, slots=True)
class MaterialChoice:
    """A material with what it can be had in."""

    name: str
    label: str
    note: str
    colours: tuple[Choice, ...] = field(hash=False)
    finishes: tuple[Choice, ...] = field(hash=False)
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line of the form as it was sent, so that an error loses nothing. ``key`` tells its fields from others'."""

    key: str
    file: FileCard | None
    quantity: str
    material: str
    colour: str
    finish: str
    instructions: str
    errors: dict[str, str]

    @property
    def riding(self) -> bool:
        """Nothing is made of its file; it rides along."""
        return self.file is not None and self.file.verdict == "companion"


@dataclass(frozen=True, slots=True)
class VisitorFields:
    """What the form asks of somebody who has no account."""

    name: str
    email: str
    by_approval: bool
    sign_in_url: str


@dataclass(frozen=True, slots=True)
class NewOrderPage:
    """``portal/new_order.html``."""

    materials: tuple[MaterialChoice, ...]
    lines: tuple[NewLine, ...]
    deliveries: tuple[Choice, ...]
    title: str
    formats: str
    """"STL"."""
    accept: str
    """The ``accept`` attribute of the file field."""
    max_size: str
    upload_url: str
    token: str
    """Makes a repeated submit the same order."""
    errors: dict[str, str]
    action: str
    live_url: str
    delivery: str
    visitor: VisitorFields | None = None
    companies: tuple[Choice, ...] = ()
    """For whom the order is; empty where there is nothing to choose."""
    address: OrderAddress | None = None
    po_number: str | None = None
    """The buyer's own number; None where nobody is asked for one."""


@dataclass(frozen=True, slots=True)
class BoardCard:
    """An order on the board; rendered alone for live updates (``staff/_board_card.html``)."""

    code: str
    title: str
    url: str
    customer: str
    picture_url: str
    stage: str
    window: str
    chip: Chip | None
    percent: int | None = field(compare=False)
    moving: str = field(compare=False)
    """How it goes on by the clock (``Moving``), or empty. Both are drawn anew where the rest of a card is kept."""
    note: str
    """"2 of 3 jobs done", "on prusa-1"."""
    rush: bool = False


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A stage with its cards; ``hidden`` of them are not shown."""

    stage: str
    title: str
    count: int
    cards: tuple[BoardCard, ...]
    more_url: str


@dataclass(frozen=True, slots=True)
class Move:
    """A stage the order may move to now, or may not, and then why."""

    to: str
    label: str
    allowed: bool
    why_not: str
    primary: bool
    danger: bool
    key: str
    """Keyboard shortcut."""


@dataclass(frozen=True, slots=True)
class StaffOrderLive:
    """What moves by itself on the staff's order page; rendered alone (``staff/_order_live.html``)."""

    code: str
    tracker: Tracker
    jobs: tuple[JobLine, ...]
    copies: tuple[str, ...] = ()
    """Where the copies of each line are, as a sentence."""


@dataclass(frozen=True, slots=True)
class StaffOrderPage:
    """``staff/order.html``."""

    code: str
    title: str
    customer: str
    customer_url: str
    customer_email: str
    stage: str
    stage_word: str
    live: StaffOrderLive
    promise: str
    lines: tuple[LineCard, ...]
    moves: tuple[Move, ...]
    undo: str
    """What would be undone, as a sentence; empty when nothing can be."""
    on_hold: bool
    operations: tuple[OperationLine, ...]
    timeline: tuple[TimelineEntry, ...]
    delivery: str
    placed_at: datetime
    companions: tuple[Companion, ...] = ()
    photos: tuple[PhotoCard, ...] = ()
    rush: bool = False


@dataclass(frozen=True, slots=True)
class FirstLine:
    """A line of a first order, as it is shown before it is real."""

    name: str
    quantity: str
    specification: str
    instructions: str
    picture_url: str
    verdict: str
    view_url: str


@dataclass(frozen=True, slots=True)
class FirstOrderPage:
    """``first/confirm.html``. ``state`` is asked, waiting, placed, declined, or over."""

    state: str
    token: str
    title: str
    name: str
    email: str
    lines: tuple[FirstLine, ...]
    delivery: str
    by_approval: bool
    sign_in_url: str
    """Where its customer signs in before they can place it; empty where that is not needed."""
    order_url: str


@dataclass(frozen=True, slots=True)
class NewcomerPage:
    """``staff/newcomer.html``."""

    id: int
    name: str
    email: str
    title: str
    lines: tuple[FirstLine, ...]
    delivery: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """An order that waits for its customer's word, on their home."""

    title: str
    url: str
