"""What goes with parts through the workshop: a sheet for each line of an order, and labels for bags and bins.

Their codes lead to the scan page of the order, which a telephone opens: it moves the stage, takes photos, finds bins.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.production.jobs import OperationKind
from craftops.errors import RuleError
from craftops.store.queries import scoped, staff_jobs
from craftops.store.views.orders import OrderView
from craftops.store.views.production import LineOnPaper
from craftops.web.estimation.present import window_text
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.papers import pdf_answer
from craftops.web.frame.request_context import RequestContext, actor, current_shop, sight
from craftops.web.orders.present_parts import specification
from craftops.web.production.labels import OPERATIONS


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/orders/<code>/traveller.pdf", view_func=print_traveller)
    blueprint.add_url_rule("/orders/<code>/part-labels.pdf", view_func=print_part_labels)


def print_traveller(code: str) -> AnyResponse:
    """A sheet for each line."""
    from craftops.papers.joining import joined
    from craftops.papers.traveller import Traveller, TravellerCode, traveller_pdf

    order, here = scoped.order_view(actor(), code), sight()
    lines = _lines(order)
    machines, operations = _machines(order), _operations(order)
    pages = []
    for number, line in enumerate(lines, start=1):
        pages.append(
            traveller_pdf(
                Traveller(
                    order=order.code, line=_("Line %(n)s of %(all)s", n=number, all=len(lines)), title=line.title,
                    quantity=line.quantity, facts=_facts(order, line, here, machines.get(line.id, "")),
                    operations=operations.get(line.id, ()), due=window_text(order, here)[1],
                    codes=(
                        TravellerCode(_("Next step"), _scan(order)),
                        TravellerCode(_("Photos"), _scan(order) + "#photos"),
                        TravellerCode(_("Bin"), _scan(order) + "#bin"),
                    ),
                    printed_on=here.now.astimezone(here.profile.zone).date(), instructions=line.instructions,
                    picture=_picture(line), shop=here.profile.name, language=here.profile.language,
                )
            )
        )  # fmt: skip
    return pdf_answer(joined(pages), f"traveller-{order.code}")


def print_part_labels(code: str) -> AnyResponse:
    """A label for each line, 62 mm wide."""
    from craftops.papers.joining import joined
    from craftops.papers.labels import PartLabel, part_label_pdf

    order, here = scoped.order_view(actor(), code), sight()
    day = here.now.astimezone(here.profile.zone).date()
    pages = [
        part_label_pdf(
            PartLabel(
                order=order.code, title=line.title, facts=_facts(order, line, here, ""),
                quantity=_("%(n)s pieces", n=line.quantity), url=_scan(order), due=window_text(order, here)[1],
                language=here.profile.language,
            ),
            day,
        )
        for line in _lines(order)
    ]  # fmt: skip
    return pdf_answer(joined(pages), f"labels-{order.code}")


def _lines(order: OrderView) -> Sequence[LineOnPaper]:
    lines = staff_jobs.paper_lines(order.id)
    if not lines:
        raise RuleError(_("This order has no line."))
    return lines


def _scan(order: OrderView) -> str:
    return url_for("staff.scan", code=order.code, _external=True)


def _facts(order: OrderView, line: LineOnPaper, here: RequestContext, machine: str) -> tuple[tuple[str, str], ...]:
    found = (
        (_("Made of"), specification(line, here.catalogue)),
        (_("Machine"), machine),
        (_("Customer"), order.customer.name),
        (_("File"), line.file_name or ""),
    )
    return tuple((label, value) for label, value in found if value)


def _machines(order: OrderView) -> dict[int, str]:
    """Names of the machines that each line is queued on or was made on."""
    found: dict[int, list[str]] = {}
    for line, name in staff_jobs.machine_names_of(order.id):
        found.setdefault(line, []).append(name)
    return {line: ", ".join(dict.fromkeys(names)) for line, names in found.items()}


def _operations(order: OrderView) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for row in staff_jobs.hand_steps_of(order.id):
        found.setdefault(row.line_id, []).append(row.title or str(OPERATIONS[OperationKind(row.kind)]))
    return {line: tuple(titles) for line, titles in found.items()}


def _picture(line: LineOnPaper) -> bytes:
    if not line.picture_sha:
        return b""
    path = current_shop().files.path(line.picture_sha)
    return path.read_bytes() if path.exists() else b""
