"""Bars go on by the clock between two messages: by the pace that was told with them, not too far, and never back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from playwright.sync_api import Page, expect
from test_pages import machine

pytestmark = pytest.mark.browser
DRAW = """([shown, line, rate, seconds, whole]) => {
  document.querySelector("#tried")?.remove();
  document.body.insertAdjacentHTML("beforeend", `<div class="progress" id="tried"><progress max="100" value="${whole}"
    data-moving="${shown} ${line} ${rate} ${seconds}"></progress><b>${whole} %</b></div>`);
}"""
SEEN = "document.querySelector('#tried progress').value"


def drawn(page: Page, *told: float) -> None:
    page.evaluate(DRAW, list(told))


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_bar_goes_on_by_itself(sit_down: Callable[..., Any], motion: Any) -> None:
    seat = sit_down("owner")
    page = seat.go("/staff/accuracy")  # which nothing moves
    expect(page.locator("html.scripted")).to_be_attached()
    page.emulate_media(reduced_motion=motion)
    exact = motion == "no-preference"
    drawn(page, 40.0, 39.9, 1.0, 3.5, 40)
    text = page.locator("#tried b")
    expect(text).to_have_text("43 %")
    looks = [page.evaluate(SEEN)]
    page.wait_for_function(f"() => {SEEN} >= {43.39 if exact else 43}")
    looks.append(page.evaluate(SEEN))
    assert looks == sorted(looks)
    assert looks[-1] == pytest.approx(43.4 if exact else 43), "as far as the server would go, and no further"
    drawn(page, 43.6, 43.1, 0.0001, 90.0, 43)
    page.wait_for_function(f"() => {SEEN} === {43.6 if exact else 43}")
    expect(text).to_have_text("43 %")
    assert seat.complaints == []


CODE = b"G28\nG90\n" + b"".join(b"G1 X%d Y9 E0.01 F6000\nG4 P500\n" % (10 + n % 9) for n in range(240))
LISTS = (
    ("owner", "/staff/board", ".board-card progress"),
    ("owner", "/staff/machines", "#machine-printer-2 progress"),
    ("owner", "/staff/machines/printer-2/hand", "progress"),
    ("anna", "/", ".order-card span"),
)
SHOWN = "(bar) => bar.value ?? parseInt(bar.textContent)"


def test_a_bar_in_a_list_grows_without_a_word_from_the_machine(still_shop: Any, sit_down: Callable[..., Any]) -> None:
    """A word, and then a page to which nothing comes any more: two minutes of work go on in all of them."""
    owner = sit_down("owner", at=still_shop)
    card = owner.go("/staff/machines").locator("#machine-printer-2")
    code = re.findall(r"Next: (\w+)-1", card.inner_text())[0]
    page = owner.go(f"/staff/orders/{code}")
    page.locator("details.attach summary").first.click()
    page.locator("details.attach input[type=file]").first.set_input_files(
        {"name": "two-minutes.gcode", "mimeType": "text/plain", "buffer": CODE}
    )
    page.get_by_role("button", name="Attach").first.click()
    expect(page.get_by_text("two-minutes.gcode").first).to_be_visible()
    expect(page.get_by_text("worked out from its machine code").first).to_be_visible(timeout=20_000)
    client, began = machine(still_shop), time.time() - 12

    def say() -> None:
        took = time.time() - began
        job = {"id": "r1", "ref": f"{code}-1"}
        said = {"state": "running", "progress": took / 130, "pos_bytes": int(len(CODE) * took / 130), "elapsed_s": took}
        client.publish(
            "craftops/v1/printer-2/status", orjson.dumps({"v": 1, "ts": time.time(), "job": job, **said}), qos=1
        )

    say()
    expect(page.locator("progress[data-moving]").first).to_be_attached(timeout=20_000)
    for who, path, bar in LISTS:
        seat = owner if who == "owner" else sit_down(who, at=still_shop)
        say()
        moving = seat.go(path).locator(f"{bar}[data-moving]").first
        expect(moving).to_be_attached()
        seat.context.set_offline(True)
        element = moving.element_handle()
        before = seat.page.evaluate(SHOWN, element)
        seat.page.wait_for_function(f"([bar, before]) => ({SHOWN})(bar) > before", arg=[element, before])
        seat.context.set_offline(False)
    client.loop_stop()
