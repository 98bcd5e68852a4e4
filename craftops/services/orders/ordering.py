"""The order's life: place, move, undo, hold, cancel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from craftops.domain.estimation.estimate import Cause
from craftops.domain.events import Event, EventKind
from craftops.domain.files.designs import Verdict
from craftops.domain.orders.order import MAX_INSTRUCTIONS, Delivery, check_quantity, new_code
from craftops.domain.orders.workflow import MoveKind, Stage, StageChange, advance, undo
from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.people.companies import CompanyAction, actions_of
from craftops.domain.production.jobs import WAITING, JobState, JobStep, restored, step_job
from craftops.errors import AccessError, IllegalMove, IntakeError
from craftops.services.estimation import estimating, learning
from craftops.services.orders import allowing, delivering
from craftops.services.orders.facts import facts_of
from craftops.services.people import addresses
from craftops.services.production import planning
from craftops.services.shop.context import Shop
from craftops.store.database import IntegrityError, UnitOfWork, unit_of_work
from craftops.store.mapping import to_change
from craftops.store.models import (
    DesignFileRow,
    OrderLineRow,
    OrderRow,
    StageChangeRow,
)
from craftops.store.queries import history, kept_files, pickup, production, scoped
from craftops.store.views.people import Account

MAX_COMPANIONS = 20

MOST_PO_NUMBER = 60


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One line as a customer asked for it, unchecked."""

    file_id: int | None
    quantity: object
    material: str
    colour: str = ""
    finish: str = ""
    instructions: str = ""
    reordered_from: int | None = None
    """The line of an earlier order that this one is again."""


def check_line(shop: Shop, draft: LineDraft) -> dict[str, str]:
    """The faulty fields of a line, each with its sentence; empty when it can be ordered."""
    faults: dict[str, str] = {}
    try:
        check_quantity(draft.quantity)
    except IntakeError as error:
        faults |= error.fields
    material = next((one for one in shop.catalogue.offered if one.name == draft.material), None)
    if material is None:
        faults["material"] = "Choose a material."
    else:
        if material.colours and draft.colour not in material.colours:
            faults["colour"] = f"Choose a colour that {material.label} comes in."
        if material.finishes and draft.finish not in material.finishes:
            faults["finish"] = f"Choose a finish that {material.label} can have."
    if len(draft.instructions) > MAX_INSTRUCTIONS:
        faults["instructions"] = f"Keep the instructions below {MAX_INSTRUCTIONS:,} characters."
    if draft.file_id is None:
        faults["file"] = "Add a file."
    return faults


def check_po_number(text: str) -> str:
    """The buyer's own number of an order. Raises IntakeError."""
    found = " ".join(text.split())
    if len(found) > MOST_PO_NUMBER or not found.isprintable():
        raise IntakeError(
            "The purchase order number cannot be used.",
            {"po_number": f"Keep it below {MOST_PO_NUMBER} characters."},
        )
    return found


def _must_buy_for(actor: Actor, company: int | None) -> None:
    """Raises AccessError for a customer who does not buy for this company."""
    if not (actor.is_staff or company is None or CompanyAction.ORDER in actions_of(scoped.role_in(actor, company))):
        raise AccessError


