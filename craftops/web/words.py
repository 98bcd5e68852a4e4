"""Words for people: stages, states, windows, durations. Rounded as a person would say them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, format_time
from flask_babel import get_locale, gettext, lazy_gettext, ngettext

from craftops.domain.estimation.estimate import Basis, Cause, Punctuality
from craftops.domain.files.designs import Severity, Verdict
from craftops.domain.files.remedies import Remedy
from craftops.domain.hours.calendar import Calendar
from craftops.domain.orders.workflow import Stage
from craftops.domain.production.jobs import DurationSource, JobState, OperationKind

_ = lazy_gettext

STAGE_TITLES = {
    Stage.RECEIVED: _("Received"),
    Stage.IN_REVIEW: _("In review"),
    Stage.QUEUED: _("Queued"),
    Stage.IN_PRODUCTION: _("In production"),
    Stage.POST_PROCESSING: _("Post-processing"),
    Stage.QUALITY_CHECK: _("Quality check"),
    Stage.READY_FOR_PICKUP: _("Ready for pickup"),
    Stage.READY_TO_SHIP: _("Ready to ship"),
    Stage.SHIPPED: _("Shipped"),
    Stage.COMPLETED: _("Completed"),
    Stage.CANCELLED: _("Cancelled"),
}
STAGE_SENTENCES = {
    Stage.RECEIVED: _("We have your order"),
    Stage.IN_REVIEW: _("We are looking at your files"),
    Stage.QUEUED: _("Accepted, waiting for a machine"),
    Stage.IN_PRODUCTION: _("Being made now"),
    Stage.POST_PROCESSING: _("Being finished by hand"),
    Stage.QUALITY_CHECK: _("Being checked"),
    Stage.READY_FOR_PICKUP: _("Ready for you to pick up"),
    Stage.READY_TO_SHIP: _("Packed and ready to ship"),
    Stage.SHIPPED: _("On its way to you"),
    Stage.COMPLETED: _("Done. Thank you for your order"),
    Stage.CANCELLED: _("This order was cancelled"),
}
STAGE_ICONS = {
    Stage.RECEIVED: "mail",
    Stage.IN_REVIEW: "eye",
    Stage.QUEUED: "hourglass",
    Stage.IN_PRODUCTION: "printer",
    Stage.POST_PROCESSING: "tools",
    Stage.QUALITY_CHECK: "clipboard-check",
    Stage.READY_FOR_PICKUP: "building-store",
    Stage.READY_TO_SHIP: "package",
    Stage.SHIPPED: "truck",
    Stage.COMPLETED: "circle-check",
    Stage.CANCELLED: "ban",
}
MAKING = {
    "fdm": _("Printing"),
    "sla": _("Printing"),
    "laser": _("Cutting"),
    "cnc": _("Milling"),
    "other": _("Being made"),
}
PROCESS_ICONS = {"fdm": "printer", "sla": "printer", "laser": "wand", "cnc": "tool", "other": "cpu"}
PROCESSES = {
    "fdm": _("3D printing (FDM)"),
    "sla": _("3D printing (resin)"),
    "laser": _("Laser cutting"),
    "cnc": _("CNC milling"),
    "other": _("Other"),
}
CHIPS = {
    Punctuality.ON_TRACK: (_("on track"), "good", "check"),
    Punctuality.AT_RISK: (_("at risk"), "warn", "alert-triangle"),
    Punctuality.LATE: (_("late"), "bad", "alert-circle"),
    Punctuality.WAITING_FOR_YOU: (_("waiting for you"), "warn", "hand-stop"),
    Punctuality.PAUSED: (_("paused"), "warn", "player-pause"),
}
STAFF_CHIPS = {Punctuality.WAITING_FOR_YOU: (_("waits for the customer"), "warn", "hand-stop")}
BASES = {
    Basis.MACHINE: _("from the machine"),
    Basis.SCHEDULE: _("from the schedule"),
    Basis.HAND_WORK: _("from the hand work that is left"),
    Basis.OPENING_HOURS: _("from our opening hours"),
    Basis.REVIEW: _("a first guess, until we have looked at it"),
    Basis.WAITING: "",
    Basis.DONE: "",
}
CAUSES = {
    Cause.MACHINE_PAUSED: _("Moved because the machine paused."),
    Cause.MACHINE_RESUMED: _("Moved because the machine goes on."),
    Cause.MACHINE_ATTENTION: _("Moved because the machine waits for a hand."),
    Cause.JOB_STARTED: _("Moved because a machine has started."),
    Cause.JOB_FINISHED: _("Moved because a part is done."),
    Cause.JOB_FAILED: _("Moved because a part has to be made again."),
    Cause.MACHINE_SLOWER: _("Moved because the machine says so."),
    Cause.MACHINE_FASTER: _("Moved because the machine is faster than planned."),
    Cause.MACHINE_RESTS: _("Moved because the times at which a machine works have changed."),
    Cause.QUEUE_CHANGED: _("Moved because the machines' queue changed."),
    Cause.HAND_WORK: _("Moved because of the hand work."),
    Cause.STAGE: _("Moved because the order went on."),
    Cause.HOLD: _("Moved because of a hold."),
    Cause.SILENT: _("Wider because the machine has been silent."),
    Cause.FIRST: "",
    Cause.TIME_PASSED: _("Moved because things take longer than planned."),
}
MACHINE_STATES = {
    "idle": (_("idle"), "quiet"),
    "preparing": (_("preparing"), "calm"),
    "running": (_("running"), "calm"),
    "paused": (_("paused"), "warn"),
    "attention": (_("needs hands"), "bad"),
    "finishing": (_("finishing"), "calm"),
    "done": (_("done"), "good"),
    "cancelled": (_("cancelled"), "quiet"),
    "failed": (_("failed"), "bad"),
    "offline": (_("offline"), "bad"),
    "unknown": (_("not heard of yet"), "quiet"),
}
LINK_STATES = {
    "connecting": (_("connecting"), "quiet"),
    "connected": (_("connected"), "good"),
    "waiting": (_("trying again"), "warn"),
    "rejected": (_("refused"), "bad"),
    "off": (_("not called"), "quiet"),
}
ERRAND_STATES = {
    "waiting": (_("waiting"), "quiet"),
    "begun": (_("being passed on"), "quiet"),
    "sent": (_("passed on"), "calm"),
    "confirmed": (_("confirmed"), "good"),
    "refused": (_("refused"), "bad"),
}
JOB_STATES = {
    JobState.PLANNED: (_("needs a machine"), "warn"),
    JobState.QUEUED: (_("waiting"), "quiet"),
    JobState.RUNNING: (_("running"), "calm"),
    JobState.PAUSED: (_("paused"), "warn"),
    JobState.ATTENTION: (_("needs hands"), "bad"),
    JobState.DONE: (_("done"), "good"),
    JobState.FAILED: (_("failed"), "bad"),
    JobState.CANCELLED: (_("cancelled"), "quiet"),
}
SOURCES = {
    DurationSource.MACHINE: _("says the machine"),
    DurationSource.STAFF: _("set by staff"),
    DurationSource.SLICER: _("from the slicer"),
    DurationSource.HISTORY: _("from earlier runs"),
    DurationSource.MEASURED_FILE: _("rough, from the file's size"),
    DurationSource.DEFAULT: _("a guess"),
}
OPERATIONS = {
    OperationKind.SUPPORT_REMOVAL: _("Remove supports"),
    OperationKind.CLEANING: _("Clean"),
    OperationKind.DEBURRING: _("Deburr"),
    OperationKind.SANDING: _("Sand"),
    OperationKind.POLISHING: _("Polish"),
    OperationKind.PAINTING: _("Paint"),
    OperationKind.ASSEMBLY: _("Assemble"),
    OperationKind.OTHER: _("Hand work"),
}
COMMANDS = {
    "start": (_("Start next"), "player-play"),
    "pause": (_("Pause"), "player-pause"),
    "resume": (_("Resume"), "player-play"),
    "cancel": (_("Stop job"), "player-stop"),
    "finish": (_("Done"), "check"),
    "fail": (_("Failed"), "alert-triangle"),
}
MOVES = {
    Stage.IN_REVIEW: _("Start review"),
    Stage.QUEUED: _("Accept"),
    Stage.IN_PRODUCTION: _("Into production"),
    Stage.POST_PROCESSING: _("Machine work done"),
    Stage.QUALITY_CHECK: _("To quality check"),
    Stage.READY_FOR_PICKUP: _("Passed: ready for pickup"),
    Stage.READY_TO_SHIP: _("Passed: ready to ship"),
    Stage.SHIPPED: _("Shipped"),
    Stage.COMPLETED: _("Handed over"),
    Stage.CANCELLED: _("Cancel order"),
}
VERDICTS = {
    Verdict.WAITING: _("We are measuring your file…"),
    Verdict.ACCEPTED: _("Looks good"),
    Verdict.FINDINGS: _("Please have a look"),
    Verdict.REFUSED: _("We cannot make this file"),
    Verdict.BY_HAND: _("We will check it by hand"),
    Verdict.COMPANION: _("Rides along"),
}
FINDING_ICONS = {Severity.ERROR: "alert-circle", Severity.WARNING: "alert-triangle", Severity.NOTE: "info-circle"}
REMEDIES = {
    Remedy.REPAIR: _("Close the holes"),
    Remedy.CENTRE: _("Put it on the bed"),
    Remedy.CLOSE_GAPS: _("Close the small gaps"),
    Remedy.MERGE_DUPLICATES: _("Take doubled lines out"),
    Remedy.DROP_EMPTY: _("Take empty layers out"),
}
UNITS = {
    "mm": _("millimetres"),
    "cm": _("centimetres"),
    "m": _("metres"),
    "in": _("inches"),
    "µm": _("micrometres"),
}
MEASURES = {
    "size_mm": _("Size"),
    "volume_mm3": _("Volume"),
    "area_mm2": _("Surface"),
    "triangles": _("Triangles"),
    "bodies": _("Bodies"),
    "objects": _("Parts"),
    "wall_mm": _("Thinnest wall"),
    "overhang": _("Overhangs"),
    "cut_mm": _("Lines"),
    "closed": _("Closed contours"),
    "open": _("Open contours"),
    "holes": _("Holes"),
    "duplicates": _("Doubled lines"),
    "texts": _("Texts"),
}
REVISIONS = {
    "proposed": (_("waits for our word"), "warn"),
    "approved": (_("this one is made"), "good"),
    "replaced": (_("replaced"), "quiet"),
    "declined": (_("not taken"), "bad"),
}
INCOMING = {
    "held": (_("waits for you"), "warn", "hand-stop"),
    "taken": (_("taken in"), "good", "check"),
    "refused": (_("refused"), "bad", "ban"),
    "thrown": (_("thrown away"), "quiet", "trash"),
}
WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def locale() -> str:
    """The reader's language; English outside of a request."""
    return str(get_locale() or "en")


