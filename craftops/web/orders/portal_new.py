"""The new-order form: with a script files go up as they are dropped; without one, with the form."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.order import Delivery
from craftops.domain.people.access import Role
from craftops.errors import AccessError, IntakeError
from craftops.services.files import intake
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.store.models import DesignFileRow
from craftops.store.queries import scoped
from craftops.web.files.present_versions import mendable_card
from craftops.web.files.versions import asked_for
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import account, actor, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.orders.present_new import blank_line, material_choices, new_order_page
from craftops.web.orders.views import NewLine

MAX_LINES = 50


@dataclass(frozen=True, slots=True)
class _Sent:
    """A line as it was sent, with its file's id."""

    line: NewLine
    file_id: int | None


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/orders/new", "new_order", view_func=new_order, methods=["GET", "POST"])


@takes_files
def new_order() -> AnyResponse | tuple[str, int]:
    """The form and its answer. A fault loses nothing of what was sent."""
    if account().role != Role.CUSTOMER.value:
        raise AccessError
    if request.method != "POST":
        lines = tuple(blank_line(file) for file in _files_asked_for()) or (blank_line(),)
        return _page(lines, token=secrets.token_urlsafe(16)), 200
    sent = [_read_line(key) for key in request.form.getlist("line")[:MAX_LINES]]
    action = request.form.get("action", "submit")
    if action == "more":
        return _page((*(one.line for one in sent), blank_line())), 200
    if action.startswith("remove:"):
        kept = tuple(one.line for one in sent if one.line.key != action.removeprefix("remove:"))
        return _page(kept or (blank_line(),)), 200
    if action.startswith(("mend:", "undo:")):
        return _page(tuple(_mended(one, action) for one in sent)), 200
    return _submit(sent)


def _files_asked_for() -> list[DesignFileRow]:
    """The reader's own files that the address names (``?files=12,13``); others are left out without a word."""
    named = [int(one) for one in request.args.get("files", "").split(",") if is_number(one)]
    wanted = list(dict.fromkeys(named))[:MAX_LINES]
    mine = {row.id: row for row in scoped.files(actor()).where(DesignFileRow.id.in_(wanted))} if wanted else {}
    return [mine[one] for one in wanted if one in mine]


def _mended(sent: _Sent, action: str) -> NewLine:
    """The line with the copy in the place of its file, if the action is about that file."""
    if sent.file_id is None or action.split(":")[1] != str(sent.file_id):
        return sent.line
    return replace(sent.line, file=mendable_card(asked_for(action)))


def _submit(sent: list[_Sent]) -> AnyResponse | tuple[str, int]:
    riding = tuple(one.line for one in sent if one.line.riding)
    filled = [one for one in sent if (one.file_id is not None or one.line.errors) and not one.line.riding]
    faulty = [replace(one, line=replace(one.line, errors={**_faults(one), **one.line.errors})) for one in filled]
    if not filled or any(one.line.errors for one in faulty):
        lines = (*(tuple(one.line for one in faulty) or (blank_line(),)), *riding)
        sentence = "Add at least one file." if not filled else "Some answers cannot be used yet. They are marked below."
        return _page(lines, errors={"form": sentence}), 422
    try:
        order = ordering.place_order(
            current_shop(),
            actor=actor(),
            customer=account(),
            lines=[_draft(one) for one in filled],
            delivery=_delivery(),
            at=sight().now,
            title=request.form.get("title", ""),
            submit_token=request.form.get("token") or None,
            companions=[line.file.id for line in riding if line.file is not None],
        )
    except IntakeError as error:
        return _page((*(one.line for one in faulty), *riding), errors={"form": error.sentence}), 422
    return redirect(url_for("portal.order", code=order.code), 303)


def _delivery() -> Delivery:
    return Delivery.SHIPPING if request.form.get("delivery") == Delivery.SHIPPING.value else Delivery.PICKUP


def _draft(sent: _Sent) -> LineDraft:
    line = sent.line
    return LineDraft(sent.file_id, line.quantity, line.material, line.colour, line.finish, line.instructions)


def _faults(sent: _Sent) -> dict[str, str]:
    return ordering.check_line(current_shop(), _draft(sent))


def _read_line(key: str) -> _Sent:
    def field(name: str) -> str:
        return request.form.get(f"{name}-{key}", "")

    line = NewLine(
        key[:16],
        None,
        field("quantity"),
        field("material"),
        field("colour"),
        field("finish"),
        field("instructions"),
        {},
    )
    file, fault = _file_of(key)
    if fault:
        line = replace(line, errors={"file": fault})
    return _Sent(replace(line, file=mendable_card(file)) if file else line, file.id if file else None)


def _file_of(key: str) -> tuple[DesignFileRow | None, str]:
    known = request.form.get(f"file-{key}", "")
    if is_number(known):
        try:
            return scoped.file(actor(), int(known)), ""
        except AccessError:
            return None, "That file is not here any more. Add it again."
    upload = request.files.get(f"upload-{key}")
    if upload is None or not upload.filename:
        return None, ""
    try:
        return intake.take_file(current_shop(), upload.stream, upload.filename, owner=account(), at=sight().now), ""
    except IntakeError as error:
        return None, error.sentence


def _page(lines: tuple[NewLine, ...], *, token: str = "", errors: dict[str, str] | None = None) -> str:
    form = request.form
    page = new_order_page(
        sight(),
        lines,
        token=token or form.get("token", ""),
        title=form.get("title", ""),
        delivery=_delivery().value,
        errors=errors,
    )
    choices = {line.key: material_choices(current_shop(), line) for line in lines}
    return render_template("portal/new_order.html", page=page, choices=choices, live=page.live_url)