def place_order(
    shop: Shop,
    *,
    actor: Actor,
    customer: Account,
    lines: list[LineDraft],
    delivery: Delivery,
    at: datetime,
    title: str = "",
    submit_token: str | None = None,
    companions: list[int] | None = None,
    company: int | None = None,
    address: PostalAddress | None = None,
    po_number: str = "",
    rush: bool = False,
) -> OrderRow:
    """Place an order for ``customer``, or for the company of this id that they buy for. What is to be shipped goes to
    ``address``, else to the one that they use most. A ``rush`` goes before all others that wait.

    A repeated ``submit_token`` gives the order that it made before. ``companions`` are ids of files that ride along.
    Raises IntakeError when a line cannot be ordered or a plugin refuses, AccessError for a file that is not the
    actor's, or a company that they do not buy for; people who work here place orders for any.
    """
    if known := _by_token(submit_token, customer):
        return known
    _must_buy_for(actor, company)
    files = check_files(shop, actor, customer, lines, company)
    riding = _riding(actor, customer, companions or [], company)
    goes_to = _checked(customer, address) if delivery is Delivery.SHIPPING else None
    paired = list(zip(lines, files, strict=True))
    allowing.may_order(shop, (actor, customer, company), paired, (delivery, goes_to), at)
    named = title.strip()[:200] or _title_of([file.name for file in files])
    try:
        with unit_of_work() as uow:
            order: OrderRow = OrderRow.create(
                code=_free_code(), customer=customer.id, company=company, title=named,
                po_number=check_po_number(po_number), stage=Stage.RECEIVED.value, stage_since=at,
                delivery=delivery.value, placed_at=at, submit_token=submit_token, companions=riding or None,
                rush=rush,
            )  # fmt: skip
            if kept_files.any_deleted(file.id for file in files):
                raise IntakeError("A file of this order has been deleted meanwhile.")
            _write_lines(shop, order, lines, files)
            history.note_words(order)
            if goes_to is not None:
                delivering.write_address(order, goes_to, by=actor.name, at=at)
            scoped.give_to_company([*(file.id for file in files), *(int(str(one["id"])) for one in riding)], order)
            _write_change(order, StageChange(None, Stage.RECEIVED, MoveKind.FORWARD, actor, at))
            planning.plan_order(shop, order)
            uow.record(Event(EventKind.ORDER_PLACED, at, actor, order.id, customer.id))
            estimating.reestimate(shop, [order.id], cause=Cause.FIRST, at=at)
            if rush:
                _tell_those_behind(shop, order, at)
    except IntegrityError:
        if known := _by_token(submit_token, customer):
            return known
        raise
    fresh: OrderRow = OrderRow.get_by_id(order.id)
    return fresh


def _tell_those_behind(shop: Shop, order: OrderRow, at: datetime) -> None:
    """A rush goes before all that wait for a machine, so their windows move."""
    behind = [one for one in production.orders_without_machine() if one != order.id]
    estimating.reestimate(shop, behind, cause=Cause.QUEUE_CHANGED, at=at)


def set_rush(shop: Shop, code: str, *, rush: bool, actor: Actor, at: datetime) -> OrderRow:
    """Staff make an order a rush, or a usual one again; windows move, a quote that is written already does not.

    Raises AccessError; IllegalMove once it is finished.
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        if Stage(order.stage) in estimating.FINISHED:
            raise IllegalMove("This order is finished.")
        if OrderRow.update(rush=rush).where(OrderRow.id == order.id, OrderRow.rush != rush).execute():
            order.rush = rush
            data = {"rush": "1" if rush else ""}
            uow.record(Event(EventKind.ORDER_CHANGED, at, actor, order.id, order.customer_id, data=data))
            estimating.reestimate(shop, [order.id], cause=Cause.QUEUE_CHANGED, at=at)
            _tell_those_behind(shop, order, at)
        return order


def _checked(customer: Account, address: PostalAddress | None) -> PostalAddress | None:
    return addresses.check(address) if address is not None else delivering.usual_address(customer)


def _write_lines(shop: Shop, order: OrderRow, lines: list[LineDraft], files: list[DesignFileRow]) -> None:
    standard = _standard_before(lines)
    for position, (draft, file) in enumerate(zip(lines, files, strict=True)):
        OrderLineRow.create(
            order=order,
            position=position,
            title=file.name.rsplit(".", 1)[0],
            quantity=check_quantity(draft.quantity),
            material=draft.material,
            colour=draft.colour,
            finish=draft.finish,
            instructions=draft.instructions.strip(),
            file=file,
            reordered_from=draft.reordered_from,
            made_from=shop.catalogue.frozen(draft.material, draft.finish),
            made_to_specification=draft.reordered_from not in standard,
        )
    if standard:
        count = sum(draft.reordered_from in standard for draft in lines)
        OrderRow.update(standard_lines=count).where(OrderRow.id == order.id).execute()


def _standard_before(lines: list[LineDraft]) -> set[int]:
    """The lines of earlier orders that are ordered again and were standard parts: they are that again."""
    again = [draft.reordered_from for draft in lines if draft.reordered_from is not None]
    if not again:
        return set()
    rows = OrderLineRow.select(OrderLineRow.id).where(OrderLineRow.id.in_(again), ~OrderLineRow.made_to_specification)
    return {row.id for row in rows}


def check_files(
    shop: Shop, actor: Actor, customer: Account, lines: list[LineDraft], company: int | None = None
) -> list[DesignFileRow]:
    """The file of each line, all of which can be ordered. Raises IntakeError, AccessError."""
    if not lines:
        raise IntakeError("Add at least one file.", {"file": "Add at least one file."})
    for draft in lines:
        if faults := check_line(shop, draft):
            raise IntakeError("Some answers cannot be used yet.", faults)
    files = [scoped.file(actor, draft.file_id or 0) for draft in lines]
    if not all(_is_for(file, customer, company) for file in files):
        raise IntakeError("A file belongs to another customer.")
    if any(file.verdict == Verdict.COMPANION.value for file in files):
        raise IntakeError("Nothing can be made of one of these files; it may only ride along.")
    return files


def _is_for(file: DesignFileRow, customer: Account, company: int | None) -> bool:
    """Whether a file may be ordered by this customer, for this company: theirs, or the company's already."""
    return bool(file.company_id == company if file.company_id is not None else file.owner_id == customer.id)


