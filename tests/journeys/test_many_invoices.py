"""What is ready is invoiced together: one transaction, one wait for the disk, and nobody suffers for another."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from samples.pay_site import open_for_money

from craftops.domain.billing.documents import Document
from craftops.domain.billing.judgements import BrokenRule, Judgement, JudgementState
from craftops.domain.billing.settings import InvoiceMoment
from craftops.domain.orders.workflow import Stage
from craftops.papers import rendering
from craftops.services.billing import printing, quote_drafts, quoting, ready_invoices
from craftops.services.billing.settings import billing_settings, save_settings
from craftops.services.orders import ordering
from craftops.store.database import utcnow
from craftops.store.models import EventRow, InvoiceRow, OrderRow, WorkRow
from craftops.testing import Workshop

ORDERS = 5


@pytest.fixture
def ready(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Codes of orders that are made, with a quote that was accepted and nothing invoiced."""
    monkeypatch.setattr(ready_invoices, "TOGETHER_S", 60.0)  # however slow the machine is
    open_for_money(workshop)
    shop, sam, at = workshop.shop, workshop.actor("sam"), utcnow()
    codes = []
    for _ in range(ORDERS):
        order = workshop.place("ada", quantity=10)
        workshop.run_due()
        ordering.move(shop, order.code, Stage.IN_REVIEW, actor=sam, at=at)
        draft, _prices = quote_drafts.proposed(shop, OrderRow.get_by_id(order.id))
        row = quoting.save_draft(shop, order.code, replace(draft, deposit=0), actor=sam, at=at)
        quoting.send(shop, order.code, row.version, actor=sam, at=at)
        quoting.accept(shop, order.code, row.version, name="Ada", via="phone", reason="by phone", actor=sam, at=at)
        codes.append(order.code)
    workshop.run_due()
    known = billing_settings(shop)
    seller = replace(known.seller, invoice_at=InvoiceMoment.READY)
    save_settings(shop, replace(known, seller=seller), actor=workshop.actor("olga"), at=at)
    OrderRow.update(stage=Stage.READY_FOR_PICKUP.value, stage_since=at + timedelta(minutes=1)).execute()
    return codes


def issued(workshop: Workshop) -> list[int]:
    return [int(number[-4:]) for number in ready_invoices.invoice_what_is_ready(workshop.shop, at=utcnow())]


def works(kind: str) -> list[dict[str, object]]:
    return [row.payload for row in WorkRow.select().where(WorkRow.kind == kind).order_by(WorkRow.id)]


def check_papers(workshop: Workshop) -> None:
    for row in InvoiceRow.select():
        assert workshop.shop.files.path(row.pdf_sha).read_bytes().startswith(b"%PDF")
        assert row.number.encode() in workshop.shop.files.path(row.xml_sha).read_bytes()


def test_what_is_ready_is_one_transaction_and_one_piece_of_printing(workshop: Workshop, ready: list[str]) -> None:
    assert issued(workshop) == [1, 2, 3, 4, 5]
    assert works("print_invoice") == []
    assert works("print_invoices") == [{"invoices": [row.id for row in InvoiceRow.select().order_by(InvoiceRow.id)]}]
    assert EventRow.select().where(EventRow.kind == "invoice_issued").count() == ORDERS
    workshop.run_due()
    check_papers(workshop)
    assert issued(workshop) == []


def test_one_that_breaks_a_rule_gives_its_number_back_and_stops_nobody(
    workshop: Workshop, ready: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad = Judgement(JudgementState.FINDINGS, (BrokenRule("BR-01", "There is no such thing."),))

    def judge(document: Document) -> Judgement:
        return bad if document.order_code == ready[1] else Judgement(JudgementState.CLEAN)

    monkeypatch.setattr(printing, "judge", judge)
    with caplog.at_level(logging.WARNING):
        assert issued(workshop) == [1, 2, 3, 4]
    assert f"no invoice for {ready[1]}" in caplog.text
    assert EventRow.select().where(EventRow.kind == "invoice_issued").count() == ORDERS - 1
    assert {row.order.code for row in InvoiceRow.select()} == set(ready) - {ready[1]}
    monkeypatch.setattr(printing, "judge", lambda _document: Judgement(JudgementState.CLEAN))
    assert issued(workshop) == [5], "the next look finds it"


def test_a_fault_of_ours_keeps_nobody_elses_invoice_back(
    workshop: Workshop, ready: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def judge(document: Document) -> Judgement:
        if document.order_code == ready[0]:
            raise ValueError("nobody thought of that")
        return Judgement(JudgementState.CLEAN)

    monkeypatch.setattr(printing, "judge", judge)
    assert issued(workshop) == [1, 2, 3, 4]
    assert "nobody thought of that" in caplog.text


def test_what_takes_long_lets_others_in_between(
    workshop: Workshop, ready: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready_invoices, "TOGETHER_S", -1.0)
    assert issued(workshop) == [1, 2, 3, 4, 5]
    assert len(works("print_invoices")) == ORDERS


def test_a_paper_that_fails_keeps_nobody_elses(
    workshop: Workshop, ready: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert issued(workshop) == [1, 2, 3, 4, 5]
    whole = rendering.render

    def render(what: Document, *rest: bytes) -> rendering.RenderedPaper:
        if what.order_code == ready[2]:
            raise TypeError("typst made no single file")
        return whole(what, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(rendering, "render", render)
    workshop.run_due()
    without = [row.order.code for row in InvoiceRow.select().where(InvoiceRow.pdf_sha == "")]
    assert without == [ready[2]]
    monkeypatch.setattr(rendering, "render", whole)
    printing.print_invoice(workshop.shop, InvoiceRow.get(InvoiceRow.pdf_sha == ""), at=utcnow())
    check_papers(workshop)
