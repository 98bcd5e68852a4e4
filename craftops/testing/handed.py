"""What plugins are handed, made up: an order, a report's span, a file that wants to come, an event, a page's request.

Each function gives one true value; what a test is about is named, everything else is as in an ordinary shop on an
ordinary day::

    card, = plugin.portal_order_panels(fake_order(stage=Stage.IN_PRODUCTION))
    assert plugin.refuse_upload(fake_upload(size=10**9)) == "Please keep files below 500 MB."
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from craftops.domain.billing.costing import Copy, Rates
from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import LineWork, PriceList
from craftops.domain.estimation.estimate import Cause, Window
from craftops.domain.files.designs import Analysis, MeshFacts, Verdict
from craftops.domain.messages.thread import Side, Via
from craftops.domain.orders.order import Delivery, OrderLine, Specification
from craftops.domain.orders.workflow import MoveKind, Stage
from craftops.domain.people.access import SYSTEM, Actor, ActorKind
from craftops.domain.production.jobs import JobState
from craftops.sdk.announcements import (
    Announcement,
    DesignAnalysed,
    EstimateChanged,
    JobFinished,
    OrderPlaced,
    OrderStageChanged,
    OrderTold,
    PostedMessage,
)
from craftops.sdk.invoices import InvoicePapers
from craftops.sdk.pages import PageRequest
from craftops.sdk.parts import LineShown, OrderShown
from craftops.sdk.reports import FinishedJob, FinishedOrder, IssuedInvoice, ReportData
from craftops.sdk.rules import LineAsked, MoveAsked, OrderAsked, UploadAsked

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""Now, in all that is made up here: a Monday at noon."""
DAY = AT.date()
CODE = "K7RCX3"
ADA = Actor(ActorKind.CUSTOMER, 3, "Ada", customer_id=3)
SAM = Actor(ActorKind.STAFF, 2, "Sam")
OLGA = Actor(ActorKind.OWNER, 1, "Olga")
WANTED = Specification("pla", "Black", "as_made")
WINDOW = Window(AT + timedelta(2), AT + timedelta(3))

ORDER_TOLD = OrderTold(CODE, "bracket", Stage.IN_PRODUCTION, "Ada", "")
TOLD: Mapping[str, Announcement] = MappingProxyType({
    "order_placed": OrderPlaced(1, AT, ADA, ORDER_TOLD),
    "order_stage_changed": OrderStageChanged(
        1, AT, SAM, ORDER_TOLD, Stage.IN_PRODUCTION, Stage.READY_FOR_PICKUP, MoveKind.FORWARD, ""
    ),
    "design_analysed": DesignAnalysed(1, AT, ADA, ORDER_TOLD, "bracket.stl", "stl", "Ada", Verdict.ACCEPTED),
    "job_finished": JobFinished(
        1, AT, SAM, ORDER_TOLD, f"{CODE}-1", "printer-1", JobState.DONE, 3600.0, 3660.0, None, None
    ),
    "estimate_changed": EstimateChanged(1, AT, SYSTEM, ORDER_TOLD, WINDOW, WINDOW, Cause.QUEUE_CHANGED),
    "message_posted": PostedMessage(1, AT, ADA, ORDER_TOLD, Side.CUSTOMER, Via.PORTAL, "Ada", "Is it ready?"),
})  # fmt: skip
"""Hook of what happened -> what it is told."""


def fake_analysis(**other: Any) -> Analysis:
    """What was measured of a cube of 20 mm."""
    facts = MeshFacts(12, 1, (20.0, 20.0, 20.0), 2400.0, 8000.0, True)
    return replace(Analysis(Verdict.ACCEPTED, "good", "Looks good: a closed shape that can be made.", facts), **other)


def fake_line(**other: Any) -> LineShown:
    """One line of an order whose page is open: a printed bracket."""
    return replace(LineShown("bracket", 1, WANTED, "fdm", fake_analysis()), **other)


def fake_order(**other: Any) -> OrderShown:
    """The order whose page is open: Ada's, of one line, in production."""
    lines = (fake_line(),)
    order = OrderShown(CODE, "bracket", Stage.IN_PRODUCTION, "Ada", "", Delivery.PICKUP, lines, AT - timedelta(1), AT)
    return replace(order, **other)


def fake_finished_order(**other: Any) -> FinishedOrder:
    """Ada's, in time."""
    order = FinishedOrder(CODE, "bracket", "Ada", "", 1, AT - timedelta(3), AT, AT, AT, cancelled=False)
    return replace(order, **other)


def fake_finished_job(**other: Any) -> FinishedJob:
    """One copy, good, a minute slower than planned."""
    job = FinishedJob(f"{CODE}-1", CODE, "Printer-1", "fdm", "pla", 1, 1, "done", 3600.0, 3660.0, AT)
    return replace(job, **other)


def fake_issued_invoice(**other: Any) -> IssuedInvoice:
    """Of 119 euros, for the same order."""
    return replace(IssuedInvoice("2026-0001", CODE, "Ada", Money(11_900, "EUR"), AT), **other)


