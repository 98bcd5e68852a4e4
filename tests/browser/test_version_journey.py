"""From a cut line and a wrong unit to an approved version, as two people live it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bad_line import PATIENCE_MS, SLOW, Line, large_cube, listen, methods, until_some_is_there
from playwright.sync_api import expect
from samples.axe_notes import axe_faults

from craftops.testing.workshop import cube_stl

pytestmark = pytest.mark.browser


def nothing_wrong(seat: Any) -> None:
    wide = seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{seat.page.url} is {wide} px wider than its window"
    faults = axe_faults(seat.page)
    assert faults == [], seat.page.url
    assert seat.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_an_upload_survives_its_unit_is_chosen_and_its_next_version_approved(
    sit_down: Callable[..., Any], tmp_path: Path, width: int, scheme: str
) -> None:
    ben, staff = sit_down("ben", width=width, scheme=scheme), sit_down("staff")
    page = ben.go("/orders/new")
    heard, wire = listen(page), Line(ben)
    page.locator("#pick").set_input_files(large_cube(tmp_path / f"hook {width}.stl", 0.8))
    until_some_is_there(page)
    wire.be(SLOW, offline=True)
    expect(page.locator(".sending")).to_contain_text("the upload goes on when it is back")
    cut = len(heard)
    wire.be(-1)
    expect(page.locator(".new-line")).to_have_count(1, timeout=PATIENCE_MS)
    assert min(int(one.headers["upload-offset"]) for one in methods(heard[cut:], "PATCH")) > 0
    ben.complaints[:] = [one for one in ben.complaints if "ERR_INTERNET_DISCONNECTED" not in one]
    line = page.locator(".new-line")
    expect(line).to_contain_text("It is only 0.8 mm large.", timeout=20_000)
    expect(line.locator(".unit-choice")).to_have_count(4)
    nothing_wrong(ben)
    line.get_by_role("button", name="It is in inches").click()
    expect(line).to_contain_text("Read in inches.", timeout=20_000)
    expect(line).to_contain_text("20.3 × 20.3 × 20.3 mm")
    line.get_by_label("Material").select_option("pla")
    line.get_by_label("Colour").select_option("Black")
    page.get_by_role("button", name="Send the order").click()
    expect(page.locator(".tracker .sentence")).to_have_text("We have your order")
    code = re.search(r"/orders/(\w+)", page.url)[1]

    floor = staff.go(f"/staff/orders/{code}")
    floor.keyboard.press("r")
    expect(floor.locator("#flashes")).to_contain_text("In review")
    page.get_by_text("Send a new version of the file").click()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "hook v2.stl", "mimeType": "model/stl", "buffer": cube_stl(30.0)}
    )
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("#flashes")).to_contain_text("Version 2 is here")
    page.get_by_role("link", name="Version 1 of 2, compare").click()
    expect(page.get_by_role("row", name="Size")).to_contain_text("30 × 30 × 30 mm", timeout=20_000)
    expect(page.get_by_text("more machine time")).to_be_visible()
    expect(page.get_by_role("row", name="Machine time and material")).to_contain_text(re.compile(r"€\d+\.\d\d.*€\d"))
    expect(page.get_by_text("more for machine time and material")).to_be_visible()
    nothing_wrong(ben)

    staff.go("/staff/")
    floor.get_by_role("link", name=f"version 2 of hook {width}").click()
    expect(floor.get_by_role("heading", name="Which one is made?")).to_be_visible()
    nothing_wrong(staff)
    floor.keyboard.press("a")
    expect(floor.locator("#flashes")).to_contain_text("Version 2 is the one that is made.")
    ben.go(f"/orders/{code}")
    expect(page.get_by_role("link", name="Version 2 of 2, compare")).to_be_visible()
    nothing_wrong(ben)
