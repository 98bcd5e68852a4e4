"""Hours with a break, as the owner writes them and customers read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from craftops.testing import Workshop
from craftops.web.frame import labels

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_break_is_written_kept_and_told(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    profile = workshop.shop.profile()
    form = {"name": profile.name, "brand": profile.brand, "timezone": "Europe/Berlin", "currency": "EUR"}
    overlapping = {**form, "hours_monday": "09:00-13:00, 12:00-18:00"}
    answer = olga.send("/staff/settings", overlapping, on="/staff/settings")
    assert answer.status_code == 422
    assert "The times of a day overlap" in answer.get_data(as_text=True)
    assert "09:00-13:00, 12:00-18:00" in answer.get_data(as_text=True), "nothing typed is lost"
    olga.send("/staff/settings", {**form, "hours_monday": "13:00-18:00, 09:00-12:00"}, on="/staff/settings")
    calendar = workshop.shop.profile().calendar
    assert labels.hours_rows(calendar)[0] == ("Monday", "09:00–12:00, 13:00–18:00")
    monday = datetime(2026, 11, 30, 12, 30, tzinfo=BERLIN).astimezone(UTC)
    with workshop.app.test_request_context():
        assert labels.open_sentence(calendar, monday) == "Closed now, opens today, 13:00"
        assert labels.open_sentence(calendar, monday + timedelta(hours=1)) == "Open today until 18:00"
