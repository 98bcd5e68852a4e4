"""Files as pages show them: cards, facts, pictures, photos."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from flask import url_for

from craftops.domain.files.designs import DrawingFacts, MeshFacts, Verdict, analysis_from_json
from craftops.domain.people.access import Actor, ActorKind
from craftops.store.queries import orders
from craftops.store.queries import production as production_queries
from craftops.store.views.files import StoredPhoto
from craftops.web.files import labels as file_labels
from craftops.web.files.views import Companion, Fact, FileCard, FindingLine, PhotoCard, PhotoPage, ViewPage
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _


class PhotographedOrder(Protocol):
    """An order as far as its photos go."""

    @property
    def id(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def photos(self) -> int: ...


class OrderWithCompanions(Protocol):
    """An order as far as the files that ride along go."""

    @property
    def companions(self) -> list[dict[str, Any]] | None: ...


class Pictured(Protocol):
    """A file as far as its picture goes."""

    @property
    def id(self) -> int: ...
    @property
    def picture_sha(self) -> str: ...


class ShownFile(Pictured, Protocol):
    """A file with all that its card says."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def verdict(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def analysis(self) -> dict[str, Any] | None: ...
    @property
    def model_sha(self) -> str: ...
    @property
    def deleted_at(self) -> datetime | None: ...


def picture_url(file: Pictured | None) -> str:
    return url_for("portal.picture", file_id=file.id, v=file.picture_sha[:8]) if file and file.picture_sha else ""


def model_url(file: ShownFile) -> str:
    """Where the GLB is, by its content; empty where there is none."""
    return url_for("portal.model", file_id=file.id, v=file.model_sha[:8]) if file.model_sha else ""


def companions_of(order: OrderWithCompanions) -> tuple[Companion, ...]:
    """The files that ride along with an order."""
    return tuple(
        Companion(str(one["name"]), labels.size(int(one["size"])), url_for("portal.download", file_id=one["id"]))
        for one in order.companions or ()
    )


def file_card(row: ShownFile) -> FileCard:
    verdict = Verdict(row.verdict)
    analysis = analysis_from_json(row.analysis) if row.analysis else None
    findings = analysis.findings if analysis else ()
    return FileCard(
        id=row.id,
        name=row.name,
        size=labels.size(row.size),
        picture_url=picture_url(row),
        verdict=verdict.value,
        sentence=row.sentence if verdict is not Verdict.WAITING else str(file_labels.VERDICTS[verdict]),
        facts=_facts(row),
        findings=tuple(
            FindingLine(f.severity.value, f.sentence, f.fix, file_labels.FINDING_ICONS[f.severity]) for f in findings
        ),
        download_url=url_for("portal.download", file_id=row.id),
        view_url=url_for("portal.view", file_id=row.id) if row.model_sha else "",
        about_url=url_for("portal.design_file", file_id=row.id),
        deleted_at=row.deleted_at,
    )


def _facts(row: ShownFile) -> tuple[Fact, ...]:
    analysis = analysis_from_json(row.analysis) if row.analysis else None
    if analysis is not None and analysis.drawing is not None:
        return _drawing_facts(analysis.drawing)
    return _mesh_facts(analysis.mesh) if analysis is not None and analysis.mesh is not None else ()


def _drawing_facts(drawing: DrawingFacts) -> tuple[Fact, ...]:
    if not drawing.pierces:
        return ()
    mm, inch = sides(drawing.size_mm)
    facts = [Fact(_("Size"), mm), Fact(_("In inches"), inch)]
    facts.append(Fact(_("Lines"), f"{labels.number(drawing.cut_mm / 1000, 2, all_of_them=True)} m"))
    facts.append(Fact(_("Contours"), _("%(closed)s closed, %(open)s open", closed=drawing.closed, open=drawing.open)))
    if drawing.holes:
        facts.append(Fact(_("Holes"), labels.number(drawing.holes)))
    named = [layer for layer in drawing.layers if layer.name]
    if len(named) > 1:
        facts.append(Fact(_("Layers"), ", ".join(layer.name for layer in named[:4]) + (" …" if len(named) > 4 else "")))
    return tuple(facts)


def sides(size_mm: tuple[float, ...]) -> tuple[str, str]:
    """A size in mm and in inches, as text."""
    mm = " × ".join(labels.number(side, 1) for side in size_mm)
    return f"{mm} mm", " × ".join(labels.number(side / 25.4, 2, all_of_them=True) for side in size_mm)


def two_digits(value: float) -> str:
    """A measure in the two digits that count: 0.4, 1.2, 12."""
    return labels.number(float(f"{value:.2g}"), 3)


