"""The schedule by hand: dragged with a mouse and a finger, moved by keyboard, proposed, undone, and live for others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from test_pages import check, links

pytestmark = pytest.mark.browser
SIT = Callable[..., Any]


@pytest.fixture
def sit(sit_down: SIT, still_shop: Any) -> SIT:
    """Somebody in a shop whose printer rests: it neither ends its job nor begins the one that the tests move."""
    page = sit_down("owner", at=still_shop).go("/staff/machines/printer-1")
    card = page.locator("#machine-printer-1")
    if "paused" not in card.inner_text():
        card.get_by_role("button", name="Pause").click()
        expect(card).to_contain_text("paused", timeout=30_000)
    return partial(sit_down, at=still_shop)


@pytest.fixture
def desk(sit: SIT) -> Iterator[Any]:
    """Sam at the schedule; each test puts the plan back."""
    seat = sit("staff")
    page = seat.go("/staff/schedule?scale=week")
    expect(page.locator("html[data-live=on]")).to_be_attached()
    yield seat
    assert seat.complaints == []


def bar(page: Page, machine: str) -> Locator:
    """The first job that waits for a machine."""
    return page.locator(f"#lane-{machine} .bar[data-movable]").first


def carry(page: Page, job: Locator, machine: str, x: float = 0.9) -> None:
    """Take a job with the mouse and hold it over a lane."""
    start, lane = job.bounding_box(), page.locator(f"#lane-{machine} .lane-time").bounding_box()
    assert start
    assert lane
    page.mouse.move(start["x"] + min(6, start["width"] / 2), start["y"] + 20)
    page.mouse.down()
    page.mouse.move(lane["x"] + lane["width"] * x, lane["y"] + 20, steps=6)


def take_back(page: Page) -> None:
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator("#flashes")).to_contain_text("Taken back")


def test_a_job_is_dragged_after_one_has_seen_what_it_moves(desk: Any, sit: SIT) -> None:
    page = desk.page
    other = sit("owner").go("/staff/schedule?scale=week")
    job = bar(page, "printer-1")
    code = str(job.get_attribute("data-code"))
    id_ = str(job.get_attribute("id"))
    carry(page, job, "printer-2")
    expect(page.locator("#lane-printer-2.target .drop-mark")).to_be_visible()
    expect(page.locator("#lane-laser-1.cannot .why-not")).to_contain_text("works by laser, and this job needs fdm")
    page.mouse.up()
    dialog = page.locator("#move-dialog")
    expect(dialog).to_contain_text(f"{code} to Voron 2.4")
    expect(dialog.locator(".moves")).to_contain_text(code.split("-")[0])
    expect(page.locator(f"#lane-printer-1 #{id_}")).to_be_attached()
    dialog.get_by_role("button", name="Leave it").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(f"#{id_}")).to_be_focused()

    carry(page, bar(page, "printer-1"), "printer-2")
    page.mouse.up()
    dialog.get_by_role("button", name="Move it").click()
    expect(page.locator("#flashes")).to_contain_text(f"Moved: {code} to Voron 2.4")
    expect(page.locator(f"#lane-printer-2 #{id_}")).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(other.locator(f"#lane-printer-2 #{id_}")).to_be_visible()
    take_back(page)
    expect(page.locator(f"#lane-printer-1 #{id_}")).to_be_visible()
    expect(other.locator(f"#lane-printer-1 #{id_}")).to_be_visible()


def test_an_impossible_drop_says_why_and_escape_drops_nothing(desk: Any) -> None:
    page = desk.page
    job = bar(page, "printer-1")
    carry(page, job, "mill-1")
    page.mouse.up()
    dialog = page.locator("#move-dialog")
    expect(dialog).to_contain_text("Datron M8 works by cnc, and this job needs fdm.")
    expect(dialog.get_by_role("button", name="Move it")).to_have_count(0)
    dialog.get_by_role("button", name="Leave it where it is").click()
    carry(page, job, "printer-2")
    page.keyboard.press("Escape")
    expect(page.locator(".drag-ghost")).to_have_count(0)
    page.mouse.up()
    expect(dialog).to_be_hidden()
    assert "/jobs/" not in page.url, "the click that ends a drag follows no link"


def test_a_job_is_moved_by_keyboard_and_hears_where_it_is(desk: Any) -> None:
    page = desk.page
    said = page.locator("#plan-said")
    job = bar(page, "printer-1")
    code, id_ = str(job.get_attribute("data-code")), str(job.get_attribute("id"))
    job.focus()
    with page.expect_response("**/places"):
        page.keyboard.press("m")
    expect(said).to_contain_text(f"{code} to Prusa MK4, place 1 of 1")
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("Trotec Speedy works by laser, and this job needs fdm.")
    page.keyboard.press("ArrowDown")
    there = page.locator("#lane-printer-2 .bar[data-movable]").count() + 1
    expect(said).to_contain_text(f"{code} to Voron 2.4, place {there} of {there}")
    for place in range(there - 1, 0, -1):
        page.keyboard.press("ArrowLeft")
        expect(said).to_contain_text(f"place {place} of {there}, before")
    page.keyboard.press("Escape")
    expect(said).to_contain_text("stays where it is")
    expect(page.locator(".target, .lifted")).to_have_count(0)

    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    for _ in range(there):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator("#move-dialog")).to_contain_text(f"{code} to Voron 2.4, before")
    expect(page.get_by_role("button", name="Move it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#flashes")).to_contain_text(f"Moved: {code}")
    expect(bar(page, "printer-2")).to_have_attribute("id", id_)
    take_back(page)


def test_who_is_quicker_than_the_answer_hears_what_is_wrong_when_it_comes(desk: Any) -> None:
    page = desk.page
    held_back: list[Route] = []
    page.route("**/places", lambda route: held_back.append(route))
    job = bar(page, "printer-1")
    job.focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#plan-said")).to_contain_text("to Trotec Speedy, place")
    (asked,) = held_back
    asked.continue_()
    expect(page.locator("#plan-said")).to_contain_text("Trotec Speedy works by laser, and this job needs fdm.")
    expect(page.locator(".drop-mark")).to_have_count(0)
    page.keyboard.press("Escape")
    page.unroute("**/places")


def test_a_finger_rests_on_a_job_and_carries_it(desk: Any) -> None:
    page = desk.page
    job = bar(page, "printer-1")
    box, lane = job.locator(".body").bounding_box(), page.locator("#lane-printer-2 .lane-time").bounding_box()
    assert box
    assert lane
    finger = desk.context.new_cdp_session(page)

    def touch(kind: str, x: float = 0, y: float = 0) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = box["x"] + box["width"] / 2, box["y"] + 20  # beside a neighbour, a finger at the edge means either
    touch("touchStart", x, y)
    expect(page.locator(".drag-ghost")).to_be_visible()
    for share in (0.3, 0.6, 1.0):
        touch("touchMove", x + 300 * share, y + (lane["y"] + 20 - y) * share)
    expect(page.locator("#lane-printer-2.target")).to_be_attached()
    touch("touchEnd")
    expect(page.locator("#move-dialog")).to_contain_text("to Voron 2.4")
    page.locator("#move-dialog").get_by_role("button", name="Leave it").click()


def test_a_proposal_is_looked_at_and_accepted(desk: Any) -> None:
    page = desk.page
    card = page.locator(".bar-card").first
    code = str(card.get_attribute("data-code"))
    page.get_by_label(f"Propose a place for {code}").check()
    page.get_by_role("button", name="Propose places").click()
    expect(page.get_by_role("heading", name="A proposal")).to_be_visible()
    expect(page.locator(".proposed li")).to_have_count(1)
    expect(page.locator(".proposed")).to_contain_text(code)
    check(desk, page.url.removeprefix(desk.base))
    page.get_by_role("button", name="Accept the ticked ones").click()
    expect(page.locator("#flashes")).to_contain_text("1 job has its place.")
    page.get_by_role("link", name="Week").click()  # on a Saturday its place is on Monday
    expect(page.locator(f".timeline .bar[data-code='{code}']")).to_be_visible()
    take_back(page)
    expect(page.locator(f".bar-card[data-code='{code}']")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_without_a_script_a_job_is_moved_by_a_form(sit: SIT, width: int) -> None:
    seat = sit("staff", script=False, width=width)
    page = seat.go("/staff/schedule")
    if width == 390:
        expect(page.locator(".timeline")).to_be_hidden()
        page.locator("#list-printer-1").get_by_role("link", name="Move").first.click()
    else:
        page.get_by_role("link", name="Week").click()  # after hours the next job's place is on another day
        page.goto(seat.base + str(bar(page, "printer-1").get_attribute("href")))
    expect(page.get_by_text("Not possible:")).to_be_visible()
    page.get_by_label("Where to").select_option("printer-2/")
    page.get_by_role("button", name="See what it moves").click()
    expect(page.locator(".considered")).to_contain_text("to Voron 2.4, at the end")
    page.get_by_role("button", name="Move it").click()
    expect(page.locator("#flashes")).to_contain_text("Moved:")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator("#flashes")).to_contain_text("Taken back")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_everybody_can_use_the_page_of_a_move(sit: SIT, width: int, scheme: str) -> None:
    seat = sit("staff", width=width, scheme=scheme)
    seat.go("/staff/schedule")
    check(seat, links(seat, "/staff/schedule/jobs/").split("?")[0] + "?to=/")
