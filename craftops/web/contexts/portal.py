"""What both see, and what the portal's templates get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.contexts.files import FileCard
from craftops.web.contexts.pictures import PhotoCard, SharedCamera


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select or a radio group."""

    value: str
    label: str
    chosen: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class HoursRow:
    """A line of the opening hours: "Monday–Friday", "09:00–18:00"."""

    days: str
    hours: str


@dataclass(frozen=True, slots=True)
class ShopFace:
    """The shop as every page shows it."""

    name: str
    tagline: str
    logo_url: str
    email: str
    phone: str
    address: tuple[str, ...]
    hours: tuple[HoursRow, ...]
    open_sentence: str
    """"Open today until 18:00" or "Closed now, opens Tue 09:00"."""
    is_open: bool
    demo: bool


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks at the page; ``role`` is "" for a visitor, else customer, staff or owner."""

    name: str
    role: str
    email: str

    @property
    def signed_in(self) -> bool:
        return bool(self.role)

    @property
    def is_staff(self) -> bool:
        return self.role in ("staff", "owner")


@dataclass(frozen=True, slots=True)
class Chip:
    """A state in one word; ``tone`` is calm, good, warn, bad or quiet; ``icon`` names a sprite symbol."""

    word: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class Step:
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
    steps: tuple[Step, ...]
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
    percent: int | None
    steps_done: int
    steps_all: int
    placed_at: datetime
    ended: bool


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


@dataclass(frozen=True, slots=True)
class Companion:
    """A file that rides along with an order."""

    name: str
    size: str
    url: str


@dataclass(frozen=True, slots=True)
class MaterialChoice:
    """A material with what it can be had in."""

    name: str
    label: str
    note: str
    colours: tuple[Choice, ...]
    finishes: tuple[Choice, ...]
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
    live_url: str
    delivery: str
