"""The story of the product: from a dropped file to "ready for pickup", as the customer and the shop see it."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta

import orjson
import pytest
import time_machine

from craftops.domain.shop.profile import ShopProfile
from craftops.store.database import utcnow
from craftops.store.models import JobRow, NoticeRow, OperationRow, OrderRow
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import cube_stl


def drop(browser: Browser, name: str, content: bytes) -> str:
    """Drop a file on the form; the key of the line that comes back."""
    answer = browser.drop(name, content)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    html = answer.json["html"]
    return re.search(r'name="line" value="(\w+)"', html)[1], str(answer.json["id"])


def without_marks(page: bytes) -> bytes:
    """The page without its nonce and its tokens, which differ each time, or each second."""
    return re.sub(rb'(content|value)="[^"]{16,}"', b"", page)


def order_form(key: str, file_id: str, token: str = "t-1", **more: str) -> dict[str, str]:
    fields = {
        "material": "petg",
        "colour": "Black",
        "finish": "sanded",
        "quantity": "3",
        "instructions": "Holes must fit M4.",
    }
    return {
        "line": key, f"file-{key}": file_id, "delivery": "pickup", "token": token, "action": "submit",
        **{f"{name}-{key}": more.get(name, value) for name, value in fields.items()},
    }  # fmt: skip


def status(state: str, at: datetime, seq: int, **more: object) -> bytes:
    return orjson.dumps({"v": 1, "state": state, "ts": at.timestamp(), "seq": seq, **more})


@pytest.fixture
def bench(workshop: Workshop) -> Workshop:
    workshop.machine("printer-1")
    return workshop


def test_a_file_becomes_an_order_and_the_machine_moves_it(bench: Workshop) -> None:
    ada, sam = bench.browser("ada"), bench.browser("sam")

    # Ada drops a file and says how she wants it.
    key, file_id = drop(ada, "Bracket v3.stl", cube_stl())
    answer = ada.send("/orders/new", order_form(key, file_id), on="/orders/new")
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert "We are measuring your file" in ada.see(address)
    bench.run_due()
    page = ada.see(address)
    assert "Looks good" in page
    assert "20 × 20 × 20 mm" in page
    assert "8.0 cm³" in page
    assert "Holes must fit M4." in page
    assert "We have your order" in page
    assert [draft.kind for draft in bench.outbox] == ["received"]

    # Sam sees it, reviews it, accepts it, puts its job on a machine.
    code = address.rsplit("/", 1)[1]
    home = sam.see("/staff/")
    assert "Bracket v3" in home
    staff_page = f"/staff/orders/{code}"
    for to in ("in_review", "queued"):
        assert sam.send(f"{staff_page}/move", {"to": to}, on=staff_page).status_code == 303
    job = JobRow.get(JobRow.code == f"{code}-1")
    sam.send(f"/staff/jobs/{job.id}/queue", {"machine": "printer-1"}, on=staff_page)
    page = ada.see(address)
    assert "Accepted, waiting for a machine" in page
    assert "from the schedule" in page

    # The machine starts: the order follows by itself.
    now = utcnow()
    run = {"job": {"id": "r1", "ref": job.code}}
    bench.say("printer-1", status("running", now, 1, progress=0.1, remaining_s=5400, **run), now)
    page = ada.see(address)
    assert "Printing, part 1 of 3" in page
    assert "from the machine" in page
    assert "10 %" in page
    before = OrderRow.get(OrderRow.code == code).window_end

    # It pauses for six hours: the window breaks, and the history says why.
    later = now + timedelta(minutes=5)
    bench.say("printer-1", status("paused", later, 2, progress=0.15, message="Filament ran out", **run), later)
    assert "Paused: the machine waits for a hand" in ada.see(address)
    resumed = later + timedelta(minutes=360)
    bench.say("printer-1", status("running", resumed, 3, progress=0.15, remaining_s=5100, **run), resumed)
    page = ada.see(address)
    assert "Moved because the machine paused for 360 minutes." in page
    assert OrderRow.get(OrderRow.code == code).window_end > before

    # It finishes; hand work; quality check; ready, with the address.
    done = resumed + timedelta(minutes=85)
    bench.say("printer-1", status("done", done, 4, progress=1.0, **run), done)
    assert "Being finished by hand" in ada.see(address)
    for operation in OperationRow.select():
        sam.send(f"/staff/operations/{operation.id}", {"done": "1"}, on=staff_page)
    assert "Being checked" in ada.see(address)
    sam.send(f"{staff_page}/move", {"to": "ready_for_pickup"}, on=staff_page)
    page = ada.see(address)
    assert "Ready for you to pick up" in page
    assert "Hafenstraße 1" in page
    bench.run_due()
    assert {row.kind for row in NoticeRow.select()} == {"received", "in_production", "delayed", "ready"}
    with time_machine.travel(utcnow() + timedelta(minutes=3)):  # all that came at once is one mail
        bench.run_due()
    assert [draft.kind for draft in bench.outbox] == ["received", "ready"]
    assert NoticeRow.select().where(NoticeRow.state != "sent").count() == 0


def test_the_other_customer_reaches_none_of_it(bench: Workshop) -> None:
    order = bench.place("ada")
    file_id = order.lines[0].file_id
    bob = bench.browser("bob")
    for path in (
        f"/orders/{order.code}",
        f"/files/{file_id}/card",
        f"/files/{file_id}/download",
        f"/files/{file_id}/picture",
    ):
        assert bob.get(path).status_code == 404
        missing = path.replace(order.code, "ZZZZZZ").replace(f"/{file_id}/", "/99999/")
        assert without_marks(bob.get(path).data) == without_marks(bob.get(missing).data)
    assert bob.get(f"/live?page=order/{order.code}").status_code == 404
    assert bob.send(f"/orders/{order.code}/cancel").status_code == 404
    assert bench.stage(order) == "received"
    assert order.code not in bob.see("/")
    key = "aa"
    taken = bob.send("/orders/new", order_form(key, str(file_id)), on="/orders/new")
    assert taken.status_code == 422
    assert OrderRow.select().where(OrderRow.customer == bench.people["bob"].id).count() == 0


def test_a_double_click_is_one_order(bench: Workshop) -> None:
    ada = bench.browser("ada")
    key, file_id = drop(ada, "part.stl", cube_stl())
    first = ada.send("/orders/new", order_form(key, file_id, "same"), on="/orders/new")
    second = ada.send("/orders/new", order_form(key, file_id, "same"), on="/orders/new")
    assert first.headers["Location"] == second.headers["Location"]
    assert OrderRow.select().count() == 1


def test_without_a_script_the_file_comes_with_the_form(bench: Workshop) -> None:
    ada = bench.browser("ada")
    page = ada.see("/orders/new")
    key = re.search(r'name="line" value="(\w+)"', page)[1]
    form = order_form(key, "")
    form[f"upload-{key}"] = (io.BytesIO(cube_stl()), "by hand.stl")
    answer = ada.send("/orders/new", form, on="/orders/new", content_type="multipart/form-data")
    assert answer.status_code == 303
    assert "by hand" in ada.see(answer.headers["Location"])


def test_a_mistake_in_the_form_loses_nothing(bench: Workshop) -> None:
    ada = bench.browser("ada")
    key, file_id = drop(ada, "part.stl", cube_stl())
    form = order_form(key, file_id, quantity="0", colour="Pink", instructions="Please <b>sand</b> it")
    answer = ada.send("/orders/new", {**form, "title": "My brackets"}, on="/orders/new")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "The quantity must be between 1 and 10,000." in page
    assert "Choose a colour that PETG comes in." in page
    assert "part.stl" in page
    assert "My brackets" in page
    assert "Please &lt;b&gt;sand&lt;/b&gt; it" in page


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("page.pdf", b"<!doctype html><html>", "This is a web page. Download the file itself and send that."),
        ("part.amf", b"<?xml version='1.0'?><amf>", "This is an AMF model. Please export it as STL, OBJ or 3MF."),
        (
            "run.gcode",
            b"; generated by",
            "This is machine code (G-code). We make our own. Please send the model: STL, OBJ or 3MF.",
        ),
        ("all.zip", b"PK\x03\x04", "This is a ZIP archive. Please unpack it and send the files in it."),
        ("empty.stl", b"", "The file is empty."),
    ],
)
def test_a_file_that_cannot_be_taken_is_said_at_once(bench: Workshop, name: str, content: bytes, sentence: str) -> None:
    answer = bench.browser("ada").drop(name, content)
    assert answer.status_code == 422
    assert answer.json["detail"] == sentence


def test_the_shops_hours_stand_on_the_page(make_workshop: object) -> None:
    workshop = make_workshop()  # type: ignore[operator]
    workshop.open(
        ShopProfile(
            name="Werk",
            hours=dict.fromkeys(
                ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), ("00:00-24:00",)
            ),
        )
    )
    order = workshop.place("ada")
    assert "Open around the clock" in workshop.browser("ada").see(f"/orders/{order.code}")


def test_ada_changes_her_mind_before_production(bench: Workshop) -> None:
    order = bench.place("ada")
    ada = bench.browser("ada")
    ada.send(f"/orders/{order.code}/cancel", on=f"/orders/{order.code}")
    assert "This order was cancelled" in ada.see(f"/orders/{order.code}")
    assert JobRow.get(JobRow.order == order.id).state == "cancelled"


def test_the_shop_needs_an_answer_and_says_so(bench: Workshop) -> None:
    order = bench.place("ada")
    sam, ada = bench.browser("sam"), bench.browser("ada")
    page = f"/staff/orders/{order.code}"
    sam.send(f"{page}/move", {"to": "in_review"}, on=page)
    sam.send(f"{page}/hold", {"reason": "M4 or M5?", "waits_for_customer": "1"}, on=page)
    text = ada.see(f"/orders/{order.code}")
    assert "Waiting for you" in text
    assert "M4 or M5?" in text
    refused = sam.send(f"{page}/move", {"to": "queued"}, on=page, follow_redirects=True).get_data(as_text=True)
    assert "The order is on hold. Release the hold first." in refused
    sam.send(f"{page}/release", on=page)
    sam.send(f"{page}/move", {"to": "queued"}, on=page)
    assert bench.stage(order) == "queued"
    bench.run_due()
    assert "needs_you" in [draft.kind for draft in bench.outbox]


def test_sam_clicked_too_fast_and_takes_it_back(bench: Workshop) -> None:
    order = bench.place("ada")
    sam = bench.browser("sam")
    page = f"/staff/orders/{order.code}"
    sam.send(f"{page}/move", {"to": "in_review"}, on=page)
    assert "Undo “In review”" in sam.see(page)
    sam.send(f"{page}/undo", on=page)
    assert bench.stage(order) == "received"
    assert "Back to: Received" in sam.see(page)


def test_a_machine_without_a_link_is_pressed_by_hand(bench: Workshop) -> None:
    bench.machine("laser-1", "manual", "laser")
    order = bench.place("ada", material="plywood", colour="Natural")
    bench.accept(order, "laser-1")
    sam = bench.browser("sam")
    page = "/staff/machines/laser-1"
    for kind, sentence in (("start", "Cutting"), ("pause", "Paused"), ("resume", "Cutting")):
        sam.send(f"{page}/command", {"kind": kind}, on=page)
        assert sentence in bench.browser("ada").see(f"/orders/{order.code}")
    sam.send(f"{page}/command", {"kind": "finish"}, on=page)
    assert bench.stage(order) == "post_processing"
    again = sam.send(f"{page}/command", {"kind": "finish"}, on=page, follow_redirects=True)
    assert "There is no job to finish" in again.get_data(as_text=True)
