"""Ada is told a price, accepts it, pays the deposit and the rest, and has her receipts; the shop's books agree."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from samples.pay_site import PaySite, open_for_money

from craftops.domain.billing.settings import InvoiceMoment
from craftops.domain.orders.workflow import Stage
from craftops.sdk.payment import PaymentState
from craftops.services.billing import invoicing, provider_events, quoting, ready_invoices, refunding
from craftops.services.billing.settings import billing_settings, save_settings
from craftops.services.orders import ordering
from craftops.store.database import utcnow
from craftops.store.models import InvoiceRow, NoticeRow, OrderRow, PaymentRow, QuoteRow, RefundRow
from craftops.testing import Browser, Workshop

DETAILS = {
    "is_business": "0", "name": "Ada Lovelace", "address": "Lindenweg 3", "postcode": "10969", "city": "Berlin",
    "country": "DE", "vat_id": "", "contact": "", "accepted_by": "Ada Lovelace",
}  # fmt: skip


@pytest.fixture
def site(workshop: Workshop) -> PaySite:
    return open_for_money(workshop)


@pytest.fixture
def order(workshop: Workshop, site: PaySite) -> OrderRow:
    made = workshop.place("ada", quantity=10)
    workshop.run_due()
    ordering.move(workshop.shop, made.code, Stage.IN_REVIEW, actor=workshop.actor("sam"), at=utcnow())
    return made


def fresh(row: OrderRow) -> OrderRow:
    found: OrderRow = OrderRow.get_by_id(row.id)
    return found


def typed(page: str) -> dict[str, object]:
    """The form of the quote editor as a browser would send it."""
    found: dict[str, object] = {}
    keys = re.findall(r'name="line" value="([^"]+)"', page)
    found["line"] = keys
    for name, value in re.findall(r'name="([a-z_]+-[a-z0-9]+)" value="([^"]*)"', page):
        found[name] = value
    for name in ("gross", "deposit", "valid_days"):
        match = re.search(rf'name="{name}" value="([^"]*)"', page)
        found[name] = match[1] if match else ""
    return found


def write_quote(sam: Browser, order: OrderRow, **more: str) -> None:
    page = f"/staff/orders/{order.code}/quote"
    form = {**typed(sam.see(page)), "action": "send", **more}
    answer = sam.send(page, form, on=page)
    assert answer.status_code == 303, answer.get_data(as_text=True)


def link(page: str, kind: str) -> str:
    match = re.search(rf'href="(/{kind}/[0-9]+-[a-z2-7]+)"', page)
    assert match, page
    return match[1]


def tell(workshop: Workshop, ref: str, number: int = 1, signature: str = "good") -> int:
    said = orjson.dumps({"id": f"evt_{ref}_{number}", "kind": "changed", "ref": ref})
    headers = {"X-Signature": signature}
    return workshop.browser().client.post("/webhooks/pay_site", data=said, headers=headers).status_code


def test_from_price_to_receipt(workshop: Workshop, site: PaySite, order: OrderRow) -> None:
    sam, ada, anybody = workshop.browser("sam"), workshop.browser("ada"), workshop.browser()
    editor = sam.see(f"/staff/orders/{order.code}/quote")
    assert "Machine time" in editor
    assert "VAT 19 %" in editor
    write_quote(sam, order)
    quote = QuoteRow.get()
    assert (quote.state, quote.deposit) == ("sent", (quote.gross + 1) // 2)
    assert fresh(order).hold_waits_for_customer
    page = ada.see(f"/orders/{order.code}")
    assert "Your quote" in page
    address = link(page, "quote")
    assert "obligation to pay" in anybody.see(address)
    assert QuoteRow.get().state == "sent", "a program that opens links is no reader"
    sam.see(address)
    assert sam.send(f"{address}/viewed", {}, on=address).status_code == 204
    assert QuoteRow.get().state == "sent", "staff are no customer"
    assert anybody.send(f"{address}/viewed", {}, on=address).status_code == 204
    assert QuoteRow.get().state == "viewed"
    wrong = anybody.send(f"{address}/accept", {**DETAILS, "city": ""}, on=address)
    assert wrong.status_code == 422
    assert "Write the city." in wrong.get_data(as_text=True)
    done = anybody.send(f"{address}/accept", DETAILS, on=address)
    assert done.status_code == 303
    again = anybody.send(f"{address}/accept", DETAILS, on=address)
    assert again.headers["Location"] == done.headers["Location"]
    deposit = InvoiceRow.get()
    assert (deposit.kind, deposit.gross, deposit.number[-4:]) == ("deposit", quote.deposit, "0001")
    assert fresh(order).hold_reason == "We begin when the deposit is here."
    pay = done.headers["Location"]
    assert "RF" in anybody.see(pay)
    went = anybody.send(f"{pay}/pay_site", {}, on=pay)
    assert "/go/" in went.headers["Location"]
    assert "https://pay.example/cs_1" in anybody.see(went.headers["Location"])
    assert "One moment" in anybody.see("/pay/back/pay_site?session=cs_1")
    site.payer("cs_1", PaymentState.SUCCEEDED)
    assert [tell(workshop, "cs_1", 1) for _ in range(3)] == [200] * 3
    assert tell(workshop, "cs_1", 2, "forged") == 400
    workshop.run_due()
    paid = PaymentRow.get()
    assert (paid.state, paid.received, paid.receipt[-4:]) == ("succeeded", quote.deposit, "0001")
    assert "Paid. Thank you." in anybody.see("/pay/back/pay_site?session=cs_1")
    assert fresh(order).hold_since is None
    kinds = [row.kind for row in NoticeRow.select()]
    assert [kinds.count(kind) for kind in ("quote", "invoice", "receipt")] == [1, 1, 1]
    sam.send(f"/staff/orders/{order.code}/invoice", {}, on=f"/staff/orders/{order.code}")
    rest = InvoiceRow.get(InvoiceRow.kind == "invoice")
    assert rest.gross + deposit.gross == quote.gross
    assert "Invoices" in ada.see("/invoices")
    assert rest.number in ada.see("/invoices")
    assert rest.number not in workshop.browser("bob").see("/invoices")


def test_sent_back_and_credited_the_books_agree(workshop: Workshop, site: PaySite, order: OrderRow) -> None:
    sam = workshop.browser("sam")
    write_quote(sam, order, deposit="100")
    address = link(workshop.browser("ada").see(f"/orders/{order.code}"), "quote")
    pay = workshop.browser().send(f"{address}/accept", DETAILS, on=address).headers["Location"]
    workshop.browser().send(f"{pay}/pay_site", {}, on=pay)
    site.payer("cs_1", PaymentState.SUCCEEDED)
    tell(workshop, "cs_1")
    workshop.run_due()
    invoice, payment = InvoiceRow.get(), PaymentRow.get()
    page = f"/staff/money/invoices/{invoice.number}"
    assert "Send money back" in sam.see(page)
    sam.send(f"{page}/credit", {"reason": "Two parts were scratched", "amount": "10", "token": "a"}, on=page)
    note = InvoiceRow.get(InvoiceRow.kind == "credit")
    assert (note.gross, note.number) == (1000, note.number.replace("R-", "RK-"))
    too_much = {"amount": "100000", "token": "b", "reason": ""}
    refused = sam.send(f"/staff/money/payments/{payment.id}/refund", too_much, on=page, follow_redirects=True)
    assert "more than is left" in refused.get_data(as_text=True)
    site.trouble = "lost"
    for _ in range(2):
        sam.send(f"/staff/money/payments/{payment.id}/refund", {"amount": "10", "token": "c"}, on=page)
    workshop.run_due()
    assert RefundRow.get().state == "unknown"
    refunding.carry_out(workshop.shop, RefundRow.get().id, at=utcnow())
    assert RefundRow.get().state == "succeeded"
    assert (site.kept, PaymentRow.get().refunded) == (payment.received - 1000, 1000)
    after = InvoiceRow.get_by_id(invoice.id)
    assert after.settled == after.gross
    assert InvoiceRow.get_by_id(note.id).settled == 1000


def test_a_lost_answer_is_asked_for_before_anything_else(workshop: Workshop, site: PaySite, order: OrderRow) -> None:
    write_quote(workshop.browser("sam"), order)
    address = link(workshop.browser("ada").see(f"/orders/{order.code}"), "quote")
    pay = workshop.browser().send(f"{address}/accept", DETAILS, on=address).headers["Location"]
    site.trouble = "lost"
    said = workshop.browser().send(f"{pay}/pay_site", {}, on=pay, follow_redirects=True).get_data(as_text=True)
    assert "We do not know yet" in said
    assert PaymentRow.get().state == "unknown"
    site.payer("cs_1", PaymentState.SUCCEEDED)
    again = workshop.browser().send(f"{pay}/pay_site", {}, on=pay, follow_redirects=True).get_data(as_text=True)
    assert "This is paid already." in again
    assert (PaymentRow.get().state, len(site.payments)) == ("succeeded", 1)


def test_paid_by_transfer_while_a_page_is_open(workshop: Workshop, site: PaySite, order: OrderRow) -> None:
    sam = workshop.browser("sam")
    write_quote(sam, order)
    address = link(workshop.browser("ada").see(f"/orders/{order.code}"), "quote")
    pay = workshop.browser().send(f"{address}/accept", DETAILS, on=address).headers["Location"]
    workshop.browser().send(f"{pay}/pay_site", {}, on=pay)
    invoice = InvoiceRow.get()
    page = f"/staff/money/invoices/{invoice.number}"
    form = {"how": "account:", "amount": f"{invoice.gross / 100:.2f}", "token": "t1", "note": "seen on the account"}
    for _ in range(2):
        sam.send(f"{page}/book", form, on=page)
    workshop.run_due()
    states = sorted((row.provider, row.state) for row in PaymentRow.select())
    assert states == [("account", "succeeded"), ("pay_site", "expired")]
    assert "This is paid. Thank you." in workshop.browser().see(pay)


def test_what_came_twice_is_credit_and_somebodys_to_do(workshop: Workshop, site: PaySite, order: OrderRow) -> None:
    sam = workshop.browser("sam")
    write_quote(sam, order)
    address = link(workshop.browser("ada").see(f"/orders/{order.code}"), "quote")
    pay = workshop.browser().send(f"{address}/accept", DETAILS, on=address).headers["Location"]
    workshop.browser().send(f"{pay}/pay_site", {}, on=pay)
    invoice = InvoiceRow.get()
    page = f"/staff/money/invoices/{invoice.number}"
    form = {"how": "account:", "amount": f"{invoice.gross / 100:.2f}", "token": "t1"}
    site.payer("cs_1", PaymentState.SUCCEEDED)
    sam.send(f"{page}/book", form, on=page)
    workshop.run_due()
    provider_events.sweep(workshop.shop, at=utcnow() + provider_events.QUIET * 2)
    assert sum(row.surplus for row in PaymentRow.select()) == invoice.gross
    assert InvoiceRow.get().settled == invoice.gross
    assert "more than was asked for" in sam.see("/staff/")
    assert invoicing.billing.credited(invoice.id) == 0


def test_changes_wanted_and_a_second_quote(workshop: Workshop, site: PaySite, order: OrderRow) -> None:
    sam, ada = workshop.browser("sam"), workshop.browser("ada")
    write_quote(sam, order)
    address = link(ada.see(f"/orders/{order.code}"), "quote")
    nothing = ada.send(f"{address}/answer", {"answer": "changes", "reason": ""}, on=address)
    assert nothing.status_code == 422
    ada.send(f"{address}/answer", {"answer": "changes", "reason": "Cheaper in PLA?"}, on=address)
    assert "Cheaper in PLA?" in sam.see("/staff/")
    write_quote(sam, order, deposit="0")
    states = [(row.version, row.state) for row in QuoteRow.select().order_by(QuoteRow.version)]
    assert states == [(1, "superseded"), (2, "sent")]
    assert "There is a newer quote." in ada.send(
        f"{address}/accept", DETAILS, on=address, follow_redirects=True
    ).get_data(as_text=True)
    newer = link(ada.see(f"/orders/{order.code}"), "quote")
    ada.send(f"{newer}/accept", DETAILS, on=newer)
    assert fresh(order).hold_since is None
    assert not InvoiceRow.select().exists()


def test_links_of_others_and_forged_ones_are_nothing(workshop: Workshop, site: PaySite, order: OrderRow) -> None:
    write_quote(workshop.browser("sam"), order)
    address = link(workshop.browser("ada").see(f"/orders/{order.code}"), "quote")
    forged = address[:-1] + ("a" if address[-1] != "a" else "b")
    for path in (forged, "/quote/1-" + "a" * 32, "/pay/1-" + "a" * 32, "/pay/back/pay_site?session=cs_9"):
        assert workshop.browser().get(path).status_code == 404, path
    QuoteRow.update(nonce="other").execute()
    assert workshop.browser().get(address).status_code == 404


def test_an_invoice_keeps_a_customer_in_the_books(workshop: Workshop, site: PaySite, order: OrderRow) -> None:
    ada = workshop.browser("ada")
    write_quote(workshop.browser("sam"), order)
    address = link(ada.see(f"/orders/{order.code}"), "quote")
    ada.send(f"{address}/accept", DETAILS, on=address)
    told = ada.get("/account/data.json").get_json()["billing"]
    assert (told["details"]["city"], told["invoices"][0]["number"]) == ("Berlin", InvoiceRow.get().number)
    OrderRow.update(stage=Stage.COMPLETED.value).execute()
    refused = ada.send("/account/erase", {"sure": "ada@example.org"}, on="/account", follow_redirects=True)
    assert "still to be paid" in refused.get_data(as_text=True)


def test_a_late_invoice_is_told_of_three_times_and_never_after_payment(
    workshop: Workshop, site: PaySite, order: OrderRow
) -> None:
    write_quote(workshop.browser("sam"), order)
    address = link(workshop.browser("ada").see(f"/orders/{order.code}"), "quote")
    workshop.browser().send(f"{address}/accept", DETAILS, on=address)
    late = utcnow() + timedelta(days=22)
    told = [invoicing.remind(workshop.shop, at=late + timedelta(days=8 * n)) for n in (0, 0, 1, 2, 3)]
    assert told == [1, 0, 1, 1, 0]
    InvoiceRow.update(reminded=0, settled=InvoiceRow.gross).execute()
    assert invoicing.remind(workshop.shop, at=late + timedelta(days=99)) == 0


def test_a_cancelled_order_voids_nothing_and_is_somebodys_to_do(
    workshop: Workshop, site: PaySite, order: OrderRow
) -> None:
    sam, ada = workshop.browser("sam"), workshop.browser("ada")
    write_quote(sam, order, deposit="100")
    address = link(ada.see(f"/orders/{order.code}"), "quote")
    assert "no right of withdrawal" in ada.see(address)
    pay = workshop.browser().send(f"{address}/accept", DETAILS, on=address).headers["Location"]
    workshop.browser().send(f"{pay}/pay_site", {}, on=pay)
    site.payer("cs_1", PaymentState.SUCCEEDED)
    tell(workshop, "cs_1")
    workshop.run_due()
    assert "Nothing is left of cancelled orders." in sam.see("/staff/")
    page = f"/orders/{order.code}"
    assert "stays as it is until one of us has looked" in ada.see(page)
    ada.send(f"{page}/cancel", {}, on=page)
    workshop.run_due()
    invoice, payment = InvoiceRow.get(), PaymentRow.get()
    assert (invoice.settled, payment.refunded, RefundRow.select().count()) == (invoice.gross, 0, 0)
    assert NoticeRow.select().where(NoticeRow.kind == "cancelled").count() == 1
    assert "is paid: credit it, send it back" in sam.see("/staff/todo/cancelled_money")
    at = utcnow()
    invoicing.credit(workshop.shop, invoice, None, "Cancelled", once="c", actor=workshop.actor("sam"), at=at)
    assert invoice.number in sam.see("/staff/todo/cancelled_money")
    refunding.refund(
        workshop.shop, payment, payment.received, "Cancelled", once="r", actor=workshop.actor("sam"), at=at
    )
    workshop.run_due()
    assert invoice.number not in sam.see("/staff/todo/cancelled_money")


def test_what_is_ready_is_invoiced_by_itself_where_the_shop_wants_that(
    workshop: Workshop, site: PaySite, order: OrderRow
) -> None:
    sam, old = workshop.browser("sam"), workshop.place("ada")
    write_quote(sam, order, deposit="0")
    address = link(workshop.browser("ada").see(f"/orders/{order.code}"), "quote")
    workshop.browser().send(f"{address}/accept", DETAILS, on=address)
    ordering.move(workshop.shop, old.code, Stage.IN_REVIEW, actor=workshop.actor("sam"), at=utcnow())
    write_quote(sam, old, deposit="0")
    quoting.accept(
        workshop.shop, old.code, 1, name="Ada", via="phone", reason="on the phone", actor=workshop.actor("sam"),
        at=utcnow(),
    )  # fmt: skip
    ready = {"stage": Stage.READY_FOR_PICKUP.value}
    OrderRow.update(**ready, stage_since=utcnow()).where(OrderRow.id == old.id).execute()
    assert ready_invoices.invoice_what_is_ready(workshop.shop, at=utcnow()) == []
    known = billing_settings(workshop.shop)
    seller = replace(known.seller, invoice_at=InvoiceMoment.READY)
    save_settings(workshop.shop, replace(known, seller=seller), actor=workshop.actor("olga"), at=utcnow())
    assert ready_invoices.invoice_what_is_ready(workshop.shop, at=utcnow()) == []  # nobody is billed for the past
    OrderRow.update(**ready, stage_since=utcnow()).where(OrderRow.id == order.id).execute()
    (number,) = ready_invoices.invoice_what_is_ready(workshop.shop, at=utcnow())
    assert InvoiceRow.get().number == number
    assert ready_invoices.invoice_what_is_ready(workshop.shop, at=utcnow()) == []
