"""An order as staff see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import overload

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from craftops.domain.estimation.estimate import Basis
from craftops.domain.orders.workflow import OrderFacts, Stage, blocked_stages, may_undo, next_stages
from craftops.domain.people.access import Actor
from craftops.domain.production.copies import missing
from craftops.domain.production.jobs import ACTIVE, JobState
from craftops.services.orders.facts import facts_of
from craftops.store.mapping import to_job
from craftops.store.models import JobRow, OrderLineRow, OrderRow
from craftops.store.queries import orders, production
from craftops.store.queries.orders import OrderHistory
from craftops.web.estimation.present import chip_of, window_text
from craftops.web.files.present import companions_of, photo_cards
from craftops.web.files.present_versions import line_card
from craftops.web.frame import labels
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import TodoItem
from craftops.web.orders import labels as order_labels
from craftops.web.orders.present import live_jobs, tracker
from craftops.web.orders.present_parts import order_picture, timeline
from craftops.web.orders.views import BoardCard, Move, StaffOrderLive, StaffOrderPage
from craftops.web.production.present import KEYS, copies_of, job_line, operation_line, percent_of


def board_card(order: OrderRow, sight: RequestContext) -> BoardCard:
    jobs = live_jobs(order)
    _label, window = window_text(order, sight)
    if order.basis == Basis.WAITING.value:
        window = ""  # the chip and the note below say whom the shop waits for, and why
    return BoardCard(
        code=order.code,
        title=order.title,
        url=url_for("staff.order", code=order.code),
        customer=order.customer.name,
        picture_url=order_picture(order),
        stage=order.stage,
        window=window,
        chip=chip_of(order, sight.now, told_to_staff=True),
        percent=percent_of(jobs) if order.stage == Stage.IN_PRODUCTION.value else None,
        note=_board_note(order, jobs),
        rush=order.rush,
    )


def board_cards(found: Iterable[OrderRow], sight: RequestContext) -> tuple[BoardCard, ...]:
    """Many orders, with a fixed number of queries."""
    rows = list(found)
    production.read_jobs(rows)
    orders.read_pictures(rows)
    return tuple(board_card(row, sight) for row in rows)


def _board_note(order: OrderRow, jobs: list[JobRow]) -> str:
    if order.hold_since is not None:
        return _("on hold: %(why)s", why=order.hold_reason)
    active = next((job for job in jobs if JobState(job.state) in ACTIVE), None)
    if active is not None:
        return _("on %(machine)s", machine=active.machine.name if active.machine else "")
    if lacking := missing([to_job(job) for job in jobs]):
        return ngettext("%(num)d copy is missing", "%(num)d copies are missing", lacking)
    if order.stage == Stage.QUEUED.value and any(job.state == JobState.PLANNED.value for job in jobs):
        return _("needs a machine")
    done = sum(1 for job in jobs if job.state == JobState.DONE.value)
    if len(jobs) > 1 and done < len(jobs) and order.stage == Stage.IN_PRODUCTION.value:
        return _("%(done)s of %(all)s jobs done", done=done, all=len(jobs))
    return ""


def todo_item(order: OrderRow, sight: RequestContext, note: str = "") -> TodoItem:
    url = url_for("staff.order", code=order.code)
    return TodoItem(
        url,
        order.code,
        order.title,
        note or order.customer.name,
        order.stage_since,
        order_picture(order),
        chip_of(order, sight.now, told_to_staff=True),
    )


class OrdersToDo(Sequence[TodoItem]):
    """Orders as lines of a to-do list, each with its ``note`` (else its customer). The home counts them all and shows a
    few: the rest is never read, and those of all lists are read together.

    ``choose`` gets every order that has not ended (``on_the_floor``), and gives the numbers of those that belong here,
    in their order.
    """

    def __init__(
        self,
        choose: Callable[[Sequence[OrderRow]], Sequence[int]],
        sight: RequestContext,
        note: Callable[[OrderRow], str] = lambda _order: "",
    ) -> None:
        self._choose, self._sight, self._note = choose, sight, note
        self._ids: Sequence[int] | None = None
        self._read: Mapping[int, OrderRow] = {}

    @staticmethod
    def read_together(lists: Sequence[OrdersToDo], most: int | None) -> None:
        """Read the first ``most`` of each of these lists, in three queries."""
        if not lists:
            return
        floor = orders.on_the_floor()
        for one in lists:
            one._ids = one._choose(floor)
        rows = orders.with_customers(number for one in lists for number in one.ids[:most])
        for one in lists:
            one._read = rows

    @property
    def ids(self) -> Sequence[int]:
        """The numbers of its orders."""
        if self._ids is None:
            self._ids = self._choose(orders.on_the_floor())
        return self._ids

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> TodoItem: ...

    @overload
    def __getitem__(self, index: slice) -> list[TodoItem]: ...

    def __getitem__(self, index: int | slice) -> TodoItem | list[TodoItem]:
        if isinstance(index, int):
            return self._made([self.ids[index]])[0]
        return self._made(self.ids[index])

    def __iter__(self) -> Iterator[TodoItem]:
        return iter(self._made(self.ids))

    def _made(self, ids: Sequence[int]) -> list[TodoItem]:
        """An order that has gone meanwhile is left out."""
        if not set(ids) <= self._read.keys():
            self._read = orders.with_customers(ids)
        rows = (self._read.get(number) for number in ids)
        return [todo_item(row, self._sight, self._note(row)) for row in rows if row is not None]


def moves(order: OrderRow, sight: RequestContext, actor: Actor, facts: OrderFacts | None = None) -> tuple[Move, ...]:
    stage = Stage(order.stage)
    if facts is None:
        facts = facts_of(sight.shop, order)
    allowed = next_stages(stage, facts, actor)
    blocked = blocked_stages(stage, facts, actor)
    found = []
    forward_seen = False
    for to in (*allowed, *blocked):
        danger = to is Stage.CANCELLED
        back = not danger and list(Stage).index(to) < list(Stage).index(stage)
        label = (
            _("Back to: %(stage)s", stage=order_labels.STAGE_TITLES[to]) if back else str(order_labels.STAGE_MOVES[to])
        )
        primary = not back and not danger and to not in blocked and not forward_seen
        forward_seen = forward_seen or primary
        found.append(Move(to.value, label, to not in blocked, blocked.get(to, ""), primary, danger, KEYS.get(to, "")))
    return tuple(found)


def order_live(
    order: OrderRow,
    sight: RequestContext,
    history: OrderHistory | None = None,
    of_order: Sequence[OrderLineRow] | None = None,
) -> StaffOrderLive:
    """What moves by itself on the staff's order page; ``of_order`` are its lines, where they were read already."""
    machines = production.all_machines()
    jobs = production.know_jobs(order, orders.lines_of(order) if of_order is None else of_order, machines)
    lines = tuple(job_line(job, sight, machines, siblings=jobs) for job in jobs)
    return StaffOrderLive(order.code, tracker(order, sight, history), lines, copies_of(jobs))


