"""A customer and the shop, side by side: what one writes, the other sees at once, and nothing half written is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from samples.axe_notes import axe_faults

from craftops.testing.workshop import cube_stl

pytestmark = pytest.mark.browser


def all_is_well(seat: Any) -> None:
    wide = seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{seat.page.url} is {wide} px wider than its window"
    faults = axe_faults(seat.page)
    assert faults == [], seat.page.url
    assert seat.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_question_is_seen_answered_and_read_without_a_reload(
    sit_down: Callable[..., Any], tmp_path: Path, width: int, scheme: str
) -> None:
    ben, staff = sit_down("ben", width=width, scheme=scheme), sit_down("staff", width=width, scheme=scheme)
    page = ben.go("/")
    page.locator(".order-card h3 a", has_text="Knobs for the lathe").click()
    page.wait_for_url("**/orders/*")
    code = page.url.rstrip("/").rsplit("/", 1)[-1].split("#")[0].split("?")[0]
    talk, question = page.locator("#messages"), f"Does the {width} one fit a 20 mm pipe?"
    inbox = staff.go("/staff/messages")
    page.evaluate("window.neverReloaded = true")
    inbox.evaluate("window.neverReloaded = true")

    # He begins, looks at something else, and finds his words again; then he adds a file and sends both.
    talk.locator("textarea").fill(question)
    expect(talk.locator("[data-kept]")).not_to_be_empty()
    ben.go("/account")
    page = ben.go(f"/orders/{code}")
    page.evaluate("window.neverReloaded = true")
    expect(talk.locator("textarea")).to_have_value(question)
    sketch = tmp_path / f"pipe {width}.stl"
    sketch.write_bytes(cube_stl(20.0))
    talk.locator("[data-pick]").set_input_files(sketch)
    expect(talk.locator("[data-files] li")).to_contain_text(sketch.name)
    expect(talk.locator("[data-files] input[name=file]")).to_have_count(1, timeout=20_000)
    talk.get_by_role("button", name="Send").click()
    asked = talk.locator(".message.mine").last
    expect(asked).to_contain_text(question)
    expect(asked).to_contain_text(sketch.name)
    expect(talk.locator("textarea")).to_have_value("")
    all_is_well(ben)

    # The open inbox shows it; the file is measured like any other; the answer is on his open page.
    expect(inbox.locator("main")).to_contain_text(question)
    assert inbox.evaluate("window.neverReloaded")
    all_is_well(staff)
    desk = staff.go(f"/staff/messages/{code}")
    theirs = desk.locator(".message.theirs").last
    expect(theirs).to_contain_text(question)
    expect(theirs).to_contain_text("Looks good", timeout=20_000)
    desk.locator(".composer textarea").fill("Yes, with half a millimetre of air.")
    desk.locator(".composer").get_by_role("button", name="Send").click()
    expect(talk.locator(".message.theirs").last).to_contain_text("half a millimetre of air")
    assert page.evaluate("window.neverReloaded")

    # He has the page open and in sight, so it is read, and the shop sees that.
    expect(desk.locator("#messages .seen")).to_contain_text("read", ignore_case=True)
    all_is_well(staff)

    # Nobody else sees a word of it.
    anna = sit_down("anna")
    assert anna.page.goto(f"{anna.base}/orders/{code}").status == 404
    assert question not in anna.page.content()
