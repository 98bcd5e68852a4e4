"""Quotes: drafted from the price list, sent, looked at, decided; what an acceptance sets in motion."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, time, timedelta

from craftops.domain.billing.documents import Document, DocumentKind, DocumentLine
from craftops.domain.billing.pricing import PriceMode
from craftops.domain.billing.quotes import OPEN, QuoteState, QuoteStep, is_late, step_quote
from craftops.domain.billing.settings import BillingSettings, InvoiceMoment
from craftops.domain.billing.totals import MOST, Rounding
from craftops.domain.events import Event, EventKind
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import AccessError, IllegalMove, IntakeError, RuleError
from craftops.services.billing import invoicing
from craftops.services.billing.details import details_of, party_of
from craftops.services.billing.quote_drafts import QuotedOrder, QuoteDraft, draft_from_json, in_other_mode, proposed
from craftops.services.billing.settings import billing_settings
from craftops.services.estimation import estimating
from craftops.services.orders import ordering
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.documents import document_from_json, document_to_json
from craftops.store.models import InvoiceRow, OrderRow, QuoteRow
from craftops.store.queries import scoped
from craftops.store.viewing import view_of
from craftops.store.views.billing import InvoiceView, StoredQuote

MOST_LINES = 200
WAITS = "Your quote waits for your answer."
WAITS_FOR_MONEY = "We begin when the deposit is here."
SHARE = 10_000


def sell_at_once(shop: Shop, order: QuotedOrder, seen: int, *, name: str, actor: Actor, at: datetime) -> bool:
    """Make the contract with the order, where the shop sells without a look: at the price that the customer saw.

    False where that is not its price by now (it is reckoned anew, whatever was sent), or the shop does not sell so.
    """
    settings = billing_settings(shop)
    if settings.prices.mode is not PriceMode.INSTANT or not settings.seller.complete:
        return False
    draft, prices = proposed(shop, order)
    with unit_of_work():
        if current(order) is not None:
            return True
        whole = _document(shop, settings, order, draft, 1, at).totals.gross if prices.complete else None
        if whole != seen or seen > settings.prices.instant_up_to:
            return False
        row = save_draft(shop, order.code, draft, actor=SYSTEM, at=at)
        send(shop, order.code, row.version, actor=SYSTEM, at=at)
        accept(shop, order.code, row.version, name=name, via="order", actor=actor, at=at)
    return True


def current(order: QuotedOrder) -> QuoteRow | None:
    """The newest quote of an order."""
    row: QuoteRow | None = QuoteRow.select().where(QuoteRow.order == order.id).order_by(QuoteRow.version.desc()).first()
    return row


def _of(order: OrderRow, version: int) -> QuoteRow:
    row: QuoteRow | None = QuoteRow.get_or_none(QuoteRow.order == order.id, QuoteRow.version == version)
    if row is None:
        raise AccessError
    return row


def save_draft(shop: Shop, code: str, draft: QuoteDraft, *, actor: Actor, at: datetime) -> StoredQuote:
    """Keep what staff wrote: in the open draft, or as a new version. Raises AccessError, IntakeError, IllegalMove."""
    actor.must_be_staff()
    _check(draft)
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        if order.remake_of:
            raise RuleError("This order makes another one again at no charge, so it has no price.")
        newest = current(order)
        if newest is not None and newest.state == QuoteState.ACCEPTED.value and not _may_change(order):
            raise IllegalMove("This order is finished; credit its invoice instead.")
        settings = billing_settings(shop)
        values = {
            "body": draft.as_json(), "currency": settings.prices.currency, "by_name": actor.name[:200],
            "gross": _document(shop, settings, order, draft, 0, at).totals.gross,
        }  # fmt: skip
        if newest is not None and newest.state == QuoteState.DRAFT.value:
            QuoteRow.update(**values).where(QuoteRow.id == newest.id).execute()
            row = newest
        else:
            version = newest.version + 1 if newest else 1
            row = QuoteRow.create(order=order, version=version, nonce=secrets.token_hex(16), created_at=at, **values)
        _changed(uow, row, order, QuoteState.DRAFT, actor, at)
    return view_of(StoredQuote, QuoteRow.get_by_id(row.id))


def _may_change(order: OrderRow) -> bool:
    return Stage(order.stage) not in estimating.FINISHED


def _check(draft: QuoteDraft) -> None:
    if not draft.lines:
        raise IntakeError("A quote needs at least one line.")
    if len(draft.lines) > MOST_LINES:
        raise IntakeError(f"A quote has at most {MOST_LINES} lines.")
    for line in draft.lines:
        if not line.title.strip() or len(line.title) > 200 or len(line.detail) > 300:
            raise IntakeError("Each line needs a title of at most 200 characters.")
        if not 1 <= line.quantity <= 1_000_000 or abs(line.unit * line.quantity) > MOST:
            raise IntakeError(f"Quantity or price of “{line.title[:60]}” cannot be used.")
        if not 0 <= line.discount <= SHARE:
            raise IntakeError("A discount is between 0 and 100 %.")
    if not 0 <= draft.deposit <= SHARE or not 1 <= draft.valid_days <= 365:
        raise IntakeError("Deposit or validity cannot be used.")


def _document(
    shop: Shop, settings: BillingSettings, order: QuotedOrder, draft: QuoteDraft, version: int, at: datetime
) -> Document:
    profile, customer = shop.profile(), order.customer
    details = details_of(customer, settings.seller.country)
    tax = invoicing.tax_for(customer, settings)
    rounding = Rounding.SUM_BY_NET_KEEP_GROSS if draft.gross else Rounding.SUM_BY_NET
    day = invoicing.today(shop, at)
    return Document(
        kind=DocumentKind.QUOTE,
        number=f"{order.code}-{version}",
        issued_on=day,
        seller=settings.seller.party(profile.name, profile.email, profile.phone, profile.address),
        buyer=party_of(details, customer),
        lines=tuple(
            DocumentLine(one.title, one.quantity, one.unit, tax, one.detail, one.discount, order_line=one.order_line)
            for one in draft.lines
        ),
        currency=settings.prices.currency,
        rounding=rounding,
        language=customer.language or profile.language,
        order_code=order.code,
        buyer_reference=order.po_number,
        valid_until=day + timedelta(days=draft.valid_days),
        note=draft.note,
        terms=settings.seller.terms,
    )


def preview(shop: Shop, order: QuotedOrder, quote: StoredQuote, at: datetime) -> Document:
    """What a quote for an order says: as it was sent, else as it would be sent now."""
    if quote.document is not None:
        return document_from_json(quote.document)
    return _document(shop, billing_settings(shop), order, draft_from_json(quote.body), quote.version, at)


def send(shop: Shop, code: str, version: int, *, actor: Actor, at: datetime) -> StoredQuote:
    """Freeze a draft and put it before the customer; the order rests until they answer. Sent again, nothing happens.

    Raises AccessError, IllegalMove, IntakeError for a quote that comes to nothing.
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        row = _of(order, version)
        if QuoteState(row.state) in OPEN:
            return view_of(StoredQuote, row)
        state = step_quote(QuoteState(row.state), QuoteStep.SEND)
        settings, draft = billing_settings(shop), draft_from_json(row.body)
        tax = invoicing.tax_for(order.customer, settings)
        gross = details_of(order.customer, settings.seller.country).rounding.prices_are_gross
        draft = in_other_mode(draft, tax, gross=gross)
        _refuse_empty(draft)
        document = _document(shop, settings, order, draft, row.version, at)
        total = document.totals.gross
        if total <= 0:
            raise IntakeError("A quote must come to more than nothing.")
        _supersede(uow, order, row, actor, at)
        until = _end_of(document.valid_until, shop)
        QuoteRow.update(
            state=state.value, document=document_to_json(document), body=draft.as_json(), gross=total,
            deposit=invoicing.deposit_of(total, draft.deposit), valid_until=until, sent_at=at,
        ).where(QuoteRow.id == row.id).execute()  # fmt: skip
        OrderRow.update(money=OrderRow.money + 1).where(OrderRow.id == order.id).execute()
        _rest(shop, order, WAITS, actor, at)
        _changed(uow, row, order, state, actor, at)
        uow.enqueue("print_quote", {"quote": row.id}, at=at, dedupe=f"print-quote:{row.id}")
    return view_of(StoredQuote, QuoteRow.get_by_id(row.id))


