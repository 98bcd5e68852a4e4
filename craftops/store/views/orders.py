"""An order as parts of its page, its papers and its mails read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from craftops.store.views.files import FileView
from craftops.store.views.people import CompanyView, PersonView


class OrderSeen(Protocol):
    """An order as far as it says who may do what with it."""

    @property
    def id(self) -> int: ...
    @property
    def company_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order as it stands."""

    id: int
    code: str
    customer: PersonView
    company: CompanyView | None
    customer_id: int
    company_id: int | None
    title: str
    po_number: str
    stage: str
    stage_since: datetime
    delivery: str
    hold_reason: str
    hold_since: datetime | None
    hold_waits_for_customer: bool
    placed_at: datetime
    wanted_by: datetime | None
    promise_at: datetime | None
    promise_from: datetime | None
    promise_middle: datetime | None
    window_start: datetime | None
    window_middle: datetime | None
    window_end: datetime | None
    basis: str
    as_of: datetime | None
    stale: bool
    paused: bool
    short: bool
    version: int
    companions: list[dict[str, Any]] | None = field(hash=False)
    asked: int
    money: int
    way: str
    way_since: datetime | None
    photos: int
    standard_lines: int
    withdrawals: int
    remake_of: str
    rush: bool
    hand_minutes: float | None = None
    """Minutes of hand work that are still to be done; None where they were not read with it."""


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    """A declaration of withdrawal, with what became of it last."""

    id: int
    name: str
    email: str
    lines: list[dict[str, Any]]
    """``[{"id", "title", "quantity"}, …]``; empty where only the words say what is meant."""
    words: str
    at: datetime
    digest: str
    state: str
    sentence: str
    by_name: str
    step_at: datetime
    step_id: int
    order_code: str
    order_title: str
    customer_id: int


@dataclass(frozen=True, slots=True)
class FirstOrderView:
    """An order of somebody without an account, until it is real."""

    id: int
    state: str
    email: str
    name: str
    title: str
    delivery: str
    lines: list[dict[str, Any]] | None
    """As ``LineDraft``."""
    companions: list[int] | None
    """Ids of files that ride along."""
    address: dict[str, Any] | None
    """Where it is to be sent, as ``PostalAddress``."""
    seed: str
    """With the key of the shop it gives the token of its link; alone it opens nothing."""
    visitor_id: int | None
    """Whose the files are until then; None when it has become something."""
    order_id: int | None
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class TrackerLinkView:
    """A link that shows one order without an account."""

    id: int
    account_id: int | None
    """Whose mails carry it; None for one that was made to be passed on."""
    seed: str
    """With the key of the shop it gives the token; alone it opens nothing."""
    name: str
    note: str
    made_by: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileOfLine:
    """The file that a line is made from."""

    id: int
    name: str
    size: int
    format: str
    verdict: str
    picture_sha: str
    analysis: dict[str, Any] | None
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class LineView:
    """One design × quantity."""

    id: int
    order_id: int
    position: int
    title: str
    quantity: int
    material: str
    colour: str
    finish: str
    instructions: str
    file_id: int | None
    revision: int
    made_from: dict[str, Any] | None
    """Material and finish as the catalogue had them when the line was ordered."""
    made_to_specification: bool
    file: FileOfLine | None


@dataclass(frozen=True, slots=True)
class PageLine:
    """One design × quantity, as the page of its order shows it."""

    id: int
    order_id: int
    position: int
    title: str
    quantity: int
    material: str
    colour: str
    finish: str
    instructions: str
    file_id: int | None
    revision: int
    made_from: dict[str, Any] | None
    """Material and finish as the catalogue had them when the line was ordered."""
    made_to_specification: bool
    versions: int
    """How many versions of its design there are; 0 where there was never another."""
    proposed: int | None
    """The number of the newest that waits for a word."""
    file: FileView | None
