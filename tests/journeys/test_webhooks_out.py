"""What happens in the shop reaches other programs: signed, once told, again and again until it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import orjson
import pytest
from samples.hook_desk import HookDesk
from samples.parcel_desk import open_for_shipping, rated_parcel, ready_to_ship
from samples.pay_site import open_for_money
from standardwebhooks import Webhook

from craftops.domain.billing.documents import DocumentKind, DocumentLine
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.domain.integrations.webhooks import CHOOSABLE, DELAYS, DeliveryState
from craftops.domain.shipping.carriage import TrackingState
from craftops.errors import HeldBack
from craftops.services.billing import invoicing, paying
from craftops.services.billing.invoicing import Draft
from craftops.services.integrations import endpoints, webhooks
from craftops.services.integrations.endpoints import EndpointDraft
from craftops.services.messages import conversation, notes
from craftops.services.messages.conversation import MessageText
from craftops.services.shipping import handing_over, labels, tracking
from craftops.services.shop import customer_data, epochs
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import (
    AccountRow,
    OrderRow,
    ParcelRow,
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
    WorkRow,
)
from craftops.testing import Workshop
from craftops.web.integrations.payload_schema import WEBHOOKS

ALL = tuple(kind.value for kind in CHOOSABLE)


@pytest.fixture
def desk() -> Iterator[HookDesk]:
    made = HookDesk()
    yield made
    made.close()


def add(workshop: Workshop, desk: HookDesk, *kinds: str) -> tuple[WebhookEndpointRow, str]:
    draft = EndpointDraft(desk.address, "ERP", kinds or ALL, inside=True)
    return endpoints.add(workshop.shop, draft, actor=workshop.actor("olga"), at=utcnow())


def kinds(desk: HookDesk) -> list[str]:
    return [one["type"] for one in desk.told]


def as_described(desk: HookDesk) -> None:
    """Each body is what the API's description says of its kind: nothing is missing, nothing is besides."""
    for body in desk.bodies:
        WEBHOOKS[orjson.loads(body)["type"]][1].model_validate_json(body)


def delivery() -> WebhookDeliveryRow:
    found: WebhookDeliveryRow = WebhookDeliveryRow.get()
    return found


def test_an_order_is_told_from_its_first_file_to_its_messages(workshop: Workshop, desk: HookDesk) -> None:
    _row, secret = add(workshop, desk)
    order = workshop.place("ada", quantity=3)
    workshop.machine("printer-1")
    workshop.accept(order, "printer-1")
    conversation.post(workshop.shop, order.code, MessageText("Hello"), actor=workshop.actor("ada"), at=utcnow())
    notes.write(order.code, "Ada pays late", token="n1", actor=workshop.actor("sam"), at=utcnow())
    workshop.run_due()
    told = kinds(desk)
    assert set(told) == {
        "file.judged", "order.created", "order.stage_changed", "order.estimate_moved", "message.posted",
    }  # fmt: skip
    assert told.count("order.created") == told.count("file.judged") == told.count("message.posted") == 1
    for body, headers in zip(desk.bodies, desk.headers, strict=True):
        assert Webhook(secret).verify(body, headers)
        assert b"pays late" not in body
    as_described(desk)
    by_kind = {one["type"]: one for one in desk.told}
    created = by_kind["order.created"]
    assert created["version"] == 1
    assert created["timestamp"].endswith("Z")
    assert created["data"]["order"]["code"] == order.code
    assert created["data"]["order"]["customer"] == {"name": "Ada", "email": "ada@example.org"}
    assert created["data"]["lines"][0]["quantity"] == 3
    assert by_kind["message.posted"]["data"]["message"]["text"] == "Hello"
    assert by_kind["file.judged"]["data"]["file"]["verdict"] == "accepted"
    assert len({one["webhook-id"] for one in desk.headers}) == len(desk.headers)
    assert {row.state for row in WebhookDeliveryRow.select()} == {DeliveryState.DELIVERED.value}


