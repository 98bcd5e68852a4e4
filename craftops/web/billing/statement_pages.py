"""Statements of account: a customer's own, and any for staff; on a page and as PDF."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, render_template, request, url_for

from craftops.domain.billing.account_statements import AccountStatement
from craftops.domain.billing.money import Money
from craftops.domain.people.access import Role
from craftops.errors import AccessError
from craftops.services.billing import account_statements
from craftops.store.queries import people
from craftops.store.together import together
from craftops.store.views.people import PersonView
from craftops.web.billing.days import days_of, read_days
from craftops.web.billing.present import money
from craftops.web.billing.present_papers import day_text
from craftops.web.billing.views_books import StatementLine, StatementPage
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import account, current_shop, sight


def add_to_portal(blueprint: Blueprint) -> None:
    """Register the customer's routes."""
    blueprint.add_url_rule("/invoices/statement", view_func=my_statement)
    blueprint.add_url_rule("/invoices/statement.pdf", view_func=my_statement_pdf)


def add_to_staff(blueprint: Blueprint) -> None:
    """Register the staff's routes."""
    blueprint.add_url_rule("/customers/<int:customer_id>/statement", view_func=customer_statement)
    blueprint.add_url_rule("/customers/<int:customer_id>/statement.pdf", view_func=customer_statement_pdf)


def _me() -> PersonView:
    if account().role != Role.CUSTOMER.value:
        raise AccessError
    return account()


def _customer(customer_id: int) -> PersonView:
    found = people.customer(customer_id)
    if found is None:
        abort(404)
    return found


def my_statement() -> str:
    """What was billed, paid and is open, as the customer asks for it."""
    page = _page(_me(), lambda **days: url_for("portal.my_statement_pdf", **days), url_for("portal.invoices"))
    return render_template("portal/statement.html", page=page)


def my_statement_pdf() -> Response:
    """The same on paper."""
    return _pdf(_me())


def customer_statement(customer_id: int) -> str:
    """A customer's statement, for staff."""
    person = _customer(customer_id)
    page = _page(
        person,
        lambda **days: url_for("staff.customer_statement_pdf", customer_id=customer_id, **days),
        url_for("staff.customer", account_id=customer_id),
    )
    return render_template("staff/statement.html", page=page)


def customer_statement_pdf(customer_id: int) -> Response:
    """The same on paper."""
    return _pdf(_customer(customer_id))


def _page(person: PersonView, pdf: Callable[..., str], back: str) -> StatementPage:
    with together("statement", now=sight().now, customer=person.id):
        days, fault = read_days(request.args, sight())
        found = account_statements.statement_of(current_shop(), person, days.first, days.last, at=sight().now)
    since, until = days.first.isoformat(), days.last.isoformat()
    return StatementPage(
        customer=found.buyer.name,
        since=since,
        until=until,
        error=fault,
        since_words=day_text(days.first),
        until_words=day_text(days.last),
        opening=_money(found.opening, found),
        closing=_money(abs(found.closing), found),
        in_credit=found.closing < 0,
        lines=_lines(found),
        action=request.path,
        pdf_url=pdf(since=since, until=until),
        back_url=back,
    )


def _lines(found: AccountStatement) -> tuple[StatementLine, ...]:
    lines, left = [], found.opening
    for one in found.entries:
        left += one.amount
        amount = _money(abs(one.amount), found)
        due = _("due %(day)s", day=day_text(one.due_on)) if one.due_on is not None and one.amount > 0 else ""
        billed, settled = (amount, "") if one.amount > 0 else ("", amount)
        what = f"{one.title} {one.number}"
        lines.append(StatementLine(day_text(one.day), what, due, billed, settled, _money(left, found)))
    return tuple(lines)


def _money(minor: int, found: AccountStatement) -> str:
    return money(Money(minor, found.currency))


def _pdf(person: PersonView) -> Response:
    shop = current_shop()
    with together("statement on paper", now=sight().now, customer=person.id):
        days = days_of(request.args, sight())
        found = account_statements.statement_of(shop, person, days.first, days.last, at=sight().now)
    name = f"statement-{days.first}-{days.last}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(account_statements.statement_pdf(shop, found), mimetype="application/pdf", headers=headers)
