"""What a machine's page shows of its abilities, and the copies of an order's lines."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from craftops.domain.production.copies import count
from craftops.domain.schedule.capability import Capability
from craftops.services.schedule.capabilities import capability_of
from craftops.store.mapping import to_job
from craftops.store.models import JobRow, MachineRow
from craftops.web import words
from craftops.web.contexts import Choice
from craftops.web.contexts.schedule import CanPanel, RestLine
from craftops.web.present.common import Sight


def can_panel(machine: MachineRow, sight: Sight) -> CanPanel:
    """The form of what a machine can do."""
    can = capability_of(sight.shop, machine.key, sight.now)
    zone = sight.profile.zone
    offered = [m for m in sight.catalogue.materials if machine.process in (m.process, "other")]
    spools = [(m, colour) for m in offered for colour in (m.colours or ("",))]
    rests = tuple(
        RestLine(
            id=block.id,
            reason=block.reason,
            when=_("from %(start)s until further notice", start=words.moment(block.start, zone)) if block.end is None
            else f"{words.moment(block.start, zone)} – {words.moment(block.end, zone)}",
            now=block.start <= sight.now,
        )
        for block in can.blocks
        if block.end is None or block.end > sight.now
    )  # fmt: skip
    return CanPanel(
        key=machine.key,
        materials=tuple(Choice(m.name, m.label, m.name in can.materials) for m in offered),
        loaded=tuple(
            Choice(f"{m.name}/{colour}", f"{m.label} {colour}".strip(), (m.name, colour) in can.loaded)
            for m, colour in spools
        ),
        unattended=can.unattended,
        hours=f"{can.hours.start:%H:%M}-{can.hours.end:%H:%M}" if can.hours else "",
        changeover_minutes=f"{can.changeover_minutes:g}",
        summary=_summary(can, sight),
        rests=rests,
    )


def _summary(can: Capability, sight: Sight) -> str:
    """The abilities in one line."""
    labels = {m.name: m.label for m in sight.catalogue.materials}
    parts = [", ".join(f"{labels.get(name, name)} {colour}".strip() for name, colour in can.loaded)]
    parts.append("" if can.unattended else _("only while somebody is here"))
    parts.append(
        _("from %(start)s to %(end)s", start=f"{can.hours.start:%H:%M}", end=f"{can.hours.end:%H:%M}")
        if can.hours
        else ""
    )
    return " · ".join(part for part in parts if part) or _("Nobody has said what is loaded.")


def copies_of(jobs: Sequence[JobRow]) -> tuple[str, ...]:
    """Where the copies of each line are, as a sentence each; one job that nothing came of yet says nothing."""
    lines: dict[int, list[JobRow]] = {}
    for row in jobs:
        lines.setdefault(row.line_id, []).append(row)
    found = []
    for rows in lines.values():
        if len(rows) == 1 and not (rows[0].copies_done or rows[0].copies_failed):
            continue
        copies = count(to_job(row) for row in rows)
        parts = [
            _("%(n)s done", n=copies.done) if copies.done else "",
            _("%(n)s being made", n=copies.running) if copies.running else "",
            _("%(n)s planned", n=copies.planned) if copies.planned else "",
            _("%(n)s to plan again", n=copies.owed) if copies.owed else "",
        ]
        text = ", ".join(part for part in parts if part)
        if copies.failed:
            text += ngettext(" (%(num)d was bad)", " (%(num)d were bad)", copies.failed)
        found.append(f"{words.copies(copies.total)} · {rows[0].line.title}: {text}")
    return tuple(found)
