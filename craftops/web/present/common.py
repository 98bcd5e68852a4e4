"""What portal and floor share: files, chips, windows, timelines, the shop's face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from craftops.domain.estimation.estimate import Basis, Estimate, Window, punctuality
from craftops.domain.files.designs import DrawingFacts, MeshFacts, Verdict
from craftops.domain.orders.workflow import READY, Stage
from craftops.domain.people.access import ActorKind
from craftops.domain.production.jobs import ACTIVE, JobState
from craftops.domain.production.progress import RunProgress, Share, share_of
from craftops.domain.shop.catalogue import Catalogue
from craftops.domain.shop.profile import ShopProfile
from craftops.services.shop.context import Shop
from craftops.store.mapping import to_analysis, to_change
from craftops.store.models import DesignFileRow, JobRow, OrderLineRow, OrderRow, StageChangeRow
from craftops.store.queries import orders
from craftops.web import words
from craftops.web.contexts import Chip, Companion, Fact, FileCard, FindingLine, HoursRow, ShopFace, TimelineEntry

ENDED = (Stage.COMPLETED, Stage.CANCELLED)


@dataclass(frozen=True, slots=True)
class Sight:
    """From where somebody looks: the shop, its profile (read once), and the moment."""

    shop: Shop
    profile: ShopProfile
    now: datetime

    @property
    def catalogue(self) -> Catalogue:
        return self.shop.catalogue


def shop_face(shop: Shop, profile: ShopProfile, now: datetime) -> ShopFace:
    calendar = profile.calendar
    return ShopFace(
        name=profile.name,
        tagline=profile.tagline,
        logo_url=url_for("portal.logo", sha=profile.logo_sha) if profile.logo_sha else "",
        email=profile.email,
        phone=profile.phone,
        address=profile.address,
        hours=() if calendar.always_open else tuple(HoursRow(*row) for row in words.hours_rows(calendar)),
        open_sentence=words.open_sentence(calendar, now),
        is_open=calendar.is_open(now),
        demo=shop.is_demo,
    )


def estimate_of(order: OrderRow) -> Estimate | None:
    if not order.basis:
        return None
    window = Window(order.window_start, order.window_end) if order.window_start else None
    return Estimate(window, Basis(order.basis), order.as_of or order.placed_at, order.stale, order.paused)


def chip_of(order: OrderRow, now: datetime, *, told_to_staff: bool = False) -> Chip | None:
    """How the order stands against its promise; who is waited for depends on who reads it."""
    estimate = estimate_of(order)
    if estimate is None or Stage(order.stage) in ENDED:
        return None
    standing = punctuality(estimate, order.promise_at, now)
    known = words.STAFF_CHIPS.get(standing) if told_to_staff else None
    known = known or words.CHIPS.get(standing)
    return Chip(str(known[0]), known[1], known[2]) if known else None


def window_text(order: OrderRow, sight: Sight) -> tuple[str, str]:
    """The label and the window as people read them."""
    stage = Stage(order.stage)
    if stage in READY:
        return _("Ready since"), words.moment(order.stage_since, sight.profile.zone)
    if stage in (*ENDED, Stage.SHIPPED):
        return "", words.moment(order.stage_since, sight.profile.zone)
    if order.basis == Basis.WAITING.value:
        return "", _("We go on as soon as we hear from you")
    if order.window_start is None:
        return "", _("We are working out when it will be ready")
    text = words.window(order.window_start, order.window_end, sight.profile.zone, sight.now)
    return (_("Ready") if stage not in (Stage.RECEIVED, Stage.IN_REVIEW) else _("Probably ready")), text


def picture_url(file: DesignFileRow | None) -> str:
    return url_for("portal.picture", file_id=file.id, v=file.picture_sha[:8]) if file and file.picture_sha else ""


def model_url(file: DesignFileRow) -> str:
    """Where the GLB is, by its content; empty where there is none."""
    return url_for("portal.model", file_id=file.id, v=file.model_sha[:8]) if file.model_sha else ""


def order_picture(order: OrderRow) -> str:
    lines = orders.lines_of(order)
    return picture_url(lines[0].file if lines else None)


def companions_of(order: OrderRow) -> tuple[Companion, ...]:
    """The files that ride along with an order."""
    return tuple(
        Companion(str(one["name"]), words.size(int(one["size"])), url_for("portal.download", file_id=one["id"]))
        for one in order.companions or ()
    )


def file_card(row: DesignFileRow) -> FileCard:
    verdict = Verdict(row.verdict)
    analysis = to_analysis(row)
    findings = analysis.findings if analysis else ()
    return FileCard(
        id=row.id,
        name=row.name,
        size=words.size(row.size),
        picture_url=picture_url(row),
        verdict=verdict.value,
        sentence=row.sentence if verdict is not Verdict.WAITING else str(words.VERDICTS[verdict]),
        facts=_facts(row),
        findings=tuple(
            FindingLine(f.severity.value, f.sentence, f.fix, words.FINDING_ICONS[f.severity]) for f in findings
        ),
        download_url=url_for("portal.download", file_id=row.id),
        view_url=url_for("portal.view", file_id=row.id) if row.model_sha else "",
    )


def _facts(row: DesignFileRow) -> tuple[Fact, ...]:
    analysis = to_analysis(row)
    if analysis is not None and analysis.drawing is not None:
        return _drawing_facts(analysis.drawing)
    return _mesh_facts(analysis.mesh) if analysis is not None and analysis.mesh is not None else ()


def _drawing_facts(drawing: DrawingFacts) -> tuple[Fact, ...]:
    if not drawing.pierces:
        return ()
    mm, inch = sides(drawing.size_mm)
    facts = [Fact(_("Size"), mm), Fact(_("In inches"), inch)]
    facts.append(Fact(_("Lines"), f"{drawing.cut_mm / 1000:.2f} m"))
    facts.append(Fact(_("Contours"), _("%(closed)s closed, %(open)s open", closed=drawing.closed, open=drawing.open)))
    if drawing.holes:
        facts.append(Fact(_("Holes"), f"{drawing.holes:,}"))
    named = [layer for layer in drawing.layers if layer.name]
    if len(named) > 1:
        facts.append(Fact(_("Layers"), ", ".join(layer.name for layer in named[:4]) + (" …" if len(named) > 4 else "")))
    return tuple(facts)


def sides(size_mm: tuple[float, ...]) -> tuple[str, str]:
    """A size in mm and in inches, as text."""
    mm = " × ".join(f"{side:.1f}".rstrip("0").rstrip(".") for side in size_mm)
    return f"{mm} mm", " × ".join(f"{side / 25.4:.2f}" for side in size_mm)


def _mesh_facts(mesh: MeshFacts) -> tuple[Fact, ...]:
    mm, inch = sides(mesh.size_mm)
    facts = [Fact(_("Size"), mm), Fact(_("In inches"), inch)]
    if mesh.volume_mm3 is not None:
        facts.append(Fact(_("Volume"), f"{mesh.volume_mm3 / 1000:.1f} cm³"))
    facts.append(Fact(_("Surface"), f"{mesh.area_mm2 / 100:.0f} cm²"))
    facts.append(Fact(_("Triangles"), f"{mesh.triangles:,}"))
    if mesh.bodies > 1:
        facts.append(Fact(_("Bodies"), str(mesh.bodies)))
    if mesh.objects > 1:
        facts.append(Fact(_("Parts"), str(mesh.objects)))
    if mesh.wall_mm is not None:
        facts.append(Fact(_("Thinnest wall"), _("about %(mm)s mm", mm=f"{mesh.wall_mm:.2g}")))
    if mesh.overhang >= 0.01:
        facts.append(Fact(_("Overhangs"), f"{100 * mesh.overhang:.0f} %"))
    return tuple(facts)


def specification(line: OrderLineRow, catalogue: Catalogue) -> str:
    material, finish = catalogue.material(line.material), catalogue.finish(line.finish)
    parts = [material.label if material else line.material, line.colour, finish.label if finish else line.finish]
    return ", ".join(part for part in parts if part)


def share_of_jobs(jobs: list[JobRow]) -> Share:
    """How far the jobs of an order are."""
    again = {job.replaces_id for job in jobs}
    return share_of(
        RunProgress(
            job.planned_s, job.copies, job.progress, job.started_at is not None, JobState(job.state) in ACTIVE,
            job.copies_done, job.id in again,
        )
        for job in jobs
    )  # fmt: skip


def percent_of(jobs: list[JobRow]) -> int | None:
    """How much of the machine work is done, weighed by planned time."""
    return share_of_jobs(jobs).percent


def timeline(changes: Sequence[StageChangeRow], *, for_staff: bool) -> tuple[TimelineEntry, ...]:
    """What happened, newest first."""
    entries = []
    for row in reversed(changes):
        change = to_change(row)
        if for_staff or change.actor.kind is ActorKind.CUSTOMER:
            who = change.actor.name
        else:
            who = _("A machine") if change.actor.kind is ActorKind.MACHINE else _("The shop")
        what = str(words.STAGE_TITLES[change.after])
        if change.kind.value == "undo":
            what = _("Back to: %(stage)s", stage=what)
        note = change.note if for_staff and change.note != "undone" else ""
        entries.append(TimelineEntry(change.at, who, what, note, words.STAGE_ICONS[change.after]))
    return tuple(entries)
