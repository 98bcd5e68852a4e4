"""One time zone a page: the shop's, and named where it is not the reader's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.long]
CLOCK = re.compile(r"\b\d\d:\d\d\b")


def times(seat: Any) -> list[str]:
    """All that the order's page says of hours and minutes, ages left out."""
    link = seat.go("/").locator('a[href*="/orders/"]:not([href$="/new"])').first.get_attribute("href")
    page = seat.go(link)
    return CLOCK.findall(page.locator("main").inner_text())


@pytest.mark.parametrize("script", [True, False])
def test_whoever_reads_far_away_sees_the_shops_times_and_which_they_are(
    sit_down: Callable[..., Any], script: bool
) -> None:
    here = sit_down("anna")
    there = sit_down("anna", zone="America/New_York", script=script, width=390)
    seen = times(here)
    assert seen
    assert set(times(there)) >= set(seen) - set(seen[-1:]), "the newest line may have changed meanwhile"
    expect(here.page.get_by_text("Times are those of the shop")).to_be_hidden()
    note = there.page.get_by_role("complementary", name="Time zone")
    if script:
        expect(note).to_have_text("Times are those of the shop: Europe/Berlin.")
        assert there.complaints == []
