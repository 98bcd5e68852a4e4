"""What templates get of conversations: the thread of an order, the staff's inbox, canned answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from craftops.web.frame.views import Choice
from craftops.web.orders.views import Tracker
from craftops.web.shipping.views_pickup import PickupPanel


@dataclass(frozen=True, slots=True)
class AttachmentCard:
    """A file of a message; ``kind`` is picture, design or document."""

    id: int
    file_id: int
    kind: str
    name: str
    size: str
    url: str
    """Fetches it; empty while it is not there to be fetched."""
    small_url: str
    """What is shown of it; empty where there is nothing to show."""
    width: int
    height: int
    note: str
    """The verdict of a design, or why a picture is not shown."""
    tone: str
    view_url: str
    order_url: str
    """Makes an order of it; empty for staff and for what nothing can be made of."""
    use_url: str
    """Leads to the choice of the line whose new version it becomes; empty where it cannot become one."""


@dataclass(frozen=True, slots=True)
class UsePage:
    """``portal/use.html``: of which line a file becomes the new version."""

    code: str
    title: str
    name: str
    small_url: str
    file_id: int
    lines: tuple[Choice, ...]
    """``note`` says why a line takes none; those that do have none."""
    url: str
    back_url: str


@dataclass(frozen=True, slots=True)
class MessageCard:
    """One message. ``side`` is customer or shop, ``mine`` whether the reader's own side wrote it."""

    id: int
    side: str
    mine: bool
    author: str
    at: datetime
    body: Markup
    folded: str
    via: str
    """"by mail", or empty."""
    via_icon: str
    away: str
    """"away until …" for an absence note, else empty."""
    files: tuple[AttachmentCard, ...]
    new: bool
    """The reader has not seen it yet."""


@dataclass(frozen=True, slots=True)
class NoteCard:
    """An internal note: only ever on pages of the floor."""

    author: str
    at: datetime
    body: Markup


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file that goes with what is being written."""

    id: int
    name: str
    size: str


@dataclass(frozen=True, slots=True)
class Composer:
    """Where a message is written. The addresses are those of the reader's own face."""

    key: str
    """Changes when the reader's message has been sent: the box is empty then, and kept until then."""
    token: str
    seen: int
    text: str
    files: tuple[DraftFile, ...]
    send_url: str
    draft_url: str
    upload_url: str
    accept: str
    takes: str
    """"STL, OBJ, … up to 250 MB each"."""
    label: str
    button: str
    hint: str
    canned: tuple[Choice, ...] = ()
    """Answers that staff give often; ``note`` is their language."""
    canned_url: str = ""


@dataclass(frozen=True, slots=True)
class ThreadPanel:
    """``portal/_thread.html``: the conversation on an order's page, on both faces."""

    code: str
    messages: tuple[MessageCard, ...]
    count: int
    earlier: int
    """How many older ones are not shown."""
    earlier_url: str
    new: int
    newest: int
    read_url: str
    seen: str
    """"Read by the customer" below the newest message, or empty."""
    empty: str
    composer: Composer | None
    """None: the reader's role in the company does not let them write."""
    writing: str
    """"Mara is answering", for staff."""
    for_staff: bool


@dataclass(frozen=True, slots=True)
class NotesPanel:
    """``staff/_notes.html``: what staff tell one another about an order."""

    notes: tuple[NoteCard, ...]
    write_url: str
    token: str
    back: str