def _end_of(day: date | None, shop: Shop) -> datetime | None:
    """The end of a day in the shop's zone, aware UTC."""
    if day is None:
        return None
    return datetime.combine(day, time(23, 59, 59), shop.profile().zone).astimezone(UTC)


def _refuse_empty(draft: QuoteDraft) -> None:
    for line in draft.lines:
        if line.unit == 0 and line.order_line is not None:
            raise IntakeError(f"“{line.title[:60]}” has no price yet.")


def _supersede(uow: UnitOfWork, order: OrderRow, newer: QuoteRow, actor: Actor, at: datetime) -> None:
    done = [QuoteState.DECLINED, QuoteState.CHANGES_REQUESTED, QuoteState.EXPIRED]
    states = [state.value for state in (*OPEN, *done)]
    for row in QuoteRow.select().where(QuoteRow.order == order.id, QuoteRow.id != newer.id, QuoteRow.state.in_(states)):
        _set(row, step_quote(QuoteState(row.state), QuoteStep.SUPERSEDE))
        _changed(uow, row, order, QuoteState.SUPERSEDED, actor, at)


def _set(row: QuoteRow, state: QuoteState, **values: object) -> bool:
    """Move a quote on from the state that it was read in; whether nobody else was faster."""
    same = (QuoteRow.id == row.id) & (QuoteRow.state == row.state)
    return bool(QuoteRow.update(state=state.value, **values).where(same).execute())


