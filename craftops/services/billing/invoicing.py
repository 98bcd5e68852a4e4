"""Invoices, deposit invoices and credit notes: issued once each, numbered without a gap, frozen from then on."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from craftops.domain.billing.creditor_reference import creditor_reference
from craftops.domain.billing.documents import BankAccount, Document, DocumentKind, DocumentLine, Reference
from craftops.domain.billing.judgements import JudgementState
from craftops.domain.billing.settings import BillingSettings
from craftops.domain.billing.tax import Tax, tax_of
from craftops.domain.billing.totals import Rounding, TaxGroup, net_of, share_out
from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import IllegalMove, IntakeError, RuleError
from craftops.sdk.payment import TransferProvider
from craftops.services.billing import printing
from craftops.services.billing.details import buyer_of, details_of, party_of
from craftops.services.billing.settings import billing_settings
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.documents import document_from_json, document_to_json
from craftops.store.models import (
    InvoiceRow,
    OrderRow,
    QuoteRow,
    SettlementRow,
)
from craftops.store.queries import billing
from craftops.store.viewing import view_of
from craftops.store.views.billing import Identified, InvoiceView
from craftops.store.views.people import Account

WORDS = {"deposit": "Deposit, invoice", "invoice": "Less invoice"}
CREDIT, DEPOSIT, INVOICE = DocumentKind.CREDIT, DocumentKind.DEPOSIT, DocumentKind.INVOICE


@dataclass(frozen=True, slots=True)
class Draft:
    """What an invoice is about, before it has a number."""

    kind: DocumentKind
    lines: tuple[DocumentLine, ...]
    rounding: Rounding
    once: str
    """It is issued once under this name."""
    quote: QuoteRow | None = None
    preceding: tuple[Reference, ...] = ()
    credits: InvoiceRow | None = None
    note: str = ""
    delivered_on: date | None = None


def today(shop: Shop, at: datetime) -> date:
    """The day in the shop's zone."""
    return at.astimezone(shop.profile().zone).date()


def locked(ids: Iterable[int]) -> list[InvoiceRow]:
    """These invoices as they are now, which nobody else pays, credits or covers until the transaction ends.

    SQLite has one writer anyway; on PostgreSQL two would each see what is left before the other has taken it. They are
    locked in one order, so that two who want the same two never wait for each other.
    """
    wanted = sorted(set(ids))
    for one in wanted:
        InvoiceRow.update(settled=InvoiceRow.settled).where(InvoiceRow.id == one).execute()
    return list(InvoiceRow.select().where(InvoiceRow.id.in_(wanted)).order_by(InvoiceRow.id))


def next_number(prefix: str, year: int) -> str:
    """The next number of a series and year, as "R-2026-0041". Call it in the transaction that uses it."""
    series = _series(prefix, year)
    return f"{series}-{billing.take_number(series):04d}"


def _series(prefix: str, year: int) -> str:
    return f"{prefix}-{year}"


