"""Payments: opened at a provider, looked at, settled; booked by staff where a person took the money.

What a provider is asked stands in a row first. The browser that comes back and the webhook only say that a look is due;
``apply`` is the one place where money becomes ours, and however often and in whatever order it is told, it is so once.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from craftops.domain.billing.money import Money
from craftops.domain.billing.payments import (
    PAYABLE,
    InvoiceShare,
    OpenInvoice,
    PaymentStatus,
    after_look,
    share_payment,
)
from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import AccessError, CraftOpsError, IntakeError, OutsideError, RuleError, Unsure
from craftops.sdk.payment import (
    CounterProvider,
    OnlineProvider,
    PaymentProvider,
    PaymentRequest,
    ProviderPayment,
    TransferProvider,
)
from craftops.services.billing import invoicing, quoting, refunding
from craftops.services.billing.settings import billing_settings
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import InvoiceRow, PaymentRow, PaymentTargetRow
from craftops.store.queries import billing
from craftops.store.viewing import view_of
from craftops.store.views.billing import Identified, PaymentView
from craftops.store.views.people import Account

OPEN_FOR = timedelta(hours=23)
"""How long a place to pay stays open."""


class OwedInvoice(Protocol):
    """An invoice as far as what is left on it goes, in minor units."""

    @property
    def kind(self) -> str: ...
    @property
    def gross(self) -> int: ...
    @property
    def settled(self) -> int: ...
    @property
    def due_at(self) -> datetime | None: ...


class AskedPayment(Protocol):
    """A payment as far as its provider is asked about it."""

    @property
    def id(self) -> int: ...
    @property
    def provider(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def intent(self) -> str: ...
    @property
    def ref(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...


def left_on(invoice: OwedInvoice) -> int:
    """What is left to pay, in minor units."""
    if invoice.kind == invoicing.CREDIT.value:
        return 0
    return int(invoice.gross - invoice.settled)


def provider_of(shop: Shop, name: str) -> PaymentProvider:
    """A way to be paid that is ready. Raises AccessError."""
    found = shop.plugins.payment_providers.get(name)
    if found is None or not found.ready:
        raise AccessError
    return found


def online_provider(shop: Shop, name: str) -> OnlineProvider:
    """One with a site of its own. Raises AccessError."""
    found = provider_of(shop, name)
    if not isinstance(found, OnlineProvider):
        raise AccessError
    return found


def pay(
    shop: Shop, invoices: Sequence[Identified], provider_name: str, *, amount: int | None, return_url: str,
    cancel_url: str, at: datetime, payer: Account | None = None,
) -> PaymentView:  # fmt: skip
    """Open a place to pay for invoices of one customer or one company, all of what is left or ``amount`` of it.

    ``payer`` is who pays where that is a colleague of who ordered; their name stands with the payment.

    A place that is open for any of them already is closed before: there is one open way to pay. Raises RuleError,
    IntakeError, OutsideError with a sentence for the payer; ``Unsure`` means that nobody knows yet.
    """
    provider = online_provider(shop, provider_name)
    if not invoices:
        raise RuleError("There is nothing to pay.")
    for row in open_payments(invoices):
        close(shop, row, at=at)
    with unit_of_work():
        fresh = invoicing.locked(one.id for one in invoices)
        shares = _shares(fresh, amount)
        if open_payments(fresh):
            raise RuleError("This is being paid in another window.", "Go on there, or try again in a minute.")
        total = Money(sum(share.amount for share in shares), fresh[0].currency)
        if why := provider.why_not(total):
            raise RuleError(why)
        row = PaymentRow.create(
            customer=fresh[0].customer_id, provider=provider.name, state=PaymentStatus.OPENING.value,
            intent=f"pay-{secrets.token_hex(16)}", currency=total.currency, amount=total.minor, created_at=at,
            by_name=payer.name[:200] if payer is not None and payer.id != fresh[0].customer_id else "",
        )  # fmt: skip
        for share in shares:
            PaymentTargetRow.create(payment=row, invoice=share.invoice, amount=share.amount)
    title = ", ".join(one.number for one in fresh)[:120]
    customer: Account = payer or fresh[0].customer
    request = PaymentRequest(
        row.intent, total, title, fresh[0].reference, return_url, cancel_url, customer.email, customer.language,
        at + OPEN_FOR,
    )  # fmt: skip
    _open(row, provider, request)
    return view_of(PaymentView, PaymentRow.get_by_id(row.id))


def _shares(invoices: Sequence[InvoiceRow], amount: int | None) -> list[InvoiceShare]:
    if len({(_debtor(one), one.currency) for one in invoices}) != 1:
        raise RuleError("These invoices cannot be paid together.", "Pay those of one company, or your own, at once.")
    whole = sum(left_on(one) for one in invoices)
    if whole <= 0:
        raise RuleError("This is paid already.")
    if amount is not None and not 0 < amount <= whole:
        raise IntakeError("That is not a part of what is left to pay.", {"amount": "Pay what is left, or less."})
    rest, shares = amount if amount is not None else whole, []
    for one in invoices:
        part = min(rest, left_on(one))
        if part > 0:
            shares.append(InvoiceShare(one.id, part))
            rest -= part
    return shares


def _debtor(invoice: InvoiceRow) -> tuple[str, int]:
    """Who owes it: the company that it was ordered for, else the customer."""
    company = invoice.order.company_id if invoice.order is not None else None
    return ("company", company) if company is not None else ("customer", invoice.customer_id)


def _open(row: PaymentRow, provider: OnlineProvider, request: PaymentRequest) -> None:
    try:
        opened = provider.open(request)
    except Unsure:
        _mark(row, PaymentStatus.UNKNOWN, "The provider has not answered yet.")
        raise
    except OutsideError as error:
        _mark(row, PaymentStatus.FAILED, error.sentence)
        raise
    except BaseException:
        _mark(row, PaymentStatus.UNKNOWN, "The provider has not answered yet.")
        raise
    still = (PaymentRow.id == row.id) & (PaymentRow.state == PaymentStatus.OPENING.value)
    with unit_of_work():
        PaymentRow.update(ref=opened.ref, url=opened.url).where(PaymentRow.id == row.id).execute()
        PaymentRow.update(state=PaymentStatus.OPEN.value).where(still).execute()
    if not opened.url:
        raise RuleError("Nobody can pay there any more.", "Try again.")


def _mark(row: PaymentRow, state: PaymentStatus, reason: str) -> None:
    with unit_of_work():
        PaymentRow.update(state=state.value, reason=reason[:500]).where(
            PaymentRow.id == row.id, PaymentRow.state == PaymentStatus.OPENING.value
        ).execute()


def open_payments(invoices: Iterable[Identified]) -> list[PaymentRow]:
    """Payments that somebody may still make for any of these invoices."""
    return billing.open_payments((one.id for one in invoices), PAYABLE)


def told_of(shop: Shop, row: AskedPayment) -> ProviderPayment | None:
    """What the provider says of a payment; None where it provably has none. Raises OutsideError."""
    provider = online_provider(shop, row.provider)
    if row.ref:
        return provider.look(row.ref)
    return provider.find(row.intent, row.created_at - timedelta(minutes=5))


def look(shop: Shop, row: AskedPayment, *, at: datetime) -> PaymentView:
    """Ask the provider and believe it: the payment as it is now. Raises AccessError where its way is not ready,
    OutsideError."""
    provider = shop.plugins.payment_providers.get(row.provider)
    if provider is not None and not isinstance(provider, CounterProvider):
        told = told_of(shop, row)
        if told is not None:
            apply(shop, row.id, told, at=at)
        elif at - row.created_at > timedelta(minutes=2):
            _lose(row)
    return view_of(PaymentView, PaymentRow.get_by_id(row.id))


def _lose(row: AskedPayment) -> None:
    """The provider provably never got it."""
    with unit_of_work():
        PaymentRow.update(state=PaymentStatus.FAILED.value, reason="It never reached the provider.").where(
            PaymentRow.id == row.id, PaymentRow.state.in_([PaymentStatus.OPENING.value, PaymentStatus.UNKNOWN.value])
        ).execute()


def close(shop: Shop, row: AskedPayment, *, at: datetime) -> None:
    """Let nobody pay there any more; money that was faster is taken. Raises OutsideError when nobody can say."""
    if not row.ref:
        row = look(shop, row, at=at)
        if PaymentStatus(row.state) not in PAYABLE:
            return
        if not row.ref:
            raise Unsure("We are still asking whether the last try was made. Wait a minute.")
    apply(shop, row.id, online_provider(shop, row.provider).close(row.ref), at=at)


def apply(shop: Shop, payment_id: int, told: ProviderPayment, *, at: datetime) -> None:
    """Bring our books to what the provider says of a payment, in one transaction. Told again, nothing happens."""
    with unit_of_work() as uow:
        row = refunding.locked(payment_id)
        state = after_look(PaymentStatus(row.state), PaymentStatus(told.state.value))
        values: dict[str, object] = {"looked_at": at, "ref": row.ref or told.ref}
        if told.charge:
            values |= {"charge": told.charge, "method": told.method[:100]}
        came = state is PaymentStatus.SUCCEEDED and row.state != PaymentStatus.SUCCEEDED.value
        if state.value != row.state:
            values |= {"state": state.value, "reason": told.reason[:500]}
        PaymentRow.update(**values).where(PaymentRow.id == row.id).execute()
        if came:
            if told.received.currency != row.currency:
                raise CraftOpsError(f"The provider took {told.received.currency} for a payment in {row.currency}.")
            receive(shop, uow, row, told.received.minor, at=at)
        elif state.value != row.state:
            _record(uow, row, state, at)
        if state is PaymentStatus.SUCCEEDED:
            refunding.apply_all(uow, PaymentRow.get_by_id(row.id), told, at=at)


def receive(shop: Shop, uow: UnitOfWork, row: PaymentRow, amount: int, *, at: datetime, actor: Actor = SYSTEM) -> None:
    """Money is here: it covers what it was meant for, has a receipt, and work that waited for it goes on."""
    targets = list(PaymentTargetRow.select().where(PaymentTargetRow.payment == row.id).order_by(PaymentTargetRow.id))
    meant = tuple(InvoiceShare(one.invoice_id, one.amount) for one in targets)
    invoices = {one.id: one for one in invoicing.locked(share.invoice for share in meant)}
    open_ones = tuple(OpenInvoice(one.id, left_on(one)) for one in invoices.values())
    shares = share_payment(amount, meant, open_ones)
    for share in shares:
        invoicing.settle(invoices[share.invoice], share.amount, at, payment=row, by=actor.name)
    receipt = invoicing.next_number("Q", invoicing.today(shop, at).year)
    PaymentRow.update(
        received=amount, received_at=at, surplus=amount - sum(one.amount for one in shares), receipt=receipt
    ).where(PaymentRow.id == row.id).execute()
    for invoice in invoices.values():
        _paid(shop, uow, InvoiceRow.get_by_id(invoice.id), row, at)
    _record(uow, row, PaymentStatus.SUCCEEDED, at)
    uow.enqueue("print_receipt", {"payment": row.id}, at=at, dedupe=f"print-receipt:{row.id}")


def _paid(shop: Shop, uow: UnitOfWork, invoice: InvoiceRow, by: PaymentRow, at: datetime) -> None:
    """What follows from an invoice that is covered: no other way to pay stays open, and the order goes on."""
    if left_on(invoice) > 0:
        return
    for other in open_payments([invoice]):
        if other.id != by.id:
            uow.enqueue("close_payment", {"payment": other.id}, at=at, dedupe=f"close-payment:{other.id}")
    if invoice.order is not None:
        quoting.go_on(shop, invoice.order, quoting.WAITS_FOR_MONEY, at)


def _record(uow: UnitOfWork, row: PaymentRow, state: PaymentStatus, at: datetime) -> None:
    """One event for each order that it is about, told to who ordered, or one without an order."""
    about = {(one.order_id, one.customer_id) for one in billing.of_payment(row.id) if one.order_id}
    data = {"payment": row.id, "state": state.value}
    for order_id, customer_id in sorted(about) or [(None, row.customer_id)]:
        uow.record(Event(EventKind.PAYMENT_CHANGED, at, SYSTEM, order_id, customer_id, data=data))


def book(
    shop: Shop, invoices: Sequence[Identified], provider_name: str, kind: str, *, amount: int, note: str, once: str,
    actor: Actor, at: datetime,
) -> PaymentView:  # fmt: skip
    """Staff say that money is here: taken at the counter or seen on the account. The same ``once`` books once.

    What is above the invoices is the customer's credit. Raises AccessError, RuleError, IntakeError.
    """
    actor.must_be_staff()
    provider = provider_of(shop, provider_name)
    if isinstance(provider, OnlineProvider):
        raise RuleError("Payments of this kind are told by the provider itself.")
    method = provider.title
    if isinstance(provider, CounterProvider):
        kinds = provider.kinds(billing_settings(shop).seller.country)
        if kind not in kinds:
            raise IntakeError("Choose how it was paid.", {"kind": "Choose how it was paid."})
        method = kinds[kind]
    if amount <= 0:
        raise IntakeError("Write the amount that is here.", {"amount": "Write the amount that is here."})
    with unit_of_work() as uow:
        fresh = invoicing.locked(one.id for one in invoices)
        intent = f"book-{once[:48]}"
        known: PaymentRow | None = PaymentRow.get_or_none(PaymentRow.intent == intent)
        if known is not None:
            return view_of(PaymentView, known)
        shares = _shares(fresh, min(amount, sum(left_on(one) for one in fresh)))
        row = PaymentRow(
            customer=fresh[0].customer_id, provider=provider.name, intent=intent, currency=fresh[0].currency,
            amount=amount, method=method[:100], note=note.strip()[:200],
        )  # fmt: skip
        return view_of(PaymentView, _take_in(shop, uow, row, shares, actor, at))


def _take_in(
    shop: Shop, uow: UnitOfWork, row: PaymentRow, shares: Sequence[InvoiceShare], actor: Actor, at: datetime
) -> PaymentRow:
    """Write money down that is here already, with what it is for."""
    row.state, row.created_at, row.by_name = PaymentStatus.SUCCEEDED.value, at, actor.name[:200]
    row.save(force_insert=True)
    for share in shares:
        PaymentTargetRow.create(payment=row, invoice=share.invoice, amount=share.amount)
    receive(shop, uow, row, row.amount, at=at, actor=actor)
    booked: PaymentRow = PaymentRow.get_by_id(row.id)
    return booked


def book_transfer(
    shop: Shop, uow: UnitOfWork, customer_id: int, shares: Sequence[InvoiceShare], amount: Money, *, key: str,
    note: str, actor: Actor, at: datetime,
) -> PaymentRow:  # fmt: skip
    """A transfer is on the account: it covers its shares, and what is above them is the customer's credit. Call it in a
    transaction; the same ``key`` books once."""
    intent = f"bank-{key[:59]}"
    known: PaymentRow | None = PaymentRow.get_or_none(PaymentRow.intent == intent)
    if known is not None:
        return known
    provider = next((one for one in shop.plugins.payment_providers.values() if isinstance(one, TransferProvider)), None)
    row = PaymentRow(
        customer=customer_id, provider=provider.name if provider else "transfer", intent=intent,
        currency=amount.currency, amount=amount.minor, method=provider.title if provider else "Bank transfer",
        note=note[:200],
    )  # fmt: skip
    return _take_in(shop, uow, row, shares, actor, at)
