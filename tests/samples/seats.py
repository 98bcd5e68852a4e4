"""What every page has to be, for whoever sits in front of it."""

from __future__ import annotations

from typing import Any

from samples.axe_notes import axe_faults


def is_right(seat: Any) -> None:
    """No wider than its window, without faults for those who cannot see it, and nothing said on the console."""
    wide = seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{seat.page.url} is {wide} px wider than its window"
    faults = axe_faults(seat.page)
    assert faults == [], seat.page.url
    assert seat.complaints == []
