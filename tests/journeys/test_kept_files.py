"""Ada sees who looked at her file, and deletes it when no order needs it any more."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import orjson
import pytest
import time_machine

from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.processes.doctor import examine
from craftops.services.files import keeping
from craftops.services.orders import ordering, reordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.shop import customer_archive
from craftops.store.database import utcnow
from craftops.store.models import BlobRow, DesignFileRow, FileAccessRow, OrderRow, WorkRow
from craftops.store.queries.files import stored_bytes
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl


def ended(order: OrderRow, stage: Stage = Stage.COMPLETED) -> None:
    OrderRow.update(stage=stage.value, stage_since=utcnow()).where(OrderRow.id == order.id).execute()


def forget_bytes(workshop: Workshop) -> None:
    with time_machine.travel(utcnow() + timedelta(minutes=30), tick=False):
        WorkRow.update(run_after=utcnow()).where(WorkRow.kind == "forget_blob").execute()
        workshop.run_due()


class TestWhoLooked:
    def test_each_look_of_the_shop_is_seen_once_an_hour(self, workshop: Workshop) -> None:
        order, sam, ada = workshop.place("ada"), workshop.browser("sam"), workshop.browser("ada")
        file_id = order.lines[0].file_id
        page = f"/files/{file_id}"
        assert "Nobody yet." in ada.see(page)
        came_from = {"Referer": f"http://localhost/staff/orders/{order.code}"}
        for _time in range(3):
            sam.get(f"{page}/download", headers=came_from)
        assert FileAccessRow.select().count() == 1
        sam.get(f"{page}/download", headers={"Referer": "http://localhost/staff/schedule"})
        with time_machine.travel(utcnow() + timedelta(hours=1), tick=False):
            workshop.browser("sam").get(f"{page}/download", headers=came_from)
        assert FileAccessRow.select().count() == 3
        seen = ada.see(page)
        assert "<b>Sam</b> downloaded it on the order&#39;s page" in seen
        assert "in the schedule" in seen
        assert "Who looked at it" in ada.see(f"/orders/{order.code}")

    def test_its_own_people_leave_no_trace_and_nobody_else_sees_it(self, workshop: Workshop) -> None:
        order, ada = workshop.place("ada"), workshop.browser("ada")
        page = f"/files/{order.lines[0].file_id}"
        assert ada.get(f"{page}/download").status_code == 200
        assert FileAccessRow.select().count() == 0
        assert workshop.browser("bob").get(page).status_code == 404
        assert workshop.browser().get(page).status_code in (303, 404)


class TestDelete:
    def test_an_open_order_needs_it(self, workshop: Workshop) -> None:
        order, ada = workshop.place("ada"), workshop.browser("ada")
        file_id = order.lines[0].file_id
        assert f"The open order {order.code} needs it." in ada.see(f"/files/{file_id}")
        with pytest.raises(RuleError, match=order.code):
            keeping.delete_file(workshop.shop, file_id, actor=workshop.actor("ada"), at=utcnow())
        assert workshop.content(file_id) == cube_stl()

    def test_afterwards_it_goes_with_its_bytes_and_the_order_says_so(self, workshop: Workshop) -> None:
        order, ada, sam = workshop.place("ada"), workshop.browser("ada"), workshop.browser("sam")
        file_id = order.lines[0].file_id
        sha256, before = DesignFileRow.get_by_id(file_id).blob_id, stored_bytes(workshop.people["ada"].id)
        ended(order)
        sam.get(f"/files/{file_id}/download")
        page = f"/files/{file_id}"
        ada.send(f"{page}/delete", {}, on=page)
        assert DesignFileRow.get_by_id(file_id).deleted_at is None
        for _time in range(2):
            assert ada.send(f"{page}/delete", {"sure": "1"}, on=page).status_code == 303
        forget_bytes(workshop)
        assert not workshop.shop.files.path(sha256).exists()
        assert BlobRow.select().where(BlobRow.sha256 == sha256).count() == 0
        assert FileAccessRow.select().count() == 0
        assert [one for one in examine(workshop.shop, at=utcnow()) if "file" in one or "blob" in one] == []
        assert stored_bytes(workshop.people["ada"].id) == before - len(cube_stl())
        assert "The file was deleted on" in ada.see(page)
        for who, at in ((ada, f"/orders/{order.code}"), (sam, f"/staff/orders/{order.code}")):
            assert "the file was deleted on" in who.see(at)
            assert who.get(f"{page}/download").headers["Location"] == page
        past = reordering.look_again(workshop.shop, order.code, actor=workshop.actor("ada"))
        assert [one.answer.outcome.value for one in past.parts] == ["impossible"]
        draft = LineDraft(file_id, 1, "pla", "Black", "as_made")
        with pytest.raises((AccessError, IntakeError)):
            ordering.place_order(
                workshop.shop, actor=workshop.actor("ada"), customer=workshop.people["ada"], lines=[draft],
                delivery=Delivery.PICKUP, at=utcnow(),
            )  # fmt: skip

    def test_the_same_bytes_of_somebody_else_stay(self, workshop: Workshop) -> None:
        order, others = workshop.place("ada"), workshop.upload("bob")
        ended(order, Stage.CANCELLED)
        keeping.delete_file(workshop.shop, order.lines[0].file_id, actor=workshop.actor("ada"), at=utcnow())
        forget_bytes(workshop)
        assert workshop.content(others) == cube_stl()

    def test_it_is_nobody_elses_to_delete(self, workshop: Workshop) -> None:
        order, bob = workshop.place("ada"), workshop.browser("bob")
        ended(order)
        page = f"/files/{order.lines[0].file_id}"
        assert bob.send(f"{page}/delete", {"sure": "1"}).status_code == 404
        with pytest.raises(AccessError):
            keeping.delete_file(workshop.shop, order.lines[0].file_id, actor=workshop.actor("bob"), at=utcnow())


class TestTakenAlong:
    def test_everything_comes_as_one_archive_with_the_files(self, workshop: Workshop) -> None:
        order, ada = workshop.place("ada"), workshop.browser("ada")
        large = b"solid " + bytes(range(256)) * 4096
        other = workshop.upload("ada", "../../etc/b:r.stl", large)
        gone = workshop.upload("ada", "gone.stl")
        workshop.upload("bob", "secret.stl")
        keeping.delete_file(workshop.shop, gone, actor=workshop.actor("ada"), at=utcnow())
        workshop.browser("sam").get(f"/files/{order.lines[0].file_id}/download")
        assert "my-data.zip" in ada.see("/account")
        answer = ada.get("/account/data.zip")
        assert answer.headers["Content-Disposition"] == "attachment; filename=my-data.zip"
        with zipfile.ZipFile(io.BytesIO(answer.data)) as found:
            assert found.testzip() is None
            names = found.namelist()
            assert sorted(names) == sorted(
                ["my-data.json", f"files/{order.lines[0].file_id}-bracket.stl", f"files/{other}-b_r.stl"]
            )
            assert found.read(f"files/{order.lines[0].file_id}-bracket.stl") == cube_stl()
            assert found.read(f"files/{other}-b_r.stl") == large
            said = orjson.loads(found.read("my-data.json"))
        assert said["account"]["email"] == "ada@example.org"
        assert [one["looked_at"][0]["who"] for one in said["files"] if one["looked_at"]] == ["Sam"]
        assert [one["name"] for one in said["files"] if one["deleted"]] == ["gone.stl"]

    def test_it_is_written_while_it_is_read(self, workshop: Workshop) -> None:
        workshop.upload("ada", "large.stl", b"solid " + bytes(3_000_000))
        pieces = customer_archive.archive(workshop.shop, workshop.people["ada"], workshop.actor("ada"), at=utcnow())
        assert max(len(piece) for piece in pieces) < 2 * customer_archive.PIECE

    def test_only_customers_have_one_and_not_without_end(self, workshop: Workshop) -> None:
        assert workshop.browser("sam").get("/account/data.zip").status_code in (403, 404)
        ada = workshop.browser("ada")
        answers = [ada.get("/account/data.zip").status_code for _ in range(customer_archive.MOST + 1)]
        assert answers == [200] * customer_archive.MOST + [429]
