"""What staff say of a machine, and what follows from it."""

from __future__ import annotations

from datetime import timedelta

from craftops.services.schedule.capabilities import capability_of
from craftops.store.database import utcnow
from craftops.store.models import MaintenanceRow
from craftops.testing import Workshop

PAGE = "/staff/machines/printer-1"


def test_abilities_are_kept_and_shown_and_refuse_what_cannot_be(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    job = workshop.accept(workshop.place("ada"))
    sam = workshop.browser("sam")
    form = {
        "material": ["petg"],
        "loaded": ["petg/Clear", "petg/Pink", "nothing/x"],
        "hours": "7:00 – 22:00",
        "changeover_minutes": "25",
    }
    sam.send(f"{PAGE}/can", form, on=PAGE)
    can = capability_of(workshop.shop, "printer-1", utcnow())
    assert (can.materials, can.loaded) == (frozenset({"petg"}), (("petg", "Clear"),))
    assert (can.unattended, can.changeover_minutes) == (False, 25)
    page = sam.see(PAGE)
    assert "PETG Clear · only while somebody is here · from 07:00 to 22:00" in page
    answer = sam.send(f"/staff/jobs/{job.id}/queue", {"machine": "printer-1"}, on=PAGE, follow_redirects=True)
    assert "Printer-1 does not work PLA." in answer.get_data(as_text=True)
    for field, value, sentence in (
        ("hours", "late", "Write opening hours as 09:00-18:00"),
        ("changeover_minutes", "many", "Write the minutes of a change"),
        ("changeover_minutes", "9999", "Write the minutes of a change"),
    ):
        answer = sam.send(f"{PAGE}/can", {**form, field: value}, on=PAGE, follow_redirects=True)
        assert sentence in answer.get_data(as_text=True)
    assert capability_of(workshop.shop, "printer-1", utcnow()) == can


def test_maintenance_is_noted_once_ended_or_taken_back(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    sam = workshop.browser("sam")
    zone = workshop.shop.profile().zone
    soon = (utcnow() + timedelta(days=1)).astimezone(zone)
    form = {"start": f"{soon:%Y-%m-%dT%H:%M}", "end": f"{soon + timedelta(hours=2):%Y-%m-%dT%H:%M}", "reason": "Oil"}
    for _ in range(2):
        sam.send(f"{PAGE}/maintenance", form, on=PAGE)
    row = MaintenanceRow.get()
    assert MaintenanceRow.select().count() == 1
    assert abs(row.start - soon) < timedelta(minutes=1), "told by the clock of the shop"
    assert "Oil" in sam.see(PAGE)
    sam.send(f"{PAGE}/maintenance/{row.id}/end", on=PAGE)
    assert MaintenanceRow.select().count() == 0
    now = utcnow().astimezone(zone)
    sam.send(
        f"{PAGE}/maintenance", {"start": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}", "reason": "Nozzle"}, on=PAGE
    )
    assert "until further notice" in sam.see(PAGE)
    job = workshop.accept(workshop.place("ada"))
    answer = sam.send(f"/staff/jobs/{job.id}/queue", {"machine": "printer-1"}, on=PAGE, follow_redirects=True)
    assert "is in maintenance until further notice: Nozzle." in answer.get_data(as_text=True)
    sam.send(f"{PAGE}/maintenance/{MaintenanceRow.get().id}/end", on=PAGE)
    assert MaintenanceRow.get().end is not None, "what has been is kept"
    sam.send(f"/staff/jobs/{job.id}/queue", {"machine": "printer-1"}, on=PAGE)
    assert sam.see(PAGE).count(job.code) > 0
    for broken in ({"start": "tomorrow", "reason": "x"}, {"start": "", "reason": "x"}, {**form, "reason": ""}):
        sam.send(f"{PAGE}/maintenance", broken, on=PAGE)
    assert MaintenanceRow.select().count() == 1
