"""The runs that a machine is known by, as staff look them over."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from craftops.domain.estimation.statistics import is_plausible
from craftops.store.models import MachineRow, RunSampleRow
from craftops.store.queries import estimation as queries
from craftops.web.estimation.views import SampleRow, SamplesPage
from craftops.web.frame import labels

SHOWN = 100


def samples_page(machine: MachineRow) -> SamplesPage:
    """The newest runs of a machine, of ours and of its own history."""
    rows = tuple(_row(one) for one in queries.samples_of(machine.id, SHOWN))
    return SamplesPage(machine.name, url_for("staff.machine", key=machine.key), machine.key, rows)


def _row(row: RunSampleRow) -> SampleRow:
    job = row.job
    return SampleRow(
        id=row.id,
        at=row.at,
        what=job.code if job else (row.part.partition(":")[2] or _("a run of its own history")),
        url=url_for("staff.order", code=job.order.code) if job else "",
        planned=labels.duration(row.planned_s),
        took=labels.duration(row.took_s),
        share=f"{100 * row.took_s / row.planned_s:.0f} %" if row.planned_s >= 1.0 else "–",
        outcome=_("failed") if row.failed else _("done"),
        why_not=_why_not(row),
        struck=row.struck_at is not None,
    )


def _why_not(row: RunSampleRow) -> str:
    if row.struck_at is not None:
        return _("Struck out by %(name)s.", name=row.struck_by or _("somebody"))
    if not row.failed and not is_plausible(row.planned_s, row.took_s):
        return _("Left out by itself: it took next to nothing of its plan.")
    return ""