def test_money_and_parcels_are_told(workshop: Workshop, desk: HookDesk) -> None:
    open_for_money(workshop)
    carrier = open_for_shipping(workshop)
    add(workshop, desk, "invoice.issued", "invoice.paid", "parcel.labelled", "parcel.delivered")
    order = ready_to_ship(workshop)
    line = DocumentLine("Bracket", 1, 11_900, Tax(TaxCategory.STANDARD, 1900))
    draft = Draft(DocumentKind.INVOICE, (line,), Rounding.SUM_BY_NET_KEEP_GROSS, "x")
    sam = workshop.actor("sam")
    with unit_of_work() as uow:
        invoice = invoicing.issue(
            workshop.shop, uow, draft, order=order, customer=workshop.people["ada"], actor=sam, at=utcnow()
        )
    for amount, once in ((1_900, "a"), (10_000, "b")):
        paying.book(
            workshop.shop, [invoice], "account", "", amount=amount, note="", once=once, actor=sam, at=utcnow()
        )  # fmt: skip
        invoice = type(invoice).get_by_id(invoice.id)
    parcel = rated_parcel(workshop, order)
    labels.order_label(workshop.shop, parcel.id, carrier.name, "standard", actor=sam, at=utcnow())
    workshop.run_due()
    row: ParcelRow = ParcelRow.get_by_id(parcel.id)
    handing_over.hand_over(workshop.shop, [row.id], actor=sam, at=utcnow())
    carrier.happens(row.number, TrackingState.DELIVERED, utcnow())
    tracking.ask(workshop.shop, row.id, at=utcnow())
    workshop.run_due()
    assert kinds(desk) == ["invoice.issued", "invoice.paid", "parcel.labelled", "parcel.delivered"]
    issued, paid = desk.told[0]["data"]["invoice"], desk.told[1]["data"]["invoice"]
    assert (issued["number"], issued["gross"], issued["kind"], issued["order_code"]) == (
        invoice.number, 11_900, "invoice", order.code,
    )  # fmt: skip
    assert paid["settled"] == 11_900
    assert desk.told[2]["data"]["parcel"]["number"] == row.number
    as_described(desk)


def test_what_is_not_taken_is_tried_again_with_the_same_id(workshop: Workshop, desk: HookDesk) -> None:
    add(workshop, desk, "order.created")
    desk.answers = [500, 0, 302, 200]
    workshop.place("ada")
    workshop.run_due()
    at = utcnow()
    for attempts in (1, 2, 3):
        assert (delivery().state, delivery().attempts) == ("waiting", attempts)
        assert delivery().next_at is not None
        at = max(at, delivery().next_at)
        webhooks.send(workshop.shop, delivery().id, at=at)
    assert (delivery().state, delivery().attempts) == ("delivered", 4)
    assert len(desk.bodies) == 4
    assert len(set(desk.bodies)) == 1
    assert len({one["webhook-id"] for one in desk.headers}) == 1
    assert len({one["webhook-timestamp"] for one in desk.headers}) >= 3, "each is signed when it goes out"
    assert [row.status for row in WebhookAttemptRow.select().order_by(WebhookAttemptRow.id)] == [500, None, 302, 200]
    assert WebhookEndpointRow.get().failing_since is None
    webhooks.send(workshop.shop, delivery().id, at=at)
    assert len(desk.bodies) == 4, "and not once more"


def test_a_killed_worker_is_followed_by_one_that_sends_the_same(workshop: Workshop, desk: HookDesk) -> None:
    """The request went out and nobody wrote that down."""
    add(workshop, desk, "order.created")
    workshop.place("ada")
    workshop.run_due()
    WebhookDeliveryRow.update(state="waiting", attempts=0, done_at=None).execute()
    WorkRow.update(state="ready", lease_until=None).where(WorkRow.kind == "send_webhook").execute()
    workshop.run_due()
    assert len(desk.bodies) == 2
    assert desk.headers[0]["webhook-id"] == desk.headers[1]["webhook-id"]


def test_two_secrets_sign_while_they_are_changed(workshop: Workshop, desk: HookDesk) -> None:
    row, old = add(workshop, desk, "order.created")
    olga = workshop.actor("olga")
    new = endpoints.new_secret(workshop.shop, row.id, actor=olga, at=utcnow())
    workshop.place("ada")
    workshop.run_due()
    for secret in (old, new):
        assert Webhook(secret).verify(desk.bodies[0], desk.headers[0])
    assert old not in str(list(WebhookEndpointRow.select().dicts())), "they are sealed"
    a_day_on = utcnow() + timedelta(hours=25)
    assert webhooks.secrets_of(workshop.shop, WebhookEndpointRow.get(), a_day_on) == [new]
    endpoints.end_old_secret(row.id, actor=olga, at=utcnow())
    assert webhooks.secrets_of(workshop.shop, WebhookEndpointRow.get(), utcnow()) == [new]


