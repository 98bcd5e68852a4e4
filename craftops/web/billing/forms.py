"""What the forms of billing send. Amounts and shares are as typed: a currency says what they are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from craftops.domain.billing.pricing import PriceMode
from craftops.domain.billing.settings import InvoiceMoment
from craftops.services.billing.details import Details
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.sent_form import (
    Line,
    MaybeNumber,
    Number,
    NumberIfAny,
    Numbers,
    Says,
    SentForm,
    Texts,
    Ticked,
    at_most,
    cut,
    otherwise,
)

Country = Annotated[Line, AfterValidator(str.upper)]


# Quotes and orders


class PoNumberForm(SentForm):
    """The buyer's own number of an order."""

    po_number: str = ""


class SeenPriceForm(SentForm):
    """The price, in minor units, that stood beside the button of an order."""

    seen: MaybeNumber = None


class QuoteLinesForm(SentForm):
    """The keys of the lines of a quote, in their order."""

    line: Annotated[Texts, at_most(200)] = ()


class QuoteLineForm(SentForm):
    """One line of a quote, its key behind each name."""

    title: Line = ""
    detail: Line = ""
    quantity: Line = ""
    unit: Line = ""
    discount: Line = ""
    order_line: Line = ""


class QuoteForm(SentForm):
    """What a quote says beside its lines, and whether it is sent at once."""

    action: str = ""
    gross: Ticked = False
    deposit: str = ""
    valid_days: Annotated[NumberIfAny, Says(__("Write for how many days the quote is valid."))] = None
    note: Annotated[Line, cut(2000)] = ""


class AcceptedQuoteForm(SentForm):
    """How an acceptance reached the shop, and by whom; nobody: the customer."""

    name: str = ""
    reason: str = ""


class AnswerForm(SentForm):
    """No thanks, or a wish."""

    answer: str = ""
    reason: str = ""


# Customers


class TermsForm(SentForm):
    """Days to pay of one customer; nothing: the shop's own."""

    net_days: Annotated[NumberIfAny, Says(__("Write a number of days, or nothing."))] = None


class InvoiceDetailsForm(SentForm):
    """To whom invoices are made out, and the page to go back to."""

    name: str = ""
    contact: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    country: Country = ""
    is_business: Ticked = False
    vat_id: str = ""
    certificate: str = ""
    back: str = ""

    def details(self) -> Details:
        """As they are kept."""
        return Details(
            self.name, self.contact, self.address, self.postcode, self.city, self.country, self.is_business,
            self.vat_id, self.certificate,
        )  # fmt: skip


class AcceptForm(InvoiceDetailsForm):
    """A customer accepts a quote, and says to whom its invoice goes where the page asks for it."""

    accepted_by: str | None = None

    @property
    def has_details(self) -> bool:
        return "name" in self.model_fields_set


# Money


class PayForm(SentForm):
    """How much of an invoice; nothing: all."""

    amount: Line = ""


class PaySeveralForm(SentForm):
    """The invoices of one payment, and by whom it goes."""

    invoice: Annotated[Numbers, at_most(100)] = ()
    provider: str = ""


class BookForm(SentForm):
    """Money that is here; ``how`` it came as provider:kind."""

    how: str = ""
    amount: str = ""
    note: str = ""
    token: str = ""


class MoneyBackForm(SentForm):
    """How much of an invoice is credited or of a payment sent back, and why."""

    amount: Line = ""
    reason: str = ""
    token: str = ""


class TransferProposalForm(SentForm):
    """Which of the proposals for a transfer."""

    number: Annotated[Number, Says(__("Choose one of the proposals."))]


class TransferForm(SentForm):
    """The numbers of the invoices that a transfer is for."""

    numbers: str = ""


class PricesForm(SentForm):
    """Who sells, tax, terms and the price list; rates by process, material and finish."""

    legal_name: Annotated[Line, cut(200)] = ""
    address: str = ""
    postcode: Annotated[Line, cut(20)] = ""
    city: Annotated[Line, cut(100)] = ""
    country: Country = ""
    vat_id: Line = ""
    tax_number: Annotated[Line, cut(40)] = ""
    registration: Annotated[Line, cut(200)] = ""
    rate: Line = ""
    small_business: Ticked = False
    to_eu_business: Annotated[Literal["AE", "K"], otherwise("AE")] = "AE"
    net_days: MaybeNumber = None
    quote_days: MaybeNumber = None
    deposit: Line = ""
    invoice_at: Annotated[InvoiceMoment, otherwise(InvoiceMoment.BY_HAND)] = InvoiceMoment.BY_HAND
    invoice_prefix: Line = ""
    remind_after_days: MaybeNumber = None
    terms: Annotated[Line, cut(5000)] = ""
    hour: dict[str, Line] = {}
    kg: dict[str, Line] = {}
    m2: dict[str, Line] = {}
    hand_hour: Line = ""
    setup: dict[str, Line] = {}
    finish: dict[str, Line] = {}
    failure: Line = ""
    margin: Line = ""
    breaks: str = ""
    rush: Line = ""
    least_line: Line = ""
    least_order: Line = ""
    mode: Annotated[PriceMode, otherwise(PriceMode.REVIEW)] = PriceMode.REVIEW
    instant_up_to: Line = ""
    show_parts: Ticked = False
    datev_adviser: Line = ""
    datev_client: Line = ""
    datev_chart: Line = ""
    fiscal_month: Line = ""
