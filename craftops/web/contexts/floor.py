"""What the floor's templates get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.contexts.pictures import PhotoCard
from craftops.web.contexts.portal import Chip, Choice, Companion, LineCard, TimelineEntry, Tracker


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
    gcode: str = ""
    """Name of its machine code; empty where there is none."""
    can_attach: bool = False
    outcome: str = ""
    """"7 good, 1 bad"; empty where that says nothing new."""
    again_of: str = ""
    """The job whose missing copies it makes."""
    can_split: bool = False
    can_settle: bool = False
    copies_done: int = 0
    copies_failed: int = 0
    merge_with: tuple[Choice, ...] = ()
    forgets: str = ""
    """One sentence: what is lost of this job when it is split or joined; empty when nothing is."""
    camera: str = ""
    """Whether its customer may look through the machine's camera: on, off; empty where that cannot be said."""


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
    operations: tuple[OperationRow, ...]
    timeline: tuple[TimelineEntry, ...]
    delivery: str
    placed_at: datetime
    companions: tuple[Companion, ...] = ()
    photos: tuple[PhotoCard, ...] = ()


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
    advice: str = ""
    """What is to be set up at the machine, as sentences."""
    arrival: str = ""
    """What has come of a machine whose credential was just made, as a sentence."""
    by_hand: bool = False
    """People press its buttons, at the machine if they like."""
    settings_url: str = ""
    """Where the settings of its driver are changed; empty where there are none."""
    bed: str = ""
    """"250 × 210 × 220"; empty while nobody has said."""


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