def issue(
    shop: Shop, uow: UnitOfWork, draft: Draft, *, order: OrderRow | None, customer: Account, actor: Actor,
    at: datetime, printed_with_others: bool = False,
) -> InvoiceRow:  # fmt: skip
    """Give an invoice its number and freeze it, in the caller's transaction; the same ``once`` again changes nothing.

    ``printed_with_others``: the caller has its paper made, together with those of others (``print_together``).
    Raises RuleError while the shop has not told what the law wants on an invoice.
    """
    settings, profile = billing_settings(shop), shop.profile()
    day = at.astimezone(profile.zone).date()
    prefix = settings.seller.invoice_prefix if draft.kind is not CREDIT else f"{settings.seller.invoice_prefix}K"
    billing.hold_series(_series(prefix, day.year))  # whoever clicked at the same moment has issued it then, or waits
    known = billing.issued_for(draft.once)
    if known is not None:
        return known
    if not settings.seller.complete:
        raise RuleError(
            "The shop's address and its tax or VAT number are missing.", "The owner tells them under Money, Settings."
        )
    number = next_number(prefix, day.year)
    document = _document(shop, profile, settings, draft, number, day, order, customer)
    totals = document.totals
    if totals.gross <= 0:
        raise RuleError("An invoice must come to more than nothing.")
    judgement = printing.judge(document)
    if judgement.state is JudgementState.FINDINGS:
        raise RuleError(f"The e-invoice would break a rule: {judgement.findings[0].sentence}")
    row: InvoiceRow = InvoiceRow.create(
        order=order, customer=customer.id, quote=draft.quote, credits=draft.credits, kind=draft.kind.value,
        number=number, document=document_to_json(document), currency=document.currency, net=totals.net,
        tax=totals.tax, gross=totals.gross, reference=document.payment_reference, nonce=secrets.token_hex(16),
        issued_at=at, due_at=_due_at(document, day, at), issued_by=actor.name[:200],
        once=draft.once, checked=judgement.state.value,
    )  # fmt: skip
    if order is not None:
        OrderRow.update(money=OrderRow.money + 1).where(OrderRow.id == order.id).execute()
    data = {"invoice": row.id, "number": number, "kind": draft.kind.value}
    uow.record(Event(EventKind.INVOICE_ISSUED, at, actor, order.id if order else None, customer.id, data=data))
    if not printed_with_others:
        uow.enqueue("print_invoice", {"invoice": row.id}, at=at, dedupe=f"print-invoice:{row.id}")
    return row


def print_together(uow: UnitOfWork, ids: Sequence[int], *, at: datetime) -> None:
    """Have the papers of these invoices made as one piece of work, which waits for the disk once."""
    if ids:
        uow.enqueue("print_invoices", {"invoices": list(ids)}, at=at, dedupe=f"print-invoices:{ids[0]}")


def _due_at(document: Document, day: date, at: datetime) -> datetime | None:
    """The moment on the day on which it is due; None where nothing is owed."""
    return at + (document.due_on - day) if document.due_on is not None else None


def _document(
    shop: Shop, profile: ShopProfile, settings: BillingSettings, draft: Draft, number: str, day: date,
    order: OrderRow | None, customer: Account,
) -> Document:  # fmt: skip
    seller = settings.seller
    details = details_of(customer, seller.country)
    days = seller.net_days if details.net_days is None else details.net_days
    owed = draft.kind is not CREDIT
    return Document(
        kind=draft.kind,
        number=number,
        issued_on=day,
        seller=seller.party(profile.name, profile.email, profile.phone, profile.address),
        buyer=party_of(details, customer),
        lines=draft.lines,
        currency=settings.prices.currency,
        rounding=draft.rounding,
        language=customer.language or profile.language,
        order_code=order.code if order else "",
        buyer_reference=order.po_number if order else "",
        due_on=day + timedelta(days=days) if owed else None,
        delivered_on=draft.delivered_on,
        bank=bank_account(shop) if owed else None,
        payment_reference=creditor_reference(number) if owed else "",
        preceding=draft.preceding,
        note=draft.note,
        terms=seller.terms,
    )


def bank_account(shop: Shop) -> BankAccount | None:
    """Where transfers go, as the shop's transfer plugin says; None where there is none."""
    for provider in shop.plugins.payment_providers.values():
        if isinstance(provider, TransferProvider) and provider.ready:
            return BankAccount(provider.details.holder, provider.details.iban, provider.details.bic)
    return None


