"""A file that is not right yet: fixed by one click, sent anew, compared, approved; and nothing is ever lost."""

from __future__ import annotations

import io
import re

import pytest

from craftops.domain.orders.workflow import Stage
from craftops.processes.doctor import examine
from craftops.sandbox import analyse
from craftops.services.orders import ordering
from craftops.store.database import utcnow
from craftops.store.models import DesignFileRow, JobRow, OrderLineRow, RevisionRow
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import TOKEN, cube_stl

LINE = {"quantity": "1", "material": "pla", "colour": "Black", "finish": "as_made", "instructions": ""}


@pytest.fixture
def shop(workshop: Workshop) -> Workshop:
    """Files are really measured here, each in a child of its own."""
    workshop.worker.analyse = analyse
    workshop.machine("printer-1")
    return workshop


def place(shop: Workshop, content: bytes, *, review: bool = True, name: str = "part.stl") -> tuple[str, int]:
    """An order of Ada's with this file, in review; its code and its line."""
    file_id = shop.upload("ada", name, content)
    shop.run_due()
    order = ordering.place_order(
        shop.shop, actor=shop.actor("ada"), customer=shop.people["ada"], at=utcnow(), delivery=ordering.Delivery.PICKUP,
        lines=[ordering.LineDraft(file_id, 1, "pla", "Black", "as_made")],
    )  # fmt: skip
    if review:
        ordering.move(shop.shop, order.code, Stage.IN_REVIEW, actor=shop.actor("sam"), at=utcnow())
    return order.code, order.lines[0].id


def line(code: int | str, line_id: int) -> OrderLineRow:
    row: OrderLineRow = OrderLineRow.get_by_id(line_id)
    return row


def send(browser: Browser, code: str, line_id: int, content: bytes, name: str = "part v2.stl", room: str = "") -> int:
    answer = browser.send(
        f"{room}/orders/{code}/lines/{line_id}/revisions", {"file": (io.BytesIO(content), name)},
        on=f"{room}/orders/{code}", content_type="multipart/form-data",
    )  # fmt: skip
    return answer.status_code


def test_ada_says_in_which_unit_she_drew_before_she_orders(shop: Workshop) -> None:
    ada = shop.browser("ada")
    file_id = shop.upload("ada", "bracket.stl", cube_stl(2.0))
    shop.run_due()
    form = {"line": "aa", "file-aa": str(file_id), **{f"{name}-aa": value for name, value in LINE.items()}}
    page = ada.send("/orders/new", {**form, "action": "more"}, on="/orders/new").get_data(as_text=True)
    assert "It is 2 mm large. The file tells no unit, and we read millimetres." in page
    assert re.search(r"50.8 × 50.8 × 50.8 mm.*?It is in inches", page, re.DOTALL)
    action = {"action": f"mend:{file_id}:unit:in"}
    page = ada.send("/orders/new", {**form, **action}, on="/orders/new").get_data(as_text=True)
    copy = int(re.search(r'name="file-aa" value="(\d+)"', page)[1])
    assert copy != file_id
    assert "We are measuring your file" in page
    shop.run_due()
    card = ada.see(f"/files/{copy}/card")
    assert "Read in inches." in card
    assert "50.8 × 50.8 × 50.8 mm" in card
    assert "Size: 2 × 2 × 2 mm → <b>50.8 × 50.8 × 50.8 mm</b>" in card
    assert "Take it back" in card
    assert DesignFileRow.get_by_id(file_id).size == DesignFileRow.get_by_id(copy).size
    assert ada.get(f"/files/{file_id}/download").data == cube_stl(2.0), "what she sent is as it was"
    again = ada.send("/orders/new", {**form, **action}, on="/orders/new").get_data(as_text=True)
    assert f'value="{copy}"' in again, "a second click is the same copy"
    undone = {**form, "file-aa": str(copy), "action": f"undo:{copy}"}
    assert f'name="file-aa" value="{file_id}"' in ada.send("/orders/new", undone, on="/orders/new").get_data(
        as_text=True
    )


def test_a_hole_is_closed_by_one_click_and_staff_approve_it(shop: Workshop) -> None:
    cube = cube_stl()
    holed = cube[:80] + (11).to_bytes(4, "little") + cube[84 : 84 + 11 * 50]
    code, line_id = place(shop, holed)
    ada, sam = shop.browser("ada"), shop.browser("sam")
    page = ada.see(f"/orders/{code}")
    assert "The surface has 3 open edges" in page
    assert "Close the holes" in page
    first = line(code, line_id).file_id
    address = f"/orders/{code}/lines/{line_id}"
    ada.send(f"{address}/mend", {"action": f"mend:{first}:repair"}, on=f"/orders/{code}")
    shop.run_due()
    assert line(code, line_id).file_id == first, "nothing changes before the shop has said so"
    page = ada.see(f"{address}/compare")
    assert "waits for our word" in page
    assert "this one is made" in page
    assert re.search(r"Volume.*?–.*?8.0 cm³", page, re.DOTALL)
    assert "The surface has 3 open edges" in page, "it stands under what is solved"
    assert "Version 2 waits for your word" in sam.see(f"/staff/orders/{code}")
    assert "version 2 of part" in sam.see("/staff/")
    assert "Make version 2" in sam.see(f"/staff{address}/compare")
    sam.send(f"/staff{address}/decide", {"approve": "2"}, on=f"/staff/orders/{code}")
    now = line(code, line_id)
    assert (now.revision, now.file.made_from_id) == (2, first)
    assert "Version 2 of 2" in ada.see(f"/orders/{code}")
    sam.send(f"/staff{address}/decide", {"approve": "1"}, on=f"/staff/orders/{code}")
    assert line(code, line_id).file_id == first, "the old one was kept"
    assert "version 2 of part" not in sam.see("/staff/")
    assert examine(shop.shop, at=utcnow()) == []


