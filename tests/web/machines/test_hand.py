"""At a machine: scan its code, sign in, press. An old page touches no new job."""

from __future__ import annotations

import re

import pytest

from craftops.store.models import JobRow
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import PASSWORD
from craftops.web.machines.present import qr_svg

PAGE = "/staff/machines/laser-1/hand"


@pytest.fixture
def laser(workshop: Workshop) -> Workshop:
    workshop.machine("laser-1", driver="manual")
    return workshop


def buttons(page: str) -> list[str]:
    inside = page[page.index('class="hand"') :]
    return re.findall(r'name="kind" value="(\w+)"', inside)


def press(who: Browser, kind: str, job: str) -> str:
    form = {"kind": kind, "job": job, "back": PAGE}
    answer = who.send("/staff/machines/laser-1/command", form, on=PAGE, follow_redirects=True)
    return str(answer.get_data(as_text=True))


def test_whoever_scans_signs_in_and_comes_back(laser: Workshop) -> None:
    visitor = laser.browser()
    answer = visitor.get(PAGE)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/sign-in?next={PAGE}"
    form = {"email": laser.people["sam"].email, "password": PASSWORD, "next": PAGE}
    answer = visitor.send(f"/sign-in?next={PAGE}", form, on=f"/sign-in?next={PAGE}")
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert "laser-1" in visitor.see(PAGE)
    assert laser.browser("ada").get(PAGE).status_code == 404


def test_a_job_from_its_start_to_its_end_by_thumb(laser: Workshop) -> None:
    sam = laser.browser("sam")
    assert "No job waits for this machine." in sam.see(PAGE)
    assert buttons(sam.see(PAGE)) == []
    order = laser.place("ada")
    job = laser.accept(order, "laser-1")
    page = sam.see(PAGE)
    assert job.code in page
    assert buttons(page) == ["start"]
    assert buttons(press(sam, "start", job.code)) == ["finish", "pause", "cancel", "fail"]
    assert laser.stage(order) == "in_production"
    assert buttons(press(sam, "pause", job.code)) == ["resume", "finish", "cancel", "fail"]
    assert buttons(press(sam, "resume", job.code)) == ["finish", "pause", "cancel", "fail"]
    page = press(sam, "finish", job.code)
    assert JobRow.get_by_id(job.id).state == "done"
    assert buttons(page) == []


def test_a_page_that_is_an_hour_old_touches_no_other_job(laser: Workshop) -> None:
    sam = laser.browser("sam")
    first, second = (laser.accept(laser.place("ada"), "laser-1") for _ in range(2))
    press(sam, "start", first.code)
    press(sam, "finish", first.code)
    press(sam, "start", second.code)
    page = press(sam, "fail", first.code)
    assert f"is not at {first.code} any more" in page
    assert f"It is {second.code} now." in page
    assert JobRow.get_by_id(second.id).state == "running"
    assert "is not at" in press(sam, "finish", "NOSUCH-1")


def test_the_sheet_has_the_address_and_a_code_that_reads(laser: Workshop) -> None:
    page = laser.browser("sam").see("/staff/machines/laser-1/sign")
    found = re.search(r"<svg.*</svg>", page, re.DOTALL)
    assert found
    assert "style=" not in found[0]
    assert "/staff/machines/laser-1/hand" in page
    assert "QR sheet" in laser.browser("sam").see("/staff/machines/laser-1")
    assert "No phone reaches this address" in page


def test_a_title_cannot_break_out_of_the_code() -> None:
    svg = qr_svg("https://shop.example/staff/machines/laser-1/hand", "<script>x</script>")
    assert "<script>" not in svg