def issue_deposit(shop: Shop, uow: UnitOfWork, quote: QuoteRow, *, actor: Actor, at: datetime) -> InvoiceRow:
    """The invoice for the part of an accepted quote that is paid before the work begins."""
    document = document_from_json(quote.document)
    parts = share_out(quote.deposit, document.totals.groups)
    gross = document.rounding.prices_are_gross
    title = f"Deposit for the order {quote.order.code}"
    lines = tuple(
        DocumentLine(title, 1, amount if gross else net_of(amount, tax), tax, f"Quote {document.number}")
        for tax, amount in parts
    )
    draft = Draft(DEPOSIT, lines, document.rounding, f"quote:{quote.id}:deposit", quote)
    return issue(shop, uow, draft, order=quote.order, customer=quote.order.customer, actor=actor, at=at)


def rest_of(quote_id: int) -> str:
    """What the invoice for the rest of a quote is issued for: ``InvoiceRow.once``."""
    return f"quote:{quote_id}:rest"


def issue_rest_of(shop: Shop, quote_id: int, *, actor: Actor, at: datetime) -> str:
    """The same by the quote's id: the number of the invoice; empty where nothing was left."""
    with unit_of_work() as uow:
        issued = issue_rest(shop, uow, QuoteRow.get_by_id(quote_id), actor=actor, at=at)
    return str(issued.number) if issued is not None else ""


def issue_rest(
    shop: Shop, uow: UnitOfWork, quote: QuoteRow, *, actor: Actor, at: datetime, printed_with_others: bool = False
) -> InvoiceRow | None:
    """The invoice for what an accepted quote still lacks: its lines, and what was invoiced for the order before.

    None where that was the whole. A deposit is an invoice of its own with its tax in it, so the last one bills the rest
    and no tax twice; so it is with what was invoiced by an earlier quote, before the order was changed.
    """
    document = document_from_json(quote.document)
    once = rest_of(quote.id)
    earlier = [
        row
        for row in InvoiceRow.select().where(InvoiceRow.order == quote.order_id).order_by(InvoiceRow.id)
        if row.kind != CREDIT.value and row.once != once and billing.credited(row.id) < row.gross
    ]
    taken = tuple(line for row in earlier for line in _taken_off(row, document.rounding))
    lines = (*document.lines, *taken)
    draft = Draft(
        INVOICE, lines, document.rounding, once, quote,
        tuple(Reference(row.number, date.fromisoformat(row.document["issued_on"])) for row in earlier),
        delivered_on=today(shop, at),
    )  # fmt: skip
    if replace(document, lines=lines).totals.gross <= 0:
        return None
    return issue(
        shop, uow, draft, order=quote.order, customer=quote.order.customer, actor=actor, at=at,
        printed_with_others=printed_with_others,
    )  # fmt: skip


def _taken_off(deposit: InvoiceRow, rounding: Rounding) -> tuple[DocumentLine, ...]:
    """The lines that take an earlier invoice off the last one; what of it was credited is not taken off."""
    document = document_from_json(deposit.document)
    back = billing.credited(deposit.id)
    groups = document.totals.groups
    shares = share_out(deposit.gross - back, groups) if back else tuple((one.tax, one.gross) for one in groups)
    nets = {one.tax: one.net for one in groups}
    return tuple(
        DocumentLine(
            f"{WORDS[deposit.kind]} {deposit.number}", 1,
            -(gross if rounding.prices_are_gross else (net_of(gross, tax) if back else nets[tax])), tax,
        )
        for tax, gross in shares
    )  # fmt: skip