def _riding(actor: Actor, customer: Account, companions: Iterable[int], company: int | None) -> list[dict[str, object]]:
    """The files that ride along, each once. Raises AccessError for one that may not."""
    return [_companion(actor, customer, one, company) for one in dict.fromkeys(companions)][:MAX_COMPANIONS]


def _companion(actor: Actor, customer: Account, file_id: int, company: int | None) -> dict[str, object]:
    file = scoped.file(actor, file_id)
    if not _is_for(file, customer, company) or file.verdict != Verdict.COMPANION.value:
        raise AccessError
    return {"id": file.id, "name": file.name, "size": file.size}


def _by_token(token: str | None, customer: Account) -> OrderRow | None:
    """The order that was placed with this token; none without one."""
    if not token:
        return None
    row: OrderRow | None = OrderRow.get_or_none(OrderRow.submit_token == token, OrderRow.customer == customer.id)
    return row


def _title_of(names: list[str]) -> str:
    first = names[0].rsplit(".", 1)[0]
    return first if len(names) == 1 else f"{first} and {len(names) - 1} more"


def _free_code() -> str:
    while OrderRow.select().where(OrderRow.code == (code := new_code())).exists():
        pass
    return code


def _write_change(order: OrderRow, change: StageChange) -> None:
    StageChangeRow.create(
        order=order.id,
        before=change.before.value if change.before else None,
        after=change.after.value,
        kind=change.kind.value,
        actor_kind=change.actor.kind.value,
        actor_id=change.actor.id,
        actor_name=change.actor.name,
        at=change.at,
        note=change.note,
    )


def apply_change(shop: Shop, uow: UnitOfWork, order: OrderRow, change: StageChange) -> None:
    """Write a decided change down, with all that follows from it."""
    if change.before is not None and change.kind is MoveKind.FORWARD:
        learning.stage_left(shop.profile().calendar, order, change.before, order.stage_since, at=change.at)
    _write_change(order, change)
    since = order.stage_since
    OrderRow.update(stage=change.after.value, stage_since=change.at, version=OrderRow.version + 1).where(
        OrderRow.id == order.id
    ).execute()
    order.stage, order.stage_since = change.after.value, change.at
    if change.after is Stage.CANCELLED:
        planning.change_jobs(order.id, WAITING, lambda job: step_job(job, JobStep.CANCEL, at=change.at))
    if change.after in (Stage.IN_REVIEW, Stage.RECEIVED):
        planning.change_jobs(order.id, {JobState.QUEUED}, lambda job: step_job(job, JobStep.UNQUEUE, at=change.at))
    if change.before is Stage.READY_FOR_PICKUP and change.after is Stage.COMPLETED:
        pickup.note_gone(order.id, by=change.actor.name, since=since, at=change.at)
    data = {
        "before": change.before.value if change.before else "",
        "after": change.after.value,
        "kind": change.kind.value,
        "note": change.note,
    }
    uow.record(Event(EventKind.ORDER_STAGE_CHANGED, change.at, change.actor, order.id, order.customer_id, data=data))
    estimating.reestimate(shop, [order.id], cause=Cause.STAGE, at=change.at)
    if change.after is Stage.QUEUED:
        estimating.make_promise(order.id)
    if change.after is Stage.POST_PROCESSING and not production.facts_of(order).operations_open:
        step(shop, uow, order, Stage.QUALITY_CHECK, actor=SYSTEM, at=change.at)