def test_a_new_version_changes_how_long_it_takes(shop: Workshop) -> None:
    code, line_id = place(shop, cube_stl(20.0), review=False)
    ada = shop.browser("ada")
    before = JobRow.get(JobRow.line == line_id).planned_s
    assert send(ada, code, line_id, cube_stl(40.0)) == 303
    shop.run_due()
    assert line(code, line_id).revision == 2, "before the review begins it counts at once"
    assert JobRow.get(JobRow.line == line_id).planned_s > before
    page = ada.see(f"/orders/{code}/lines/{line_id}/compare")
    assert "more machine time" in page.lower()
    assert re.search(r"20 × 20 × 20 mm.*?40 × 40 × 40 mm", page, re.DOTALL)


def test_staff_stay_with_the_old_version_and_say_why(shop: Workshop) -> None:
    code, line_id = place(shop, cube_stl())
    ada, sam = shop.browser("ada"), shop.browser("sam")
    send(ada, code, line_id, cube_stl(300.0))
    shop.run_due()
    data = {"decline": "2", "note": "It does not fit our machines."}
    sam.send(f"/staff/orders/{code}/lines/{line_id}/decide", data, on=f"/staff/orders/{code}")
    assert line(code, line_id).revision == 1
    assert "It does not fit our machines." in ada.see(f"/orders/{code}/lines/{line_id}/compare")
    assert RevisionRow.select().where(RevisionRow.line == line_id).count() == 2


def test_what_is_being_made_does_not_change(shop: Workshop) -> None:
    code, line_id = place(shop, cube_stl(), review=False)
    job = shop.accept(ordering.OrderRow.get(ordering.OrderRow.code == code), "printer-1")
    shop.say("printer-1", b'{"v":1,"state":"running","progress":0.1,"job":{"id":"r1","ref":"%s"}}' % job.code.encode())
    ada = shop.browser("ada")
    assert "Send a new version" not in ada.see(f"/orders/{code}")
    assert send(ada, code, line_id, cube_stl(40.0)) == 422
    assert DesignFileRow.select().count() == 1, "a file that nobody can use is not kept"
    assert line(code, line_id).revision == 1


def test_a_foreign_file_never_becomes_a_version(shop: Workshop) -> None:
    code, line_id = place(shop, cube_stl())
    theirs = shop.upload("bob", "bobs.stl", cube_stl(2.0))
    shop.run_due()
    ada, bob = shop.browser("ada"), shop.browser("bob")
    action = {"action": f"mend:{theirs}:unit:in"}
    assert ada.send(f"/orders/{code}/lines/{line_id}/mend", action, on=f"/orders/{code}").status_code == 404
    mine = {"action": f"mend:{line(code, line_id).file_id}:repair"}
    assert bob.send(f"/orders/{code}/lines/{line_id}/mend", mine, on="/").status_code == 404
    assert ada.client.post(
        f"/files/{theirs}/mend", data=action, headers={"X-CSRFToken": TOKEN.search(ada.see("/"))[1]}
    ).status_code == 404  # fmt: skip
    assert RevisionRow.select().count() == 0


def test_a_fix_that_nobody_offered_is_refused(shop: Workshop) -> None:
    ada = shop.browser("ada")
    file_id = shop.upload("ada", "cube.stl", cube_stl())
    shop.run_due()
    for action, status in ((f"mend:{file_id}:repair", 409), (f"mend:{file_id}:unit:parsec", 422), ("mend:x", 422)):
        headers = {"X-CSRFToken": TOKEN.search(ada.see("/"))[1], "Accept": "application/json"}
        answer = ada.client.post(f"/files/{file_id}/mend", data={"action": action}, headers=headers)
        assert answer.status_code == status, action
        assert answer.json["detail"]


def test_a_fix_that_fails_is_said_and_the_file_stays(shop: Workshop) -> None:
    file_id = shop.upload("ada", "small.stl", cube_stl(2.0))
    shop.run_due()
    ada = shop.browser("ada")
    headers = {"X-CSRFToken": TOKEN.search(ada.see("/"))[1]}
    copy = ada.client.post(f"/files/{file_id}/mend", data={"action": f"mend:{file_id}:unit:in"}, headers=headers).json[
        "id"
    ]

    def crash(*_: object) -> object:
        from craftops.sdk.analyzer import CannotMend

        raise CannotMend("We could not do this by machine.")

    shop.worker.mend = crash
    shop.run_due()
    card = ada.see(f"/files/{copy}/card")
    assert "We could not do this by machine. The file is as it was." in card
    assert ada.get(f"/files/{copy}/download").data == cube_stl(2.0)
