"""Contexts of the schedule: lanes, bars, the tray."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import url_for

from craftops.domain.hours.days import begin_of
from craftops.domain.production.jobs import ACTIVE, JobState
from craftops.domain.production.progress import whole_percent
from craftops.domain.schedule.capability import MachineCapability
from craftops.domain.schedule.slots import Slot
from craftops.services.schedule.moving import late
from craftops.services.schedule.plan import OpenJob, Plan
from craftops.store.queries import schedule
from craftops.store.views.schedule import PlanChangeView
from craftops.web.frame import labels
from craftops.web.frame.catalogue_words import spoken
from craftops.web.frame.language.told import told
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice
from craftops.web.machines import labels as machine_labels
from craftops.web.production import labels as production_labels
from craftops.web.schedule.views import Bar, LaneRow, PlanChanged, SchedulePage, Span, Tick, TrayCard

SCALES = {"day": 1, "days": 3, "week": 7}
TICK_HOURS = {"day": 2, "days": 6, "week": 24}
LEAST_WIDTH = 0.5
"""Percent; a shorter job could not be hit."""
CHANGES = 5
TONES = {"calm": "running", "warn": "paused", "bad": "attention"}


@dataclass(frozen=True, slots=True)
class Axis:
    """What the page shows of time: from ``start`` to ``end``, aware UTC."""

    start: datetime
    end: datetime
    scale: str
    zone: ZoneInfo

    def x(self, at: datetime) -> float:
        """Where an instant is, in percent of the width; outside of 0 to 100 when it is not shown."""
        return round((at - self.start) / (self.end - self.start) * 100, 3)

    def span(self, start: datetime, end: datetime | None) -> tuple[float, float] | None:
        """Where an interval begins and how wide it is; None when it is not shown."""
        first, last = max(start, self.start), min(end or self.end, self.end)
        if first >= last:
            return None
        x = self.x(first)
        return x, round(self.x(last) - x, 3)


def axis_of(scale: str, first: date | None, zone: ZoneInfo, now: datetime) -> Axis:
    """From midnight of a day on; a day without a date begins two hours before now."""
    scale = scale if scale in SCALES else "day"
    if first is None and scale == "day":
        start = now.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC) - timedelta(hours=2)
        return Axis(start, start + timedelta(days=1), scale, zone)
    day = first or now.astimezone(zone).date()
    last = day + timedelta(days=SCALES[scale])
    return Axis(begin_of(day, zone), begin_of(last, zone), scale, zone)


def _ticks(axis: Axis, now: datetime) -> Iterator[Tick]:
    day = axis.start.astimezone(axis.zone).date()
    while begin_of(day, axis.zone) < axis.end:
        for hour in range(0, 24, TICK_HOURS[axis.scale]):
            at = datetime.combine(day, time(hour), axis.zone).astimezone(UTC)
            if axis.start <= at < axis.end:
                label = labels.clock(at, axis.zone) if hour else labels.day(at, axis.zone, now)
                yield Tick(axis.x(at), label, not hour)
        day += timedelta(days=1)


def _closed(plan: Plan, axis: Axis) -> Iterator[Span]:
    """When nobody is there."""
    if plan.calendar.always_open:
        return
    at = axis.start
    for start, end in plan.calendar.walk(axis.start):
        if found := axis.span(at, min(start, axis.end)):
            yield Span(*found, _("closed"))
        at = end
        if end >= axis.end:
            return
    if found := axis.span(at, axis.end):
        yield Span(*found, _("closed"))


def when(slot: Slot, times: Times) -> str:
    """When a job would run, as people say it."""
    if slot.unknown:
        return _("when the maintenance is over")
    if slot.endless:
        return _("%(start)s, and on when the maintenance is over", start=times.at(slot.start))
    return times.between(slot.start, slot.end)


class Times:
    """Intervals as people say them. A crowded page says hundreds, and the next one nearly the same."""

    def __init__(self, zone: ZoneInfo, now: datetime) -> None:
        self._reader = (zone, now.astimezone(zone).date(), labels.locale())

    def _said(self, instant: datetime) -> tuple[date, str, str]:
        return _minute_said(int(instant.timestamp() // 60), *self._reader)

    def at(self, instant: datetime) -> str:
        """ "today, 14:00"."""
        return ", ".join(self._said(instant)[1:])

    def between(self, start: datetime, end: datetime) -> str:
        """ "today, 14:00–17:30", "tomorrow, 17:00 – Fri 27 Nov, 03:00"."""
        (first, day, clock), (last, last_day, last_clock) = self._said(start), self._said(end)
        return f"{day}, {clock}–{last_clock}" if first == last else f"{day}, {clock} – {last_day}, {last_clock}"


@lru_cache(maxsize=8192)
def _minute_said(minute: int, zone: ZoneInfo, today: date, _locale: str) -> tuple[date, str, str]:
    """Date, day and clock of a minute since 1970, to a reader who has this day in this zone, in the language of now."""
    at = datetime.fromtimestamp(minute * 60, zone)
    return at.date(), labels.day(at, zone, datetime.combine(today, time(12), zone)), labels.clock(at, zone)


class _Presenter:
    """Holds what all bars of a page share, so that a bar costs little."""

    def __init__(self, plan: Plan, axis: Axis, here: str) -> None:
        self.plan, self.axis = plan, axis
        self.job_url = url_for("staff.schedule_job", job_id=0, back=here).replace("/0", "/{}", 1)
        slots = {slot.job_id: slot for lane in plan.slots.values() for slot in lane}
        self.late = late(plan, slots)
        self.late_word = _("late")
        self.times = Times(axis.zone, plan.at)
        self.states = {
            state: (str(word), TONES.get(tone, "waiting"))
            for state, (word, tone) in production_labels.JOB_STATES.items()
        }
        self.materials = {material.name: material.label for material in spoken(plan.shop.catalogue).materials}
        self.counted: dict[int, str] = {}

    def _copies(self, count: int) -> str:
        if count not in self.counted:
            self.counted[count] = labels.copies(count)
        return self.counted[count]

    def bar(self, slot: Slot, place: int) -> Bar:
        one, axis = self.plan.jobs[slot.job_id], self.axis
        job = one.job
        said = when(slot, self.times)
        found = axis.span(slot.start, slot.end)
        x, width = (found[0], max(found[1], LEAST_WIDTH)) if found else (None, 0.0)
        hands = axis.span(slot.hands_from, slot.start) if slot.hands_from < slot.start else None
        is_late = slot.job_id in self.late
        word, tone = self.states[job.state]
        spoken = f"{job.code}, {one.title}: {word}, {said}" + (f", {self.late_word}" if is_late else "")
        return Bar(
            id=job.id,
            code=job.code,
            title=f"{self._copies(job.copies)} · {one.title}",
            tone=tone,
            movable=one.waits,
            late=is_late,
            place=place,
            spoken=spoken,
            when=said,
            url=self.job_url.format(job.id),
            x=x,
            width=width,
            hands_x=hands[0] if hands else 0.0,
            hands_width=hands[1] if hands else 0.0,
            percent=whole_percent(job.progress) if job.progress is not None and job.state in ACTIVE else None,
            moving=str(one.moving or ""),
        )

    def lane(self, machine: MachineCapability) -> LaneRow:
        slots = self.plan.slots.get(machine.machine_id, [])
        running = sum(1 for slot in slots if slot.active)
        bars = tuple(self.bar(slot, index - running + 1) for index, slot in enumerate(slots))
        rests = [
            Span(*found, block.reason)
            for block in machine.blocks
            if (found := self.axis.span(block.start, block.end)) is not None
        ]
        return LaneRow(
            key=machine.key,
            name=machine.name,
            url=url_for("staff.machine", key=machine.key),
            process=str(machine_labels.PROCESSES[machine.process]),
            icon=machine_labels.PROCESS_ICONS[machine.process],
            note=machine_note(machine, self.plan.at, self.materials),
            enabled=machine.enabled,
            bars=bars,
            rests=tuple(rests),
            later=sum(1 for slot in slots if slot.start >= self.axis.end),
        )

    def card(self, one: OpenJob, zone: ZoneInfo) -> TrayCard:
        takes = labels.duration(self.plan.run(one.job.id).seconds)
        promise = labels.moment(one.promise, zone) if one.promise else ""
        parts = (self.materials.get(one.material, one.material), told(one.colour))
        return TrayCard(
            id=one.job.id,
            code=one.job.code,
            title=f"{self._copies(one.job.copies)} · {one.title}",
            takes=takes,
            specification=", ".join(part for part in parts if part),
            promise=promise,
            order_title=one.order_title,
            on_hold=one.on_hold,
            url=self.job_url.format(one.job.id),
            spoken=_("%(job)s, %(title)s: needs a machine for %(time)s", job=one.job.code, title=one.title, time=takes),
        )


def machine_note(machine: MachineCapability, at: datetime, material_labels: dict[str, str]) -> str:
    """What people should know of a machine before they put something there."""
    if not machine.enabled:
        return _("out of service")
    resting = next((b for b in machine.blocks if b.start <= at and (b.end is None or b.end > at)), None)
    if resting is not None:
        return _("maintenance: %(why)s", why=resting.reason)
    if machine.loaded:
        return ", ".join(f"{material_labels.get(name, name)} {told(colour)}".strip() for name, colour in machine.loaded)
    return str(machine_labels.PROCESSES[machine.process])


def change_line(row: PlanChangeView) -> PlanChanged:
    can = row.kind != "undo" and row.undone_at is None
    url = url_for("staff.schedule_undo", change_id=row.id) if can else ""
    return PlanChanged(row.title, row.by_name, row.at, url, row.undone_at is not None)


def schedule_page(plan: Plan, sight: RequestContext, axis: Axis) -> SchedulePage:
    """Everything on one page."""
    days = timedelta(days=SCALES[axis.scale])
    day = axis.start.astimezone(axis.zone).date()

    def address(first: date | None, scale: str = axis.scale) -> str:
        return url_for("staff.schedule", scale=scale if scale != "day" else None, first=first)

    here = address(day if axis.start != axis_of(axis.scale, None, axis.zone, plan.at).start else None)
    made = _Presenter(plan, axis, here)
    last = (axis.end - timedelta(seconds=1)).astimezone(axis.zone)
    first_day, last_day = labels.day(axis.start, axis.zone, plan.at), labels.day(last, axis.zone, plan.at)
    titles = {"day": _("Day"), "days": _("3 days"), "week": _("Week")}
    now_x = axis.x(plan.at)
    return SchedulePage(
        lanes=tuple(made.lane(machine) for machine in plan.machines),
        tray=tuple(made.card(one, axis.zone) for one in plan.unplanned),
        ticks=tuple(_ticks(axis, plan.at)),
        closed=tuple(_closed(plan, axis)),
        now_x=now_x if 0 <= now_x <= 100 else None,
        title=first_day if first_day == last_day else f"{first_day} – {last_day}",
        scales=tuple(Choice(address(None, key), label, key == axis.scale) for key, label in titles.items()),
        previous_url=address(day - days),
        next_url=address(day + days),
        now_url=address(None),
        changes=tuple(change_line(row) for row in schedule.recent_changes(CHANGES)),
        late=len(made.late),
        here=here,
    )


def waits_at(one: OpenJob, plan: Plan) -> str:
    """Where a job stands now, as a sentence."""
    if one.job.state is JobState.PLANNED:
        return _("It has no machine yet.")
    machine = next((m for m in plan.machines if m.machine_id == one.job.machine_id), None)
    name = machine.name if machine else ""
    if not one.waits:
        return _("It is on %(machine)s now.", machine=name)
    queue = plan.waiting[machine.machine_id] if machine else []
    place = queue.index(one.job.id) + 1 if one.job.id in queue else 0
    return ngettext(
        "It waits for %(machine)s, the only one.", "It waits for %(machine)s, place %(place)s of %(num)d.",
        len(queue), machine=name, place=place,
    )  # fmt: skip