def _changed(uow: UnitOfWork, row: QuoteRow, order: OrderRow, state: QuoteState, actor: Actor, at: datetime) -> None:
    data = {"quote": row.id, "state": state.value}
    uow.record(Event(EventKind.QUOTE_CHANGED, at, actor, order.id, order.customer_id, data=data))


def _rest(shop: Shop, order: OrderRow, why: str, actor: Actor, at: datetime) -> None:
    """Work rests while it waits for the customer's money or word, unless it rests for something else already."""
    fresh = OrderRow.get_by_id(order.id)
    if fresh.hold_since is None and _may_change(fresh):
        ordering.hold(shop, order.code, why, waits_for_customer=True, actor=actor if actor.is_staff else SYSTEM, at=at)


def go_on(shop: Shop, order: OrderRow, why: str, at: datetime) -> None:
    """Work goes on, if it rested for this."""
    if OrderRow.get_by_id(order.id).hold_reason == why:
        ordering.release(shop, order.code, actor=SYSTEM, at=at)


def viewed(quote: StoredQuote, *, actor: Actor, at: datetime) -> None:
    """The customer has it before their eyes. One that was not just sent is left as it is."""
    if quote.state != QuoteState.SENT.value:
        return
    with unit_of_work() as uow:
        row = QuoteRow.get_by_id(quote.id)
        if row.state == quote.state and _set(row, QuoteState.VIEWED, viewed_at=at):
            _changed(uow, row, row.order, QuoteState.VIEWED, actor, at)


