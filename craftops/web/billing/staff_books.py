"""The books for the owner to take away: tables, the tax adviser's file, plain-text ledgers, the folder for an audit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from craftops.domain.billing.datev import SKR03, SKR04, DatevBatch, datev_batch
from craftops.domain.billing.journal import DOCUMENTS, EntryKind, JournalEntry
from craftops.domain.billing.money import Money
from craftops.domain.billing.plain_text_books import beancount_journal, hledger_journal, journal_csv
from craftops.domain.people.audit import Deed
from craftops.errors import IntakeError
from craftops.services.billing import books as service
from craftops.services.billing.audit_folder import audit_folder
from craftops.services.billing.books import Days
from craftops.services.billing.settings import billing_settings
from craftops.store.auditing import note
from craftops.web.billing.days import days_of, read_days
from craftops.web.billing.present import money
from craftops.web.billing.views_books import BooksFile, BooksPage
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight

CHARTS = {"03": SKR03, "04": SKR04}


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/money/books", view_func=books)
    blueprint.add_url_rule("/money/books/journal.csv", view_func=books_csv)
    blueprint.add_url_rule("/money/books/journal.hledger", view_func=books_hledger)
    blueprint.add_url_rule("/money/books/journal.beancount", view_func=books_beancount)
    blueprint.add_url_rule("/money/books/datev.csv", view_func=books_datev)
    blueprint.add_url_rule("/money/books/audit.zip", view_func=books_audit)


def books() -> str:
    """What there is to take away for some days."""
    days, fault = read_days(request.args, sight())
    entries = service.journal(current_shop(), days, actor=actor(), profile=sight().profile)
    currency = billing_settings(current_shop()).prices.currency
    ours = [one for one in entries if one.currency == currency]
    documents = [one for one in entries if one.kind in DOCUMENTS]
    return render_template(
        "staff/books.html",
        page=BooksPage(
            since=days.first.isoformat(),
            until=days.last.isoformat(),
            error=fault,
            spans=_spans(days.last),
            files=_files(days),
            documents=len(documents),
            payments=len(entries) - len(documents),
            billed=money(Money(_sum(ours, EntryKind.INVOICE) - _sum(ours, EntryKind.CREDIT_NOTE), currency)),
            received=money(Money(_sum(ours, EntryKind.PAYMENT) - _sum(ours, EntryKind.REFUND), currency)),
        ),
    )


def _sum(entries: list[JournalEntry], kind: EntryKind) -> int:
    return sum(one.total for one in entries if one.kind is kind)


def _spans(until: date) -> tuple[tuple[str, str], ...]:
    """Last month, this year, last year, as seen from the day."""
    month = until.replace(day=1) - timedelta(days=1)
    spans = (
        (_("The month before"), month.replace(day=1), month),
        (_("This year"), until.replace(month=1, day=1), until),
        (_("The year before"), date(until.year - 1, 1, 1), date(until.year - 1, 12, 31)),
    )
    return tuple(
        (name, url_for("staff.books", since=since.isoformat(), until=last.isoformat())) for name, since, last in spans
    )


def _files(days: Days) -> tuple[BooksFile, ...]:
    asked: dict[str, Any] = {"since": days.first.isoformat(), "until": days.last.isoformat()}
    seller = billing_settings(current_shop()).seller
    told = seller.datev_adviser and seller.datev_client
    return (
        BooksFile(
            _("Folder for an audit (ZIP)"),
            _("Every e-invoice as it was issued (XML), its PDF, receipts, tables with their description (GoBD)."),
            "file", url_for("staff.books_audit", **asked),
        ),
        BooksFile(
            _("DATEV (EXTF)"), _("For a German tax adviser: a batch of bookings."), "receipt",
            url_for("staff.books_datev", **asked) if told else "",
            "" if told else _("The numbers of your adviser are missing."),
        ),
        BooksFile(_("Invoices (CSV)"), _("A row for each, for a spreadsheet."), "receipt",
                  url_for("staff.invoices_csv", **asked)),
        BooksFile(_("Journal (CSV)"), _("Double entry, a row for each side."), "cash",
                  url_for("staff.books_csv", **asked)),
        BooksFile(_("Journal (hledger)"), _("Plain text; “hledger check --strict” accepts it."), "cash",
                  url_for("staff.books_hledger", **asked)),
        BooksFile(_("Journal (beancount)"), _("Plain text; “bean-check” accepts it."), "cash",
                  url_for("staff.books_beancount", **asked)),
    )  # fmt: skip


def _entries() -> tuple[Days, list[JournalEntry]]:
    days = days_of(request.args, sight())
    return days, service.journal(current_shop(), days, actor=actor(), profile=sight().profile)


def _download(content: str | bytes, name: str, mimetype: str) -> Response:
    note(Deed.EXPORTED, actor=actor(), at=sight().now, subject=name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, mimetype=mimetype, headers=headers)


def books_csv() -> Response:
    """Both sides of every booking; no cell is taken for a formula."""
    days, entries = _entries()
    return _download(journal_csv(entries), f"journal-{days.first}-{days.last}.csv", "text/csv")


def books_hledger() -> Response:
    """For hledger and ledger."""
    days, entries = _entries()
    return _download(hledger_journal(entries), f"journal-{days.first}-{days.last}.hledger", "text/plain")


def books_beancount() -> Response:
    """For beancount."""
    days, entries = _entries()
    return _download(beancount_journal(entries), f"journal-{days.first}-{days.last}.beancount", "text/plain")


def books_datev() -> Response:
    """For a tax adviser with DATEV; days of one fiscal year."""
    days, entries = _entries()
    seller = billing_settings(current_shop()).seller
    if not (seller.datev_adviser and seller.datev_client):
        raise IntakeError(_("The numbers of your adviser are missing. Tell them under Prices, tax and terms."))
    fiscal = days.first.replace(month=seller.fiscal_month, day=1)
    if fiscal > days.first:
        fiscal = fiscal.replace(year=fiscal.year - 1)
    batch = DatevBatch(
        seller.datev_adviser, seller.datev_client, fiscal, days.first, days.last, sight().now,
        chart=CHARTS[seller.datev_chart],
    )  # fmt: skip
    name = f"EXTF_Buchungsstapel_{days.first:%Y%m%d}_{days.last:%Y%m%d}.csv"
    return _download(datev_batch(entries, batch), name, "text/csv; charset=windows-1252")


def books_audit() -> Response:
    """The folder for an audit."""
    days = days_of(request.args, sight())
    pieces = audit_folder(current_shop(), days, actor=actor(), at=sight().now)
    name = f"books-{days.first}-{days.last}.zip"
    note(Deed.EXPORTED, actor=actor(), at=sight().now, subject=name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(pieces, mimetype="application/zip", headers=headers)