def _mesh_facts(mesh: MeshFacts) -> tuple[Fact, ...]:
    mm, inch = sides(mesh.size_mm)
    facts = [Fact(_("Size"), mm), Fact(_("In inches"), inch)]
    if mesh.volume_mm3 is not None:
        facts.append(Fact(_("Volume"), f"{labels.number(mesh.volume_mm3 / 1000, 1, all_of_them=True)} cm³"))
    facts.append(Fact(_("Surface"), f"{labels.number(mesh.area_mm2 / 100)} cm²"))
    facts.append(Fact(_("Triangles"), labels.number(mesh.triangles)))
    if mesh.bodies > 1:
        facts.append(Fact(_("Bodies"), str(mesh.bodies)))
    if mesh.objects > 1:
        facts.append(Fact(_("Parts"), str(mesh.objects)))
    if mesh.wall_mm is not None:
        facts.append(Fact(_("Thinnest wall"), _("about %(mm)s mm", mm=two_digits(mesh.wall_mm))))
    if mesh.overhang >= 0.01:
        facts.append(Fact(_("Overhangs"), f"{labels.number(100 * mesh.overhang)} %"))
    return tuple(facts)


def view_page(row: ShownFile, actor: Actor) -> ViewPage:
    """The page of one file, as ``actor`` sees it; the way back leads to the order that the file is part of."""
    code = orders.order_code_of(row.id)
    if actor.is_staff:
        back = url_for("staff.order", code=code) if code else url_for("staff.home")
    elif actor.kind is ActorKind.VISITOR:
        back = url_for("first.start")
    else:
        back = url_for("portal.order", code=code) if code else url_for("portal.dashboard")
    card = file_card(row)
    return ViewPage(
        name=row.name,
        picture_url=picture_url(row),
        model_url=model_url(row),
        facts=card.facts,
        note=_thinned(row),
        back_url=back,
        back_word=_("Order %(code)s", code=code) if code else _("Back"),
        download_url=card.download_url if actor.kind is not ActorKind.VISITOR else "",
        size=card.size,
    )


def _thinned(row: ShownFile) -> str:
    """What is simpler on this page than in the file, in a sentence; empty where nothing is."""
    analysis = row.analysis or {}
    shown, there = (analysis.get("extra") or {}).get("model_triangles"), (analysis.get("mesh") or {}).get("triangles")
    if not row.model_sha or not shown or not there or shown >= 0.9 * there:
        return ""
    return _(
        "Simplified here to %(shown)s of its %(there)s triangles, to turn smoothly. We make it from your file.",
        shown=labels.number(shown),
        there=labels.number(there),
    )


def photo_card(row: StoredPhoto, code: str) -> PhotoCard:
    sources = {
        "camera": _("the machine's camera, kept by %(who)s", who=row.kept_by),
        "end": _("the machine's camera, at the end of the run"),
        "upload": _("taken by %(who)s", who=row.kept_by),
    }
    return PhotoCard(
        id=row.id,
        url=url_for("portal.photo", code=code, photo_id=row.id),
        picture_url=url_for("portal.photo_picture", code=code, photo_id=row.id),
        small_url=url_for("portal.photo_picture", small=1, code=code, photo_id=row.id),
        caption=row.caption or (_("The end of the run") if row.source == "end" else ""),
        said=row.caption or _("Progress photo"),
        source=sources[row.source],
        taken_at=row.taken_at,
        width=row.width,
        height=row.height,
    )


def photo_cards(order: PhotographedOrder) -> tuple[PhotoCard, ...]:
    """The photos of an order, the newest first."""
    return photo_cards_of(order.id, order.code) if order.photos else ()


def photo_cards_of(order_id: int, code: str) -> tuple[PhotoCard, ...]:
    """The same of one that is known to have some."""
    return tuple(photo_card(row, code) for row in production_queries.photos_of(order_id))


def photo_page(order: PhotographedOrder, photo_id: int, *, for_staff: bool) -> PhotoPage | None:
    """One photo at full size; None where it is no photo of this order."""
    cards = photo_cards(order)
    here = next((index for index, card in enumerate(cards) if card.id == photo_id), None)
    if here is None:
        return None
    return PhotoPage(
        title=order.title,
        photo=cards[here],
        number=here + 1,
        count=len(cards),
        newer_url=cards[here - 1].url if here else "",
        older_url=cards[here + 1].url if here + 1 < len(cards) else "",
        back_url=url_for("staff.order" if for_staff else "portal.order", code=order.code),
    )
