"""Readings that only go on are taken in together; whatever else they say is told as if each had come alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from craftops.domain.estimation.estimate import Estimate
from craftops.domain.events import EventKind
from craftops.domain.machines.readings import Reading
from craftops.domain.orders.workflow import Stage
from craftops.sdk import mqtt_contract
from craftops.services.estimation import estimating
from craftops.services.machines import progressing, reporting
from craftops.services.orders import ordering
from craftops.services.shop.context import Shop
from craftops.store.database import utcnow
from craftops.store.models import EventRow, JobRow, OrderRow
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


def test_a_bar_moves_at_once_and_the_estimate_follows_by_itself(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada")
    job = workshop.accept(order, "printer-1")
    began = utcnow().timestamp() - 60
    words = [reading("printer-1", "running", "r", job.code, seq / 10, seq, began + 11 * seq) for seq in (1, 2, 3)]
    assert progressing.take(workshop.shop, [("printer-1", words[0])], at=utcnow()) == set()
    before = OrderRow.get_by_id(order.id)
    assert progressing.take(workshop.shop, [("printer-1", words[1])], at=utcnow()) == {"printer-1"}
    assert JobRow.get_by_id(job.id).progress == 0.2
    assert OrderRow.get_by_id(order.id).as_of == before.as_of
    progressing.take(workshop.shop, [("printer-1", words[2])], at=utcnow())
    for _ in range(2):  # coming twice does no harm
        progressing.catch_up(workshop.shop, ["printer-1", "nobody"], at=utcnow())
        assert OrderRow.get_by_id(order.id).as_of == words[2].at
    workshop.say("printer-1", orjson.dumps({"v": 1, "state": "done", "ts": began + 50, "seq": 4, "job": {"id": "r"}}))
    ended = JobRow.get_by_id(job.id).__data__
    progressing.catch_up(workshop.shop, ["printer-1"], at=utcnow())
    assert JobRow.get_by_id(job.id).__data__ == ended


def test_the_minutes_look_leaves_alone_what_moved_meanwhile(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, quiet = workshop.place("ada"), workshop.place("bob")
    work_out = estimating.estimate

    def and_somebody_takes_it_back(shop: Shop, orders: list[OrderRow], *, at: datetime) -> list[Estimate]:
        found = work_out(shop, orders, at=at)
        monkeypatch.setattr(estimating, "estimate", work_out)
        ordering.move(shop, moved.code, Stage.IN_REVIEW, actor=workshop.actor("sam"), at=utcnow())
        ordering.hold(shop, moved.code, "A question", actor=workshop.actor("sam"), at=utcnow(), waits_for_customer=True)
        return found

    monkeypatch.setattr(estimating, "estimate", and_somebody_takes_it_back)
    later = utcnow() + timedelta(days=30)
    before = OrderRow.get_by_id(quiet.id).window_end
    estimating.reestimate_all(workshop.shop, at=later)
    assert OrderRow.get_by_id(moved.id).window_end is None, "as its hold left it"
    assert OrderRow.get_by_id(quiet.id).window_end > before
