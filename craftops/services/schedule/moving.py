"""Moving jobs: what a move would do to whose estimate, the move itself, a proposal for many, and undo.

Every change of the plan is a row (who, when, before, after). A change is carried out only on the queues that it was
decided on: whoever looked at an older plan is told so, and a repeated request finds its job in place and does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from craftops.domain.estimation.estimate import Cause, Estimate, Punctuality, punctuality
from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.domain.production.jobs import WAITING, JobStep, step_job
from craftops.domain.schedule.capability import MachineCapability, warning, why_not
from craftops.domain.schedule.proposal import Proposal, WantedJob, propose
from craftops.domain.schedule.slots import Slot, plan_slots
from craftops.errors import IllegalMove, RuleError
from craftops.services.estimation import estimating
from craftops.services.schedule import what_if
from craftops.services.schedule.plan import Arrangement, OpenJob, Plan, mark_of, read_plan
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.mapping import to_job
from craftops.store.models import JobRow, OrderRow, PlanChangeRow
from craftops.store.queries import production, schedule

_RISK = {Punctuality.AT_RISK: 1, Punctuality.LATE: 2}
NOT_BEGUN = [state.value for state in WAITING]
CHANGED = "The plan has changed since you looked."
LOOK_AGAIN = "Look at it again: the page shows the plan as it is now."
A_MOVE_S = 60.0
"""A window whose beginning or end moves by this many seconds has moved."""


@dataclass(frozen=True, slots=True)
class OrderMove:
    """What a change of the plan does to one order."""

    order_id: int
    code: str
    title: str
    promise: datetime | None
    before: Estimate
    after: Estimate
    chip_before: Punctuality
    chip_after: Punctuality

    @property
    def seconds(self) -> float:
        """How much later its window ends, in seconds; negative for earlier."""
        if self.before.window is None or self.after.window is None:
            return 0.0
        return (self.after.window.end - self.before.window.end).total_seconds()

    @property
    def begins_s(self) -> float:
        """How much later its window begins, in seconds; negative for earlier. It may begin later and end as before:
        a print that ends at night is unloaded in the morning, whenever it began."""
        if self.before.window is None or self.after.window is None:
            return 0.0
        return (self.after.window.start - self.before.window.start).total_seconds()

    @property
    def breaks(self) -> bool:
        """Whether its promise stands worse than before."""
        return _RISK.get(self.chip_after, 0) > _RISK.get(self.chip_before, 0)


@dataclass(frozen=True, slots=True)
class Considered:
    """A move that nobody has made yet. ``why`` says why it cannot be, or is empty."""

    job: OpenJob
    machine: MachineCapability | None
    before_job: OpenJob | None
    why: str
    warning: str
    slot: Slot | None
    moves: tuple[OrderMove, ...]
    mark: str
    before: Arrangement
    after: Arrangement

    @property
    def in_place(self) -> bool:
        """Whether the job stands there already."""
        return self.before == self.after


def consider(plan: Plan, job_id: int, key: str, before_id: int | None) -> Considered:
    """What would be if the job waited for machine ``key`` (empty: for none), before another job or at the end.

    Raises RuleError for what is not in the schedule any more.
    """
    job = plan.job(job_id)
    machine = plan.machine(key) if key else None
    involved = {id_ for id_ in (job.job.machine_id, machine.machine_id if machine else None) if id_ is not None}
    before = plan.arrangement(involved, [job_id])
    after = {text: [id_ for id_ in ids if id_ != job_id] for text, ids in before.items() if text}
    next_ = plan.job(before_id) if before_id is not None and machine is not None else None
    if machine is None:
        after[""] = [job_id]
    else:
        _insert(after[str(machine.machine_id)], job_id, before_id)
    need = plan.need(job_id)
    why = _why_not(plan, job, machine)
    if why or before == after:
        return Considered(job, machine, next_, why, "", None, (), mark_of(before), before, after)
    return Considered(
        job=job,
        machine=machine,
        before_job=next_,
        why="",
        warning=warning(need, machine) if machine else "",
        slot=_slot(plan, machine, after, job_id),
        moves=order_moves(plan, before, after),
        mark=mark_of(before),
        before=before,
        after=after,
    )


def _insert(queue: list[int], job_id: int, before_id: int | None) -> None:
    if before_id is None or before_id == job_id:
        queue.append(job_id)
    elif before_id in queue:
        queue.insert(queue.index(before_id), job_id)
    else:
        raise RuleError("The job that it should come before does not wait there any more.", LOOK_AGAIN)


def _why_not(plan: Plan, job: OpenJob, machine: MachineCapability | None) -> str:
    if not job.waits:
        return f"{job.job.code} has begun. A run is ended on its machine's page, never moved."
    if machine is None or machine.machine_id == job.job.machine_id:
        return ""
    return why_not(plan.need(job.job.id), machine, plan.at)


def _slot(plan: Plan, machine: MachineCapability | None, after: Arrangement, job_id: int) -> Slot | None:
    if machine is None:
        return None
    runs = plan.runs({machine.machine_id: after[str(machine.machine_id)]})
    mine = [queue for queue in runs if queue[0].machine_id == machine.machine_id]
    laid = plan_slots(mine, plan.calendar, plan.at)[machine.machine_id]
    return next(slot for slot in laid if slot.job_id == job_id)


def places(plan: Plan, job_id: int) -> dict[str, tuple[str, str]]:
    """For each machine: why the job cannot go there, and what must be done before it can begin there (each or "")."""
    job, need = plan.job(job_id), plan.need(job_id)
    found = {}
    for machine in plan.machines:
        why = _why_not(plan, job, machine)
        found[machine.key] = (why, "" if why else warning(need, machine))
    return found


def order_moves(plan: Plan, before: Arrangement, after: Arrangement) -> tuple[OrderMove, ...]:
    """Every order whose window a change moves (``A_MOVE_S``): broken promises first, then those that end later."""
    machines = {int(text) for text in (*before, *after) if text}
    touched = {plan.jobs[id_].job.order_id for ids in (*before.values(), *after.values()) for id_ in ids}
    touched |= set(production.orders_on_machines(machines))
    orders = {row.id: row for row in OrderRow.select().where(OrderRow.id.in_(sorted(touched)))}
    sight = what_if.foresee(plan.shop, orders.values(), plan.queues, plan.calendar, plan.at)
    now = sight.windows(plan.queues, {})
    queues, moved = plan.with_queues(after)
    then = sight.windows(queues, moved)
    found = [_order_move(order, now[id_], then[id_], plan.at) for id_, order in orders.items()]
    return tuple(
        sorted(
            (one for one in found if _moves(one)),
            key=lambda one: (not one.breaks, -one.seconds, -one.begins_s, one.code),
        )
    )


def _order_move(order: OrderRow, before: Estimate, after: Estimate, at: datetime) -> OrderMove:
    promise = order.promise_at
    return OrderMove(
        order.id,
        order.code,
        order.title,
        promise,
        before,
        after,
        punctuality(before, promise, at),
        punctuality(after, promise, at),
    )


def _moves(one: OrderMove) -> bool:
    if (one.before.window is None) is not (one.after.window is None):
        return True
    return max(abs(one.seconds), abs(one.begins_s)) >= A_MOVE_S


def _stands(before: Arrangement) -> bool:
    """Whether the queues still stand as they did."""
    ids = [id_ for jobs in before.values() for id_ in jobs]
    return schedule.queues_now([int(text) for text in before if text], ids) == before


def _carry_out(
    shop: Shop,
    uow: UnitOfWork,
    kind: str,
    title: str,
    before: Arrangement,
    after: Arrangement,
    actor: Actor,
    at: datetime,
) -> PlanChangeRow:
    """Write a changed arrangement down. Raises RuleError when the queues stand otherwise by now."""
    if not _stands(before):
        raise RuleError(CHANGED, LOOK_AGAIN)
    was = {id_: text for text, ids in before.items() for id_ in ids}
    orders: set[int] = set()
    for text, ids in after.items():
        for place, id_ in enumerate(ids, start=1):
            row: JobRow = JobRow.get_by_id(id_)
            step = step_job(to_job(row), JobStep.QUEUE if text else JobStep.UNQUEUE, at=at)
            machine = int(text) if text else None
            values = {"state": step.state.value, "machine": machine, "position": float(place)}
            if not JobRow.update(values).where(JobRow.id == id_, JobRow.state.in_(NOT_BEGUN)).execute():
                raise RuleError(CHANGED, LOOK_AGAIN)  # a machine began it in this very moment
            if was.get(id_) != text:
                orders.add(row.order_id)
                order = row.order
                data = {"job": row.code}
                uow.record(Event(EventKind.JOB_CHANGED, at, actor, order.id, order.customer_id, machine, data))
    change: PlanChangeRow = PlanChangeRow.create(
        kind=kind, title=title[:200], by_name=actor.name, at=at, before=before, after=after
    )
    for text in {*before, *after} - {""}:
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=int(text), data={"plan": change.id}))
    touched = {*orders, *production.orders_on_machines(int(text) for text in {*before, *after} if text)}
    estimating.reestimate(shop, touched, cause=Cause.QUEUE_CHANGED, at=at)
    return change


def move(
    shop: Shop, job_id: int, key: str, before_id: int | None, *, mark: str, actor: Actor, at: datetime
) -> PlanChangeRow | None:
    """Move a waiting job as it was shown; None when it stands there already.

    ``mark`` is that of the plan that was looked at. Raises IllegalMove (why not), RuleError (the plan has changed).
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        schedule.hold_plan()
        plan = read_plan(shop, shop.profile().calendar, at)
        found = consider(plan, job_id, key, before_id)
        if found.why:
            raise IllegalMove(found.why)
        if found.in_place:
            return None
        if found.mark != mark:
            raise RuleError(CHANGED, LOOK_AGAIN)
        code = found.job.job.code
        title = f"{code} to {found.machine.name}" if found.machine else f"{code} off its machine"
        return _carry_out(shop, uow, "move", title, found.before, found.after, actor, at)


