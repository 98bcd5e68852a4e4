"""Quotes and invoices by their links: read, answered, paid, without signing in; and what providers tell."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.billing.payments import PaymentStatus
from craftops.domain.billing.quotes import QuoteStep
from craftops.errors import AccessError, CraftOpsError, IntakeError, OutsideError, RuleError, Unsure
from craftops.sdk.payment import WebhookRejected
from craftops.services.billing import details as customer_details
from craftops.services.billing import paying, printing, provider_events, quoting
from craftops.services.people import accounts
from craftops.store.queries import payment_pages, scoped
from craftops.store.queries.order_views import order_of
from craftops.store.views.billing import StoredQuote
from craftops.store.views.orders import OrderView
from craftops.web.billing import links, live, present_portal
from craftops.web.billing.amounts import read_money
from craftops.web.billing.forms import AcceptForm, AnswerForm, PayForm
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.live import stream
from craftops.web.frame.live.topics import Topic
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.security import csrf

log = logging.getLogger("craftops.billing")
LINK = "link"
LINKS_BELOW = 1_000_000_000
MOST_PAGES = 20
"""Open pages of one customer's links."""
quote = Blueprint("quote", __name__, url_prefix="/quote")
pay = Blueprint("pay", __name__, url_prefix="/pay")
hooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")
TOKEN = "<string(minlength=20, maxlength=60):token>"  # noqa: S105 - a rule, no secret
PROVIDER = "<string(minlength=1, maxlength=40):provider>"


# Quotes


@quote.get(f"/{TOKEN}")
def page(token: str) -> str:
    """A quote. That its customer read it is noted where they are signed in, else by their browser: programs of mail
    servers open links too, and run no script."""
    row = links.read_quote(current_shop(), token)
    order = order_of(row.order_id)
    if _is_theirs(order):
        _viewed(row, order)
        row = links.read_quote(current_shop(), token)
    return _quote_page(row, order, {})


def _is_theirs(order: OrderView) -> bool:
    if not current_user.is_authenticated or current_user.is_staff:
        return False
    try:
        return bool(scoped.order_view(actor(), order.code))
    except AccessError:
        return False


def _viewed(row: StoredQuote, order: OrderView) -> None:
    quoting.viewed(row, actor=accounts.actor_of(order.customer), at=sight().now)


@quote.post(f"/{TOKEN}/viewed")
def viewed(token: str) -> tuple[str, int]:
    """A browser shows it. What staff look at is not read by the customer."""
    row = links.read_quote(current_shop(), token)
    if not (current_user.is_authenticated and current_user.is_staff):
        _viewed(row, order_of(row.order_id))
    return "", 204


@quote.get(f"/{TOKEN}/live", endpoint="live")
def quote_live(token: str) -> Response:
    """The stream of its page."""
    row = links.read_quote(current_shop(), token)
    shop = current_shop()
    return _follow(order_of(row.order_id).customer_id, token, lambda one: links.read_quote(shop, one))


def _follow(customer_id: int, token: str, read: Callable[[str], object]) -> Response:
    """The stream of a page behind a link; it ends when the link does."""

    def is_good(one: str, _at: datetime) -> bool:
        try:
            read(one)
        except AccessError:
            return False
        return True

    # other pages behind links count by the negative number of their link
    holder = -LINKS_BELOW - customer_id
    return stream.follow(Topic(live.PAPER, customer_id), token=token, holder=holder, most=MOST_PAGES, is_good=is_good)


def _quote_page(row: StoredQuote, order: OrderView, errors: dict[str, str]) -> str:
    found = present_portal.quote_page(row, order, sight(), AcceptForm.sent(), errors)
    token = links.quote_token(current_shop(), row)
    follow = None if request.method == "POST" else url_for("quote.live", token=token, page=live.PAPER)
    return render_template("portal/quote.html", page=found, errors=errors, live=follow)


@quote.post(f"/{TOKEN}/accept")
def accept(token: str) -> AnyResponse | tuple[str, int]:
    """The contract is made."""
    shop, at, form = current_shop(), sight().now, AcceptForm.sent()
    row = links.read_quote(shop, token)
    order = order_of(row.order_id)
    who = accounts.actor_of(order.customer)
    try:
        if form.has_details:  # the page asks to whom the invoice goes where nobody knows it
            customer_details.save_details(order.customer, form.details(), actor=who, at=at)
        name = form.accepted_by or ""
        invoice = quoting.accept(shop, order.code, row.version, name=name, via=LINK, actor=who, at=at)
    except IntakeError as error:
        return _refused(token, {"form": error.sentence, **error.fields}), 422
    except RuleError as error:
        return _refused(token, {"form": " ".join(filter(None, (error.sentence, error.instead)))}), 409
    if invoice is None:
        flash(_("Thank you. We begin."), "good")
        return redirect(url_for("quote.page", token=token), 303)
    flash(_("Thank you. One step is left: the deposit."), "good")
    return redirect(links.invoice_url(shop, invoice), 303)


def _refused(token: str, errors: dict[str, str]) -> str:
    """The page as it stands now, with what was typed and why it cannot be taken."""
    row = links.read_quote(current_shop(), token)
    return _quote_page(row, order_of(row.order_id), errors)


@quote.post(f"/{TOKEN}/answer")
def answer(token: str) -> AnyResponse | tuple[str, int]:
    """Something should be different, or nothing comes of it."""
    shop, at, form = current_shop(), sight().now, AnswerForm.sent()
    row = links.read_quote(shop, token)
    order = order_of(row.order_id)
    who = accounts.actor_of(order.customer)
    step = QuoteStep.DECLINE if form.answer == "decline" else QuoteStep.REQUEST_CHANGES
    try:
        quoting.answer(shop, order.code, row.version, step, form.reason, via=LINK, actor=who, at=at)
    except IntakeError as error:
        return _refused(token, {"form": error.sentence, **error.fields}), 422
    except RuleError as error:
        return _refused(token, {"form": error.sentence}), 409
    flash(_("Thank you. We have your answer."), "good")
    return redirect(url_for("quote.page", token=token), 303)


