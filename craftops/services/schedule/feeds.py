"""Calendar feeds: secret addresses that calendar programs read, and what they read there.

Titles hold codes of orders and names of parts, and never a customer: calendars lie on the servers of others.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from craftops.domain.hours.calendar import Calendar
from craftops.domain.orders.workflow import ENDED, Stage
from craftops.domain.people.access import Role
from craftops.domain.people.audit import Deed
from craftops.domain.schedule.feed import FeedEvent, days_in_rows, in_steps
from craftops.errors import AccessError
from craftops.services.people.accounts import SEEN_EVERY, actor_of, digest
from craftops.services.schedule.plan import Plan, read_plan
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import (
    CalendarFeedRow,
    JobRow,
    MaintenanceRow,
    OperationRow,
    OrderRow,
    PickupRow,
)
from craftops.store.queries import scoped
from craftops.store.viewing import person_view, view_of
from craftops.store.views.people import Account, CalendarFeedView, PersonView

AHEAD = timedelta(days=400)
"""Closed days are told so far ahead."""


@dataclass(frozen=True, slots=True)
class FeedWords:
    """How a feed says what it shows: each a pattern for ``str.format``, but for the address and the hand work."""

    link: Callable[[str], str]
    """The address of an order's page, by its code."""
    hand_work: Callable[[str, str], str]
    """Hand work in words, by its kind and its own title."""
    expected: str
    run: str
    set_up: str
    hands: str
    minutes: str
    rests: str
    no_end: str
    fetch: str
    bin: str
    closed: str


class FeedKind(StrEnum):
    """What a feed shows: the shop's schedule, or what its reader waits for."""

    SHOP = "shop"
    ORDERS = "orders"


def may_have(account: Account, kind: FeedKind) -> bool:
    """Whether this feed is for this person."""
    works_here = account.role in (Role.STAFF.value, Role.OWNER.value)
    return works_here if kind is FeedKind.SHOP else account.role == Role.CUSTOMER.value


def kind_for(account: Account) -> FeedKind:
    """The feed that this person can have."""
    return FeedKind.ORDERS if account.role == Role.CUSTOMER.value else FeedKind.SHOP


def feed_of(account: Account) -> CalendarFeedView | None:
    """The feed that somebody has, if they have one."""
    mine = (CalendarFeedRow.account == account.id) & (CalendarFeedRow.kind == kind_for(account).value)
    row = CalendarFeedRow.get_or_none(mine)
    return view_of(CalendarFeedView, row) if row is not None else None


def make(account: Account, *, at: datetime) -> str:
    """A new secret of an address, shown this once; the one before ends. Raises AccessError."""
    kind, token = kind_for(account), secrets.token_urlsafe(32)
    if not may_have(account, kind):
        raise AccessError
    with unit_of_work():
        end(account, at=at)
        CalendarFeedRow.create(account=account.id, kind=kind.value, token_hash=digest(token), created_at=at)
        note(Deed.CALENDAR_MADE, actor=actor_of(account), at=at, account=account.id, subject=account.email)
    return token


def end(account: Account, *, at: datetime) -> bool:
    """Nobody reads their feeds any more; whether there was one."""
    with unit_of_work():
        ended = bool(CalendarFeedRow.delete().where(CalendarFeedRow.account == account.id).execute())
        if ended:
            note(Deed.CALENDAR_ENDED, actor=actor_of(account), at=at, account=account.id, subject=account.email)
    return ended


def open_feed(token: str, *, at: datetime) -> tuple[PersonView, FeedKind]:
    """Whose feed an address is. Raises AccessError for one that is none, has ended, or is not theirs any more."""
    row: CalendarFeedRow | None = CalendarFeedRow.get_or_none(CalendarFeedRow.token_hash == digest(token))
    if row is None or row.account.disabled or not may_have(row.account, FeedKind(row.kind)):
        raise AccessError
    if row.used_at is None or at - row.used_at > SEEN_EVERY:
        CalendarFeedRow.update(used_at=at).where(CalendarFeedRow.id == row.id).execute()
    return person_view(row.account), FeedKind(row.kind)


def events_of(
    shop: Shop, account: Account, kind: FeedKind, calendar: Calendar, words: FeedWords, at: datetime
) -> list[FeedEvent]:
    """All that a feed shows at this moment, in order."""
    if kind is FeedKind.ORDERS:
        found = list(_expected(account, words))
    else:
        plan = read_plan(shop, calendar, at)
        found = [
            *_machine_work(plan, words),
            *_hand_work(plan, words),
            *_maintenance(plan, words),
            *_pickups(plan, words),
        ]
        found += _closed(calendar, in_zone(at, calendar.zone), words)
    return sorted(found, key=lambda one: (str(one.start), one.key))


def in_zone(at: datetime, zone: ZoneInfo) -> date:
    """The day of an instant, as people of the zone call it."""
    return at.astimezone(zone).date()


