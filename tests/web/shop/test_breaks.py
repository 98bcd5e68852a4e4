"""Hours with a break, as the owner writes them and customers read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from craftops.testing import Workshop
from craftops.web.frame import labels

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_break_is_written_kept_and_told(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    page = "/staff/settings/hours"
    overlapping = {"do": "week", "monday_from": ["09:00", "12:00"], "monday_to": ["13:00", "18:00"]}
    answer = olga.send(page, overlapping, on=page)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "The times of a day overlap" in text
    for typed in ("09:00", "13:00", "12:00", "18:00"):
        assert f'value="{typed}"' in text, "nothing typed is lost"
    olga.send(page, {"do": "week", "monday_from": ["13:00", "09:00"], "monday_to": ["18:00", "12:00"]}, on=page)
    calendar = workshop.shop.profile().calendar
    assert labels.hours_rows(calendar)[0] == ("Monday", "09:00–12:00, 13:00–18:00")
    monday = datetime(2026, 11, 30, 12, 30, tzinfo=BERLIN).astimezone(UTC)
    with workshop.app.test_request_context():
        assert labels.open_sentence(calendar, monday) == "Closed now, opens today, 13:00"
        assert labels.open_sentence(calendar, monday + timedelta(hours=1)) == "Open today until 18:00"