def step(
    shop: Shop, uow: UnitOfWork, order: OrderRow, to: Stage, *, actor: Actor, at: datetime, note: str = ""
) -> None:
    """Decide and write one move inside a unit of work. Raises IllegalMove."""
    change = advance(
        Stage(order.stage),
        to,
        facts=facts_of(shop, order),
        actor=actor,
        at=at,
        note=note,
    )
    apply_change(shop, uow, order, change)


def move(shop: Shop, code: str, to: Stage, *, actor: Actor, at: datetime, note: str = "") -> OrderRow:
    """Move an order one step. A repeated request (it is there already) changes nothing.

    Raises AccessError, or IllegalMove with the reason and what is possible.
    """
    before = scoped.order(actor, code, CompanyAction.DECIDE)
    if before.stage != to.value:
        allowing.may_move(shop, before, to, last_change(before), by=actor, at=at)
    with unit_of_work() as uow:
        order = scoped.order(actor, code, CompanyAction.DECIDE)
        if order.stage == to.value:
            return order
        step(shop, uow, order, to, actor=actor, at=at, note=note)
        return order


def last_change(order: OrderRow) -> StageChange | None:
    """The newest entry of the order's timeline."""
    row = order.changes.order_by(StageChangeRow.id.desc()).first()
    return to_change(row) if row else None


def undo_move(shop: Shop, code: str, *, actor: Actor, at: datetime) -> OrderRow:
    """Take the last move back. Raises AccessError, IllegalMove."""
    with unit_of_work() as uow:
        order = scoped.order(actor, code, CompanyAction.DECIDE)
        facts = production.facts_of(order)
        change = undo(last_change(order), facts=facts, actor=actor, at=at)
        if change.before is Stage.CANCELLED:
            planning.change_jobs(order.id, {JobState.CANCELLED}, restored)
        apply_change(shop, uow, order, change)
        return order


def hold(shop: Shop, code: str, reason: str, *, waits_for_customer: bool, actor: Actor, at: datetime) -> None:
    """Let an order rest, with the reason that its customer reads. Raises IntakeError without one."""
    actor.must_be_staff()
    if not reason.strip():
        raise IntakeError("Say why, so that the customer understands.", {"reason": "Say why."})
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        if Stage(order.stage) in estimating.FINISHED:
            raise IllegalMove("A finished order cannot be put on hold.")
        OrderRow.update(
            hold_reason=reason.strip()[:500], hold_since=at, hold_waits_for_customer=waits_for_customer
        ).where(OrderRow.id == order.id).execute()
        data = {"reason": reason.strip()[:500], "waits_for_customer": waits_for_customer}
        uow.record(Event(EventKind.ORDER_HELD, at, actor, order.id, order.customer_id, data=data))
        estimating.reestimate(shop, [order.id], cause=Cause.HOLD, at=at)


def release(shop: Shop, code: str, *, actor: Actor, at: datetime) -> None:
    """End a hold; releasing an order that is not on hold changes nothing."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        if order.hold_since is None:
            return
        OrderRow.update(hold_reason="", hold_since=None, hold_waits_for_customer=False).where(
            OrderRow.id == order.id
        ).execute()
        uow.record(Event(EventKind.ORDER_RELEASED, at, actor, order.id, order.customer_id))
        estimating.reestimate(shop, [order.id], cause=Cause.HOLD, at=at)


def set_po_number(code: str, text: str, *, actor: Actor, at: datetime) -> None:
    """Write the buyer's own number of an order down, or another one. Raises IntakeError, AccessError."""
    actor.must_be_staff()
    found = check_po_number(text)
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        OrderRow.update(po_number=found).where(OrderRow.id == order.id).execute()
        data = {"po_number": found}
        uow.record(Event(EventKind.ORDER_CHANGED, at, actor, order.id, order.customer_id, data=data))
