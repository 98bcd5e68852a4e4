"""What templates get: frozen values, ready to print. This is the contract with themes.

Sentences, windows and times of day are finished text in the reader's language; moments that a page may show
in the reader's own zone are aware UTC datetimes, printed by the ``moment`` macro as ``<time datetime=…>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
class Fact:
    """A measured fact for people: "Size", "40 × 40 × 20 mm"."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding in plain words; ``severity`` is error, warning or note."""

    severity: str
    sentence: str
    fix: str
    icon: str


@dataclass(frozen=True, slots=True)
class FileCard:
    """A file and its verdict; ``verdict`` is waiting, accepted, findings, refused or by_hand."""

    id: int
    name: str
    size: str
    picture_url: str
    """Empty until there is a picture."""
    verdict: str
    sentence: str
    facts: tuple[Fact, ...]
    findings: tuple[FindingLine, ...]
    download_url: str


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


@dataclass(frozen=True, slots=True)
class TodoItem:
    """One line of a to-do list."""

    url: str
    code: str
    title: str
    note: str
    since: datetime | None
    picture_url: str
    chip: Chip | None


@dataclass(frozen=True, slots=True)
class TodoList:
    """One list of the staff home; ``count`` equals the number of items behind ``url``."""

    key: str
    title: str
    icon: str
    count: int
    empty: str
    url: str
    items: tuple[TodoItem, ...]


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
    percent: int | None
    note: str
    """"2 of 3 jobs done", "on prusa-1"."""


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
class JobRow:
    """One job on a staff page."""

    id: int
    code: str
    title: str
    copies: int
    state: str
    state_word: str
    tone: str
    machine: str
    machine_url: str
    percent: int | None
    planned: str
    """"2 h 40 min (measured from the file)"."""
    remaining: str
    reason: str
    order_code: str
    order_url: str
    picture_url: str
    can_queue: bool
    can_unqueue: bool
    machines: tuple[Choice, ...]
    can_move_up: bool
    can_move_down: bool
    can_retry: bool


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One hand operation."""

    id: int
    title: str
    minutes: str
    line: str
    done: bool
    done_by: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffOrderLive:
    """What moves by itself on the staff's order page; rendered alone (``staff/_order_live.html``)."""

    code: str
    tracker: Tracker
    jobs: tuple[JobRow, ...]


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
    operations: tuple[OperationRow, ...]
    timeline: tuple[TimelineEntry, ...]
    delivery: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class CommandButton:
    """A button for a machine."""

    kind: str
    label: str
    icon: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class MachineCard:
    """A machine in the list; rendered alone for live updates (``staff/_machine_card.html``)."""

    key: str
    name: str
    url: str
    process: str
    process_icon: str
    driver: str
    state: str
    state_word: str
    tone: str
    percent: int | None
    remaining: str
    job: JobRow | None
    queued: int
    next_title: str
    last_heard: datetime | None
    stale: str
    refused: int
    message: str
    commands: tuple[CommandButton, ...]


@dataclass(frozen=True, slots=True)
class RefusedWord:
    """A message that broke the contract."""

    at: datetime
    code: str
    sentence: str
    raw: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A machine's broker credential, shown once."""

    username: str
    password: str
    host: str
    port: int
    line: str
    """A ready ``mosquitto_pub`` command."""


@dataclass(frozen=True, slots=True)
class MachinePage:
    """``staff/machine.html``."""

    card: MachineCard
    queue: tuple[JobRow, ...]
    recent: tuple[JobRow, ...]
    refused: tuple[RefusedWord, ...]
    unclaimed: str
    """A run that no job explains, as a sentence, or empty."""
    claim_choices: tuple[Choice, ...]
    credential: Credential | None
    uses_broker: bool
    topic: str
    broker: str
    """"mosquitto on 127.0.0.1:18830"; empty while there is none."""
    last_raw: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer in the list."""

    id: int
    name: str
    email: str
    url: str
    orders: int
    active: int
    since: datetime


@dataclass(frozen=True, slots=True)
class CustomersPage:
    """``staff/customers.html``."""

    rows: tuple[CustomerRow, ...]
    query: str
    total: int
    page: int
    pages: int
    next_url: str
    previous_url: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """``staff/customer.html``."""

    customer: CustomerRow
    orders: tuple[BoardCard, ...]
    phone: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a plain form; ``kind`` is an input type, or select, textarea, checkbox."""

    name: str
    label: str
    kind: str
    value: str
    hint: str
    error: str
    required: bool
    choices: tuple[Choice, ...] = ()
    autocomplete: str = ""


@dataclass(frozen=True, slots=True)
class FormPage:
    """``form.html`` and pages built on it: the wizard, add machine, settings, sign-in by link."""

    title: str
    lead: str
    fields: tuple[FormField, ...]
    submit: str
    action: str
    back_url: str = ""
    error: str = ""
    """A sentence above the form."""
    step: str = ""
    """"Step 2 of 3" in the wizard, else empty."""
