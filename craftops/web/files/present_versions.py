"""File cards with their fixes, lines with their versions, two versions side by side."""

from __future__ import annotations

from dataclasses import replace

from flask import url_for
from flask_babel import gettext as _

from craftops.domain.files.comparison import Difference, compare
from craftops.domain.files.designs import Analysis, Severity
from craftops.domain.files.remedies import Ask, Remedy, factor
from craftops.domain.files.weight import mass_g
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.services.files import mending, revising
from craftops.services.production import planning
from craftops.store.mapping import to_analysis
from craftops.store.models import DesignFileRow, OrderLineRow, OrderRow, RevisionRow
from craftops.store.queries import files
from craftops.web.billing.present import price_change
from craftops.web.files import labels as file_labels
from craftops.web.files.present import file_card, sides, two_digits
from craftops.web.files.scale import scale_of
from craftops.web.files.views import ComparePage, FactChange, FileCard, FixButton, Version
from craftops.web.frame import labels
from craftops.web.frame.request_context import RequestContext
from craftops.web.orders.present_parts import specification
from craftops.web.orders.suiting import caution
from craftops.web.orders.views import LineCard

LOOKED_AT = frozenset({Stage.RECEIVED, Stage.IN_REVIEW})
"""While the shop has not said yet that it makes an order."""


def mendable_card(row: DesignFileRow) -> FileCard:
    """The card of a file in a form that takes its fixes."""
    undo = None
    changes: tuple[FactChange, ...] = ()
    if row.made_from_id:
        undo = FixButton(f"undo:{row.id}", _("Take it back"))
        told = {str(file_labels.MEASURES[name]) for name in ("size_mm", "volume_mm3", "open", "duplicates")}
        changed = (one for one in fact_changes(row.made_from, row) if one.changed and one.label in told)
        changes = tuple(changed)[:2] if row.mended else ()
    asks = mending.remedies_of(row)
    analysis = to_analysis(row)
    findings = analysis.findings if analysis else ()
    units: tuple[FixButton, ...] = ()
    as_read = None
    if analysis is not None and analysis.size_mm is not None:
        units = tuple(_unit(row, ask, analysis, analysis.size_mm) for ask in asks if ask.remedy is Remedy.UNIT)
        as_read = scale_of(analysis.size_mm) if units else None
    return replace(
        file_card(row),
        fixes=tuple(
            FixButton(f"mend:{row.id}:{ask}", str(file_labels.REMEDIES[ask.remedy]))
            for ask in asks
            if ask.remedy is not Remedy.UNIT
        ),
        units=units,
        as_read=as_read,
        unit_asked=any(one.remedy == Remedy.UNIT and one.severity is Severity.WARNING for one in findings),
        mended=row.mended,
        changes=changes,
        undo=undo,
    )


def _unit(row: DesignFileRow, ask: Ask, analysis: Analysis, size_mm: tuple[float, ...]) -> FixButton:
    grows = factor(analysis, ask.option)
    size = tuple(side * grows for side in size_mm)
    label = _("It is in %(unit)s", unit=file_labels.UNITS[ask.option])
    return FixButton(f"mend:{row.id}:{ask}", label, sides(size)[0], scale_of(size))


def line_card(
    line: OrderLineRow, order: OrderRow, sight: RequestContext, *, for_staff: bool, fixed: bool = False
) -> LineCard:
    """A line of an order, with the ways to change its file while that is possible; ``fixed``: not by this reader."""
    room = "staff" if for_staff else "portal"
    many = (line.versions or 0) > 1
    open_ = Stage(order.stage) in revising.OPEN_TO_ALL and not fixed
    card = None
    if line.file is not None:
        card = mendable_card(line.file) if open_ else file_card(line.file)
    at = {"code": order.code, "line_id": line.id}
    return LineCard(
        id=line.id,
        title=line.title,
        quantity=line.quantity,
        specification=specification(line, sight.catalogue),
        instructions=line.instructions,
        file=card,
        revision=line.revision,
        versions=max(1, line.versions or 0),
        proposed=line.proposed,
        compare_url=url_for(f"{room}.compare", **at) if many else "",
        revise_url=url_for(f"{room}.revise", **at) if open_ else "",
        mend_url=url_for(f"{room}.mend_line", **at) if open_ else "",
        weight=_weight(line, sight),
        caution=caution(line, sight) if Stage(order.stage) in LOOKED_AT else "",
        standard=not line.made_to_specification,
        specification_url=url_for("staff.specification", **at) if for_staff else "",
    )


