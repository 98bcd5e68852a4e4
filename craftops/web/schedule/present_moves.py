"""Contexts of a move that is considered, and of a proposal."""

from __future__ import annotations

from flask import url_for

from craftops.domain.estimation.estimate import Estimate
from craftops.domain.schedule.capability import MachineCapability, warning
from craftops.domain.schedule.slots import Slot
from craftops.services.schedule.moving import A_MOVE_S, Considered, OrderMove, Proposed, places
from craftops.services.schedule.plan import OpenJob, Plan
from craftops.web.estimation import labels as estimate_labels
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Chip, Choice
from craftops.web.schedule.present import Times, waits_at, when
from craftops.web.schedule.views import MovedOrder, MovePage, ProposalPage, ProposedJob

HOUR_S = 3600


def _window(estimate: Estimate, sight: RequestContext) -> str:
    if estimate.window is None:
        return _("open")
    return labels.window(estimate.window.start, estimate.window.end, sight.profile.zone, sight.now)


def _time(seconds: float) -> str:
    if seconds < 36 * HOUR_S:
        return labels.duration(seconds)
    return ngettext("%(num)d day", "%(num)d days", round(seconds / 24 / HOUR_S))


def moved_order(move: OrderMove, sight: RequestContext) -> MovedOrder:
    """What a change does to an order, in words."""
    seconds, only_begins = move.seconds, abs(move.seconds) < A_MOVE_S <= abs(move.begins_s)
    if only_begins:
        time = _time(abs(move.begins_s))
        by = _("begins %(time)s later", time=time) if move.begins_s > 0 else _("begins %(time)s earlier", time=time)
    else:
        by = (
            _("%(time)s later", time=_time(abs(seconds)))
            if seconds > 0
            else _("%(time)s earlier", time=_time(abs(seconds)))
        )
    tone = "bad" if move.breaks else ("warn" if seconds > 0 and not only_begins else "good")
    known = estimate_labels.PUNCTUALITY.get(move.chip_after)
    return MovedOrder(
        code=move.code,
        title=move.title,
        url=url_for("staff.order", code=move.code),
        before=_window(move.before, sight),
        after=_window(move.after, sight),
        by=by,
        tone=tone,
        promise=labels.moment(move.promise, sight.profile.zone) if move.promise else "",
        chip=Chip(str(known[0]), known[1], known[2]) if known else None,
        breaks=move.breaks,
    )


def _choices(plan: Plan, one: OpenJob, machine: MachineCapability, to: str) -> tuple[Choice, ...]:
    waiting = [plan.jobs[id_] for id_ in plan.waiting[machine.machine_id] if id_ != one.job.id]
    found = [
        Choice(f"{machine.key}/{other.job.id}", _("before %(job)s", job=f"{other.job.code} · {other.title}"))
        for other in waiting
    ]
    last = Choice(f"{machine.key}/", _("at the end") if waiting else _("next"))
    return tuple(Choice(c.value, c.label, c.value == to) for c in (*found, last))


def move_page(
    plan: Plan, job_id: int, to: str | None, found: Considered | None, sight: RequestContext, here: str, back: str
) -> MovePage:
    """Where a job could go; with ``found`` what it would do there."""
    one = plan.job(job_id)
    why = places(plan, job_id)
    rows = tuple(
        (m.name, () if why[m.key][0] else _choices(plan, one, m, to or ""), why[m.key][0]) for m in plan.machines
    )
    slot = found.slot if found else None
    return MovePage(
        id=job_id,
        code=one.job.code,
        title=f"{labels.copies(one.job.copies)} · {one.title}",
        order_code=one.order_code,
        order_url=url_for("staff.order", code=one.order_code),
        now_at=waits_at(one, plan),
        places=rows,
        chosen=found is not None,
        to=to or "",
        where=_where(found) if found else "",
        why=found.why if found else "",
        in_place=found.in_place if found else False,
        warning=found.warning if found else "",
        when=when(slot, Times(sight.profile.zone, sight.now)) if slot else "",
        moves=tuple(moved_order(move, sight) for move in found.moves) if found else (),
        mark=found.mark if found else "",
        action=url_for("staff.move_job", job_id=job_id),
        here=here,
        back_url=back,
    )


def _where(found: Considered) -> str:
    if found.machine is None:
        return _("off its machine")
    if found.before_job is None:
        return _("to %(machine)s, at the end", machine=found.machine.name)
    return _("to %(machine)s, before %(job)s", machine=found.machine.name, job=found.before_job.job.code)


def proposal_page(
    plan: Plan,
    proposed: Proposed,
    sight: RequestContext,
    *,
    left_out: int,
    everything: bool,
    here: str,
    back: str,
    other: str,
) -> ProposalPage:
    """A proposal, job by job."""
    machines = {machine.machine_id: machine for machine in plan.machines}
    slots = proposed.proposal.slots
    needs = plan.needs([slot.job_id for slot in slots])
    jobs = tuple(
        _proposed(plan, slot, machines, warning(needs[slot.job_id], machines[slot.machine_id]), proposed, sight)
        for slot in slots
    )
    impossible = tuple(
        (plan.jobs[id_].job.code, plan.jobs[id_].title, why)
        for id_, why in sorted(proposed.proposal.impossible.items())
    )
    return ProposalPage(
        jobs=jobs,
        impossible=impossible,
        moves=tuple(moved_order(move, sight) for move in proposed.moves),
        mark=proposed.mark,
        left_out=left_out,
        everything=everything,
        back_url=back,
        other_url=other,
        here=here,
    )


def _proposed(
    plan: Plan,
    slot: Slot,
    machines: dict[int, MachineCapability],
    warned: str,
    proposed: Proposed,
    sight: RequestContext,
) -> ProposedJob:
    one = plan.jobs[slot.job_id]
    was = machines.get(one.job.machine_id or 0)
    machine = machines[slot.machine_id]
    return ProposedJob(
        id=slot.job_id,
        code=one.job.code,
        title=f"{labels.copies(one.job.copies)} · {one.title}",
        order_code=one.order_code,
        order_url=url_for("staff.order", code=one.order_code),
        machine=machine.name,
        key=machine.key,
        when=when(slot, Times(sight.profile.zone, sight.now)),
        takes=labels.duration(plan.run(slot.job_id).seconds),
        night=slot.job_id in proposed.proposal.nights and not slot.endless,
        late=one.promise is not None and slot.end > one.promise,
        was=was.name if was else "",
        warning=warned,
    )
