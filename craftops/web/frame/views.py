"""What pages of several capabilities get: choices, chips, forms, to-do lists, the shop's face."""

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
    copy: bool = False
    """A restored copy that nobody has called the real shop yet."""


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
