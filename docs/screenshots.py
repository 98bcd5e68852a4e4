"""Take the README's pictures of a fresh demo shop: ``make screenshots`` (needs Chromium and the ``dev`` extra).

Files beside this one, in ``docs/screenshots``, and each theme on the same six pages, side by side. They are pictures of
the running product, never drawn.
"""

from __future__ import annotations

import io
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent / "screenshots"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


THEMES = ("workshop", "atelier", "blueprint", "pebble")
THEME_VIEW: Any = {"width": 1180, "height": 900}
THEME_CELL = (472, 360)


@dataclass(frozen=True)
class Picture:
    """One page as somebody sees it; widths and heights in CSS pixels."""

    name: str
    who: str
    path: str
    title: str = ""
    """A link with this text is followed first."""
    width: int = 1280
    height: int = 900
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("order", "anna", "/", "Name plates, front desk"),
    Picture("board", "staff", "/staff/board", width=1440),
    Picture("messages", "staff", "/staff/messages", width=1440),
    Picture("answer", "staff", "/staff/messages?list=all", "Feet for the cabinet", width=390, height=1250),
    Picture("shipping", "staff", "/staff/shipping", width=1440),
    Picture("money", "staff", "/staff/money", width=1440),
    Picture("parcel", "anna", "/", "Gears for the mill", width=390, height=1250),
    Picture("history", "anna", "/history", width=390, height=844),
    Picture("phone-dark", "anna", "/", "Name plates, front desk", width=390, height=844, scheme="dark"),
)


@contextmanager
def demo() -> Iterator[dict[str, Any]]:
    """What a demo shop told of itself, while it runs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "craftops.cli", "demo", "--data", f"{folder}/shop", "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            process.stdout.close()


def sign_in(page: Page, told: dict[str, Any], who: str) -> None:
    person = next(one for one in told["people"] if one["email"].startswith(who))
    page.goto(told["portal"].rstrip("/") + "/sign-in")
    page.fill("#email", person["email"])
    page.fill("#password", person["password"])
    page.click("button.primary")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def take(browser: Browser, told: dict[str, Any], picture: Picture) -> None:
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,
        device_scale_factor=1.5 if picture.width < 600 else 1,
        timezone_id="Europe/Berlin",
    )
    page = context.new_page()
    sign_in(page, told, picture.who)
    answer = page.goto(told["portal"].rstrip("/") + picture.path)
    assert answer is not None
    assert answer.ok, f"{picture.path} is no page of the shop"
    if picture.title:
        page.get_by_role("link", name=picture.title).first.click()
    page.wait_for_load_state("load")
    page.wait_for_timeout(1500)  # a report of the machine comes in, so that the page is seen living
    page.screenshot(path=HERE / f"{picture.name}.png")
    context.close()


def wear(page: Page, told: dict[str, Any], theme: str) -> None:
    """Have the shop wear a theme, as its owner does."""
    page.goto(told["portal"].rstrip("/") + "/staff/settings/look")
    page.locator(f"input[type=radio][name=theme][value={theme}]").check()
    page.get_by_role("button", name="Keep this look").click()
    page.locator("#flashes").wait_for()


def theme_pages(anna: Page, stranger: Page, told: dict[str, Any]) -> list[bytes]:
    """The six pages as they look now."""
    base, shots = told["portal"].rstrip("/"), []
    for page, path in (
        (stranger, "/sign-in"),
        *((anna, path) for path in ("/", "", "/orders/new", "/history", "/account")),
    ):
        if path:
            page.goto(base + path)
        else:
            page.get_by_role("link", name="Name plates, front desk").first.click()
            page.locator(".tracker").wait_for()
        page.wait_for_timeout(300)
        shots.append(page.screenshot())
    return shots


def take_themes(browser: Browser, told: dict[str, Any]) -> None:
    """Each theme on the same six pages, side by side, by day and by night."""
    owner = browser.new_context(viewport=THEME_VIEW).new_page()
    owner.route("**/look/preview/**", lambda route: route.abort())
    sign_in(owner, told, "owner")
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    seats = {}
    for scheme in schemes:
        look: dict[str, Any] = {"viewport": THEME_VIEW, "color_scheme": scheme, "timezone_id": "Europe/Berlin"}
        seats[scheme] = (browser.new_context(**look).new_page(), browser.new_context(**look).new_page())
        sign_in(seats[scheme][0], told, "anna")
    columns: dict[str, list[list[bytes]]] = {"light": [], "dark": []}
    for theme in THEMES:
        wear(owner, told, theme)
        for scheme in schemes:
            columns[scheme].append(theme_pages(*seats[scheme], told))
    for scheme in schemes:
        _sheet(columns[scheme], HERE / f"themes-{scheme}.webp")


def _sheet(columns: list[list[bytes]], path: Path) -> None:
    wide, high = THEME_CELL
    whole = Image.new("RGB", (len(columns) * (wide + 8) - 8, len(columns[0]) * (high + 8) - 8), (128, 128, 128))
    for x, column in enumerate(columns):
        for y, shot in enumerate(column):
            with Image.open(io.BytesIO(shot)) as picture:
                small = picture.convert("RGB").resize(THEME_CELL, Image.Resampling.LANCZOS)
            whole.paste(small, (x * (wide + 8), y * (high + 8)))
    whole.save(path, quality=72, method=6)


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium here: install one.")
    HERE.mkdir(exist_ok=True)
    with demo() as told, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for picture in PICTURES:
            take(browser, told, picture)
            print(HERE / f"{picture.name}.png")
        take_themes(browser, told)
        browser.close()


if __name__ == "__main__":
    main()
