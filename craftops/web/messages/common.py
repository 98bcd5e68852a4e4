"""What portal and floor do alike with a thread: send, keep a draft, mark it read, make a version of a file."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.messages.thread import LONGEST
from craftops.domain.people.companies import CompanyAction
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.files import intake, revising
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.store.queries import scoped
from craftops.store.views.orders import OrderView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import account, actor, back, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.frame.sent_form import all_uploaded
from craftops.web.messages.forms import FilesForm, MessageForm, ReadForm, UseForm
from craftops.web.messages.present import use_page

CODE = "<string(minlength=4, maxlength=12):code>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes that customers and staff share; each is answered in its own room."""
    for rule, view in (
        ("", send_message),
        ("/draft", keep_draft),
        ("/read", read_messages),
    ):
        blueprint.add_url_rule(f"/orders/{CODE}/messages{rule}", view_func=view, methods=["POST"])
    blueprint.add_url_rule(f"/orders/{CODE}/messages/use", view_func=use_attachment, methods=["GET", "POST"])


def _there(code: str) -> str:
    return back(url_for(f"{request.blueprint}.order", code=code)) + "#messages"


def files_of_form(form: FilesForm, order: OrderView) -> tuple[list[int], list[str]]:
    """Ids of the files of a form about an order, those sent with it taken in now; and one sentence for each that we
    cannot take."""
    ids = [one for one in form.file if str(one) != form.without]
    refused = []
    for upload in all_uploaded("upload"):
        name = upload.filename or ""
        owner = order.customer if actor().is_staff else account()
        try:
            row = intake.take_file(current_shop(), upload.stream, name, owner=owner, at=sight().now, channel="message")
        except IntakeError as error:
            refused.append(f"{name}: {error.sentence}")
        else:
            ids.append(row.id)
    return ids, refused


@takes_files
def send_message(code: str) -> AnyResponse:
    """A message, or its draft where the form asks for that. A fault loses nothing: text and files stay in the draft."""
    order = scoped.order_view(actor(), code, CompanyAction.WRITE)
    form = MessageForm.sent()
    ids, refused = files_of_form(form, order)
    if form.action == "draft" or form.without is not None or refused:
        _keep(order, form.text, ids)
        for sentence in refused:
            flash(sentence, "bad")
        if refused:
            flash(_("Nothing was sent yet. Your text and the other files are kept."), "bad")
        return redirect(_there(order.code), 303)
    message = MessageText(form.text, tuple(ids), form.token, form.seen)
    try:
        conversation.post(current_shop(), order.code, message, actor=actor(), at=sight().now)
    except (RuleError, IntakeError) as error:
        _keep(order, form.text, ids)
        flash(" ".join(part for part in (error.sentence, getattr(error, "instead", "")) if part), "bad")
    else:
        flash(_("Sent."), "good")
    return redirect(_there(order.code), 303)


def _keep(order: OrderView, text: str, ids: list[int]) -> None:
    conversation.save_draft(order.code, text[:LONGEST], tuple(ids), actor=actor(), at=sight().now)


def keep_draft(code: str) -> Response:
    """What is being written, kept by the page's script."""
    form = MessageForm.sent()
    conversation.save_draft(code, form.text, form.file, actor=actor(), at=sight().now)
    return Response(status=204)


def read_messages(code: str) -> AnyResponse:
    """The reader has seen the thread up to a message: said by the script, or by a button without one."""
    order = scoped.order_view(actor(), code)
    form = ReadForm.sent()
    conversation.mark_read(order.code, form.upto, actor=actor(), at=sight().now)
    if form.quiet:
        return Response(status=204)
    return redirect(_there(order.code), 303)


def use_attachment(code: str) -> AnyResponse | str:
    """A file of a message becomes the new version of a line: asked of which, and done."""
    order = scoped.order_view(actor(), code, CompanyAction.DECIDE)
    form = UseForm.asked()
    file = scoped.file_view(actor(), form.file)
    if not scoped.fits(file, order):
        raise AccessError
    if request.method == "GET":
        return render_template(f"{request.blueprint}/use.html", page=use_page(order, file, str(request.blueprint)))
    if form.line is None:
        raise IntakeError(_("Choose the line."))
    row = revising.propose(current_shop(), order.code, form.line, file, actor=actor(), at=sight().now)
    if row.state == "approved":
        flash(_("Version %(n)s is the one that is made.", n=row.number), "good")
    else:
        flash(_("Version %(n)s is here. We look at it before anything is made.", n=row.number), "good")
    return redirect(url_for(f"{request.blueprint}.order", code=order.code), 303)