def undo(shop: Shop, change_id: int, *, actor: Actor, at: datetime) -> PlanChangeRow:
    """Take a change of the plan back; asking twice takes it back once. Raises RuleError when others came after it."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        schedule.hold_plan()
        row: PlanChangeRow | None = PlanChangeRow.get_or_none(PlanChangeRow.id == change_id)
        if row is None or row.kind == "undo":
            raise RuleError("There is no such change.")
        if row.undone_at is not None:
            return row
        _still_there(row)
        _carry_out(shop, uow, "undo", f"Undone: {row.title}", row.after, row.before, actor, at)
        PlanChangeRow.update(undone_at=at).where(PlanChangeRow.id == row.id).execute()
        return row


def _still_there(row: PlanChangeRow) -> None:
    ids = {id_ for jobs in row.after.values() for id_ in jobs}
    states = {job.state for job in JobRow.select(JobRow.state).where(JobRow.id.in_(sorted(ids)))}
    if not states <= set(NOT_BEGUN):
        raise RuleError("A job of this change has begun since. Move the others by hand.")


def wanted(plan: Plan, job_ids: Iterable[int]) -> list[WantedJob]:
    """Jobs that want a place: of those named the ones that have not begun and are not on hold."""
    ids = [id_ for id_ in job_ids if id_ in plan.jobs and plan.jobs[id_].waits and not plan.jobs[id_].on_hold]
    needs = plan.needs(ids)
    return [WantedJob(plan.run(id_), needs[id_], plan.jobs[id_].promise) for id_ in ids]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with what it does to the orders."""

    proposal: Proposal
    moves: tuple[OrderMove, ...]
    mark: str


