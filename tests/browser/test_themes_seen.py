"""Six pages in each bundled theme, worn through the studio: everybody can use them, by day and by night."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from samples.axe_notes import axe_faults

pytestmark = [pytest.mark.browser, pytest.mark.long]
SIT = Callable[..., Any]
THEMES = ("workshop", "atelier", "blueprint", "pebble")
STUDIO = "/staff/settings/look"


def faults(seat: Any, path: str) -> list[str]:
    page = seat.go(path)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = [f"{path} is {wide} px wider than its window"] if wide > 0 else []
    found += [f"{path} {fault}" for fault in axe_faults(page)]
    return found + [f"{path}: {said}" for said in seat.complaints]


def wear(owner: Any, theme: str, accent: str) -> None:
    page = owner.go(STUDIO)
    page.locator(f"input[type=radio][name=theme][value={theme}]").check()
    page.locator("#accent").fill(accent)
    page.get_by_role("button", name="Keep this look").click()
    expect(page.locator("#flashes")).to_contain_text("Kept.")


def test_six_pages_in_each_theme_are_for_everybody(still_shop: Any, sit_down: SIT) -> None:
    owner = sit_down("owner", at=still_shop)
    found = []
    for theme, accent in zip(THEMES, ("#1f6feb", "#d4532b", "#ffd400", "#7a3e9d"), strict=True):
        wear(owner, theme, accent)
        for width, scheme in ((1280, "light"), (390, "dark")):
            anna = sit_down("anna", at=still_shop, width=width, scheme=scheme)
            order = anna.go("/").locator(".order-card h3 a").first.get_attribute("href")
            for path in ("/", str(order), "/orders/new", "/history", "/account"):
                found += [f"{theme} {width} {scheme}: {one}" for one in faults(anna, path)]
            stranger = sit_down(at=still_shop, width=width, scheme=scheme)
            found += [f"{theme} {width} {scheme}: {one}" for one in faults(stranger, "/sign-in")]
    wear(owner, "workshop", "#d4532b")
    assert found == []
