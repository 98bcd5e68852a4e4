"""An order as staff see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from flask import url_for

from craftops.domain.estimation.estimate import Basis
from craftops.domain.files.designs import Verdict
from craftops.domain.orders.workflow import OrderFacts, Stage, blocked_stages, may_undo, next_stages
from craftops.domain.people.access import Actor
from craftops.domain.production.copies import missing
from craftops.domain.production.jobs import ACTIVE, JobState
from craftops.services.orders.facts import facts_of
from craftops.store.queries import machine_pages, order_jobs, order_lists, orders, staff_jobs
from craftops.store.queries.order_lists import FloorJob, FloorOrder, RestingOrder
from craftops.store.queries.orders import OrderHistory
from craftops.store.queries.production import KnownParts
from craftops.store.views.orders import OrderView, PageLine
from craftops.store.views.production import HandStepView, StaffJob
from craftops.web.estimation.present import chip_of, window_text
from craftops.web.files.present import companions_of, photo_cards
from craftops.web.files.present_versions import line_card
from craftops.web.frame import labels
from craftops.web.frame.keeping import kept
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.shown_part import ShownPart
from craftops.web.frame.views import TodoItem
from craftops.web.orders import labels as order_labels
from craftops.web.orders.present import counted, tracker
from craftops.web.orders.present_parts import listed_picture, timeline
from craftops.web.orders.views import BoardCard, Move, StaffOrderLive, StaffOrderPage
from craftops.web.production.present import KEYS, copies_of, job_line, operation_line, percent_of, share_of_jobs


def board_card(order: FloorOrder, jobs: Sequence[FloorJob], sight: RequestContext) -> BoardCard:
    """As it stands at this minute; ``jobs`` are all of the order."""
    here, live = sight.this_minute(), counted(order, jobs)
    facts = (order, tuple(jobs), here.settings, here.profile.zone, here.now)
    card = kept("board card", facts, lambda: _board_card(order, live, here))
    if card.percent is None:
        return card
    share = share_of_jobs(live, sight.now)  # a bar moves within a minute, too
    return replace(card, percent=share.percent, moving=str(share.moving or ""))


def board_cards(found: Sequence[FloorOrder], sight: RequestContext) -> tuple[BoardCard, ...]:
    """Many orders, with one query for their jobs."""
    jobs = order_lists.floor_jobs_of([one.id for one in found])
    return tuple(board_card(one, jobs.get(one.id, ()), sight) for one in found)


def table_cards(found: Iterable[FloorOrder], sight: RequestContext) -> tuple[BoardCard, ...]:
    """Orders as a table shows them, which says nothing of their jobs."""
    here = sight.this_minute()
    with_settings = (here.settings, here.profile.zone, here.now)
    return tuple(
        kept("table card", (one, with_settings), lambda one=one: _board_card(one, [], here))  # type: ignore[misc]
        for one in found
    )


def _board_card(order: FloorOrder, jobs: Sequence[FloorJob], sight: RequestContext) -> BoardCard:
    _label, window = window_text(order, sight)
    if order.basis == Basis.WAITING.value:
        window = ""  # the chip and the note below say whom the shop waits for, and why
    return BoardCard(
        code=order.code,
        title=order.title,
        url=url_for("staff.order", code=order.code),
        customer=order.customer_name,
        picture_url=listed_picture(order),
        stage=order.stage,
        window=window,
        chip=chip_of(order, sight.now, told_to_staff=True),
        percent=percent_of(jobs, sight.now) if order.stage == Stage.IN_PRODUCTION.value else None,
        moving="",
        note=_board_note(order, jobs),
        rush=order.rush,
    )


def _board_note(order: FloorOrder, jobs: Sequence[FloorJob]) -> str:
    if order.hold_since is not None:
        return _("on hold: %(why)s", why=order.hold_reason)
    active = next((job for job in jobs if job.state in ACTIVE), None)
    if active is not None:
        return _("on %(machine)s", machine=active.machine or "")
    if lacking := missing(jobs):
        return ngettext("%(num)d copy is missing", "%(num)d copies are missing", lacking)
    if order.stage == Stage.QUEUED.value and any(job.state == JobState.PLANNED.value for job in jobs):
        return _("needs a machine")
    done = sum(1 for job in jobs if job.state == JobState.DONE.value)
    if len(jobs) > 1 and done < len(jobs) and order.stage == Stage.IN_PRODUCTION.value:
        return _("%(done)s of %(all)s jobs done", done=done, all=len(jobs))
    return ""


def todo_item(order: FloorOrder, sight: RequestContext, note: str) -> TodoItem:
    """An order as a line of a to-do list, as it stands at this minute."""
    at = sight.this_minute().now

    def made() -> TodoItem:
        return TodoItem(
            url_for("staff.order", code=order.code),
            order.code,
            order.title,
            note,
            order.stage_since,
            listed_picture(order),
            chip_of(order, at, told_to_staff=True),
        )

    return kept("to do", (order, note, at), made)


class OrdersToDo(ShownPart[int, TodoItem]):
    """Orders as lines of a to-do list, each with its ``note`` (else its customer). The home counts them all and shows a
    few: the rest is never read, and those of all lists are read together.

    ``choose`` gets every order that has not ended (``resting_orders``), and gives the numbers of those that
    belong here, in their order.
    """

    def __init__(
        self,
        choose: Callable[[Sequence[RestingOrder]], Sequence[int]],
        sight: RequestContext,
        note: Callable[[FloorOrder], str] = lambda _order: "",
    ) -> None:
        super().__init__((), self._made)
        self._choose, self._sight, self._note = choose, sight, note
        self._ids: Sequence[int] | None = None
        self._read: Mapping[int, FloorOrder] = {}

    @staticmethod
    def read_together(lists: Sequence[OrdersToDo], most: int | None) -> None:
        """Read the first ``most`` of each of these lists, in two queries."""
        if not lists:
            return
        floor = order_lists.resting_orders()
        for one in lists:
            one._ids = one._choose(floor)
        rows = order_lists.floor_orders(number for one in lists for number in one.rows[:most])
        for one in lists:
            one._read = rows

    @property
    def rows(self) -> Sequence[int]:
        """The numbers of its orders."""
        if self._ids is None:
            self._ids = self._choose(order_lists.resting_orders())
        return self._ids

    def _made(self, ids: Sequence[int]) -> list[TodoItem]:
        """An order that has gone meanwhile is left out."""
        if not set(ids) <= self._read.keys():
            self._read = order_lists.floor_orders(ids)
        rows = (self._read.get(number) for number in ids)
        return [todo_item(one, self._sight, self._note(one) or one.customer_name) for one in rows if one is not None]


def moves(order: OrderView, sight: RequestContext, actor: Actor, facts: OrderFacts | None = None) -> tuple[Move, ...]:
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
    order: OrderView,
    sight: RequestContext,
    history: OrderHistory | None = None,
    jobs: Sequence[StaffJob] | None = None,
) -> StaffOrderLive:
    """What moves by itself on the staff's order page; ``history`` and ``jobs`` (all of the order) are for a caller that
    has read them already."""
    jobs = order_jobs.staff_jobs_of(order.id) if jobs is None else jobs
    fitting = staff_jobs.machines_of(machine_pages.machines())
    lines = tuple(job_line(one, sight, fitting, siblings=jobs, held=order.stale) for one in jobs)
    return StaffOrderLive(order.code, tracker(order, sight, history, counted(order, jobs)), lines, copies_of(jobs))


def _known(jobs: Sequence[StaffJob], lines: Sequence[PageLine], steps: Sequence[HandStepView]) -> KnownParts:
    files = [line.file for line in lines]
    return KnownParts(
        jobs=tuple(one.job for one in jobs),
        lines=len(files),
        without_file=sum(1 for file in files if file is None),
        refused=len({file.id for file in files if file is not None and file.verdict == Verdict.REFUSED.value}),
        operations_open=sum(1 for step in steps if step.done_at is None),
    )


def staff_order_page(order: OrderView, sight: RequestContext, actor: Actor) -> StaffOrderPage:
    """An order with all that staff may do with it."""
    history, jobs = orders.history_of(order.id), order_jobs.staff_jobs_of(order.id)
    live = order_live(order, sight, history, jobs)
    order_lines, steps = orders.lines_of(order.id), staff_jobs.hand_steps_of(order.id)
    facts = facts_of(sight.shop, order, _known(jobs, order_lines, steps))
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
        operations=tuple(operation_line(one) for one in steps),
        timeline=timeline(history.changes, for_staff=True),
        companions=companions_of(order),
        delivery=_("Pickup") if order.delivery == "pickup" else _("Shipping"),
        placed_at=order.placed_at,
        photos=photo_cards(order),
        rush=order.rush,
    )
