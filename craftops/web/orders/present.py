"""An order as its customer sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from flask import url_for
from markupsafe import Markup, escape

from craftops.domain.estimation.estimate import Basis, Cause
from craftops.domain.orders.workflow import CANCELLABLE_BY_CUSTOMER, ENDED, Stage, StageChange, track
from craftops.domain.people.companies import CompanyAction
from craftops.domain.production.jobs import ACTIVE, WAITING, JobState
from craftops.domain.production.progress import Share
from craftops.domain.shop.profile import ShopProfile
from craftops.services.estimation import run_tracking
from craftops.store.queries import order_jobs, orders, production
from craftops.store.queries.order_lists import FloorJob, ListedJob, ListedOrder
from craftops.store.queries.orders import OrderHistory, PastWindow
from craftops.store.views.orders import OrderView
from craftops.store.views.production import OrderJob, StaffJob
from craftops.web.estimation import labels as estimate_labels
from craftops.web.estimation.present import chip_of, window_text
from craftops.web.files.present import companions_of, photo_cards
from craftops.web.files.present_versions import line_card
from craftops.web.frame import labels
from craftops.web.frame.keeping import kept
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.template_globals import until
from craftops.web.frame.views import HoursRow
from craftops.web.machines.present import shared_camera
from craftops.web.orders import labels as order_labels
from craftops.web.orders.present_parts import listed_picture, timeline
from craftops.web.orders.views import OrderCard, OrderPage, PickupCard, Tracker, TrackerStep, WindowMoved
from craftops.web.production.present import percent_of, share_of_jobs

JobT = TypeVar("JobT", OrderJob, StaffJob, ListedJob, FloorJob)


NOTHING_MADE = Share(None, 0, 0)


def live_jobs(order: OrderView) -> list[OrderJob]:
    """The jobs of an order that count (``counted``), each with its line."""
    return counted(order, order_jobs.jobs_of(order.id))


def counted(order: OrderView | ListedOrder, jobs: Sequence[JobT]) -> list[JobT]:
    """The jobs that count: not those that were made again without a good copy. One that was cancelled counts as long as
    its order does not end so: its copies are still to be made."""
    replaced = {row.replaces_id for row in jobs if row.replaces_id}
    left_out = (JobState.CANCELLED.value,) if order.stage == Stage.CANCELLED.value else ()
    return [row for row in jobs if row.copies_done or not (row.id in replaced or row.state in left_out)]


def sentence(
    order: OrderView | ListedOrder,
    jobs: Sequence[OrderJob] | Sequence[ListedJob],
    sight: RequestContext,
    share: Share | None = None,
) -> str:
    """What is going on, in one sentence. ``share``: how far the jobs are, where that is known."""
    stage = Stage(order.stage)
    if order.hold_since is not None:
        return _("Waiting for you") if order.hold_waits_for_customer else _("On hold")
    if stage is not Stage.IN_PRODUCTION:
        way = order_labels.WAY_SENTENCES.get(order.way) if stage is Stage.SHIPPED else None
        return str(way or sight.shop.word(stage.value) or order_labels.STAGE_SENTENCES[stage])
    active = next((job for job in jobs if job.state in ACTIVE), None)
    share = share_of_jobs(jobs, sight.now) if share is None else share
    if active is None:
        made = _("%(done)s of %(total)s parts made", done=share.part, total=share.parts)
        return made if share.part else _("Waiting for a machine")
    if active.state != JobState.RUNNING:
        return _("Paused: the machine waits for a hand")
    material = sight.catalogue.material_of(active.line)
    verb = order_labels.MAKING.get(material.process if material else "other", order_labels.MAKING["other"])
    if share.parts <= 1:
        return str(verb)
    return _("%(verb)s, part %(n)s of %(total)s", verb=verb, n=share.part, total=share.parts)


def tracker(
    order: OrderView,
    sight: RequestContext,
    history: OrderHistory | None = None,
    jobs: Sequence[OrderJob] | None = None,
) -> Tracker:
    """The heart of the order page. ``history`` and ``jobs`` (``live_jobs``) are for a caller that has read them
    already."""
    jobs = tuple(live_jobs(order) if jobs is None else jobs)
    history = orders.history_of(order.id) if history is None else history
    minutes = production.hand_minutes(order.id) if order.hand_minutes is None else order.hand_minutes
    making = order.stage == Stage.IN_PRODUCTION.value
    share = share_of_jobs(jobs, sight.now) if making else NOTHING_MADE
    here = sight.this_minute()
    facts = (
        order, jobs, history, minutes, share.part, share.parts, here.now, here.profile.zone, here.profile.calendar,
        here.settings,
    )  # fmt: skip
    found = kept("tracker", facts, lambda: _tracker(order, here, history, jobs, minutes, share))
    if not making:
        return found  # a bar moves within a minute, and so does what is left
    return replace(found, percent=share.percent, moving=str(share.moving or ""), left=_left(order, jobs, sight))


def _tracker(
    order: OrderView, sight: RequestContext, history: OrderHistory, jobs: Sequence[OrderJob], minutes: float,
    share: Share,
) -> Tracker:  # fmt: skip
    """What stays the same within a minute."""
    stage = Stage(order.stage)
    label, window = window_text(order, sight)
    basis = str(estimate_labels.BASES[Basis(order.basis)]) if order.basis and stage not in ENDED else ""
    stale = ""
    if order.stale and stage is Stage.IN_PRODUCTION:
        stale = _("The machine has not reported for a while, so we hold this estimate and keep it wide.")
    return Tracker(
        code=order.code,
        sentence=sentence(order, jobs, sight, share),
        window_label=label,
        window=window,
        basis=basis,
        as_of=order_as_of(order, jobs) if basis else None,
        stale=stale,
        chip=chip_of(order, sight.now),
        percent=None,
        moving="",
        left=None,
        steps=_steps(order, jobs, sight, history, minutes),
        moves=_moves(history, sight),
        hold=order.hold_reason if order.hold_since is not None else "",
        ended=stage in ENDED,
        cancelled=stage is Stage.CANCELLED,
    )


def _left(order: OrderView, jobs: Sequence[OrderJob], sight: RequestContext) -> Markup | None:
    """What is left of the parts that machines are at, the longest of them; nothing while one stands or is silent."""
    running = [job for job in jobs if job.state == JobState.RUNNING]
    if not running or order.stale or order.hold_since is not None:
        return None
    left_s, job = max(((run_tracking.seconds_left(one, sight.now), one) for one in running), key=lambda one: one[0])
    material = sight.catalogue.material_of(job.line)
    said = order_labels.LEFT.get(material.process if material else "other", order_labels.LEFT["other"])
    left = escape(str(said)) % {"time": until(sight.now + timedelta(seconds=left_s), sight.now)}
    more = any(one.state in WAITING for one in jobs)
    return escape(_("%(left)s, then more parts")) % {"left": left} if more else left


def order_as_of(order: OrderView, jobs: Sequence[OrderJob]) -> datetime | None:
    """The age of what the window rests on: the machine's newest word, while one works on it."""
    if order.basis == Basis.MACHINE.value:
        reported = [one.job.reported_at for one in jobs if one.state in ACTIVE and one.job.reported_at]
        if reported:
            return max(reported)
    return order.as_of


