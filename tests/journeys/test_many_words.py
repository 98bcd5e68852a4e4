"""Readings that only go on are taken in together; whatever else they say is told as if each had come alone."""

from __future__ import annotations

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from craftops.domain.events import EventKind
from craftops.domain.machines import Reading
from craftops.sdk import mqtt_contract
from craftops.services import progressing, reporting
from craftops.store.database import utcnow
from craftops.store.models import EventRow, JobRow
from craftops.testing import Workshop

STATES = ["running", "running", "running", "running", "paused", "attention", "done"]


def reading(machine: str, state: str, run: str, ref: str, progress: float, seq: int, at: float) -> Reading:
    said = {"v": 1, "state": state, "ts": at, "seq": seq, "progress": progress, "job": {"id": run, "ref": ref}}
    topic = f"{mqtt_contract.PREFIX}/{machine}/status"
    word = mqtt_contract.read(machine, topic, orjson.dumps(said), retained=False, received_at=utcnow())
    assert isinstance(word, Reading)
    return word


def standing(machine: str, workshop: Workshop) -> tuple[object, ...]:
    row = workshop.machine_row(machine)
    job = JobRow.get(JobRow.machine == row.id)
    return row.state, row.memory["run_state"], job.state, job.progress, job.remaining_s


def events_of(machine: str, workshop: Workshop) -> list[tuple[str, object]]:
    chatter = (EventKind.JOB_PROGRESSED.value, EventKind.MACHINE_REPORTED.value, EventKind.ESTIMATE_CHANGED.value)
    rows = EventRow.select().where(EventRow.machine_id == workshop.machine_row(machine).id).order_by(EventRow.id)
    return [(row.kind, (row.data or {}).get("what")) for row in rows if row.kind not in chatter]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(STATES), st.floats(0, 1)), min_size=2, max_size=12), st.data())
def test_many_at_once_end_as_one_by_one(workshop: Workshop, said: list[tuple[str, float]], data: st.DataObject) -> None:
    start = EventRow.select().count()
    names = [f"one-{start}", f"many-{start}"]
    refs = []
    for name in names:
        workshop.machine(name)
        refs.append(workshop.accept(workshop.place("ada"), name).code)
    at = utcnow().timestamp() - 60
    streams = [
        [reading(name, state, name, ref, share, seq, at + seq) for seq, (state, share) in enumerate(said, 1)]
        for name, ref in zip(names, refs, strict=True)
    ]
    for one in streams[0]:
        reporting.take_reading(workshop.shop, names[0], one, at=utcnow())
    rest = streams[1]
    while rest:
        many = data.draw(st.integers(1, len(rest)))
        progressing.take(workshop.shop, [(names[1], one) for one in rest[:many]], at=utcnow())
        rest = rest[many:]
    assert standing(names[0], workshop) == standing(names[1], workshop)
    assert events_of(names[0], workshop) == events_of(names[1], workshop)


def test_a_part_that_begins_is_told_and_a_percent_alone_is_light(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=2)
    job = workshop.accept(order, "printer-1")
    at = utcnow().timestamp() - 5
    for seq, share in enumerate((0.1, 0.2, 0.6, 0.7), 1):
        workshop.say("printer-1", orjson.dumps({
            "v": 1, "state": "running", "ts": at + seq, "seq": seq, "progress": share, "remaining_s": 600,
            "job": {"id": "r", "ref": job.code},
        }))  # fmt: skip
    told = [row.data or {} for row in EventRow.select().where(EventRow.kind == "job_progressed").order_by(EventRow.id)]
    assert [row.get("percent") for row in told] == [None, 20, None, 70], "started, on, the second part, on"