def staff_order_page(order: OrderRow, sight: RequestContext, actor: Actor) -> StaffOrderPage:
    history, order_lines = orders.history_of(order.id), orders.lines_of(order)
    live = order_live(order, sight, history, order_lines)
    facts = facts_of(sight.shop, order)
    last = history.changes[-1] if history.changes else None
    undo = ""
    if last is not None and last.before is not None and not may_undo(last, facts=facts, at=sight.now):
        undo = _("Undo “%(stage)s”", stage=order_labels.STAGE_TITLES[last.after])
    promise = order.promise_at
    return StaffOrderPage(
        code=order.code,
        title=order.title,
        customer=f"{order.customer.name}, {order.company.name}" if order.company is not None else order.customer.name,
        customer_url=url_for("staff.customer", account_id=order.customer_id),
        customer_email=order.customer.email,
        stage=order.stage,
        stage_word=str(order_labels.STAGE_TITLES[Stage(order.stage)]),
        live=live,
        promise=labels.moment(promise, sight.profile.zone) if promise else "",
        lines=tuple(line_card(line, order, sight, for_staff=True) for line in order_lines),
        moves=moves(order, sight, actor, facts),
        undo=undo,
        on_hold=order.hold_since is not None,
        operations=tuple(operation_line(row) for row in production.operations_of(order, order_lines)),
        timeline=timeline(history.changes, for_staff=True),
        companions=companions_of(order),
        delivery=_("Pickup") if order.delivery == "pickup" else _("Shipping"),
        placed_at=order.placed_at,
        photos=photo_cards(order),
        rush=order.rush,
    )