def _steps(
    order: OrderView, jobs: Sequence[OrderJob], sight: RequestContext, history: OrderHistory, minutes: float
) -> tuple[TrackerStep, ...]:
    stage, changes, notes = Stage(order.stage), history.changes, _notes(jobs, sight, minutes)
    pickup = order.delivery == "pickup"
    return kept("steps", (stage, pickup, changes, notes), lambda: _made_steps(stage, pickup, changes, dict(notes)))


def _made_steps(
    stage: Stage, pickup: bool, changes: Sequence[StageChange], notes: Mapping[Stage, str]
) -> tuple[TrackerStep, ...]:
    reached = {change.after: change.at for change in changes}
    stages = track(pickup)
    if stage is Stage.CANCELLED:
        stages = (*(one for one in stages if one in reached), Stage.CANCELLED)
    here = stages.index(stage) if stage in stages else 0
    words_of = {"done": _("done"), "current": _("now"), "ahead": _("still to come")}
    steps = []
    for index, one in enumerate(stages):
        state = (
            "done"
            if index < here or (one is Stage.COMPLETED and stage is one)
            else "current"
            if index == here
            else "ahead"
        )
        steps.append(
            TrackerStep(
                title=str(order_labels.STAGE_TITLES[one]),
                state=state,
                state_word=words_of[state],
                at=reached.get(one) if state != "ahead" else None,
                note=notes.get(one, "") if state == "ahead" else "",
                icon=order_labels.STAGE_ICONS[one],
            )
        )
    return tuple(steps)


def _notes(jobs: Sequence[OrderJob], sight: RequestContext, minutes: float) -> tuple[tuple[Stage, str], ...]:
    """What stands beside the stages that are still to come; ``minutes`` of work by hand are."""
    found, calendar = [], sight.profile.calendar
    planned_s = sum(job.planned_s for job in jobs)
    if planned_s:
        found.append((Stage.IN_PRODUCTION, _("~ %(time)s", time=labels.duration(planned_s))))
    if minutes:
        found.append((Stage.POST_PROCESSING, _("~ %(time)s", time=labels.duration(minutes * 60))))
    if not calendar.always_open:
        found.append((Stage.READY_FOR_PICKUP, " ".join(labels.hours_rows(calendar)[0])))
    return tuple(found)


