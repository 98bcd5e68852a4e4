"""Ada types an address, Sam packs and labels in the browser, Ada follows her parcel; nobody else sees it."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import orjson
import pytest
from samples.parcel_desk import ADA, ZURICH, open_for_shipping, rated_parcel, ready_to_ship
from samples.pictures import png

from craftops.domain.orders.workflow import Stage
from craftops.domain.shipping.carriage import TrackingState
from craftops.errors import RuleError
from craftops.services.billing import quoting
from craftops.services.billing.quote_drafts import QuoteDraft, QuoteLine
from craftops.services.shipping import labels
from craftops.store.database import utcnow
from craftops.store.models import AddressRow, DeliveryAddressRow, LabelRow, NoticeRow, OrderRow, ParcelRow, ProblemRow
from craftops.testing import Workshop
from craftops.testing.paper_carrier import SIGNATURE, PaperCarrier

ADDRESS = {
    "to_name": "Ada Lovelace", "to_line1": "Lindenweg 3", "to_postcode": "10969", "to_city": "Berlin",
    "to_country": "DE", "to_keep": "on",
}  # fmt: skip


@pytest.fixture
def carrier(workshop: Workshop) -> PaperCarrier:
    return open_for_shipping(workshop)


def new_order(workshop: Workshop, **more: str) -> dict[str, str]:
    file_id = workshop.upload("ada")
    workshop.run_due()
    return {
        "line": "a", "file-a": str(file_id), "quantity-a": "2", "material-a": "pla", "colour-a": "Black",
        "finish-a": "as_made", "delivery": "shipping", "token": "t", **more,
    }  # fmt: skip


class TestAddressOfAnOrder:
    def test_it_is_asked_when_ordering_and_kept_in_the_book(self, workshop: Workshop) -> None:
        ada = workshop.browser("ada")
        faulty = ada.send("/orders/new", new_order(workshop, to_country="DE"), on="/orders/new")
        assert faulty.status_code == 422
        assert "address is not complete" in faulty.get_data(as_text=True)
        assert OrderRow.select().count() == 0
        assert ada.send("/orders/new", new_order(workshop, **ADDRESS), on="/orders/new").status_code == 303
        assert DeliveryAddressRow.get().line1 == "Lindenweg 3"
        assert AddressRow.get().city == "Berlin"
        again = ada.see("/orders/new")
        assert "Lindenweg 3" in again
        second = new_order(workshop, ship_to=str(AddressRow.get().id), token="u")
        assert ada.send("/orders/new", second, on="/orders/new").status_code == 303
        assert DeliveryAddressRow.select().count() == 2

    def test_somebody_elses_address_is_nobodys(self, workshop: Workshop) -> None:
        bob = workshop.browser("bob")
        bob.send("/account/addresses", {"name": "Bob", "line1": "Weg 1", "postcode": "10115", "city": "Berlin",
                                        "country": "DE"}, on="/account/addresses")  # fmt: skip
        sent = new_order(workshop, ship_to=str(AddressRow.get().id))
        assert workshop.browser("ada").send("/orders/new", sent, on="/orders/new").status_code == 422
        assert DeliveryAddressRow.select().count() == 0

    def test_picking_up_asks_for_none(self, workshop: Workshop) -> None:
        sent = new_order(workshop, delivery="pickup")
        assert workshop.browser("ada").send("/orders/new", sent, on="/orders/new").status_code == 303

    def test_it_changes_until_the_label_is_bought(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, ada = ready_to_ship(workshop), workshop.browser("ada")
        page = f"/orders/{order.code}/address"
        new = {"name": "Ada", "line1": "Bahnhofstrasse 1", "postcode": "8001", "city": "Zürich", "country": "CH"}
        assert ada.send(page, {**new, "postcode": "80"}, on=page).status_code == 422
        assert ada.send(page, new, on=page).status_code == 303
        assert DeliveryAddressRow.get().city == "Zürich"


class TestShippingDesk:
    def test_from_made_to_delivered(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, sam, ada = ready_to_ship(workshop, quantity=4), workshop.browser("sam"), workshop.browser("ada")
        desk = sam.see("/staff/shipping")
        assert order.title in desk
        sam.send("/staff/shipping/pack", {"order": str(order.id)}, on="/staff/shipping")
        workshop.run_due()
        desk = sam.see("/staff/shipping")
        parcel = ParcelRow.get()
        assert "Standard" in desk
        token = re.search(r'name="token" value="([^"]+)"', desk)
        assert token is not None
        for _twice in range(2):
            sent = {"parcel": str(parcel.id), "token": token[1]}
            assert sam.send("/staff/shipping/labels", sent, on="/staff/shipping").status_code == 303
        workshop.run_due()
        assert len(carrier.sold) == 1
        assert "1 of 1 labels are bought" in sam.see(f"/staff/shipping?batch={token[1]}")
        label = LabelRow.get()
        printed = sam.get(f"/staff/shipping/labels/{label.id}.pdf")
        assert printed.data == sam.get(f"/staff/shipping/labels/{label.id}.pdf").data
        assert printed.data.startswith(b"%PDF")
        page = "/staff/shipping/hand-over"
        sam.send(page, {"code": label.number}, on=page)
        assert "is handed over" in sam.see(page)
        sam.send(page, {"code": label.number}, on=page)
        assert "handed over already" in sam.see(page)
        assert workshop.stage(order) == Stage.SHIPPED.value
        workshop.run_due()
        told = [row.kind for row in NoticeRow.select().where(NoticeRow.order_id == order.id).order_by(NoticeRow.id)]
        assert told[-1] == "shipped"
        assert "part_shipped" not in told
        assert label.number in ada.see(f"/orders/{order.code}")
        carrier.happens(label.number, TrackingState.DELIVERED, utcnow(), "Delivered to Ada", "Berlin")
        body = orjson.dumps({"id": "w1", "number": label.number})
        client = workshop.app.test_client()
        assert client.post("/webhooks/carriers/paper", data=body, headers={"X-Signature": "no"}).status_code == 400
        assert client.post("/webhooks/carriers/paper", data=body, headers={"X-Signature": SIGNATURE}).status_code == 200
        assert client.post("/webhooks/carriers/nobody", data=body).status_code == 404
        workshop.run_due()
        assert "Delivered to Ada" in ada.see(f"/orders/{order.code}")
        assert workshop.browser("bob").get(f"/orders/{order.code}").status_code == 404

    def test_customs_want_every_field(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, sam = ready_to_ship(workshop, to=ZURICH), workshop.browser("sam")
        page = f"/staff/orders/{order.code}/shipping"
        sam.send(f"{page}/pack", {"how": "proposed"}, on=page)
        parcel = ParcelRow.get()
        assert "to be filled in" in sam.see(page)
        form = {
            "customs_description": "Bracket", "customs_quantity": "1", "customs_value": "", "customs_weight_g": "10",
            "customs_hs_code": "39", "customs_origin": "DE",
        }  # fmt: skip
        faulty = sam.send(f"/staff/parcels/{parcel.id}/customs", form, on=page)
        assert faulty.status_code == 422
        assert "six, eight or ten digits" in faulty.get_data(as_text=True)
        good = {**form, "customs_value": "12,50", "customs_hs_code": "392690"}
        assert sam.send(f"/staff/parcels/{parcel.id}/customs", good, on=page).status_code == 303
        sam.send(f"/staff/parcels/{parcel.id}/rates", {}, on=page)
        workshop.run_due()
        assert carrier.asked[-1].customs[0].value.minor == 1250

    def test_a_parcel_is_split_by_hand_and_taken_apart(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, sam = ready_to_ship(workshop, quantity=3), workshop.browser("sam")
        page, line = f"/staff/orders/{order.code}/shipping", order.lines.get().id
        sent = {f"copies-{line}": "2", "box": "290,220,140", "weight_g": "150"}
        assert sam.send(f"{page}/pack", sent, on=page).status_code == 303
        assert "1 × bracket" in sam.see(page)
        parcel = ParcelRow.get()
        assert (parcel.length_mm, parcel.weight_g) == (290, 150)
        sam.send(f"/staff/parcels/{parcel.id}/unpack", {}, on=page)
        assert ParcelRow.select().count() == 0

    def test_the_owner_keeps_sender_and_boxes(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        olga, page = workshop.browser("olga"), "/staff/shipping/settings"
        form = {
            "sender_name": "Workshop", "sender_line1": "Weg 1", "sender_postcode": "10115", "sender_city": "Berlin",
            "sender_country": "DE", "box_name": "Tube", "box_length_mm": "600", "box_width_mm": "90",
            "box_height_mm": "90", "box_most_g": "2000", "box_own_g": "120", "hs_code": "392690", "origin": "",
            "closes_after_days": "3", "problem_days": "14",
        }  # fmt: skip
        assert olga.send(page, {**form, "box_length_mm": "long"}, on=page).status_code == 422
        assert olga.send(page, form, on=page).status_code == 303
        assert "Tube" in olga.see(page)
        assert workshop.browser("sam").get(page).status_code == 403

    @pytest.mark.parametrize("side", ["length_mm", "width_mm", "height_mm", "most_g", "own_g"])
    @pytest.mark.parametrize("typed", ["long", "-5", "2,5", "\u00b2", "9" * 20, ""])
    def test_a_side_that_cannot_be_read_stands_there_as_it_was_typed(
        self, workshop: Workshop, side: str, typed: str
    ) -> None:
        olga, page = workshop.browser("olga"), "/staff/shipping/settings"
        box = {"name": "Tube", "length_mm": "600", "width_mm": "90", "height_mm": "90", "most_g": "2000", "own_g": "12"}
        answer = olga.send(page, {f"box_{name}": text for name, text in {**box, side: typed}.items()}, on=page)
        assert answer.status_code == 422
        shown = re.findall(r'name="box_(\w+)" value="([^"]*)"', answer.text)
        assert dict(shown[: len(box)]) == {**box, side: typed}

    def test_a_problem_is_reported_and_seen_to(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, sam, ada = ready_to_ship(workshop), workshop.browser("sam"), workshop.browser("ada")
        parcel = rated_parcel(workshop, order)
        sam.send(f"/staff/parcels/{parcel.id}/buy", {"offer": "paper:express"}, on="/staff/shipping")
        workshop.run_due()
        page = f"/orders/{order.code}/problem"
        assert ada.get(page).status_code == 409
        sam.send("/staff/shipping/hand-over", {"parcel": str(parcel.id)}, on="/staff/shipping/hand-over")
        assert ada.send(page, {"text": "", "wish": "remake"}, on=page).status_code == 422
        assert ada.send(page, {"text": "Broken.", "wish": "remake", "token": "x"}, on=page).status_code == 303
        assert "Broken." in ada.see(f"/orders/{order.code}")
        assert "Broken." in sam.see("/staff/todo/problems")
        sam.send(f"/staff/problems/{ProblemRow.get().id}/settle", {"answer": "New one comes."}, on="/staff/shipping")
        assert "New one comes." in ada.see(f"/orders/{order.code}")
        assert "Nobody complains" in sam.see("/staff/todo/problems")

    def test_a_problem_comes_with_photos_and_one_that_is_none_loses_nothing(
        self, workshop: Workshop, carrier: PaperCarrier
    ) -> None:
        order, ada = ready_to_ship(workshop), workshop.browser("ada")
        OrderRow.update(stage=Stage.COMPLETED.value, stage_since=utcnow()).where(OrderRow.id == order.id).execute()
        page = f"/orders/{order.code}/problem"
        assert page in ada.see(f"/orders/{order.code}")
        form = {"text": "Broken here.", "wish": "refund", "token": "p"}
        wrong = ada.send(
            page, {**form, "upload": [(io.BytesIO(png()), "corner.png"), (io.BytesIO(b"MZ"), "tool.exe")]}, on=page,
            content_type="multipart/form-data",
        )  # fmt: skip
        assert wrong.status_code == 422
        assert "tool.exe" in wrong.text
        assert "Broken here." in wrong.text
        kept = re.search(r'name="file" value="(\d+)" checked>\s*<span[^>]*>corner.png', wrong.text)
        assert kept, "what came already is not asked for again"
        done = ada.send(page, {**form, "file": kept[1]}, on=page)
        assert done.status_code == 303
        assert "corner.png" in workshop.browser("sam").see(f"/staff/orders/{order.code}")
        assert page not in ada.see(f"/orders/{order.code}"), "one at a time"

    def test_a_problem_with_what_was_fetched_is_reported_too(self, workshop: Workshop) -> None:
        order, ada, sam = workshop.place("ada"), workshop.browser("ada"), workshop.browser("sam")
        page = f"/orders/{order.code}/problem"
        assert page not in ada.see(f"/orders/{order.code}")
        OrderRow.update(stage=Stage.COMPLETED.value, stage_since=utcnow()).where(OrderRow.id == order.id).execute()
        assert page in ada.see(f"/orders/{order.code}")
        assert workshop.browser("bob").get(page).status_code == 404
        assert (
            ada.send(page, {"text": "The hole is too small.", "wish": "remake", "token": "q"}, on=page).status_code
            == 303
        )
        assert "The hole is too small." in sam.see("/staff/todo/problems")
        assert "The hole is too small." in sam.see(f"/staff/orders/{order.code}")
        desk = f"/staff/orders/{order.code}/shipping"
        sam.send(f"/staff/problems/{ProblemRow.get().id}/remake", {f"copies-{order.lines[0].id}": "1"}, on=desk)
        assert OrderRow.get(OrderRow.id != order.id).code in ada.see(f"/orders/{order.code}")
        late = OrderRow.update(stage_since=utcnow() - timedelta(days=60)).where(OrderRow.id == order.id)
        late.execute()
        assert page not in ada.see(f"/orders/{order.code}")
        assert ada.get(page).status_code == 409

    def test_what_came_broken_is_made_again_at_no_charge(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, sam, ada = ready_to_ship(workshop, quantity=4), workshop.browser("sam"), workshop.browser("ada")
        parcel = rated_parcel(workshop, order)
        sam.send(f"/staff/parcels/{parcel.id}/buy", {"offer": "paper:express"}, on="/staff/shipping")
        workshop.run_due()
        sam.send("/staff/shipping/hand-over", {"parcel": str(parcel.id)}, on="/staff/shipping/hand-over")
        page = f"/orders/{order.code}/problem"
        ada.send(page, {"text": "Two are broken.", "wish": "remake", "token": "x"}, on=page)
        desk, line = f"/staff/orders/{order.code}/shipping", order.lines[0]
        problem = ProblemRow.get()
        for copies in ("0", "5", "-1", "x"):
            sent = {f"copies-{line.id}": copies}
            refused = sam.send(f"/staff/problems/{problem.id}/remake", sent, on=desk, follow_redirects=True)
            assert "copies" in refused.text
        assert OrderRow.select().count() == 1
        for _twice in range(2):
            done = sam.send(f"/staff/problems/{problem.id}/remake", {f"copies-{line.id}": "2"}, on=desk)
        made = OrderRow.get(OrderRow.id != order.id)
        assert done.headers["Location"].endswith(made.code)
        assert OrderRow.select().count() == 2
        again = made.lines[0]
        assert (again.quantity, again.file_id, again.material) == (2, line.file_id, line.material)
        assert (made.remake_of, ProblemRow.get().remake, ProblemRow.get().state) == (order.code, made.code, "settled")
        assert DeliveryAddressRow.get(DeliveryAddressRow.order == made.id).line1 == ADA.line1
        assert made.window_end is not None, "it has an estimate of its own"
        assert made.code in ada.see(f"/orders/{order.code}")
        assert f'makes <a class="code" href="/orders/{order.code}"' in ada.see(f"/orders/{made.code}")
        assert "At no charge" in sam.see(f"/staff/orders/{made.code}")
        draft = QuoteDraft((QuoteLine("Bracket", 2, 100),))
        with pytest.raises(RuleError, match="no price"):
            quoting.save_draft(workshop.shop, made.code, draft, actor=workshop.actor("sam"), at=utcnow())

    def test_without_an_address_it_says_so(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, sam = ready_to_ship(workshop, to=ADA), workshop.browser("sam")
        DeliveryAddressRow.delete().execute()
        assert "No address" in sam.see("/staff/shipping")
        page = f"/staff/orders/{order.code}/shipping"
        form = {"name": "Ada", "line1": "Weg 2", "postcode": "10115", "city": "Berlin", "country": "DE"}
        assert sam.send(f"{page}/address", {**form, "country": ""}, on=page).status_code == 422
        assert sam.send(f"{page}/address", form, on=page).status_code == 303
        assert DeliveryAddressRow.get().line1 == "Weg 2"

    def test_what_is_refused_is_said_where_the_button_was(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, sam = ready_to_ship(workshop, to=ZURICH), workshop.browser("sam")
        page = f"/staff/orders/{order.code}/shipping"
        sam.send(f"{page}/pack", {"how": "proposed"}, on=page)
        back = re.search(r'name="back" value="([^"]+)"', sam.see(page))
        assert back is not None
        answer = sam.send(f"/staff/parcels/{ParcelRow.get().id}/rates", {"back": back[1]}, on=page)
        assert answer.headers["Location"].endswith(page)
        assert "leaves the customs area" in sam.see(page)


def test_twenty_labels_at_once_move_their_progress_and_say_which_were_not(
    workshop: Workshop, carrier: PaperCarrier
) -> None:
    ids = [rated_parcel(workshop, ready_to_ship(workshop)).id for _ in range(20)]
    sam, desk = workshop.browser("sam"), "/staff/shipping?batch=monday"
    sent = {"parcel": [str(one) for one in ids], "token": "monday"}
    for _again in range(2):
        assert sam.send("/staff/shipping/labels", sent, on="/staff/shipping").status_code == 303
    assert "0 of 20 labels are bought" in sam.see(desk)
    rows = list(LabelRow.select().where(LabelRow.batch == "monday").order_by(LabelRow.id))
    assert len(rows) == 20
    for row in rows[:7]:
        labels.carry_out(workshop.shop, row.id, at=utcnow(), again=False)
    assert "7 of 20 labels are bought" in sam.see(desk)
    carrier.trouble = "refused"
    labels.carry_out(workshop.shop, rows[7].id, at=utcnow(), again=False)
    assert "1 were not" in sam.see(desk)
    workshop.run_due()
    page = sam.see(desk)
    assert "19 of 20 labels are bought" in page
    assert "Print these 19" in page
    assert len(carrier.sold) == 19
