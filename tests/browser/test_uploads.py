"""A large file over a bad line: cut, gone on with, called off, gone on with by another page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bad_line import PATIENCE_MS, SLOW, Line, large_cube, listen, methods, until_some_is_there
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
SIT = Callable[..., Any]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return large_cube(tmp_path_factory.mktemp("large") / "Gearbox housing.stl", 20.0)


def has_its_verdict(page: Page) -> None:
    line = page.locator(".new-line")
    expect(line).to_have_count(1, timeout=PATIENCE_MS)
    expect(line.locator(".file:not([data-verdict=waiting])")).to_be_visible(timeout=PATIENCE_MS)
    expect(line).to_contain_text("Looks good")
    expect(line).to_contain_text("20 × 20 × 20 mm")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('tus::'))") == []


def test_a_cut_line_costs_a_piece_and_no_click(sit_down: SIT, large: Path) -> None:
    seat = sit_down("ben")
    page = seat.go("/orders/new")
    heard = listen(page)
    line = Line(seat)
    page.locator("#pick").set_input_files(large)
    box = page.locator(".sending")
    until_some_is_there(page)
    line.be(SLOW, offline=True)
    expect(box).to_contain_text("The connection is gone; the upload goes on when it is back")
    cut = len(heard)
    line.be(-1)
    has_its_verdict(page)
    assert len(methods(heard, "POST")) == 1
    again = [int(one.headers["upload-offset"]) for one in methods(heard[cut:], "PATCH")]
    assert min(again) > 0
    assert not any("Content Security Policy" in one for one in seat.complaints)


def test_another_page_goes_on_where_the_closed_one_was(sit_down: SIT, large: Path) -> None:
    seat = sit_down("ben")
    page = seat.go("/orders/new")
    heard = listen(page)
    Line(seat)
    page.locator("#pick").set_input_files(large)
    until_some_is_there(page)
    page.reload()
    before = len(heard)
    page.locator("#pick").set_input_files(large)
    has_its_verdict(page)
    assert methods(heard[before:], "POST") == []
    assert int(methods(heard[before:], "PATCH")[0].headers["upload-offset"]) > 0


def test_an_upload_is_called_off_by_keyboard(sit_down: SIT, large: Path) -> None:
    seat = sit_down("ben")
    page = seat.go("/orders/new")
    Line(seat)
    page.locator("#pick").set_input_files(large)
    until_some_is_there(page)
    page.get_by_role("button", name="Cancel Gearbox housing.stl").focus()
    with page.expect_response(lambda one: one.request.method == "DELETE" and one.status == 204):
        page.keyboard.press("Enter")
    expect(page.locator(".sending")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "pick"
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('tus::'))") == []


def test_files_go_up_two_at_a_time(sit_down: SIT, tmp_path: Path, large: Path) -> None:
    seat = sit_down("ben")
    page = seat.go("/orders/new")
    Line(seat)
    names = [tmp_path / f"part {number}.stl" for number in (1, 2, 3)]
    for name in names:
        name.symlink_to(large)
    page.locator("#pick").set_input_files(names)
    expect(page.locator(".sending [role=status]")).to_have_text(
        ["Sending part 1.stl", "Sending part 2.stl", "Waiting to send part 3.stl"]
    )
    for number in (1, 2, 3):
        page.get_by_role("button", name=f"Cancel part {number}.stl").click()
    expect(page.locator(".sending")).to_have_count(0)