def fake_report_data(**other: Any) -> ReportData:
    """A month of a small shop: one order in time and one cancelled, a good job, a failed one and one that was called
    off, an invoice and the credit note of it."""
    gone = fake_finished_order(
        code="K7RCX4", title="Bowl", customer="Bob", company="Acme", promised_until=None, ready_at=None, cancelled=True
    )
    jobs = (
        fake_finished_job(copies=2, copies_good=2),
        fake_finished_job(code=f"{CODE}-2", copies=2, copies_good=0, state="failed", took_s=None),
        fake_finished_job(code=f"{CODE}-3", copies_good=0, state="cancelled", took_s=5.0),
    )
    invoices = (fake_issued_invoice(), fake_issued_invoice(number="2026-0002", gross=Money(-11_900, "EUR")))
    data = ReportData(
        date(2026, 11, 1), date(2026, 11, 30), "Europe/Berlin", (fake_finished_order(), gone), jobs, invoices
    )
    return replace(data, **other)


def fake_upload(**other: Any) -> UploadAsked:
    """Ada wants to send a small file in the browser."""
    return replace(UploadAsked("bracket.stl", "stl", 684, "portal", "ada@example.org", AT), **other)


def fake_line_asked(**other: Any) -> LineAsked:
    """One copy of a bracket, measured."""
    return replace(LineAsked("bracket", 1, WANTED, "stl", fake_analysis()), **other)


def fake_order_asked(**other: Any) -> OrderAsked:
    """Ada is about to place an order of one line."""
    lines = (fake_line_asked(),)
    return replace(OrderAsked(ADA, "Ada", "ada@example.org", "", lines, Delivery.PICKUP, None, AT), **other)


def fake_move(before: Stage = Stage.RECEIVED, after: Stage = Stage.IN_REVIEW, **other: Any) -> MoveAsked:
    """Sam wants to move Ada's order by hand."""
    return replace(MoveAsked(CODE, "bracket", "Ada", "", "", before, after, SAM, "Ada", AT), **other)


def fake_work(copies: int = 1, **other: Any) -> LineWork:
    """A line as it will be made: a printed cube, an hour each."""
    copy = Copy(
        process="fdm", material="pla", density=1.24, seconds=3600.0, volume_mm3=8000.0, size_mm=(20.0, 20.0, 20.0)
    )
    return replace(LineWork(copy, copies), **other)


def fake_prices(**other: Any) -> PriceList:
    """A shop that asks four euros for an hour of printing and 24 for a kilogram, and nothing besides."""
    return replace(PriceList(rates=Rates("EUR", {"fdm": 400}, {"pla": 2400}, {})), **other)


def fake_order_told(**other: Any) -> OrderTold:
    """The order that something has happened to: Ada's, in production."""
    return replace(ORDER_TOLD, **other)


def fake_event(hook: str, **other: Any) -> Any:
    """What happened, as the hook of that name is told it (``craftops.sdk.announcements``): Ada's order, in production."""
    return replace(TOLD[hook], **other)


def fake_request(form: Mapping[str, str] | None = None, **other: Any) -> PageRequest:
    """Sam opens a page of the plugin's own; with a ``form``, even an empty one, they send it."""
    return replace(PageRequest("GET" if form is None else "POST", {}, dict(form or {}), SAM, AT), **other)


def fake_invoice_papers(**other: Any) -> InvoicePapers:
    """An invoice of 119 euros to a company, with the beginnings of its two files."""
    papers = InvoicePapers(
        key="invoice-1-2026-0001", number="2026-0001", kind="invoice", issued_on=DAY, buyer="Acme",
        buyer_email="ada@example.org", buyer_vat_id="DE123456788", buyer_country="DE", buyer_reference="",
        order_code=CODE, gross=Money(11_900, "EUR"), pdf=b"%PDF-1.7\n", xml=b"<?xml version='1.0'?>",
    )  # fmt: skip
    return replace(papers, **other)


def fake_order_line(**other: Any) -> OrderLine:
    """The line of an order whose time is asked about."""
    return replace(OrderLine(1, 1, "bracket", 1, WANTED, 1), **other)


ARGUMENTS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "portal_order_panels": lambda: {"order": fake_order()},
    "staff_order_panels": lambda: {"order": fake_order()},
    "estimate_duration": lambda: {"line": fake_order_line(), "analysis": fake_analysis(), "process": "fdm"},
    "price_line": lambda: {"work": fake_work(), "prices": fake_prices()},
    "deliver_invoice": lambda: {"invoice": fake_invoice_papers()},
    "refuse_upload": lambda: {"upload": fake_upload()},
    "refuse_order": lambda: {"order": fake_order_asked()},
    "refuse_stage_change": lambda: {"move": fake_move()},
}


def fake_arguments(hook: str) -> dict[str, Any]:
    """All that a hook is called with, by the names of its arguments; nothing for one that has none."""
    if hook in TOLD:
        return {"event": fake_event(hook)}
    return ARGUMENTS[hook]() if hook in ARGUMENTS else {}
