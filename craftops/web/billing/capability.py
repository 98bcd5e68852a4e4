"""What money hands to the composition root."""

from __future__ import annotations

from craftops.tasks import billing as tasks
from craftops.web.billing import (
    api,
    live,
    portal,
    present_portal,
    present_staff,
    public,
    staff,
    staff_bank,
    staff_books,
    staff_invoices,
    staff_prices,
    statement_pages,
)
from craftops.web.billing.notices import NOTICES, notice_of
from craftops.web.frame.capability import Capability, HomePanel, MenuEntry, OrderPanel, Room, SettingsEntry, TodoKind
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.security import PUBLIC

BILLING = Capability(
    "billing",
    portal=(portal.add_to, statement_pages.add_to_portal),
    staff=(
        staff.add_to,
        staff_invoices.add_to,
        staff_bank.add_to,
        staff_prices.add_to,
        staff_books.add_to,
        statement_pages.add_to_staff,
    ),
    api=(api.add_to,),
    rooms=(Room(public.quote, PUBLIC), Room(public.pay, PUBLIC), Room(public.hooks, PUBLIC)),
    menu=(
        MenuEntry(
            "staff.money",
            _("Money"),
            "receipt",
            "f",
            48,
            ("staff.invoice", "staff.edit_quote", "staff.bank", "staff.books"),
        ),
    ),
    settings=(SettingsEntry("staff.prices", _("Prices, tax and terms"), "cash", 30),),
    portal_panels=(
        OrderPanel("portal/_money_cards.html", present_portal.order_cards, 2, first=True),
        OrderPanel("portal/_papers.html", present_portal.order_papers, 30),
    ),
    staff_panels=(OrderPanel("staff/_money.html", present_staff.money_panel, 12),),
    home_panels=(HomePanel("portal/_money_cards.html", present_portal.home_cards, 2),),
    todo={
        "bank": TodoKind(
            _("Transfers without a place"), "building-bank", _("Every transfer has its place."), staff_bank.todo, 62
        ),
        "quotes": TodoKind(
            _("Quotes to write again"), "file", _("No quote waits for you."), present_staff.quotes_todo, 25
        ),
        "unpaid": TodoKind(_("Unpaid and due"), "receipt", _("Nothing is overdue."), present_staff.unpaid_todo, 60),
        "cancelled_money": TodoKind(
            _("Invoices of cancelled orders"),
            "receipt",
            _("Nothing is left of cancelled orders."),
            present_staff.cancelled_todo,
            59,
        ),
        "money": TodoKind(
            _("Money to look at"), "cash", _("Every payment has its place."), present_staff.money_todo, 61
        ),
    },
    topics=live.TOPICS,
    notices=NOTICES,
    notice_of=notice_of,
    work=tasks.WORK,
    every_minute=(tasks.every_minute,),
)