def test_who_says_gone_is_told_nothing_any_more(workshop: Workshop, desk: HookDesk) -> None:
    add(workshop, desk, "order.created")
    desk.answers = [410]
    workshop.place("ada")
    workshop.run_due()
    workshop.place("ada")
    workshop.run_due()
    assert len(desk.bodies) == 1
    assert not WebhookEndpointRow.get().active
    home = workshop.browser("olga").see("/staff/")
    assert "ERP is told nothing any more" in home
    assert "gone for good" in home


def test_after_a_day_of_failure_it_is_switched_off_and_can_catch_up(workshop: Workshop, desk: HookDesk) -> None:
    row, _secret = add(workshop, desk, "order.created")
    desk.answers = [503] * (len(DELAYS) + 1)
    workshop.place("ada")
    workshop.run_due()
    while delivery().state == "waiting":
        webhooks.send(workshop.shop, delivery().id, at=delivery().next_at)
    assert (delivery().state, delivery().attempts) == ("failed", len(DELAYS) + 1)
    off = WebhookEndpointRow.get()
    assert not off.active
    assert "HTTP 503" in off.off_why
    olga = workshop.browser("olga")
    page = f"/staff/settings/webhooks/{row.id}"
    olga.send(f"{page}/do", {"do": "on"}, on=page)
    assert "Send what failed again" in olga.see(page)
    olga.send(f"{page}/do", {"do": "again"}, on=page)
    workshop.run_due()
    assert delivery().state == "delivered"
    assert len({one["webhook-id"] for one in desk.headers}) == 1


def test_what_is_new_waits_while_an_endpoint_is_left_alone(workshop: Workshop, desk: HookDesk) -> None:
    add(workshop, desk, "order.created")
    desk.answers = [500]
    workshop.place("ada")
    workshop.run_due()
    workshop.place("bob")
    workshop.run_due()
    assert len(desk.bodies) == 1, "the second is not tried while the first has just failed"
    ranks = {row.rank for row in WorkRow.select().where(WorkRow.kind == "send_webhook", WorkRow.state == "ready")}
    assert ranks == {1}, "and takes one hand of the worker at most"
    later = utcnow() + timedelta(minutes=6)
    for one in WebhookDeliveryRow.select().order_by(WebhookDeliveryRow.id):
        webhooks.send(workshop.shop, one.id, at=later)
    assert len(desk.bodies) == 3


def test_a_restored_copy_tells_nobody(workshop: Workshop, desk: HookDesk) -> None:
    add(workshop, desk, "order.created")
    desk.answers = [500]
    workshop.place("ada")
    workshop.run_due()
    epochs.open_epoch("craftops-x.tar.age", at=utcnow())
    assert delivery().state == "stopped", "what waited when the backup was made was sent then"
    workshop.place("bob")
    workshop.run_due()
    waiting: WebhookDeliveryRow = WebhookDeliveryRow.get(WebhookDeliveryRow.state == "waiting")
    with pytest.raises(HeldBack):
        webhooks.send(workshop.shop, waiting.id, at=utcnow() + timedelta(hours=1))
    epochs.go_live(workshop.shop, actor=workshop.actor("olga"), at=utcnow())
    workshop.run_due()
    assert len(desk.bodies) == 1


def test_a_customer_who_is_forgotten_is_forgotten_in_the_log(workshop: Workshop, desk: HookDesk) -> None:
    add(workshop, desk)
    order = workshop.place("ada")
    workshop.run_due()
    assert WebhookDeliveryRow.select().count() > 1
    OrderRow.update(stage="cancelled").where(OrderRow.id == order.id).execute()
    ada = AccountRow.get(AccountRow.email == "ada@example.org")
    customer_data.erase(workshop.shop, ada, actor=workshop.actor("olga"), at=utcnow())
    assert not any("ada@" in row.body for row in WebhookDeliveryRow.select())


def test_the_log_forgets_after_a_month(workshop: Workshop, desk: HookDesk) -> None:
    add(workshop, desk, "order.created")
    workshop.place("ada")
    workshop.run_due()
    webhooks.tidy(at=utcnow() + timedelta(days=29))
    assert WebhookDeliveryRow.select().count() == 1
    webhooks.tidy(at=utcnow() + timedelta(days=31))
    assert WebhookDeliveryRow.select().count() == WebhookAttemptRow.select().count() == 0