def _weight(line: OrderLineRow, sight: RequestContext) -> str:
    analysis = to_analysis(line.file) if line.file is not None else None
    material = sight.catalogue.material_of(line)
    if analysis is None or analysis.mesh is None or not analysis.mesh.volume_mm3 or material is None:
        return ""
    grams = mass_g(analysis.mesh.volume_mm3, material.density)
    text = f"{two_digits(grams / 1000)} kg" if grams >= 1000 else f"{labels.number(max(grams, 1))} g"
    return _("about %(weight)s each when solid", weight=text)


def fact_changes(before: DesignFileRow, after: DesignFileRow) -> tuple[FactChange, ...]:
    """The measures of two files side by side, as text."""
    comparison = compare(to_analysis(before), to_analysis(after))
    return tuple(_change(one) for one in comparison.differences if one.before is not None or one.after is not None)


def _change(one: Difference) -> FactChange:
    label = file_labels.MEASURES[one.name]
    return FactChange(str(label), _measure(one.name, one.before), _measure(one.name, one.after), one.changed)


def _measure(name: str, value: float | tuple[float, ...] | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return sides(value)[0]
    if name == "volume_mm3":
        return f"{labels.number(value / 1000, 1, all_of_them=True)} cm³"
    if name == "area_mm2":
        return f"{labels.number(value / 100)} cm²"
    if name == "cut_mm":
        return f"{labels.number(value / 1000, 2, all_of_them=True)} m"
    if name == "wall_mm":
        return _("about %(mm)s mm", mm=two_digits(value))
    if name == "overhang":
        return f"{labels.number(100 * value)} %"
    return labels.number(value)


def compare_page(
    line: OrderLineRow, actor: Actor, sight: RequestContext, before: int | None, after: int | None
) -> ComparePage | None:
    """Two versions of a line; without numbers, the newest and the one before it that was made. None without two."""
    rows = files.revisions_of_line(line.id)
    if len(rows) < 2:
        return None
    known = {row.number: row for row in rows}
    newer = known.get(after or 0) or rows[-1]
    made = line.revision if line.revision != newer.number else newer.number - 1
    older = known.get(before or 0) or known.get(made) or rows[0]
    older, newer = sorted((older, newer), key=lambda row: row.number)
    if older is newer:
        older = next(row for row in rows if row is not newer)
    order: OrderRow = line.order
    room = "staff" if actor.is_staff else "portal"
    versions = {row.number: _version(row, line, order, room) for row in rows}
    comparison = compare(to_analysis(older.file), to_analysis(newer.file))
    times = [planning.line_seconds(sight.shop, line, row.file)[0] for row in (older, newer)]
    closed = revising.why_closed(line)
    return ComparePage(
        code=order.code,
        title=order.title,
        order_url=url_for(f"{room}.order", code=order.code),
        line_title=line.title,
        before=versions[older.number],
        after=versions[newer.number],
        changes=fact_changes(older.file, newer.file),
        gone=_sentences(older.file, comparison.gone),
        fresh=_sentences(newer.file, comparison.fresh),
        time_before=labels.duration(times[0]),
        time_after=labels.duration(times[1]),
        time_change=_time_change(times[1] - times[0]),
        versions=tuple(versions.values()),
        decide_url=url_for("staff.decide", code=order.code, line_id=line.id) if actor.is_staff and not closed else "",
        closed=closed,
        price=price_change(line, sight, older, newer),
    )


def _version(row: RevisionRow, line: OrderLineRow, order: OrderRow, room: str) -> Version:
    word, tone = file_labels.REVISIONS[row.state]
    return Version(
        number=row.number,
        file=file_card(row.file),
        state=row.state,
        state_word=str(word),
        tone=tone,
        by=row.by_name if row.by_kind == "customer" or room == "staff" else _("The shop"),
        at=row.at,
        note=row.note,
        url=url_for(f"{room}.compare", code=order.code, line_id=line.id, after=row.number),
    )


def _time_change(seconds: float) -> str:
    if abs(seconds) < 60:
        return _("the same machine time")
    text = labels.duration(abs(seconds))
    return _("%(time)s more machine time", time=text) if seconds > 0 else _("%(time)s less machine time", time=text)


def _sentences(row: DesignFileRow, codes: tuple[str, ...]) -> tuple[str, ...]:
    analysis = to_analysis(row)
    findings = analysis.findings if analysis else ()
    return tuple(found.sentence for found in findings if found.code in codes)
