"""Machines as pages show them: cards, pages, cameras, the pages at a machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import request, url_for

from craftops.domain.estimation.statistics import RunStatistics
from craftops.domain.machines.readings import Reading, is_stale
from craftops.domain.production.jobs import ACTIVE, JobState
from craftops.domain.production.progress import whole_percent
from craftops.sdk.machine import BrokerAddress, CommandKind, MachineDriver, MqttDriver, Publication
from craftops.services.estimation import run_tracking
from craftops.services.machines import cameras, linking
from craftops.services.machines.cameras import SeenPicture, WatchedJob
from craftops.store.mapping import to_memory
from craftops.store.queries import machine_pages, production, staff_jobs
from craftops.store.views.machines import MachineView
from craftops.store.views.production import MachineOfJob, QueueSummary, StaffJob
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice
from craftops.web.machines import labels as machine_labels
from craftops.web.machines import present_unclaimed
from craftops.web.machines.views import (
    CameraPanel,
    CardJob,
    CommandButton,
    Credential,
    HandPanel,
    MachineCard,
    MachinePage,
    RefusedWord,
    SharedCamera,
    SharedFrame,
    SignPage,
)
from craftops.web.orders.present_parts import specification
from craftops.web.production.present import job_line
from craftops.web.production.views import JobLine


class OrderByCode(Protocol):
    """An order as far as addresses below its own go."""

    @property
    def code(self) -> str: ...


class TitledLine(Protocol):
    """A line of an order as far as its name goes."""

    @property
    def title(self) -> str: ...


class SharedJob(WatchedJob, Protocol):
    """A job as its customer watches it. Where its machine has a camera, ``camera`` is what that saw last."""

    @property
    def line(self) -> TitledLine: ...
    @property
    def camera(self) -> SeenPicture | None: ...


def shared_camera(order: OrderByCode, jobs: Sequence[SharedJob]) -> SharedCamera | None:
    """What the customer may look at now; None where nothing is shared, or none of it is at work. ``jobs`` are those of
    ``order_jobs.jobs_of``."""
    shared = [job for job in jobs if job.camera_shared and JobState(job.state) in ACTIVE]
    if not shared:
        return None
    found = []
    for job in shared:
        seen = job.camera if job.camera is not None and cameras.may_see(job, job.camera) else None
        note = ""
        if job.state != JobState.RUNNING.value:
            note = _("The machine is paused, and so is its camera.")
        elif seen is None:
            note = _("The first picture comes in a moment.")
        url = url_for("portal.camera", code=order.code, job_id=job.id, v=seen.frame_sha[:12]) if seen else ""
        found.append(SharedFrame(url, job.line.title, seen.taken_at if seen else None, note))
    return SharedCamera(order.code, tuple(found))


def camera_panel(machine: MachineView, sight: RequestContext) -> CameraPanel | None:
    """A machine's camera; None for a machine that cannot have one."""
    if cameras.camera_of(sight.shop, machine) is None:
        return None
    camera, job = machine_pages.camera(machine.id), machine_pages.job_at_camera(machine.id)
    sha256 = camera.frame_sha if camera is not None else ""
    return CameraPanel(
        key=machine.key,
        url=url_for("staff.camera", key=machine.key, v=sha256[:12]) if sha256 else "",
        sha256=sha256,
        taken_at=camera.taken_at if camera is not None else None,
        sentence=camera.sentence if camera is not None else "",
        job=job.code if job is not None else "",
        shared=job is not None and job.camera_shared,
        photos=job.photos if job is not None else 0,
    )


RECENT = 10
"""So many jobs that have ended stand on a machine's page."""
REFUSED = 20
BAD = (CommandKind.FAIL.value, CommandKind.CANCEL.value)
ORDER = [kind.value for kind in (CommandKind.START, CommandKind.RESUME, CommandKind.FINISH, CommandKind.PAUSE)]


