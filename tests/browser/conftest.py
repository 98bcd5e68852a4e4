"""A real Chromium on a real demo shop."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # WebGL by the processor, for the page on which a part is turned
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WANTED = os.environ.get("CRAFTOPS_BROWSER") == "required"


def chromium() -> str:
    """Where Chromium is. The suite takes ten minutes of both cores and leaves a loop running in its process, so it is
    for who asks for it, as CI does, and fails where there is no browser then."""
    if not WANTED:
        pytest.skip("CI opens the browser, and so does CRAFTOPS_BROWSER=required")
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.fail("CRAFTOPS_BROWSER=required, and there is no Chromium")
    return str(found)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Shop:
    """A running demo shop."""

    told: dict[str, Any]

    @property
    def base(self) -> str:
        return str(self.told["portal"]).rstrip("/")

    def password(self, name: str) -> tuple[str, str]:
        who = next(one for one in self.told["people"] if one["email"].startswith(name))
        return who["email"], who["password"]


def _serve(folder: Path, theme: str) -> Iterator[Shop]:
    chromium()
    command = [sys.executable, "-m", "craftops.cli", "demo", "--data", str(folder / "shop"), "--json", "--theme", theme]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "--speed", "20"], stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (folder / "log").read_text()
    yield Shop(json.loads(line))
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    process.stdout.close()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    yield from _serve(tmp_path_factory.mktemp("browser"), "workshop")


@pytest.fixture(scope="module")
def still_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop of one module alone, for tests that mind what machines begin and end by themselves."""
    yield from _serve(tmp_path_factory.mktemp("still"), "workshop")


@pytest.fixture(scope="session")
def other_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The same shop in its other theme."""
    yield from _serve(tmp_path_factory.mktemp("atelier"), "atelier")


@dataclass
class Seat:
    """Somebody in front of a browser; ``complaints`` is what the console said (CSP breaches among it)."""

    context: BrowserContext
    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("load")
        return self.page


@pytest.fixture
def sit_down(chrome: Browser, shop: Shop) -> Iterator[Callable[..., Seat]]:
    """``sit_down("anna", width=390, scheme="dark", script=False, at=other_shop)``: signed in, console watched."""
    contexts = []

    def make(
        who: str = "",
        *,
        width: int = 1280,
        scheme: Any = "light",
        script: bool = True,
        at: Shop | None = None,
        zone: str = "Europe/Berlin",
    ) -> Seat:
        place = at or shop
        context = chrome.new_context(
            viewport={"width": width, "height": 844 if width < 600 else 900},
            color_scheme=scheme,
            java_script_enabled=script,
            has_touch=width < 600,
            reduced_motion="reduce",
            timezone_id=zone,
        )
        contexts.append(context)
        seat = Seat(context, context.new_page(), place.base)

        def said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                seat.complaints.append(message.text)

        seat.page.on("console", said)
        seat.page.on("pageerror", lambda error: seat.complaints.append(str(error)))
        if who:
            email, password = place.password(who)
            seat.go("/sign-in")
            seat.page.fill("#email", email)
            seat.page.fill("#password", password)
            seat.page.click("button.primary")
            seat.page.wait_for_url(lambda url: "/sign-in" not in url)
        return seat

    yield make
    for context in contexts:
        context.close()
