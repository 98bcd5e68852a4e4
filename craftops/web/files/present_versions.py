"""File cards with their fixes, lines with their versions, two versions side by side."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from flask import url_for

from craftops.domain.files.comparison import Difference, compare
from craftops.domain.files.designs import Analysis, Severity, analysis_from_json
from craftops.domain.files.remedies import Ask, Remedy, factor
from craftops.domain.files.weight import mass_g
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.services.files import mending, revising
from craftops.services.files.mending import OpenedFile
from craftops.services.production import planning
from craftops.services.production.planning import MeasuredFile, PlannedLine
from craftops.store.queries import files
from craftops.store.views.files import LineVersion
from craftops.store.views.orders import LineView, OrderView
from craftops.web.billing.present import price_change
from craftops.web.files import labels as file_labels
from craftops.web.files.present import ShownFile, file_card, sides, two_digits
from craftops.web.files.scale import scale_of
from craftops.web.files.views import ComparePage, FactChange, FileCard, FixButton, Version
from craftops.web.frame import labels
from craftops.web.frame.keeping import kept
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.orders.present_parts import specification
from craftops.web.orders.suiting import caution
from craftops.web.orders.views import LineCard

LOOKED_AT = frozenset({Stage.RECEIVED, Stage.IN_REVIEW})
"""While the shop has not said yet that it makes an order."""


class MendableFile(ShownFile, OpenedFile, Protocol):
    """A file with all that its card says, and what can be done to it."""

    @property
    def made_from_id(self) -> int | None: ...
    @property
    def mended(self) -> str: ...


class CardLine(PlannedLine, Protocol):
    """A line of an order with all that its card says."""

    @property
    def file(self) -> MendableFile | None: ...
    @property
    def made_from(self) -> Mapping[str, Any] | None: ...
    @property
    def made_to_specification(self) -> bool: ...
    @property
    def versions(self) -> int | None:
        """How many versions of its design there are."""

    @property
    def proposed(self) -> int | None:
        """The number of the newest that waits for a word."""


class OrderOfLine(Protocol):
    """An order as far as cards of its lines go."""

    @property
    def code(self) -> str: ...
    @property
    def stage(self) -> str: ...


def mendable_card(row: MendableFile) -> FileCard:
    """The card of a file in a form that takes its fixes. Of a mended copy, one query reads what it was made from."""
    undo = FixButton(f"undo:{row.id}", _("Take it back")) if row.made_from_id else None
    asks = mending.remedies_of(row)
    analysis = _analysis_of(row)
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
        changes=_changes_of(row),
        undo=undo,
    )


def _changes_of(row: MendableFile) -> tuple[FactChange, ...]:
    """What mending it has changed, measured: at most two."""
    source = files.file_of(row.made_from_id) if row.made_from_id and row.mended else None
    if source is None:
        return ()
    told = {str(file_labels.MEASURES[name]) for name in ("size_mm", "volume_mm3", "open", "duplicates")}
    return tuple(one for one in fact_changes(source, row) if one.changed and one.label in told)[:2]


def _analysis_of(file: MeasuredFile | None) -> Analysis | None:
    return analysis_from_json(file.analysis) if file is not None and file.analysis else None


def _unit(row: MendableFile, ask: Ask, analysis: Analysis, size_mm: tuple[float, ...]) -> FixButton:
    grows = factor(analysis, ask.option)
    size = tuple(side * grows for side in size_mm)
    label = _("It is in %(unit)s", unit=file_labels.UNITS[ask.option])
    return FixButton(f"mend:{row.id}:{ask}", label, sides(size)[0], scale_of(size))


def line_card(
    line: CardLine, order: OrderOfLine, sight: RequestContext, *, for_staff: bool, fixed: bool = False
) -> LineCard:
    """A line of an order, with the ways to change its file while that is possible; ``fixed``: not by this reader."""
    stage = Stage(order.stage)
    changes = stage in revising.OPEN_TO_ALL and not fixed
    if changes or stage in LOOKED_AT:
        return _line_card(line, order, sight, for_staff=for_staff, open_=changes)
    facts = (_facts_of(line), order.code, stage, sight.settings, for_staff)
    return kept("line card", facts, lambda: _line_card(line, order, sight, for_staff=for_staff, open_=False))


def _facts_of(line: CardLine) -> tuple[Hashable, ...]:
    """All that the card of a line whose file cannot change any more follows from."""
    file = line.file
    of_file = (
        ()
        if file is None
        else (
            file.id,
            file.name,
            file.size,
            file.verdict,
            file.sentence,
            repr(file.analysis),
            file.picture_sha,
            file.model_sha,
            file.deleted_at,
        )
    )
    return (
        line.id, line.title, line.quantity, line.material, line.colour, line.finish, line.instructions, line.revision,
        line.versions, line.proposed, repr(line.made_from), line.made_to_specification, *of_file,
    )  # fmt: skip


def _line_card(line: CardLine, order: OrderOfLine, sight: RequestContext, *, for_staff: bool, open_: bool) -> LineCard:
    room = "staff" if for_staff else "portal"
    many = (line.versions or 0) > 1
    card = None
    if line.file is not None:
        card = mendable_card(line.file) if open_ else file_card(line.file)
    at: dict[str, Any] = {"code": order.code, "line_id": line.id}
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


def _weight(line: CardLine, sight: RequestContext) -> str:
    analysis = _analysis_of(line.file)
    material = sight.catalogue.material_of(line)
    if analysis is None or analysis.mesh is None or not analysis.mesh.volume_mm3 or material is None:
        return ""
    grams = mass_g(analysis.mesh.volume_mm3, material.density)
    text = f"{two_digits(grams / 1000)} kg" if grams >= 1000 else f"{labels.number(max(grams, 1))} g"
    return _("about %(weight)s each when solid", weight=text)


def fact_changes(before: MeasuredFile, after: MeasuredFile) -> tuple[FactChange, ...]:
    """The measures of two files side by side, as text."""
    comparison = compare(_analysis_of(before), _analysis_of(after))
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


def _compared(
    rows: Sequence[LineVersion], line: LineView, before: int | None, after: int | None
) -> tuple[LineVersion, LineVersion]:
    """The older and the newer one of two of these; without numbers, the newest and the one before it that was made."""
    known = {row.number: row for row in rows}
    newer = known.get(after or 0) or rows[-1]
    made = line.revision if line.revision != newer.number else newer.number - 1
    older = known.get(before or 0) or known.get(made) or rows[0]
    older, newer = sorted((older, newer), key=lambda row: row.number)
    if older is newer:
        older = next(row for row in rows if row is not newer)
    return older, newer


def compare_page(
    order: OrderView, line: LineView, actor: Actor, sight: RequestContext, before: int | None, after: int | None
) -> ComparePage | None:
    """Two versions of a line; without numbers, the newest and the one before it that was made. None without two."""
    rows = files.versions_of_line(line.id)
    if len(rows) < 2:
        return None
    older, newer = _compared(rows, line, before, after)
    room = "staff" if actor.is_staff else "portal"
    versions = {row.number: _version(row, line, order, room) for row in rows}
    comparison = compare(_analysis_of(older.file), _analysis_of(newer.file))
    times = [planning.line_seconds(sight.shop, line, row.file)[0] for row in (older, newer)]
    closed = revising.why_line_closed(order.stage, line.id)
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


def _version(row: LineVersion, line: LineView, order: OrderView, room: str) -> Version:
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


def _sentences(row: MeasuredFile, codes: tuple[str, ...]) -> tuple[str, ...]:
    analysis = _analysis_of(row)
    findings = analysis.findings if analysis else ()
    return tuple(found.sentence for found in findings if found.code in codes)
