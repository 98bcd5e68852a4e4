"""What the shop says of itself is checked word by word, whatever is typed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from craftops.domain.shop.profile import ShopProfile, check_profile
from craftops.errors import IntakeError
from craftops.web.shop.present_hours import pairs

GOOD = ShopProfile(name="Testwerk")


@pytest.mark.parametrize("zone", ["Europe", "Nowhere/Else", "../etc", "", "a" * 70_000, "Europe/Berlin\0"])
def test_what_is_no_time_zone_is_said_and_raises_nothing_else(zone: str) -> None:
    with pytest.raises(IntakeError) as refused:
        check_profile(replace(GOOD, timezone=zone))
    assert set(refused.value.fields) == {"timezone"}
    assert len(refused.value.fields["timezone"]) < 200


@pytest.mark.parametrize(
    ("span", "shown"),
    [("9:00-18:30", ("09:00", "18:30")), ("²-٣:00", ("", "")), ("x", ("", "")), ("25:00–", ("01:00", ""))],
)
def test_hours_that_are_none_are_shown_as_empty_fields(span: str, shown: tuple[str, str]) -> None:
    assert pairs([span])[0] == shown