def _expected(account: Account, words: FeedWords) -> Iterator[FeedEvent]:
    over = [stage.value for stage in (*ENDED, Stage.SHIPPED)]
    mine = scoped.orders(actor_of(account)).where(OrderRow.stage.not_in(over), OrderRow.window_start.is_null(False))
    for row in mine.order_by(OrderRow.id):
        yield FeedEvent(
            f"order-{row.code}", words.expected.format(title=row.title, code=row.code), in_steps(row.window_start),
            in_steps(row.window_end, up=True), row.placed_at, url=words.link(row.code), busy=False, sure=False,
        )  # fmt: skip


def _machine_work(plan: Plan, words: FeedWords) -> Iterator[FeedEvent]:
    names = {one.machine_id: one.name for one in plan.machines}
    made = {row.id: row.order.placed_at for row in JobRow.select(JobRow, OrderRow).join(OrderRow).where(
        JobRow.id.in_(list(plan.jobs)))}  # fmt: skip
    for slots in plan.slots.values():
        for slot in slots:
            one = plan.jobs.get(slot.job_id)
            if one is None or slot.endless:
                continue
            before = "" if slot.hands_from == slot.start else words.set_up
            title = words.run.format(machine=names[slot.machine_id], title=one.title, code=one.order_code)
            yield FeedEvent(
                f"job-{one.job.code}", title,
                in_steps(min(slot.hands_from, slot.start)), in_steps(slot.end, up=True), made[slot.job_id], before,
                words.link(one.order_code),
            )  # fmt: skip


def _hand_work(plan: Plan, words: FeedWords) -> Iterator[FeedEvent]:
    """After the last machine run of its order; what has none any more since its stage began."""
    ends: dict[str, datetime] = {}
    for slots in plan.slots.values():
        for slot in slots:
            if slot.job_id in plan.jobs and not slot.endless:
                code = plan.jobs[slot.job_id].order_code
                ends[code] = max(ends.get(code, slot.end), slot.end)
    waiting = {one.order_code for one in plan.jobs.values()}
    over = [stage.value for stage in (*ENDED, Stage.SHIPPED)]
    rows = OperationRow.select(OperationRow, OrderRow).join(OrderRow)
    for row in rows.where(OperationRow.done_at.is_null(), OrderRow.stage.not_in(over)).order_by(OperationRow.id):
        order = row.order
        if order.code in waiting and order.code not in ends:
            continue  # nobody knows yet when a machine is at it
        after = ends.get(order.code, order.stage_since)
        begins = plan.calendar.next_open(after)
        ends_at = plan.calendar.after_hand_work(begins, row.minutes)
        if order.code in ends:
            ends[order.code] = ends_at
        work = words.hand_work(row.kind, row.title)
        yield FeedEvent(
            f"hands-{order.code}-{row.id}",
            words.hands.format(work=work, title=order.title, code=order.code),
            in_steps(begins),
            in_steps(ends_at, up=True),
            order.placed_at,
            words.minutes.format(minutes=f"{row.minutes:.0f}"),
            words.link(order.code),
        )


def _maintenance(plan: Plan, words: FeedWords) -> Iterator[FeedEvent]:
    names = {one.machine_id: one.name for one in plan.machines}
    rows = MaintenanceRow.select().where(MaintenanceRow.end.is_null() | (MaintenanceRow.end > plan.at))
    for row in rows.order_by(MaintenanceRow.id):
        first = in_zone(row.start, plan.calendar.zone)
        known = row.end is not None
        tomorrow = max(first, in_zone(plan.at, plan.calendar.zone)) + timedelta(days=1)
        yield FeedEvent(
            f"rest-{row.id}", words.rests.format(machine=names.get(row.machine_id, ""), reason=row.reason),
            in_steps(row.start) if known else first,
            in_steps(row.end, up=True) if known else tomorrow,
            row.at, "" if known else words.no_end,
        )  # fmt: skip


def _pickups(plan: Plan, words: FeedWords) -> Iterator[FeedEvent]:
    rows = PickupRow.select(PickupRow, OrderRow).join(OrderRow).where(PickupRow.state == "waiting")
    for row in rows.order_by(PickupRow.id):
        day = in_zone(row.since, plan.calendar.zone)
        yield FeedEvent(
            f"pickup-{row.order.code}",
            words.fetch.format(title=row.order.title, code=row.order.code),
            day,
            day + timedelta(days=1),
            row.since,
            words.bin.format(bin=row.bin) if row.bin else "",
            words.link(row.order.code),
            busy=False,
        )


def _closed(calendar: Calendar, today: date, words: FeedWords) -> Iterator[FeedEvent]:
    days = [day for day in calendar.closed_on if today <= day <= today + AHEAD]
    for first, after in days_in_rows(days):
        made = datetime.combine(first, datetime.min.time(), calendar.zone)
        yield FeedEvent(f"closed-{first}", words.closed, first, after, made, busy=False)
