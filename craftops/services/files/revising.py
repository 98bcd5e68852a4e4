"""New versions of a line's design: proposed by whoever sends them, approved by the shop, none of them ever lost."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.files.designs import Verdict
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction
from craftops.domain.production.jobs import WAITING, JobState
from craftops.errors import AccessError, RuleError
from craftops.services.production import planning
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import DesignFileRow, JobRow, OrderLineRow, OrderRow, RevisionRow
from craftops.store.queries import history, order_lines, scoped
from craftops.store.viewing import view_of
from craftops.store.views.files import FileView, RevisionView
from craftops.store.views.orders import LineView, OrderView

OPEN_TO_ALL = (Stage.RECEIVED, Stage.IN_REVIEW, Stage.QUEUED)
BEGUN = tuple(state.value for state in JobState if state not in (*WAITING, JobState.CANCELLED))
TOO_LATE = "This part is being made already, so its file cannot change any more."


def line_of(actor: Actor, code: str, line_id: int, to: CompanyAction = CompanyAction.SEE) -> OrderLineRow:
    """A line of an order that ``actor`` may see. Raises AccessError; RuleError where they may not do what they want
    ``to``."""
    order = scoped.order(actor, code, to)
    row: OrderLineRow | None = OrderLineRow.get_or_none(OrderLineRow.id == line_id, OrderLineRow.order == order.id)
    if row is None:
        raise AccessError
    return row


def line_seen(
    actor: Actor, code: str, line_id: int, to: CompanyAction = CompanyAction.SEE
) -> tuple[OrderView, LineView]:
    """The same as pages read it, with its order."""
    order = scoped.order_view(actor, code, to)
    line = next((one for one in order_lines.lines_of(order.id) if one.id == line_id), None)
    if line is None:
        raise AccessError
    return order, line


def why_line_closed(stage: str, line_id: int) -> str:
    """Why a line takes no new version, by the stage of its order and its id; empty when it takes one."""
    if Stage(stage) not in OPEN_TO_ALL:
        return TOO_LATE
    begun = JobRow.select().where(JobRow.line == line_id, JobRow.state.in_(BEGUN)).exists()
    return TOO_LATE if begun else ""


def propose(
    shop: Shop, code: str, line_id: int, file: DesignFileRow | FileView, *, actor: Actor, at: datetime
) -> RevisionView:
    """The next version of a line. Before the review begins it counts at once, as does one that staff send.

    The same file sent twice is one version. Raises AccessError; RuleError when the part is being made already.
    """
    with unit_of_work() as uow:
        line = line_of(actor, code, line_id, CompanyAction.DECIDE)
        if not scoped.fits(file, line.order):
            raise AccessError
        if file.verdict == Verdict.COMPANION.value:
            raise RuleError("Nothing can be made of this file.", "Send it as STL, OBJ, 3MF, DXF, SVG or AI.")
        if sentence := why_line_closed(line.order.stage, line.id):
            raise RuleError(sentence, "Write to us; we see what can be done.")
        scoped.give_to_company([file.id], line.order)
        _first(line)
        row: RevisionRow | None = RevisionRow.get_or_none(RevisionRow.line == line.id, RevisionRow.file == file.id)
        if row is None:
            newest = RevisionRow.select().where(RevisionRow.line == line.id).order_by(RevisionRow.number.desc())
            row = RevisionRow.create(
                line=line.id,
                number=newest.get().number + 1,
                file=file.id,
                by_name=actor.name,
                by_kind=actor.kind.value,
                at=at,
            )
        elif row.state == "approved" or (row.state == "proposed" and not actor.is_staff):
            return view_of(RevisionView, row)
        if actor.is_staff or Stage(line.order.stage) is Stage.RECEIVED:
            _approve(shop, uow, row, line, actor=actor, at=at)
        else:
            _decide(row, "proposed", actor, at, "")
            _tell(uow, line, row, actor, at)
        return view_of(RevisionView, row)


def approve(shop: Shop, code: str, line_id: int, number: int, *, actor: Actor, at: datetime) -> None:
    """Make this version, an older one too. Raises RuleError when it cannot be made, or the part has been begun."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        line = line_of(actor, code, line_id)
        row = _numbered(line, number)
        if row.state == "approved":
            return
        if sentence := why_line_closed(line.order.stage, line.id):
            raise RuleError(sentence, "Cancel its job first.")
        if row.file.verdict in (Verdict.WAITING.value, Verdict.REFUSED.value):
            raise RuleError("This version cannot be made: its file is not good.", "Ask for another file.")
        _approve(shop, uow, row, line, actor=actor, at=at)


def decline(code: str, line_id: int, number: int, note: str, *, actor: Actor, at: datetime) -> None:
    """Stay with the version that is made, and say why. Raises RuleError for one that was decided already."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        line = line_of(actor, code, line_id)
        row = _numbered(line, number)
        if row.state == "declined":
            return
        if row.state != "proposed":
            raise RuleError("This version was decided on already.")
        _decide(row, "declined", actor, at, note.strip()[:500])
        _tell(uow, line, row, actor, at)


def withdraw(code: str, line_id: int, file: DesignFileRow | FileView, *, actor: Actor, at: datetime) -> None:
    """Take a version back that nobody has decided on yet; anything else is left alone."""
    with unit_of_work() as uow:
        line = line_of(actor, code, line_id, CompanyAction.DECIDE)
        row = RevisionRow.get_or_none(
            RevisionRow.line == line.id, RevisionRow.file == file.id, RevisionRow.state == "proposed"
        )
        if row is not None:
            _decide(row, "declined", actor, at, "taken back")
            _tell(uow, line, row, actor, at)


def _numbered(line: OrderLineRow, number: int) -> RevisionRow:
    row: RevisionRow | None = RevisionRow.get_or_none(RevisionRow.line == line.id, RevisionRow.number == number)
    if row is None:
        raise AccessError
    return row


def _first(line: OrderLineRow) -> None:
    """The file that the line came with is its first version."""
    if line.file_id is None or RevisionRow.select().where(RevisionRow.line == line.id).exists():
        return
    order: OrderRow = line.order
    RevisionRow.create(
        line=line.id, number=1, file=line.file_id, state="approved", by_name=order.customer.name, by_kind="customer",
        at=order.placed_at, decided_at=order.placed_at,
    )  # fmt: skip


def _approve(shop: Shop, uow: UnitOfWork, row: RevisionRow, line: OrderLineRow, *, actor: Actor, at: datetime) -> None:
    for other in RevisionRow.select().where(RevisionRow.line == line.id, RevisionRow.state == "approved"):
        _decide(other, "replaced", actor, at, other.note)
    _decide(row, "approved", actor, at, "")
    OrderLineRow.update(file=row.file_id, revision=row.number).where(OrderLineRow.id == line.id).execute()
    planning.drop_machine_code(line.id)  # it makes the version before
    history.note_words(line.order)
    planning.refresh_durations(shop, line.order, at=at)
    _tell(uow, line, row, actor, at)


def _decide(row: RevisionRow, state: str, actor: Actor, at: datetime, note: str) -> None:
    RevisionRow.update(state=state, decided_by=actor.name, decided_at=at, note=note).where(
        RevisionRow.id == row.id
    ).execute()
    row.state = state


def _tell(uow: UnitOfWork, line: OrderLineRow, row: RevisionRow, actor: Actor, at: datetime) -> None:
    data = {"line": line.id, "revision": row.number, "state": row.state}
    uow.record(Event(EventKind.ORDER_CHANGED, at, actor, line.order_id, line.order.customer_id, data=data))
