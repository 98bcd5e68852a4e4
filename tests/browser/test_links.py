"""Staff add an OctoPrint that is called by the real bridge: the open page hears how its test went, and moves by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from samples.octoprint import READ_KEY, FakeOctoPrint

pytestmark = pytest.mark.browser
SOON_MS = 20_000


@pytest.fixture
def octo() -> Iterator[FakeOctoPrint]:
    running = FakeOctoPrint()
    yield running
    running.stop()


def test_an_octoprint_is_tried_saved_and_followed_on_an_open_page(sit_down: Any, octo: FakeOctoPrint) -> None:
    page = sit_down("staff", width=390).go("/staff/machines/new")
    page.get_by_role("link", name="OctoPrint A printer").click()
    page.get_by_label("Name", exact=True).fill("Prusa")
    page.get_by_label("Short name").fill("octo-7")
    page.get_by_label("Address").fill(octo.address)
    page.get_by_label("API key").fill("wrong")
    page.get_by_role("button", name="Test").click()
    trial = page.get_by_role("status", name="Test")
    expect(trial).to_contain_text("It does not accept the key.", timeout=SOON_MS)
    page.get_by_label("API key").fill(READ_KEY)
    page.get_by_role("button", name="Test").click()
    expect(trial).to_contain_text("OctoPrint 1.11.8", timeout=SOON_MS)
    expect(trial).to_contain_text("idle")
    page.get_by_role("button", name="Add machine").click()
    link = page.locator("#link-octo-7")
    expect(link).to_contain_text("connected", timeout=SOON_MS)
    octo.upload("benchy.gcode", b"x" * 1000)
    octo.print("benchy.gcode")
    octo.go_on(40.0, 60)
    expect(page.locator("main")).to_contain_text("It runs “benchy.gcode”", timeout=SOON_MS)
    octo.keys.clear()
    octo.stop()
    octo.run()
    expect(link).to_contain_text("It does not accept the key.", timeout=SOON_MS)