def hand_panel(machine: MachineView, sight: RequestContext) -> HandPanel:
    """What can be done at a machine now."""
    queue = staff_jobs.queue_of(machine)
    card = machine_card(machine, sight, _Ahead(staff_jobs.queue_in_short(queue)))
    active = next((one for one in queue if one.job.state in ACTIVE), None)
    job = active or next(iter(_waiting(queue)), None)
    able = [one for one in card.commands if one.allowed]
    good = sorted((one for one in able if one.kind not in BAD), key=lambda one: ORDER.index(one.kind))
    why_not = ""
    if not able:
        why_not = _("It reports by itself, and takes no commands.") if job else _("No job waits for this machine.")
    return HandPanel(
        card=card,
        job=job_line(job, sight, [], held=bool(card.stale)) if job else None,
        running=active is not None,
        since=active.job.started_at if active else None,
        good=tuple(good),
        bad=tuple(one for one in able if one.kind in BAD),
        why_not=why_not,
        url=url_for("staff.hand", key=machine.key),
    )


def sign_page(machine: MachineView, sight: RequestContext) -> SignPage:
    """The sheet for a machine. Its address is that of the configuration, else the one that staff have typed."""
    root = sight.shop.config.document.server.base_url or request.url_root
    address = root.rstrip("/") + url_for("staff.hand", key=machine.key)
    return SignPage(
        name=machine.name,
        key=machine.key,
        address=address,
        code=qr_svg(address, _("QR code of %(address)s", address=address)),
        warning=_("No phone reaches this address: it means the computer itself. Set base_url under [server].")
        if _is_own(address)
        else "",
        back_url=url_for("staff.machine", key=machine.key),
    )