def accept(
    shop: Shop, code: str, version: int, *, name: str, via: str, actor: Actor, at: datetime, reason: str = ""
) -> InvoiceView | None:
    """Make the contract: the quote is accepted in ``name``, and what is to be paid first is invoiced at once.

    Gives the invoice that is due now, if there is one; the same again gives the same. Staff may take an acceptance that
    reached them otherwise, with a ``reason``. Raises AccessError, IllegalMove, IntakeError, RuleError.
    """
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        row = _of(order, version)
        if row.state == QuoteState.ACCEPTED.value:
            return _due_now(row)
        by_staff = actor.is_staff
        if by_staff and not reason.strip():
            raise IntakeError("Say how the customer accepted it.", {"reason": "Say how."})
        if not name.strip():
            raise IntakeError("Write your name.", {"name": "Write your name."})
        late = is_late(row.valid_until, at)
        state = step_quote(QuoteState(row.state), QuoteStep.ACCEPT, late=late, by_staff=by_staff)
        who, why = name.strip()[:200], reason.strip()[:1000]
        decided = {"decided_at": at, "decided_by": who, "decided_via": via[:10], "reason": why}
        if not _set(row, state, **decided):
            raise IllegalMove("Somebody else has just decided this.")
        _changed(uow, row, order, state, actor, at)
        go_on(shop, order, WAITS, at)
        fresh = QuoteRow.get_by_id(row.id)
        settings = billing_settings(shop)
        invoice: InvoiceRow | None = None
        if row.deposit:
            invoice = invoicing.issue_deposit(shop, uow, fresh, actor=SYSTEM, at=at)
        elif settings.seller.invoice_at is InvoiceMoment.ACCEPTED:
            invoice = invoicing.issue_rest(shop, uow, fresh, actor=SYSTEM, at=at)
        if invoice is not None:
            _rest(shop, order, WAITS_FOR_MONEY, SYSTEM, at)
        return view_of(InvoiceView, invoice) if invoice is not None else None


def _due_now(row: QuoteRow) -> InvoiceView | None:
    """The invoice that an accepted quote asks to be paid first, while it is open."""
    mine = (InvoiceRow.quote == row.id) & (InvoiceRow.kind != DocumentKind.CREDIT.value)
    still_open = InvoiceRow.settled < InvoiceRow.gross
    found: InvoiceRow | None = InvoiceRow.select().where(mine & still_open).order_by(InvoiceRow.id).first()
    return view_of(InvoiceView, found) if found is not None else None


def answer(
    shop: Shop, code: str, version: int, step: QuoteStep, reason: str, *, via: str, actor: Actor, at: datetime
) -> None:
    """The customer declines, or asks for changes, with a reason; the order goes on resting until staff act.

    Raises AccessError, IllegalMove, IntakeError without a reason for changes.
    """
    if step is QuoteStep.REQUEST_CHANGES and not reason.strip():
        raise IntakeError("Say what should be different.", {"reason": "Say what should be different."})
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        row = _of(order, version)
        state = step_quote(QuoteState(row.state), step)
        who, why = actor.name[:200], reason.strip()[:1000]
        decided = {"decided_at": at, "decided_by": who, "decided_via": via[:10], "reason": why}
        if not _set(row, state, **decided):
            raise IllegalMove("Somebody else has just decided this.")
        _changed(uow, row, order, state, actor, at)


def withdraw(shop: Shop, code: str, version: int, *, actor: Actor, at: datetime) -> None:
    """Staff take a quote back; the order goes on as if there were none."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        row = _of(order, version)
        state = step_quote(QuoteState(row.state), QuoteStep.WITHDRAW)
        if _set(row, state, decided_at=at, decided_by=actor.name[:200]):
            go_on(shop, order, WAITS, at)
            _changed(uow, row, order, state, actor, at)


def expire(shop: Shop, *, at: datetime) -> int:
    """Close the quotes whose validity is over; how many."""
    states = [state.value for state in OPEN]
    rows = list(QuoteRow.select().where(QuoteRow.state.in_(states), QuoteRow.valid_until < at))
    for row in rows:
        with unit_of_work() as uow:
            if _set(row, QuoteState.EXPIRED, decided_at=at):
                _changed(uow, row, row.order, QuoteState.EXPIRED, SYSTEM, at)
    return len(rows)
