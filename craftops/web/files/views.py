"""What templates get of files: facts, findings, fixes, versions, the part in 3D, photos, what came in by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import Chip, Choice


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
class FixButton:
    """A fix by one click; ``action`` is what its form sends, ``note`` what comes of it ("184 × 114 × 95 mm")."""

    action: str
    label: str
    note: str = ""
    scale: Scale | None = None
    """For a unit: how large the part would be, beside a coin and a hand."""


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
    view_url: str = ""
    """The page on which the part can be turned; empty where there is nothing to turn."""
    fixes: tuple[FixButton, ...] = ()
    units: tuple[FixButton, ...] = ()
    """The units that the file may have meant; ``as_read`` is the size that we took."""
    as_read: Scale | None = None
    unit_asked: bool = False
    """Whether the size is odd enough to ask; else the question is only there for whoever looks."""
    mended: str = ""
    """What was done to it, for a copy that we made."""
    changes: tuple[FactChange, ...] = ()
    """What that changed, measured."""
    undo: FixButton | None = None
    about_url: str = ""
    """Where one sees who looked at it, and deletes it."""
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FactChange:
    """A measured fact before and after: "Size", "7.3 × 4.5 × 3.8 mm", "184 × 114 × 95 mm"."""

    label: str
    before: str
    after: str
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a line's design. ``state_word`` and ``tone`` say how it stands."""

    number: int
    file: FileCard
    state: str
    state_word: str
    tone: str
    by: str
    at: datetime
    note: str
    url: str
    """Compares it with the one that is made."""


@dataclass(frozen=True, slots=True)
class PriceChange:
    """Machine time and material by the shop's rates, in both versions, for the whole quantity."""

    before: str
    after: str
    """Amounts with their currency; "–" where none can be said."""
    changed: bool
    change: str
    """One sentence: the difference; empty where one of both cannot be said."""
    unsaid: tuple[str, ...]
    """One sentence for each version whose amount cannot be said: why."""
    caption: str


@dataclass(frozen=True, slots=True)
class ComparePage:
    """Two versions side by side. ``before`` is the older one."""

    code: str
    title: str
    order_url: str
    line_title: str
    before: Version
    after: Version
    changes: tuple[FactChange, ...]
    gone: tuple[str, ...]
    """Findings that only the older version has, as sentences."""
    fresh: tuple[str, ...]
    time_before: str
    time_after: str
    time_change: str
    """"40 min more machine time"."""
    versions: tuple[Version, ...]
    decide_url: str
    """Where staff approve or decline; empty for everybody else and when it is too late."""
    closed: str
    price: PriceChange | None = None
    """None where the shop has no rates for this line: then the page says nothing of prices."""


@dataclass(frozen=True, slots=True)
class ViewBox:
    """A box in a drawing: left, top, width, height, in the drawing's own unit."""

    x: float
    y: float
    wide: float
    high: float


@dataclass(frozen=True, slots=True)
class Scale:
    """A part's outline to scale beside a coin and a hand, which the macro ``ui.scale`` draws."""

    unit: str
    """mm, cm, in or m; empty where there is no choice."""
    size: str
    """"20 × 30 × 40 mm"."""
    compared: str
    """"About as large as a coin"."""
    wide: float
    high: float
    part: ViewBox
    coin: ViewBox | None
    """None where it would be too small to see; so is the hand."""
    hand: ViewBox | None


@dataclass(frozen=True, slots=True)
class ViewPage:
    """One part at full size. Without a ``model_url`` there is only the picture."""

    name: str
    picture_url: str
    model_url: str
    facts: tuple[Fact, ...]
    note: str
    """What is simpler here than in the file; empty where nothing is."""
    back_url: str
    back_word: str
    download_url: str
    size: str


@dataclass(frozen=True, slots=True)
class IncomingFileLine:
    """A file of a message: with a card when it has an owner, with a sentence when it was not taken."""

    name: str
    size: str
    card: FileCard | None
    sentence: str


@dataclass(frozen=True, slots=True)
class IncomingPage:
    """``staff/incoming.html``."""

    id: int
    title: str
    """Its subject, or its files where it has none."""
    channel: str
    """"Mail"."""
    sender: str
    """An address, or empty."""
    came_at: datetime
    chip: Chip
    sentence: str
    """Why it was refused, where no file says so."""
    files: tuple[IncomingFileLine, ...]
    customer: str
    customer_url: str
    is_held: bool
    suggested: str
    """The address that is most likely its customer's."""
    customers: tuple[Choice, ...]
    """Customers to choose from: address and name."""
    new_name: str
    """A first guess at the name of the new customer; empty when none can be made of the sender."""
    can_take_back: bool
    can_close: bool


@dataclass(frozen=True, slots=True)
class ChannelTrouble:
    """A channel that does not work."""

    title: str
    sentence: str
    again_at: datetime | None
    """When it is tried again; None when it is not."""


@dataclass(frozen=True, slots=True)
class PhotoCard:
    """A progress photo."""

    id: int
    url: str
    picture_url: str
    small_url: str
    caption: str
    said: str
    """What a screen reader hears instead of the photo."""
    source: str
    """"by Sam", "from the camera"; for staff."""
    taken_at: datetime
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PhotoPage:
    """``portal/photo.html``."""

    title: str
    photo: PhotoCard
    number: int
    count: int
    newer_url: str
    older_url: str
    back_url: str


@dataclass(frozen=True, slots=True)
class Companion:
    """A file that rides along with an order."""

    name: str
    size: str
    url: str
