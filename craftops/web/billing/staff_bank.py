"""Bank statements on the floor: brought in, and what could not be booked by itself decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.billing.allocation import TransferReason as Why
from craftops.domain.billing.money import Money
from craftops.errors import IntakeError
from craftops.services.billing import bank_import
from craftops.store.queries.bank import invoice_numbers
from craftops.store.views.billing import WaitingTransfer
from craftops.web.billing.forms import TransferForm, TransferProposalForm
from craftops.web.billing.present import money
from craftops.web.billing.present_staff import invoice_by
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.request_context import RequestContext, actor, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.frame.sent_form import uploaded
from craftops.web.frame.views import Chip, TodoItem

MOST_BYTES = 20_000_000
WHY = {
    Why.DOUBTFUL: __("The statement contradicts itself."),
    Why.MAYBE_SAME: __("It may be money that another file has told of already."),
    Why.WHICH_OF_SEVERAL: __("It names several invoices."),
    Why.OTHER_CURRENCY: __("It came in another currency."),
    Why.SHORT_NUMBER: __("Its text holds a number that may be an invoice's."),
    Why.PARTY_AND_AMOUNT: __("Name and amount fit."),
    Why.AMOUNT_ALONE: __("Only the amount fits."),
    Why.PARTY_ALONE: __("Only the name fits."),
    Why.OURS_CAME_BACK: __("Money that we had sent came back."),
    Why.RETURN_OF_UNKNOWN: __("It takes back a payment that we do not know."),
    Why.UNKNOWN: __("Nothing in it says what it is for."),
    Why.OVERPAID: __("More than was asked for."),
    Why.PAID_ALREADY: __("What it names is paid already."),
    Why.REFERENCE: __("Its reference fits."),
    Why.NAMED_AND_SUM: __("It names these invoices, and their sum fits."),
    Why.TAKEN_BACK: __("It takes an earlier transfer back."),
}


@dataclass(frozen=True, slots=True)
class BankProposal:
    """What one click would book."""

    number: int
    why: str
    words: str


@dataclass(frozen=True, slots=True)
class BankLine:
    """A transfer that waits for a decision."""

    id: int
    party: str
    text: str
    reference: str
    amount: str
    booked_on: str
    why: str
    comes_in: bool
    proposals: tuple[BankProposal, ...]


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/money/bank", view_func=bank, methods=["GET", "POST"])
    for rule, view in (("propose", book_proposal), ("book", book_transfer), ("ignore", ignore), ("restore", restore)):
        blueprint.add_url_rule(f"/money/bank/<int:transfer_id>/{rule}", view_func=view, methods=["POST"])


@takes_files
def bank() -> AnyResponse | str:
    """The page, and a statement that is brought in."""
    if request.method == "POST":
        upload = uploaded("statement")
        if upload is None:
            raise IntakeError(_("Choose the file of your bank."))
        content = upload.stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise IntakeError(_("A statement has at most 20 MB."))
        found = bank_import.import_file(current_shop(), content, actor=actor(), at=sight().now)
        flash(
            _("%(booked)s booked, %(asked)s to decide, %(known)s known already, %(other)s no incoming money.",
              booked=found.booked, asked=found.asked, known=found.known, other=found.other),
            "good",
        )  # fmt: skip
        return redirect(url_for("staff.bank"), 303)
    lines = tuple(_line(row) for row in bank_import.waiting())
    return render_template("staff/bank.html", lines=lines, gone=request.args.get("gone", ""))


def _line(row: WaitingTransfer) -> BankLine:
    return BankLine(
        row.id, row.party or _("Unknown sender"), row.text, row.reference, money(Money(row.amount, row.currency)),
        row.booked_on, _why(row.why), row.amount > 0,
        tuple(
            BankProposal(number, _why(one["why"]), _shares(one, row.currency))
            for number, one in enumerate(row.proposal or ())
        ),
    )  # fmt: skip


def _why(value: str) -> str:
    return str(WHY.get(Why(value), "")) if value in list(Why) else ""


def _shares(proposal: dict[str, Any], currency: str) -> str:
    ids = [invoice for invoice, _amount in proposal["shares"]]
    numbers = invoice_numbers(ids)
    parts = [f"{numbers.get(one, '?')}: {money(Money(amount, currency))}" for one, amount in proposal["shares"]]
    return ", ".join(parts) or _("Take the earlier one back")


def _back() -> AnyResponse:
    return redirect(url_for("staff.bank"), 303)


def book_proposal(transfer_id: int) -> AnyResponse:
    """Book what is proposed."""
    number = TransferProposalForm.sent().number
    bank_import.book_proposal(current_shop(), transfer_id, number, actor=actor(), at=sight().now)
    flash(_("Booked. The customer gets a receipt."), "good")
    return _back()


def book_transfer(transfer_id: int) -> AnyResponse:
    """Book it for the invoices that are named."""
    numbers = TransferForm.sent().numbers.replace(",", " ").split()[:20]
    if not numbers:
        raise IntakeError(_("Write the number of an invoice."))
    rows = [invoice_by(number.upper()) for number in numbers]
    bank_import.book_for(current_shop(), transfer_id, rows, actor=actor(), at=sight().now)
    flash(_("Booked. The customer gets a receipt."), "good")
    return _back()


def ignore(transfer_id: int) -> AnyResponse:
    """None of ours."""
    bank_import.ignore(transfer_id, actor=actor())
    return redirect(url_for("staff.bank", gone=transfer_id), 303)


def restore(transfer_id: int) -> AnyResponse:
    """Ours after all."""
    bank_import.look_again(transfer_id, actor=actor())
    return _back()


def todo(_sight: RequestContext) -> list[TodoItem]:
    """Transfers that wait."""
    return [
        TodoItem(
            url_for("staff.bank"), money(Money(row.amount, row.currency)), row.party or _("Unknown sender"),
            row.text[:120], row.imported_at, "", Chip(_("whose?"), "warn", "building-bank"),
        )
        for row in bank_import.waiting()
    ]  # fmt: skip
