"""The page on which a part is turned: drawn by the processor here, but by the same page, script and policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from samples.axe_notes import axe_faults

from craftops.testing.workshop import cube_stl

pytestmark = pytest.mark.browser
SIT = Callable[..., Any]
SLOW = ("GL Driver Message", "rAF timed out")
"""What the console says of a machine without a graphics card; nothing else may be in it."""
LOADED_MS = 60_000


def send_a_cube(seat: Any) -> str:
    """The address of the view page of a cube that was just sent."""
    page = seat.go("/orders/new")
    page.locator("#pick").set_input_files({"name": "cube 20.stl", "mimeType": "model/stl", "buffer": cube_stl()})
    link = page.locator(".new-line a.turn")
    expect(link).to_contain_text("Turn it in 3D", timeout=20_000)
    return str(link.get_attribute("href"))


def complaints(seat: Any) -> list[str]:
    return [said for said in seat.complaints if not any(known in said for known in SLOW)]


def check(seat: Any) -> None:
    page: Page = seat.page
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert axe_faults(page) == []
    assert complaints(seat) == []


def see_it_loaded(page: Page) -> None:
    expect(page.locator("#stage")).to_have_attribute("data-state", "loaded", timeout=LOADED_MS)


def theta(page: Page) -> float:
    return float(page.locator("#part").evaluate("part => part.getCameraOrbit().theta"))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_cube_is_there_to_be_turned(sit_down: SIT, width: int, scheme: str) -> None:
    seat = sit_down("ben", width=width, scheme=scheme)
    asked: list[str] = []
    seat.page.on("request", lambda request: asked.append(request.url))
    page = seat.go(send_a_cube(seat))
    see_it_loaded(page)
    expect(page.locator("#said")).to_contain_text("Drag to turn it")
    expect(page.locator(".facts")).to_contain_text("20 × 20 × 20 mm")
    size = page.locator("#part").evaluate("part => { const s = part.getDimensions(); return [s.x, s.y, s.z]; }")
    assert size == pytest.approx([0.02, 0.02, 0.02])
    check(seat)
    assert [url for url in asked if not url.startswith((seat.base, "blob:", "data:"))] == []


def test_it_is_turned_by_keyboard_and_by_name(sit_down: SIT) -> None:
    seat = sit_down("ben")
    page = seat.go(send_a_cube(seat))
    see_it_loaded(page)
    before = theta(page)
    page.get_by_role("link", name="New order").focus()
    for _ in range(10):
        if page.evaluate("document.activeElement.id") == "part":
            break
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "part"
    page.keyboard.press("ArrowRight")
    page.locator("#part").evaluate(
        "(part, before) => new Promise(done => { const look = () => part.getCameraOrbit().theta !== before"
        " ? done() : requestAnimationFrame(look); look(); })",
        before,
    )
    page.get_by_role("button", name="Right").click()
    assert theta(page) == pytest.approx(1.5708, abs=1e-3)


def test_the_looser_policy_stays_on_its_page(sit_down: SIT) -> None:
    seat = sit_down("ben")
    policies: dict[str, str] = {}

    def note(response: Any) -> None:
        if response.request.resource_type == "document":
            policies[re.sub(r"\d+", "N", response.url.removeprefix(seat.base))] = response.headers[
                "content-security-policy"
            ]

    seat.page.on("response", note)
    address = send_a_cube(seat)
    seat.page.locator("a.turn").click()
    see_it_loaded(seat.page)
    seat.page.get_by_role("link", name="New order").click()
    expect(seat.page.locator("#pick")).to_be_attached()
    assert seat.page.evaluate("performance.getEntriesByType('navigation')[0].name").endswith("/orders/new")
    assert "wasm-unsafe-eval" in policies[re.sub(r"\d+", "N", address)]
    assert "wasm-unsafe-eval" not in policies["/orders/new"]


def test_where_nothing_can_be_drawn_there_is_the_picture(sit_down: SIT) -> None:
    seat = sit_down("ben", width=390)
    address = send_a_cube(seat)
    seat.context.add_init_script(
        "const plain = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return kind.startsWith('webgl') ? null : plain.call(this, kind, ...more); };"
    )
    page = seat.go(address)
    expect(page.locator("#said")).to_have_text("This browser cannot draw in 3D, so here is the picture.")
    expect(page.get_by_role("img", name="Picture of cube 20.stl")).to_be_visible()
    check(seat)


def test_without_a_script_there_is_the_picture(sit_down: SIT) -> None:
    address = send_a_cube(sit_down("ben"))
    page = sit_down("ben", script=False).go(address)
    expect(page.locator("#said")).to_have_text("Turning it needs a script, so here is the picture.")
    expect(page.get_by_role("img", name="Picture of cube 20.stl")).to_be_visible()
    expect(page.get_by_role("button", name="Front")).to_be_hidden()


def test_staff_turn_any_part(sit_down: SIT) -> None:
    address = send_a_cube(sit_down("ben"))
    page = sit_down("staff").go(address)
    expect(page.get_by_role("heading", name="cube 20.stl")).to_be_visible()
    see_it_loaded(page)
    other = sit_down("clara").go(address)
    expect(other.get_by_text("There is nothing here")).to_be_visible()
