"""A machine whose clock is set back further than its run is old: its pause, its rest and its end are heard."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest

from craftops.bridges import stale_readings
from craftops.bridges.stale_readings import StaleReadingFilter
from craftops.domain.machines.readings import Reading
from craftops.sdk import mqtt_contract
from craftops.services.machines import progressing
from craftops.store.database import utcnow
from craftops.store.models import JobRow
from craftops.testing import Workshop


class Line:
    """What the bridge does with words, at moments of the test's choice."""

    def __init__(self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
        self.workshop, self.start = workshop, utcnow() - timedelta(minutes=5)
        self.came = 0.0
        self.hearsay = StaleReadingFilter()
        monkeypatch.setattr(stale_readings.time, "monotonic", lambda: 1000.0 + self.came)

    def say(
        self, came: float, state: str, *, machines_back: float = 0.0, ours_back: float = 0.0, **more: object
    ) -> None:
        self.came = came
        received = self.start + timedelta(seconds=came - ours_back)
        told: dict[str, object] = {"v": 1, "state": state, **more}
        if machines_back:
            told["ts"] = (received - timedelta(seconds=machines_back)).timestamp()
        self.hear(orjson.dumps(told), received)

    def hear(self, payload: bytes, received: datetime) -> None:
        topic = "craftops/v1/printer-1/status"
        reading = mqtt_contract.read("printer-1", topic, payload, retained=False, received_at=received)
        assert isinstance(reading, Reading)
        worth = self.hearsay.sift([("printer-1", reading)])
        progressing.take(self.workshop.shop, worth, at=received)
        self.hearsay.stored(worth)


@pytest.mark.parametrize(("machines", "ours"), [(70.0, 0.0), (110.0, 0.0), (0.0, 3600.0), (0.0, 90000.0)])
@pytest.mark.parametrize("restarted", [False, True])
def test_pause_and_rest_are_heard(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, machines: float, ours: float, restarted: bool
) -> None:
    workshop.machine()
    job = workshop.accept(workshop.place("ada"), "printer-1")
    line = Line(workshop, monkeypatch)
    run = {"job": {"id": "r1", "ref": job.code}}
    back = {"machines_back": machines, "ours_back": ours}
    for second in (0, 10, 20):
        line.say(second, "running", progress=0.1, **run)
    assert JobRow.get_by_id(job.id).state == "running"
    if restarted:
        line.hearsay = StaleReadingFilter()
    for second in (30, 40):
        line.say(second, "paused", progress=0.1, **run, **back)
    assert JobRow.get_by_id(job.id).state == "paused"
    line.say(50, "running", progress=0.1, **run, **back)
    assert JobRow.get_by_id(job.id).state == "running", "from then on at once"
    line.say(60, "idle", **back)
    assert workshop.machine_row("printer-1").state == "idle"
    assert JobRow.get_by_id(job.id).state == "attention", "nobody knows how it ended"
