"""A customer's statement of account: from the books to what is printed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from craftops.domain.billing.account_statements import AccountEntry, AccountStatement
from craftops.domain.billing.journal import EntryKind, JournalEntry
from craftops.errors import IntakeError
from craftops.services.billing import books
from craftops.services.billing.details import details_of, party_of
from craftops.services.billing.invoicing import today
from craftops.services.billing.settings import billing_settings
from craftops.services.shop.context import Shop
from craftops.store.models import InvoiceRow
from craftops.store.views.people import Account

if TYPE_CHECKING:
    from craftops.papers.words import Words

BEGINNING = date(2000, 1, 1)
BILLED = (EntryKind.INVOICE, EntryKind.REFUND)
"""What makes more open; everything else makes less."""


def statement_of(shop: Shop, account: Account, since: date, until: date, *, at: datetime) -> AccountStatement:
    """All movements of a customer from ``since`` to ``until``, in the shop's currency.

    Raises IntakeError for days that are none. What they owe in another currency stands on its invoice alone.
    """
    if not BEGINNING <= since <= until:
        raise IntakeError("The first day must not be after the last.", {"since": "Choose a day before the last one."})
    settings, profile = billing_settings(shop), shop.profile()
    currency = settings.prices.currency
    known = [one for one in books.journal_of(shop, account, books.Days(BEGINNING, until)) if one.currency == currency]
    language = account.language or profile.language
    words = _words(language, settings.seller.country)
    due = {
        row.number: row.document.get("due_on") for row in InvoiceRow.select().where(InvoiceRow.customer == account.id)
    }
    entries = tuple(_entry(one, words, due.get(one.number)) for one in known if one.on >= since)
    return AccountStatement(
        issued_on=today(shop, at),
        since=since,
        until=until,
        seller=settings.seller.party(profile.name, profile.email, profile.phone, profile.address),
        buyer=party_of(details_of(account, settings.seller.country), account),
        currency=currency,
        opening=sum(_amount(one) for one in known if one.on < since),
        entries=entries,
        language=language,
    )


def statement_pdf(shop: Shop, statement: AccountStatement) -> bytes:
    """It on paper; made anew each time, because what is open changes."""
    from craftops.papers.brand import Brand  # the typesetter is loaded with the first paper
    from craftops.papers.rendering import render

    profile = shop.profile()
    logo = shop.files.path(profile.logo_sha).read_bytes() if profile.logo_sha else b""
    return render(statement, Brand(profile.brand, logo)).pdf


def _words(language: str, country: str) -> Words:
    from craftops.papers.words import Words

    return Words.of(language, country)


def _amount(one: JournalEntry) -> int:
    return one.total if one.kind in BILLED else -one.total


def _entry(one: JournalEntry, words: Words, due: str | None) -> AccountEntry:
    titles = {
        EntryKind.INVOICE: "invoice", EntryKind.CREDIT_NOTE: "credit", EntryKind.PAYMENT: "payment",
        EntryKind.REFUND: "money_back",
    }  # fmt: skip
    title = words.say(titles[one.kind])
    if one.kind is EntryKind.PAYMENT and one.text:
        title = f"{title}, {one.text},"
    return AccountEntry(one.on, title, one.number, _amount(one), date.fromisoformat(due) if due else None)
