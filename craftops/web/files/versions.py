"""What portal and floor do alike: fixes by one click, new versions, and comparing them."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.files.remedies import parse_ask
from craftops.domain.people.companies import CompanyAction
from craftops.errors import IntakeError
from craftops.services.files import intake, keeping, mending, revising
from craftops.store.queries import scoped
from craftops.store.together import together
from craftops.store.views.files import FileView
from craftops.web.files import access_log
from craftops.web.files.forms import FixForm
from craftops.web.files.present_versions import compare_page
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number, whole
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.frame.sent_form import needed_file

LINE = "/orders/<string(minlength=4, maxlength=12):code>/lines/<int:line_id>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes that customers and staff share; each is answered in its own room."""
    blueprint.add_url_rule(f"{LINE}/mend", view_func=mend_line, methods=["POST"])
    blueprint.add_url_rule(f"{LINE}/revisions", view_func=revise, methods=["POST"])
    blueprint.add_url_rule(f"{LINE}/compare", view_func=compare)


def asked_for(action: str) -> FileView:
    """The file that ``mend:<file>:<what>`` or ``undo:<file>`` leads to. Raises AccessError, RuleError, IntakeError."""
    verb, _colon, rest = action.partition(":")
    number, _colon, what = rest.partition(":")
    if not is_number(number):
        raise IntakeError("We do not know this fix.")
    if verb == "undo":
        return mending.source_of(int(number), actor=actor())
    if verb != "mend":
        raise IntakeError("We do not know this fix.")
    return mending.ask_for(current_shop(), int(number), parse_ask(what), actor=actor(), at=sight().now)


def _room() -> str:
    return request.blueprint or "portal"


def _back(code: str, line_id: int, number: int, *, at_once: bool) -> AnyResponse:
    if at_once:
        flash(_("Version %(n)s is the one that is made.", n=number), "good")
    else:
        flash(_("Version %(n)s is here. We look at it before anything is made.", n=number), "good")
    return redirect(url_for(f"{_room()}.order", code=code), 303)


def mend_line(code: str, line_id: int) -> AnyResponse:
    """A mended copy becomes the next version of the line."""
    order, _line = revising.line_seen(actor(), code, line_id, CompanyAction.DECIDE)
    action = FixForm.sent().action
    file = asked_for(action)
    if action.startswith("undo:"):
        copy = scoped.file_view(actor(), int(action.removeprefix("undo:")))
        revising.withdraw(order.code, line_id, copy, actor=actor(), at=sight().now)
    row = revising.propose(current_shop(), order.code, line_id, file, actor=actor(), at=sight().now)
    return _back(order.code, line_id, row.number, at_once=row.state == "approved")


@takes_files
def revise(code: str, line_id: int) -> AnyResponse:
    """A new file for a line."""
    order, line = revising.line_seen(actor(), code, line_id, CompanyAction.DECIDE)
    if sentence := revising.why_line_closed(order.stage, line.id):
        raise IntakeError(sentence)
    upload = needed_file("file")
    file = intake.take_file(
        current_shop(), upload.stream, upload.filename, owner=order.customer, at=sight().now, channel=_room()
    )
    row = revising.propose(current_shop(), order.code, line_id, file, actor=actor(), at=sight().now)
    return _back(order.code, line_id, row.number, at_once=row.state == "approved")


def compare(code: str, line_id: int) -> str:
    """Two versions side by side; ``?before=1&after=2``."""
    order, line = revising.line_seen(actor(), code, line_id)
    numbers = (request.args.get(name, type=whole) for name in ("before", "after"))
    with together("compare", now=sight().now, order=order.id, line=line.id, reader=actor().id or 0):
        page = compare_page(order, line, actor(), sight(), *numbers)
        if page is None:
            abort(404)
        if actor().is_staff:
            for file_id in sorted({page.before.file.id, page.after.file.id}):
                access_log.note(keeping.any_file_shown(actor(), file_id), actor(), keeping.VIEWED)
    live = url_for("live.stream", page=f"{'staff/' if actor().is_staff else ''}order/{page.code}")
    return render_template(f"{_room()}/compare.html", page=page, live=live)