def _dates() -> str:
    """The locale that dates and clocks are written in: plain English dates are written as in Britain."""
    return "en_GB" if locale() == "en" else locale()


def _date(at: datetime, zone: ZoneInfo) -> str:
    return _written_date(at.astimezone(zone).date(), _dates())


@lru_cache(maxsize=4096)
def _written_date(day: date, locale: str) -> str:
    return format_skeleton("MMMEd", datetime.combine(day, time()), locale=locale).replace(",", "")


@lru_cache(maxsize=4096)
def _written_clock(hour: int, minute: int, locale: str) -> str:
    return format_time(time(hour, minute), format="short", locale=locale)


def day(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "today", "tomorrow", or "Thu 26 Nov"."""
    local, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if local == today:
        return gettext("today")
    if local == today + timedelta(days=1):
        return gettext("tomorrow")
    return _date(at, zone)


def clock(at: datetime, zone: ZoneInfo) -> str:
    """ "14:00"; "02:30 CEST" in the hour that comes twice when clocks are set back."""
    local = at.astimezone(zone)
    written = _written_clock(local.hour, local.minute, _dates())
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{written} {local.tzname()}" if twice else written


def moment(at: datetime, zone: ZoneInfo) -> str:
    """ "Mon 23 Nov, 09:12"."""
    return f"{_date(at, zone)}, {clock(at, zone)}"


def exact(at: datetime, zone: ZoneInfo) -> str:
    """ "Mon 23 Nov, 09:12:45", for who looks for a fault."""
    return f"{_date(at, zone)}, {format_time(at.astimezone(zone).time(), format='medium', locale=_dates())}"


def age(at: datetime, now: datetime) -> str:
    """ "12 s ago", "4 min ago", "3 h ago", "5 days ago"."""
    seconds = max(0, int((now - at).total_seconds()))
    if seconds < 2:
        return gettext("just now")
    if seconds < 60:
        return gettext("%(n)s s ago", n=seconds)
    if seconds < 3600:
        return gettext("%(n)s min ago", n=seconds // 60)
    if seconds < 86_400:
        return gettext("%(n)s h ago", n=seconds // 3600)
    return ngettext("%(num)d day ago", "%(num)d days ago", seconds // 86_400)


def _round(at: datetime, minutes: int, up: bool) -> datetime:
    step = minutes * 60
    seconds = int(at.timestamp())
    return datetime.fromtimestamp((seconds + (step - 1 if up else 0)) // step * step, UTC)


def window(start: datetime, end: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "Thu 26 Nov, 14:00–17:30": rounded outwards, finer when it is near; never a time that has passed."""
    near = end - now < timedelta(hours=3)
    grain = 5 if near else 30
    first, last = _round(max(start, now), grain, False), _round(max(end, now), grain, True)
    if first < now:
        first = _round(now, 5, True)
    last = max(last, first + timedelta(minutes=grain))
    if first.astimezone(zone).date() == last.astimezone(zone).date():
        return f"{day(first, zone, now)}, {clock(first, zone)}–{clock(last, zone)}"
    return f"{day(first, zone, now)}, {clock(first, zone)} – {day(last, zone, now)}, {clock(last, zone)}"


def duration(seconds: float) -> str:
    """ "2 h 40 min", "35 min", "under a minute"."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return gettext("under a minute")
    if minutes < 60:
        return gettext("%(n)s min", n=minutes)
    if minutes < 600:
        return (
            gettext("%(h)s h %(m)s min", h=minutes // 60, m=minutes % 60)
            if minutes % 60
            else gettext("%(h)s h", h=minutes // 60)
        )
    return gettext("%(h)s h", h=round(minutes / 60))


def hours_rows(calendar: Calendar) -> list[tuple[str, str]]:
    """The opening hours, equal neighbours joined: ("Monday–Friday", "09:00–18:00")."""
    rows: list[tuple[int, int, str]] = []
    for index in range(7):
        spans = ", ".join(f"{h.start:%H:%M}–{h.end:%H:%M}" for h in calendar.weekly.get(index, ()))
        text = spans or gettext("closed")
        if rows and rows[-1][2] == text:
            rows[-1] = (rows[-1][0], index, text)
        else:
            rows.append((index, index, text))
    return [(str(WEEKDAYS[a]) if a == b else f"{WEEKDAYS[a]}–{WEEKDAYS[b]}", text) for a, b, text in rows]


def open_sentence(calendar: Calendar, now: datetime) -> str:
    """ "Open today until 18:00", "Closed now, opens Tue 24 Nov, 09:00"; empty when no hours are told."""
    if calendar.always_open:
        return ""
    closes = calendar.closes_at(now)
    if closes is not None:
        return gettext("Open today until %(time)s", time=clock(closes, calendar.zone))
    opens = calendar.next_open(now)
    return gettext(
        "Closed now, opens %(day)s, %(time)s", day=day(opens, calendar.zone, now), time=clock(opens, calendar.zone)
    )


def size(count: int) -> str:
    """ "1.2 MB"."""
    if count < 1_000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1_000:.0f} kB"
    return f"{count / 1_000_000:.1f}".removesuffix(".0") + " MB"


def copies(count: int) -> str:
    return ngettext("%(num)d copy", "%(num)d copies", count)