def _is_own(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def qr_svg(text: str, title: str) -> str:
    """A QR code as an SVG element without any style, so that the content security policy lets it be. 4 modules of quiet
    zone, error correction M (a scratched sheet still reads)."""
    import segno  # only this page needs it

    made = segno.make(text, error="m", micro=False, boost_error=True)
    return made.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None, title=title)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What a card needs that was read for it or for many at once; ``usual`` of its machine, where it was."""

    queue: QueueSummary
    usual: RunStatistics | None = None


def machine_cards(machines: Sequence[MachineView], sight: RequestContext) -> list[MachineCard]:
    """Many machines, with three queries."""
    queues = staff_jobs.queues_of(machines)
    learnt = run_tracking.learnt_of(machine.id for machine in machines)
    return [machine_card(machine, sight, _Ahead(queues[machine.id], learnt[machine.id].usual)) for machine in machines]


def silence(machine: MachineView, sight: RequestContext) -> str:
    """Why nothing is heard of a machine, as a sentence; empty where it says what it should."""
    if machine.heard_at and _is_overdue(machine, sight.shop.plugins.machine_drivers, sight.now):
        return _("Silent for %(time)s", time=labels.duration((sight.now - machine.heard_at).total_seconds()))
    return _("The link is down") if machine.online is False else ""


def is_silent(machine: MachineView, drivers: Mapping[str, MachineDriver], now: datetime) -> bool:
    """Whether nothing is heard of a machine that says something by itself: what is left of its job stands."""
    return machine.online is False or _is_overdue(machine, drivers, now)


def _is_overdue(machine: MachineView, drivers: Mapping[str, MachineDriver], now: datetime) -> bool:
    driver = drivers.get(machine.driver)
    by_hand = driver is not None and driver.by_hand
    return not by_hand and machine.heard_at is not None and is_stale(machine.heard_at, now, machine.report_interval_s)


def machine_card(machine: MachineView, sight: RequestContext, ahead: _Ahead | None = None) -> MachineCard:
    """A machine and what it is at."""
    driver = sight.shop.plugins.machine_drivers.get(machine.driver)
    ahead = _Ahead(staff_jobs.queue_in_short(staff_jobs.queue_of(machine))) if ahead is None else ahead
    queue, active = ahead.queue, ahead.queue.active
    by_hand = driver is not None and driver.by_hand
    state = _state_by_hand(active) if by_hand else machine.state
    word, tone = machine_labels.MACHINE_STATES.get(state, machine_labels.MACHINE_STATES["unknown"])
    stale = silence(machine, sight)
    # of a machine without a job of ours nothing is shown, unless it runs what nobody has claimed
    last = to_memory(machine).last if active is not None or machine.unclaimed_run else None
    progress, left_s = _how_far(active, last, ahead, sight, held=bool(stale))
    return MachineCard(
        key=machine.key,
        name=machine.name,
        url=url_for("staff.machine", key=machine.key),
        process=str(machine_labels.PROCESSES[machine.process]),
        process_icon=machine_labels.PROCESS_ICONS[machine.process],
        driver=driver.title if driver else machine.driver,
        state=state,
        state_word=str(word),
        tone=tone,
        percent=whole_percent(progress) if progress is not None else None,
        moving=_moving(active, sight),
        remaining=labels.duration(left_s) if left_s is not None else "",
        job=_card_job(active, sight) if active else None,
        queued=queue.waiting,
        next_title=f"{queue.next_code} · {queue.next_title}" if queue.waiting else "",
        last_heard=machine.heard_at,
        stale=stale,
        refused=machine.refused,
        message=last.message if last else "",
        commands=_commands(
            driver.commands if driver else frozenset(),
            active,
            queue.waiting > 0,
            lost=not by_hand and active is not None and production.is_lost(machine, active.job),
        ),
    )


def _state_by_hand(active: StaffJob | None) -> str:
    """The state of a machine that people report for: that of its job."""
    state = active.job.state if active else None
    return state.value if state in (JobState.RUNNING, JobState.PAUSED, JobState.ATTENTION) and state else "idle"


def _how_far(
    active: StaffJob | None, last: Reading | None, ahead: _Ahead, sight: RequestContext, *, held: bool
) -> tuple[float | None, float | None]:
    """The share that is done, and the seconds that are left: of our job, else as the machine said."""
    if active is None:
        return (last.progress, last.remaining_s) if last else (None, None)
    job, evidence = active.job, active.evidence
    progress = run_tracking.progress_at(job.state.value, job.progress, evidence, sight.now)
    return progress, run_tracking.seconds_left_of(job, evidence, sight.now, held=held, usual=ahead.usual)


def _card_job(active: StaffJob, sight: RequestContext) -> CardJob:
    title = f"{active.line.title} · {specification(active.line, sight.catalogue)}"
    return CardJob(active.job.code, title, url_for("staff.order", code=active.order_code))


def _moving(active: StaffJob | None, sight: RequestContext) -> str:
    """How the bar of the job at work goes on by the clock, or empty."""
    if active is None:
        return ""
    return str(run_tracking.moving_at(active.state, active.progress, active.evidence, sight.now) or "")


def _commands(
    kinds: frozenset[CommandKind], active: StaffJob | None, waiting: bool, *, lost: bool
) -> tuple[CommandButton, ...]:
    """What can be pressed now. A run whose end nobody heard is ended by hand, whatever the machine can be told."""
    if lost:
        kinds = frozenset({CommandKind.FINISH, CommandKind.FAIL})
    state = active.job.state if active else None
    possible = {
        CommandKind.START: state is None and waiting,
        CommandKind.PAUSE: state is JobState.RUNNING,
        CommandKind.RESUME: state in (JobState.PAUSED, JobState.ATTENTION),
        CommandKind.FINISH: state is not None,
        CommandKind.FAIL: state is not None,
        CommandKind.CANCEL: state is not None,
    }
    return tuple(
        CommandButton(
            kind.value,
            str(machine_labels.COMMANDS[kind.value][0]),
            machine_labels.COMMANDS[kind.value][1],
            possible[kind],
        )
        for kind in CommandKind
        if kind in kinds and possible[kind]
    )


def machine_page(
    machine: MachineView, sight: RequestContext, address: BrokerAddress, kind: str, secret: str
) -> MachinePage:
    """A machine, its queue, its refused words; ``secret`` is its new password, or empty."""
    driver = sight.shop.plugins.machine_drivers.get(machine.driver)
    queue = staff_jobs.queue_of(machine)
    fitting = staff_jobs.machines_of(machine_pages.machines())
    last = to_memory(machine).last
    sample, advice = _spoken_by(driver, machine, sight)
    uses_broker = driver is not None and driver.uses_broker
    card = machine_card(machine, sight, _Ahead(staff_jobs.queue_in_short(queue)))
    return MachinePage(
        card=card,
        queue=_queue_lines(queue, sight, fitting, held=bool(card.stale)),
        recent=tuple(job_line(one, sight, fitting) for one in staff_jobs.ended_on(machine, RECENT)),
        refused=tuple(
            RefusedWord(one.at, one.code, one.sentence, one.said)
            for one in machine_pages.refused_words(machine.id, REFUSED)
        ),
        unclaimed=present_unclaimed.sentence(machine),
        unclaimed_run=machine.unclaimed_run,
        claim_choices=tuple(Choice(str(one.job.id), f"{one.job.code} · {one.line.title}") for one in _waiting(queue)),
        credential=_credential(machine, sample, address, secret) if secret and sample else None,
        uses_broker=uses_broker,
        topic=sample.topic if sample else "",
        advice=advice,
        broker=f"{kind} · {address.host}:{address.port}" if uses_broker else "",
        last_raw=_heard(last, sight.profile.zone) if last else "",
        enabled=machine.enabled,
        arrival=arrival(machine, sight.profile.zone),
        by_hand=driver is not None and bool(driver.commands),
        settings_url=url_for("staff.change_link", key=machine.key) if driver is not None and driver.fields else "",
        bed=" × ".join(f"{side:g}" for side in machine.bed or ()),
    )


def _waiting(queue: Sequence[StaffJob]) -> list[StaffJob]:
    return [one for one in queue if one.job.state is JobState.QUEUED]


def _queue_lines(
    queue: Sequence[StaffJob], sight: RequestContext, fitting: Sequence[MachineOfJob], *, held: bool
) -> tuple[JobLine, ...]:
    """What stands in the queue; the first and the last that wait can be moved one way only. ``held``: the machine is
    silent."""
    waiting = _waiting(queue) or queue
    return tuple(
        job_line(one, sight, fitting, first=one is waiting[0], last=one is waiting[-1], held=held) for one in queue
    )


def _spoken_by(
    driver: MachineDriver | None, machine: MachineView, sight: RequestContext
) -> tuple[Publication | None, str]:
    """What a machine of the broker might say, and how it is set up for that."""
    if not isinstance(driver, MqttDriver):
        return None, ""
    facts = linking.facts_of_machine(sight.shop, machine.id)
    return driver.sample(facts), driver.advice(facts)


def _heard(last: Reading, zone: ZoneInfo) -> str:
    word, _tone = machine_labels.MACHINE_STATES[last.state.value]
    return f"{word}, {labels.exact(last.at, zone)}"


def arrival(machine: MachineView, zone: ZoneInfo) -> str:
    """Whether anything of a machine that signs in to the broker has come, for whoever tries its new credential."""
    last = to_memory(machine).last
    if last is None:
        return gettext("Nothing has come from it yet. What it says appears here.")
    return gettext("It has arrived: %(word)s.", word=_heard(last, zone))


def _credential(machine: MachineView, said: Publication, address: BrokerAddress, secret: str) -> Credential:
    line = (
        f"mosquitto_pub -h {address.host} -p {address.port} -u {machine.key} -P {secret} "
        f"-t {said.topic} -q 1 -m '{said.payload.decode()}'"
    )
    return Credential(machine.key, secret, address.host, address.port, line)