def credit(
    shop: Shop, invoice: Identified, amount: int | None, reason: str, *, once: str, actor: Actor, at: datetime
) -> InvoiceView:
    """A credit note on an invoice, over all of what is not credited yet or over ``amount`` (gross, minor units).

    What is still open on the invoice is covered by it; what was paid is staff's to send back. The same ``once`` again
    changes nothing. Raises RuleError, IntakeError.
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        [whole] = locked([invoice.id])
        if whole.kind == CREDIT.value:
            raise IllegalMove("A credit note cannot be credited.")
        if not reason.strip():
            raise IntakeError("Say why, it is printed on the credit note.", {"reason": "Say why."})
        name = f"credit:{whole.id}:{once[:40]}"
        known: InvoiceRow | None = InvoiceRow.get_or_none(InvoiceRow.once == name)
        if known is not None:
            return view_of(InvoiceView, known)
        back = billing.credited(whole.id)
        left = whole.gross - back
        wanted = left if amount is None else amount
        if not 0 < wanted <= left:
            raise RuleError("There is not that much left to credit on this invoice.")
        document = document_from_json(whole.document)
        draft = Draft(
            CREDIT, _credit_lines(document, wanted, whole=wanted == whole.gross), document.rounding, name,
            preceding=(Reference(whole.number, document.issued_on),), credits=whole, note=reason.strip()[:500],
        )  # fmt: skip
        row = issue(shop, uow, draft, order=whole.order, customer=whole.customer, actor=actor, at=at)
        cover_by_credits(InvoiceRow.get_by_id(whole.id), at=at)
        return view_of(InvoiceView, InvoiceRow.get_by_id(row.id))


def _credit_lines(document: Document, amount: int, *, whole: bool) -> tuple[DocumentLine, ...]:
    if whole:
        return document.lines
    gross = document.rounding.prices_are_gross
    groups: Sequence[TaxGroup] = document.totals.groups
    return tuple(
        DocumentLine(f"Credit on invoice {document.number}", 1, part if gross else net_of(part, tax), tax)
        for tax, part in share_out(amount, groups)
    )


MOST_REMINDERS = 3


def remind(shop: Shop, *, at: datetime) -> int:
    """Tell of invoices that are late, three times at most and never again once they are paid; how many were told."""
    wait = timedelta(days=billing_settings(shop).seller.remind_after_days)
    if not wait:
        return 0
    late = billing.overdue(at).where(InvoiceRow.reminded < MOST_REMINDERS, InvoiceRow.due_at < at - wait)
    told = 0
    for row in late.where((InvoiceRow.reminded_at.is_null()) | (InvoiceRow.reminded_at < at - wait)):
        with unit_of_work() as uow:
            same = (InvoiceRow.id == row.id) & (InvoiceRow.reminded == row.reminded)
            again = InvoiceRow.update(reminded=row.reminded + 1, reminded_at=at)
            if again.where(same & (InvoiceRow.settled < InvoiceRow.gross)).execute():
                data = {"invoice": row.id, "number": row.number}
                uow.record(Event(EventKind.INVOICE_OVERDUE, at, SYSTEM, row.order_id, row.customer_id, data=data))
                told += 1
    return told


def settle(invoice: InvoiceRow, amount: int, at: datetime, *, by: str = "", **source: object) -> None:
    """Write down that ``amount`` of an invoice is covered (negative: not any more). Call it in a transaction."""
    SettlementRow.create(invoice=invoice, amount=amount, at=at, by_name=by[:200], **source)
    InvoiceRow.update(settled=InvoiceRow.settled + amount).where(InvoiceRow.id == invoice.id).execute()


def cover_by_credits(invoice: InvoiceRow, *, at: datetime) -> None:
    """Let the credit notes of an invoice cover what is open on it. Call it in a transaction."""
    left = invoice.gross - invoice.settled
    for note in InvoiceRow.select().where(InvoiceRow.credits == invoice.id).order_by(InvoiceRow.id):
        part = min(left, note.gross - note.settled)
        if part > 0:
            settle(invoice, part, at, credit=note)
            InvoiceRow.update(settled=InvoiceRow.settled + part).where(InvoiceRow.id == note.id).execute()
            left -= part


def deposit_of(gross: int, share: int) -> int:
    """``share`` (hundredths of a per cent) of a gross sum, in whole minor units."""
    return (gross * share + 5_000) // 10_000


def tax_for(customer: Account, settings: BillingSettings) -> Tax:
    """The tax of whatever this customer buys."""
    return tax_of(settings.seller.seller, buyer_of(details_of(customer, settings.seller.country)))
