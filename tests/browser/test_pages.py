"""Every page, on a phone and a desk, by day and by night: nothing complains, nothing overflows, everybody can use it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import orjson
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import expect
from samples.axe_notes import axe_faults

from craftops.testing.workshop import cube_stl

pytestmark = [pytest.mark.browser, pytest.mark.long]
LOOKS = [(1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")]
SIT = Callable[..., Any]


def check(seat: Any, path: str) -> None:
    page = seat.go(path)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{path} is {wide} px wider than its window"
    faults = axe_faults(page)
    assert faults == [], f"{path}\n" + "\n".join(faults)
    assert seat.complaints == [], path


def links(seat: Any, pattern: str) -> str:
    found = seat.page.locator(f'a[href*="{pattern}"]').first.get_attribute("href")
    assert found
    return str(found)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_what_a_visitor_sees(sit_down: SIT, width: int, scheme: str) -> None:
    seat = sit_down(width=width, scheme=scheme)
    check(seat, "/sign-in")
    seat.page.goto(seat.base + "/nothing-here")
    assert "There is nothing here" in seat.page.content()


@pytest.mark.parametrize("theme", ["shop", "other_shop"])
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_what_a_customer_sees(
    request: pytest.FixtureRequest, sit_down: SIT, theme: str, width: int, scheme: str
) -> None:
    seat = sit_down("anna", width=width, scheme=scheme, at=request.getfixturevalue(theme))
    check(seat, "/")
    orders = seat.page.locator(".order-card h3 a")
    addresses = [str(orders.nth(i).get_attribute("href")) for i in range(orders.count())]
    assert len(addresses) >= 5
    for address in addresses[:6]:
        check(seat, address)
    check(seat, "/orders/new")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_what_an_owner_sets(sit_down: SIT, width: int, scheme: str) -> None:
    seat = sit_down("owner", width=width, scheme=scheme)
    for page in (
        "hours", "mail", "catalogue", "catalogue/material?name=pla", "catalogue/finish", "catalogue/import",
        "connections", "connections/plugin?name=payment_stripe", "rules", "team", "tokens", "broker",
        "notices", "look", "look/parts", "webhooks", "audit",
    ):  # fmt: skip
        check(seat, f"/staff/settings/{page}")
    for path in (
        "/staff/money/settings", "/staff/shipping/settings", "/staff/plugins", "/staff/plugins/notify_email",
        "/staff/backups", "/staff/exchange", "/staff/reports", "/docs/operators/reference",
    ):  # fmt: skip
        check(seat, path)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_what_staff_see(sit_down: SIT, width: int, scheme: str) -> None:
    seat = sit_down("owner", width=width, scheme=scheme)
    for path in (
        "/staff/", "/staff/board", "/staff/schedule", "/staff/schedule?scale=week", "/staff/schedule/proposal?all=1",
        "/staff/orders", "/staff/machines", "/staff/machines/printer-1", "/staff/machines/new",
        "/staff/machines/new?driver=octoprint", "/staff/machines/laser-1/hand", "/staff/machines/laser-1/sign",
        "/docs", "/docs/plugins", "/docs/operators/running",
        "/staff/customers", "/staff/customers/new", "/staff/settings", "/staff/todo/review", "/staff/orders?q=nothing-at-all",
    ):  # fmt: skip
        check(seat, path)
    seat.go("/staff/board")
    for address in [seat.page.locator(".board-card").nth(i).get_attribute("href") for i in (0, 3, 6, 9)]:
        check(seat, str(address))
    check(seat, links(seat, "/staff/customers/") if seat.go("/staff/customers") else "")


def test_at_320_pixels_and_large_type_nothing_is_lost(sit_down: SIT) -> None:
    seat = sit_down("anna", width=320)
    seat.go("/")
    for address in ("/", links(seat, "/orders/"), "/orders/new"):
        check(seat, address)


def machine(shop: Any) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="printer-2")
    client.username_pw_set("printer-2", shop.told["machines"]["printer-2"]["password"])
    client.connect(shop.told["broker"]["host"], shop.told["broker"]["port"])
    client.loop_start()
    return client


def test_from_a_dropped_file_to_an_open_page_that_moves(shop: Any, sit_down: SIT) -> None:
    ben, staff = sit_down("ben"), sit_down("staff")

    # A file is dropped; seconds later it has a picture, a size and a verdict.
    page = ben.go("/orders/new")
    page.locator("#pick").set_input_files({"name": "Würfel 20.stl", "mimeType": "model/stl", "buffer": cube_stl()})
    line = page.locator(".new-line")
    expect(line).to_contain_text("Looks good", timeout=20_000)
    expect(line).to_contain_text("20 × 20 × 20 mm")
    expect(line.locator("img")).to_be_visible()
    line.get_by_label("Material").select_option("petg")
    line.get_by_label("Colour").select_option("Clear")
    line.get_by_label("Finish").select_option("sanded")
    line.get_by_label("Quantity").fill("4")
    line.get_by_label("Special instructions").fill("Edges may stay sharp.")
    page.get_by_role("button", name="Send the order").click()
    expect(page.get_by_role("heading", name="Würfel 20").first).to_be_visible()
    expect(page.locator(".tracker .sentence")).to_have_text("We have your order")
    code = re.search(r"/orders/(\w+)", page.url)[1]
    page.evaluate("window.neverReloaded = true")

    # Staff accept it and queue it, by keyboard where there is a key.
    floor = staff.go(f"/staff/orders/{code}")
    floor.keyboard.press("r")
    expect(floor.locator("#flashes")).to_contain_text("In review")
    floor.keyboard.press("a")
    expect(floor.locator("#flashes")).to_contain_text("Queued")
    expect(page.locator(".tracker .sentence")).to_have_text("Accepted, waiting for a machine")
    floor.get_by_label(f"Machine for {code}-1").select_option("printer-2")
    floor.get_by_role("button", name="Queue", exact=True).click()
    expect(floor.locator("#flashes")).to_contain_text("waits for Voron")

    # The machine speaks, and the open page moves without a reload.
    client = machine(shop)
    job = {"id": f"run-{code}", "ref": f"{code}-1"}
    topic = "craftops/v1/printer-2/status"

    def say(**status: object) -> None:
        client.publish(topic, orjson.dumps({"v": 1, "ts": time.time(), "job": job, **status}), qos=1)

    say(state="running", progress=0.3, remaining_s=7200)
    expect(page.locator(".tracker .sentence")).to_have_text("Printing, part 2 of 4")
    expect(page.locator(".tracker .progress")).to_contain_text("30 %")
    expect(page.locator(".tracker .basis")).to_contain_text("from the machine")
    say(state="running", progress=0.55, remaining_s=4000)
    expect(page.locator(".tracker .progress")).to_contain_text("55 %")
    say(state="paused", progress=0.55, message="Filament ran out")
    expect(page.locator(".tracker .sentence")).to_have_text("Paused: the machine waits for a hand")
    # Whether the window breaks depends on the hour and on what is learned: tests/journeys hold it to a frozen clock.
    say(state="running", progress=0.55, remaining_s=20_000)
    expect(page.locator(".tracker .sentence")).to_have_text("Printing, part 3 of 4")
    # An end that comes hours too early is asked about, not believed: this machine's clock tells that it worked.
    say(state="running", progress=0.97, remaining_s=40, elapsed_s=7600)
    expect(page.locator(".tracker .progress")).to_contain_text("97 %")
    say(state="done", progress=1.0)
    expect(page.locator(".tracker .sentence")).to_have_text("Being finished by hand")
    floor.goto(f"{staff.base}/staff/orders/{code}")
    for done in (1, 2):
        floor.locator(".op:not(.done) .tick").first.click()
        expect(floor.locator(".op.done")).to_have_count(done)
    expect(page.locator(".tracker .sentence")).to_have_text("Being checked")
    floor.get_by_role("button", name="Passed: ready for pickup").click()
    expect(page.locator(".tracker .sentence")).to_have_text("Ready for you to pick up")
    expect(page.get_by_role("heading", name="Pick it up here")).to_be_visible()
    expect(page.locator("address").first).to_contain_text("Kanalstraße 12")
    assert page.evaluate("window.neverReloaded") is True
    assert ben.complaints == []
    assert staff.complaints == []
    client.disconnect()
    client.loop_stop()

    # Another customer, beside them, reaches none of it.
    clara = sit_down("clara")
    assert "There is nothing here" in clara.go(f"/orders/{code}").content()


def test_without_a_script_everything_still_works(sit_down: SIT) -> None:
    seat = sit_down("clara", script=False)
    page = seat.go("/orders/new")
    page.locator("input[type=file][name^=upload]").set_input_files(
        {"name": "plain.stl", "mimeType": "model/stl", "buffer": cube_stl()}
    )
    page.get_by_label("Material").select_option("pla")
    page.get_by_label("Colour").select_option(value="White")
    page.get_by_label("Finish").select_option(value="as_made")
    page.get_by_role("button", name="Send the order").click()
    expect(page.locator(".tracker .sentence")).to_have_text("We have your order")
    page.get_by_text("Cancel this order").click()
    page.get_by_role("button", name="Cancel the order").click()
    expect(page.locator(".tracker .sentence")).to_have_text("This order was cancelled")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_the_floor_by_keyboard(sit_down: SIT) -> None:
    page = sit_down("staff").go("/staff/")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/staff/board")
    page.keyboard.press("j")
    assert "board-card" in str(page.evaluate("document.activeElement.className"))
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("Drive gear")
    page.keyboard.press("Enter")
    expect(page.locator("table")).to_contain_text("Drive gear, 32 teeth")


def test_a_file_that_is_none_is_said_beside_it(sit_down: SIT) -> None:
    page = sit_down("ben").go("/orders/new")
    page.locator("#pick").set_input_files({"name": "all.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04"})
    expect(page.get_by_role("alert")).to_contain_text(
        "all.zip: This is a ZIP archive. Please unpack it and send the files in it."
    )
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_page_says_when_it_is_cut_off(sit_down: SIT) -> None:
    seat = sit_down("anna")
    seat.go("/")
    expect(seat.page.locator("html[data-live=on]")).to_be_attached()
    seat.context.set_offline(True)
    expect(seat.page.locator("#offline")).to_be_visible(timeout=20_000)
    seat.context.set_offline(False)
    expect(seat.page.locator("#offline")).to_have_count(0, timeout=20_000)


def test_a_page_reached_by_a_click_shows_the_next_stage_at_once(shop: Any, sit_down: SIT) -> None:
    """Turbo fetches what the pointer rests on; kept, that old page would stand in for the refresh of a new stage."""
    clara = sit_down("clara")
    clara.go("/")
    clara.page.get_by_role("link", name="Spacers, brass look").first.click()
    expect(clara.page.locator("main")).to_contain_text("Received")
    clara.page.wait_for_timeout(400)  # longer than the pointer has to rest
    code = clara.page.url.rsplit("/", 1)[-1]
    answer = clara.context.request.post(
        f"{shop.base}/api/v1/orders/{code}/stages",
        data={"to": "in_review"},
        headers={"Authorization": f"Bearer {shop.told['token']}"},
    )
    assert answer.ok, answer.text()
    expect(clara.page.locator(".step.current, [aria-current=step]").first).to_contain_text("In review")


def test_what_was_typed_stays_when_the_page_moves(shop: Any, sit_down: SIT) -> None:
    """Also where nobody stands in the field any more: the next one of the form is being filled in."""
    staff = sit_down("staff")
    staff.go("/staff/board")
    page = staff.go(links(staff, "/staff/orders/"))
    words = page.locator("textarea[name=text], textarea[name=body]").first
    words.fill("Half a sentence")
    page.locator("body").click(position={"x": 1, "y": 1})
    page.evaluate(
        """() => new Promise((done) => {
            document.addEventListener("turbo:morph", () => done(), { once: true })
            Turbo.session.refresh(location.href)
        })"""
    )
    assert words.input_value() == "Half a sentence"


def test_what_was_just_said_stays_when_somebody_else_moves_the_page(shop: Any, sit_down: SIT) -> None:
    staff = sit_down("staff")
    staff.go("/staff/board")
    staff.page.get_by_role("link", name="Vase for my sister").first.click()
    expect(staff.page.get_by_role("button", name="Start review")).to_be_visible()
    staff.page.keyboard.press("r")
    expect(staff.page.locator("#flashes")).to_contain_text("In review")
    code = staff.page.url.rsplit("/", 1)[-1]
    answer = staff.context.request.post(
        f"{shop.base}/api/v1/orders/{code}/stages",
        data={"to": "queued"},
        headers={"Authorization": f"Bearer {shop.told['token']}"},
    )
    assert answer.ok, answer.text()
    expect(staff.page.get_by_role("region", name="Timeline")).to_contain_text("Queued")
    expect(staff.page.locator("#flashes")).to_contain_text("In review")
    staff.go("/staff/board")
    expect(staff.page.locator("#flashes")).to_have_count(0)


def test_the_answer_to_a_form_is_not_lost_to_a_refresh_of_the_same_moment(sit_down: SIT) -> None:
    staff = sit_down("owner")
    staff.context.add_init_script(
        "const Real = EventSource;"
        "window.EventSource = class extends Real { constructor(url) { super(url); window.told = this; } }"
    )
    staff.go("/staff/machines/printer-2")
    expect(staff.page.locator("html[data-live=on]")).to_be_attached()

    def slowly(route: Any) -> None:
        staff.page.wait_for_timeout(400)  # longer than a refresh is gathered
        route.continue_()

    staff.page.route("**/staff/machines/printer-2/*", slowly)
    staff.page.evaluate(
        """() => {
            told.onmessage({ data: '<turbo-stream action="refresh"></turbo-stream>', lastEventId: "999999999" });
            [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === "Save").click();
        }"""
    )
    expect(staff.page.locator("#flashes")).to_contain_text("Noted.")