def _moves(history: OrderHistory, sight: RequestContext) -> tuple[WindowMoved, ...]:
    moves = []
    for past in history.windows:
        was = labels.window(past.start, past.end, sight.profile.zone, min(past.at, past.start))
        moves.append(WindowMoved(_("Was %(window)s.", window=was), why(past), past.at))
    return tuple(moves)


def why(past: PastWindow) -> str:
    """The cause of a move as a sentence for the customer."""
    cause = Cause(past.cause)
    if cause is Cause.MACHINE_RESUMED and past.facts.get("minutes"):
        n = int(past.facts["minutes"])
        return ngettext(
            "Moved because the machine paused for %(num)d minute.",
            "Moved because the machine paused for %(num)d minutes.",
            n,
        )
    return str(estimate_labels.CAUSES[cause])


def listed_card(
    order: ListedOrder, jobs: Sequence[ListedJob], sight: RequestContext, *, again: bool = False
) -> OrderCard:
    """An order in a list, as it stands at this minute. ``again``: its reader may order it again."""
    here = sight if order.stage in ENDED else sight.this_minute()
    facts = (order, tuple(jobs), again, here.settings, here.profile.zone, None if here is sight else here.now)

    def made() -> OrderCard:
        return _order_card(order, counted(order, jobs), here, again=again)

    card = kept("order card", facts, made)
    if card.percent is None:
        return card
    share = share_of_jobs(counted(order, jobs), sight.now)  # a bar moves within a minute, too
    return replace(card, percent=share.percent, moving=str(share.moving or ""))


def _order_card(
    order: ListedOrder,
    jobs: Sequence[ListedJob],
    sight: RequestContext,
    *,
    again: bool = False,
) -> OrderCard:
    stage = Stage(order.stage)
    label, window = window_text(order, sight)
    stages = track(order.delivery == "pickup")
    return OrderCard(
        code=order.code,
        title=order.title,
        url=url_for("portal.order", code=order.code),
        picture_url=listed_picture(order),
        sentence=sentence(order, jobs, sight),
        window_label=label,
        window=window,
        chip=chip_of(order, sight.now),
        percent=percent_of(jobs, sight.now) if stage is Stage.IN_PRODUCTION else None,
        moving="",
        steps_done=stages.index(stage) if stage in stages else 0,
        steps_all=len(stages),
        placed_at=order.placed_at,
        ended=stage in ENDED,
        again_url=url_for("portal.reorder", code=order.code) if again and stage in ENDED else "",
    )


def _pickup_card(profile: ShopProfile, at: datetime, *, ready: bool) -> PickupCard:
    calendar = profile.calendar

    def made() -> PickupCard:
        hours = () if calendar.always_open else tuple(HoursRow(*row) for row in labels.hours_rows(calendar))
        return PickupCard(profile.address, hours, labels.open_sentence(calendar, at), calendar.is_open(at), ready)

    return kept("pickup card", (calendar, profile.address, at, ready), made)


def order_page(order: OrderView, sight: RequestContext, may: frozenset[CompanyAction]) -> OrderPage:
    """An order for somebody who ``may`` do so much with it."""
    stage = Stage(order.stage)
    profile = sight.profile
    pickup = None
    if order.delivery == "pickup" and stage is not Stage.CANCELLED:
        pickup = _pickup_card(profile, sight.this_minute().now, ready=stage is Stage.READY_FOR_PICKUP)
    decides = CompanyAction.DECIDE in may
    can_cancel = decides and stage in CANCELLABLE_BY_CUSTOMER
    history = orders.history_of(order.id)
    jobs = live_jobs(order)
    return OrderPage(
        code=order.code,
        title=order.title,
        remake_of=order.remake_of,
        tracker=tracker(order, sight, history, jobs),
        lines=tuple(
            line_card(line, order, sight, for_staff=False, fixed=not decides) for line in orders.lines_of(order.id)
        ),
        delivery=_("Pickup") if order.delivery == "pickup" else _("Shipping"),
        pickup=pickup,
        placed_at=order.placed_at,
        can_cancel=can_cancel,
        cancel_url=url_for("portal.cancel", code=order.code),
        why_not_cancel=""
        if stage in CANCELLABLE_BY_CUSTOMER or stage in ENDED
        else _("Production has started. Please call us to cancel."),
        timeline=timeline(history.changes, for_staff=False),
        companions=companions_of(order),
        camera=shared_camera(order, jobs),
        photos=photo_cards(order),
        company=order.company.name if order.company is not None else "",
        placed_by=order.customer.name if order.company is not None else "",
        again_url=url_for("portal.reorder", code=order.code) if CompanyAction.ORDER in may else "",
        has_money=order.money > 0,
        rush=order.rush,
    )
