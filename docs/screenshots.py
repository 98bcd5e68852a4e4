"""Take the README's pictures of a fresh demo shop: ``make screenshots`` (needs Chromium and the ``dev`` extra).

PNG files beside this one, in ``docs/screenshots``. They are pictures of the running product, never drawn.
"""

from __future__ import annotations

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

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent / "screenshots"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


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
        browser.close()


if __name__ == "__main__":
    main()