@dataclass(frozen=True, slots=True)
class InboxLine:
    """A thread in the staff's inbox."""

    url: str
    code: str
    title: str
    customer: str
    stage: str
    excerpt: str
    """"Ada: …", the newest message in a line."""
    new: int
    waiting: str
    """"waiting 2 h 10 min of your hours", or empty."""
    late: bool
    assigned: str
    snoozed: str
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class InboxTab:
    """One of the inbox's lists with its count."""

    key: str
    label: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A hit of the search."""

    url: str
    code: str
    title: str
    author: str
    excerpt: Markup
    at: datetime


@dataclass(frozen=True, slots=True)
class InboxPage:
    """``staff/messages.html``."""

    tabs: tuple[InboxTab, ...]
    held: int
    """Mails that prove no thread."""
    lines: tuple[InboxLine, ...]
    query: str
    found: tuple[FoundMessage, ...]
    empty: str
    next_url: str
    previous_url: str


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """``staff/thread.html``: everything for an answer on one screen."""

    code: str
    title: str
    customer: str
    customer_url: str
    order_url: str
    stage: str
    sentence: str
    window_label: str
    window: str
    waiting: str
    assigned: tuple[Choice, ...]
    snoozed: str
    snoozes: tuple[Choice, ...]
    settle: bool
    """Whether there is anything to call answered."""
    next_url: str
    """The next thread that waits; empty when this is the last one."""
    thread: ThreadPanel
    notes: NotesPanel


@dataclass(frozen=True, slots=True)
class QuestionCard:
    """One decision; ``state`` is open, answered or withdrawn. ``url`` answers it, or takes it back for staff."""

    id: int
    text: Markup
    choices: tuple[Choice, ...]
    due: str
    overdue: bool
    holds: bool
    state: str
    answer: str
    who: str
    at: datetime
    by_mail: bool
    url: str


@dataclass(frozen=True, slots=True)
class AskedPanel:
    """``staff/_asked.html``."""

    cards: tuple[QuestionCard, ...]
    kinds: tuple[Choice, ...]
    url: str
    token: str


@dataclass(frozen=True, slots=True)
class HomeQuestion:
    """A question on the customer's home."""

    title: str
    code: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A mail that waits for its place; ``choices`` are the orders that it may be about."""

    id: int
    sender: str
    address: str
    subject: str
    body: Markup
    folded: str
    files: tuple[str, ...]
    why: str
    came_at: datetime
    choices: tuple[Choice, ...]
    place_url: str
    throw_url: str


@dataclass(frozen=True, slots=True)
class HeldPage:
    """``staff/held.html``."""

    lines: tuple[HeldLine, ...]


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A kind of notice to switch; ``must``: it cannot be switched off."""

    key: str
    title: str
    on: bool
    must: bool


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """``portal/notices.html``. ``channels`` is empty where there is one at most."""

    kinds: tuple[KindChoice, ...]
    merges: tuple[Choice, ...]
    quiet_from: str
    quiet_to: str
    channels: tuple[Choice, ...]
    digest: bool = False
    digest_at: str = ""


@dataclass(frozen=True, slots=True)
class CannedLine:
    """A canned response in the list of all."""

    title: str
    body: str
    language: str
    edit_url: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class CannedPage:
    """``staff/canned.html``."""

    lines: tuple[CannedLine, ...]
    new_url: str


@dataclass(frozen=True, slots=True)
class UnreadCard:
    """An order in which the shop has written something new, on the customer's home."""

    title: str
    code: str
    url: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class GuestPhoto:
    """A photo on the page behind a link."""

    url: str
    small_url: str
    said: str
    caption: str
    taken_at: datetime
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class GuestMessage:
    """A message on the page behind a link: its files have names there, and cannot be fetched."""

    id: int
    side: str
    author: str
    at: datetime
    body: Markup
    away: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GuestPage:
    """``portal/guest.html``: an order without an account. No price, no file, no other order is in here."""

    title: str
    code: str
    name: str
    """Under which an answer is written."""
    tracker: Tracker
    photos: tuple[GuestPhoto, ...]
    messages: tuple[GuestMessage, ...]
    earlier: int
    """How many older ones are not shown."""
    write_url: str
    write_token: str
    text: str
    sign_in_url: str
    newest: int
    ticket: PickupPanel | None
    """Of an order that waits to be picked up, where the link is its customer's own."""
