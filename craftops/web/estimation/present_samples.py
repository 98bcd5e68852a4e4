"""The runs that a machine is known by, as staff look them over."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for

from craftops.domain.estimation.statistics import is_plausible
from craftops.store.views.estimation import SampleView
from craftops.web.estimation.views import SampleRow, SamplesPage
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _

SHOWN = 100


def samples_page(key: str, name: str, runs: Sequence[SampleView]) -> SamplesPage:
    """The newest runs of a machine, of ours and of its own history."""
    return SamplesPage(name, url_for("staff.machine", key=key), key, tuple(_row(one) for one in runs))


def _row(row: SampleView) -> SampleRow:
    return SampleRow(
        id=row.id,
        at=row.at,
        what=row.job_code or (row.part.partition(":")[2] or _("a run of its own history")),
        url=url_for("staff.order", code=row.order_code) if row.order_code else "",
        planned=labels.duration(row.planned_s),
        took=labels.duration(row.took_s),
        share=f"{100 * row.took_s / row.planned_s:.0f} %" if row.planned_s >= 1.0 else "–",
        outcome=_("failed") if row.failed else _("done"),
        why_not=_why_not(row),
        struck=row.struck_at is not None,
    )


def _why_not(row: SampleView) -> str:
    if row.struck_at is not None:
        return _("Struck out by %(name)s.", name=row.struck_by or _("somebody"))
    if not row.failed and not is_plausible(row.planned_s, row.took_s):
        return _("Left out by itself: it took next to nothing of its plan.")
    return ""
