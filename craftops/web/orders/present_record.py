"""What is kept of an order that has ended: how it was made, its files in every version, what it was agreed for."""

from __future__ import annotations

from flask import url_for

from craftops.domain.orders.workflow import ENDED, MoveKind, Stage
from craftops.domain.people.access import Actor
from craftops.domain.production.jobs import OperationKind
from craftops.store.queries import orders, orders_again, record
from craftops.store.queries.record import EndedRun
from craftops.store.views.files import FileView
from craftops.store.views.orders import OrderView, PageLine
from craftops.web.billing.past_price import agreed
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.orders.rights import Rights
from craftops.web.orders.views_history import KeptFile, MadeOn, RecordCard
from craftops.web.production import labels as production_labels


def record_card(order: OrderView, sight: RequestContext, actor: Actor) -> RecordCard | None:
    """None of an order that goes on: its page shows all of it."""
    if Stage(order.stage) not in ENDED:
        return None
    costs, total = agreed(order, sight) if Rights(actor).sees_money(order) else ((), "")
    lines, versions = orders.lines_of(order.id), orders_again.versions_of(order.id)
    files = tuple(one for line in lines for one in _files(line, versions.get(line.id, {}), sight))
    runs, hand = record.runs_of(order.id), record.hand_work_of(order.id)
    return RecordCard(
        runs=tuple(_run(run) for run in runs),
        hand_work=tuple(str(title or production_labels.OPERATIONS[OperationKind(kind)]) for kind, title in hand),
        checked=next(
            (
                change.at
                for change in reversed(orders.history_of(order.id).changes)
                if change.before is Stage.QUALITY_CHECK and change.kind is MoveKind.FORWARD
            ),
            None,
        ),
        files=files,
        costs=costs,
        total=total,
    )


def _run(run: EndedRun) -> MadeOn:
    worked = run.worked_s
    return MadeOn(
        run.title, run.machine, labels.copies(run.copies), run.started_at, run.finished_at,
        labels.duration(worked) if worked is not None else "",
    )  # fmt: skip


def _files(line: PageLine, versions: dict[int, FileView], sight: RequestContext) -> list[KeptFile]:
    """All versions of a line, the newest first; of a line that has lost its file, a row that says so."""
    if line.file is None and not versions:
        return [KeptFile(line.title, "", _("not kept any more"), "", "")]
    several = versions or ({line.revision: line.file} if line.file is not None else {})
    found = []
    for number, file in sorted(several.items(), reverse=True):
        made = _("version %(n)s, made", n=number) if number == line.revision else _("version %(n)s", n=number)
        here = file.deleted_at is None and sight.shop.files.has(file.blob_id)
        url = url_for("portal.download", file_id=file.id) if here else ""
        found.append(KeptFile(line.title, made if len(several) > 1 else "", file.name, labels.size(file.size), url))
    return found