def propose_for(plan: Plan, job_ids: Iterable[int]) -> Proposed:
    """Where these jobs end soonest; jobs that wait somewhere already are taken out of their queue first."""
    ids = list(job_ids)
    jobs = wanted(plan, ids)
    chosen = {one.run.job_id for one in jobs}
    base = {id_: [job for job in ids if job not in chosen] for id_, ids in plan.waiting.items()}
    found = propose(jobs, plan.runs(base), plan.calendar, plan.at)
    found.impossible.update(
        {id_: "Its order is on hold." for id_ in ids if id_ in plan.jobs and plan.jobs[id_].on_hold}
    )
    places = [(slot.job_id, slot.machine_id) for slot in found.slots]
    before, after = _both(plan, places)
    moves = order_moves(plan, before, after) if places else ()
    return Proposed(found, moves, mark_of(plan.arrangement(plan.waiting)))


def _both(plan: Plan, places: Sequence[tuple[int, int]]) -> tuple[Arrangement, Arrangement]:
    """The queues of everybody involved, before and after these jobs go behind these machines' queues."""
    chosen = [job_id for job_id, _machine in places]
    machines = {machine for _job, machine in places}
    machines |= {id_ for job in chosen if (id_ := plan.job(job).job.machine_id) is not None}
    before = plan.arrangement(machines, chosen)
    after = {text: [id_ for id_ in ids if id_ not in chosen] for text, ids in before.items() if text}
    for job_id, machine in places:
        after[str(machine)].append(job_id)
    return before, after


def accept(
    shop: Shop, places: Sequence[tuple[int, str]], *, mark: str, actor: Actor, at: datetime
) -> PlanChangeRow | None:
    """Carry a proposal out, or the part of it that staff have chosen: (job, machine key) in order.

    None when every job stands there already. Raises IllegalMove (why not), RuleError (the plan has changed).
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        schedule.hold_plan()
        plan = read_plan(shop, shop.profile().calendar, at)
        chosen = [(job_id, plan.machine(key)) for job_id, key in dict(places).items()]
        if not chosen:
            raise RuleError("Choose at least one job.")
        if all(job in plan.waiting[machine.machine_id] for job, machine in chosen):
            return None
        if mark_of(plan.arrangement(plan.waiting)) != mark:
            raise RuleError(CHANGED, LOOK_AGAIN)
        for job_id, machine in chosen:
            if why := _why_not(plan, plan.job(job_id), machine):
                raise IllegalMove(f"{plan.job(job_id).job.code}: {why}")
        before, after = _both(plan, [(job_id, machine.machine_id) for job_id, machine in chosen])
        title = f"A proposal for {len(chosen)} job{'s' if len(chosen) > 1 else ''}"
        return _carry_out(shop, uow, "proposal", title, before, after, actor, at)


def late(plan: Plan, slots: Mapping[int, Slot]) -> frozenset[int]:
    """Jobs whose slot ends after their order was promised."""
    found = set()
    for job_id, slot in slots.items():
        promise = plan.jobs[job_id].promise
        if promise is not None and slot.end > promise:
            found.add(job_id)
    return frozenset(found)