# Invoices


@pay.get(f"/{TOKEN}", endpoint="page")
def invoice_page(token: str) -> str:
    """An invoice as it stands now; its address stays for good."""
    row = links.read_invoice(current_shop(), token)
    page = present_portal.invoice_page(row, sight())
    return render_template("portal/invoice.html", page=page, live=url_for("pay.live", token=token, page=live.PAPER))


@pay.get(f"/{TOKEN}/live", endpoint="live")
def invoice_live(token: str) -> Response:
    """The stream of its page: it says "paid" by itself."""
    row = links.read_invoice(current_shop(), token)
    shop = current_shop()
    return _follow(row.customer_id, token, lambda one: links.read_invoice(shop, one))


def _paper(sha256: str, name: str, mimetype: str = "application/pdf") -> Response:
    """A kept paper, always as an attachment, the same bytes at every download."""
    path = current_shop().files.path(sha256)
    response = send_file(path, mimetype=mimetype, as_attachment=True, download_name=name, etag=sha256)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@quote.get(f"/{TOKEN}/quote.pdf")
def quote_pdf(token: str) -> Response:
    """A quote on paper."""
    row = links.read_quote(current_shop(), token)
    sha256 = printing.quote_paper(current_shop(), row, at=sight().now)
    return _paper(sha256, f"{(row.document or {})['number']}.pdf")


@pay.get(f"/{TOKEN}/invoice.pdf")
def invoice_pdf(token: str) -> Response:
    """An invoice on paper, its XML in it."""
    row = links.read_invoice(current_shop(), token)
    pdf, _xml = printing.invoice_papers(current_shop(), row, at=sight().now)
    return _paper(pdf, f"{row.number}.pdf")


@pay.get(f"/{TOKEN}/invoice.xml")
def invoice_xml(token: str) -> Response:
    """An invoice for programs (EN 16931, CII)."""
    row = links.read_invoice(current_shop(), token)
    _pdf, xml = printing.invoice_papers(current_shop(), row, at=sight().now)
    if not xml:
        raise AccessError
    return _paper(xml, f"{row.number}.xml", "application/xml")


@pay.get(f"/{TOKEN}/receipt/<int:payment>.pdf")
def receipt_pdf(token: str, payment: int) -> Response:
    """The receipt of a payment that was meant for this invoice."""
    row = links.read_invoice(current_shop(), token)
    mine = next((one for one in payment_pages.payments_for(row.id) if one.id == payment), None)
    if mine is None or mine.receipt is None:
        raise AccessError
    return _paper(printing.receipt_paper(current_shop(), mine, at=sight().now), f"{mine.receipt}.pdf")


@pay.post(f"/{TOKEN}/{PROVIDER}")
def start(token: str, provider: str) -> AnyResponse:
    """Open a place to pay, and go there."""
    row = links.read_invoice(current_shop(), token)
    typed = PayForm.sent().amount
    own = url_for("pay.page", token=token)
    try:
        amount = read_money(typed, row.currency) if typed else None
        payment = paying.pay(
            current_shop(), [row], provider, amount=amount, return_url=back_url(provider),
            cancel_url=url_for("pay.page", token=token, _external=True), at=sight().now,
        )  # fmt: skip
    except Unsure:
        flash(_("We do not know yet whether this was opened. Wait a minute, then try again."), "warn")
        return redirect(own, 303)
    except (RuleError, IntakeError, OutsideError) as error:
        flash(error.sentence, "bad")
        return redirect(own, 303)
    return redirect(url_for("pay.go", token=token, payment=payment.id), 303)


def back_url(provider: str) -> str:
    """Where a provider sends the browser back to; it puts its own id in the place of ``{session}``."""
    return url_for("pay.back", provider=provider, _external=True) + "?session={session}"


@pay.get(f"/{TOKEN}/go/<int:payment>")
def go(token: str, payment: int) -> AnyResponse | str:
    """On to the provider: by a page of ours, because a form of ours may lead nowhere else."""
    row = links.read_invoice(current_shop(), token)
    mine = (one for one in payment_pages.payments_for(row.id) if one.id == payment)
    found = next((one for one in mine if one.state == PaymentStatus.OPEN and one.url), None)
    if found is None:
        return redirect(url_for("pay.page", token=token), 303)
    return render_template("portal/pay_go.html", url=found.url, back=url_for("pay.page", token=token))


@pay.get(f"/back/{PROVIDER}")
def back(provider: str) -> str:
    """Back from the provider: what is known of this payment now, whoever loads it and however often."""
    shop = current_shop()
    session = request.args.get("session", "")[:255]
    row = provider_events.come_back(shop, provider, session, at=sight().now)
    return render_template("portal/paid.html", page=present_portal.return_page(row, sight()))


# What providers tell


@hooks.post(f"/{PROVIDER}")
def hook(provider: str) -> tuple[str, int]:
    """A word from a provider: stored before it is acknowledged."""
    try:
        provider_events.take(
            current_shop(), provider, request.get_data(), {k.lower(): v for k, v in request.headers.items()},
            at=sight().now,
        )  # fmt: skip
    except WebhookRejected as error:
        log.warning("a word to /webhooks/%s was not believed: %s", provider, error)
        return "", 400
    except CraftOpsError as error:
        if isinstance(error, AccessError):
            raise
        log.warning("a word to /webhooks/%s was not taken: %s", provider, error.sentence)
        return "", 503
    return "", 200


csrf.exempt(hook)  # its words are signed
