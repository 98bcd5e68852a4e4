"""No copy drops out of the books: what fails or is broken off is somebody's to-do until it is made, and what cannot have
been made is asked before it is booked, and teaches nothing."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from craftops.domain.machines.readings import MachineState
from craftops.domain.orders.workflow import Stage
from craftops.errors import IllegalMove, RuleError
from craftops.processes.doctor import examine
from craftops.sdk.linked import RunRecord
from craftops.services.estimation import learning, run_tracking
from craftops.services.orders import ordering
from craftops.services.production import copies, queueing
from craftops.store.database import utcnow
from craftops.store.models import JobRow, OrderRow, RunSampleRow
from craftops.testing import Workshop

SHORT = "/staff/todo/short"
HANDS = "/staff/todo/machines"


def say(workshop: Workshop, job: JobRow, state: str, at: datetime, **more: Any) -> None:
    said = {"v": 1, "state": state, "ts": at.timestamp(), "job": {"id": f"r{job.id}", "ref": job.code}, **more}
    workshop.say("printer-1", json.dumps(said).encode(), at)


def two_jobs(workshop: Workshop) -> tuple[OrderRow, JobRow, JobRow]:
    """One order, two copies, a job each, both in the queue."""
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=2)
    first = workshop.accept(order, "printer-1")
    second = copies.split_job(workshop.shop, first.id, 1, actor=workshop.actor("sam"), at=utcnow())
    return order, JobRow.get_by_id(first.id), second


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_a_copy_that_was_not_made_is_a_to_do_until_it_is_planned_again(workshop: Workshop, end: str) -> None:
    order, first, second = two_jobs(workshop)
    at = utcnow()
    say(workshop, first, "running", at, progress=0.1)
    say(workshop, first, "running", at + timedelta(minutes=9), progress=0.6)
    say(workshop, first, end, at + timedelta(minutes=10))
    for minutes, share in ((11, 0.1), (30, 0.9)):
        say(workshop, second, "running", at + timedelta(minutes=minutes), progress=share)
    say(workshop, second, "done", at + timedelta(minutes=40))
    assert [JobRow.get_by_id(job.id).state for job in (first, second)] == [end, "done"]
    assert workshop.stage(order) == "in_production", "one copy is missing"
    assert JobRow.get_by_id(first.id).progress is None, "a failed job keeps no bar"
    sam = workshop.browser("sam")
    assert "1 copy is missing" in sam.see(SHORT)
    assert order.code in sam.see("/staff/")
    page = sam.see(f"/staff/orders/{order.code}")
    assert "on track" not in page
    assert "Plan again" in page
    assert "on track" not in workshop.browser("ada").see(f"/orders/{order.code}")
    assert "1 of 2 parts made" in workshop.browser("ada").see(f"/orders/{order.code}")
    with pytest.raises(IllegalMove, match="1 copy is missing"):
        ordering.move(workshop.shop, order.code, Stage.POST_PROCESSING, actor=workshop.actor("sam"), at=utcnow())
    sam.send(f"/staff/jobs/{first.id}/retry", on="/staff/")
    assert "No copy is missing." in sam.see(SHORT)
    assert "1 job without a machine" in sam.see("/staff/todo/plan")
    fresh = JobRow.get(JobRow.replaces == first.id)
    queueing.queue_job(workshop.shop, fresh.id, "printer-1", actor=workshop.actor("sam"), at=utcnow())
    for minutes, share in ((50, 0.1), (60, 0.9)):
        say(workshop, fresh, "running", at + timedelta(minutes=minutes), progress=share)
    say(workshop, fresh, "done", at + timedelta(minutes=90))
    assert workshop.stage(order) == "post_processing"
    assert examine(workshop.shop, at=utcnow()) == []


def test_an_order_that_is_short_of_copies_is_not_on_track(workshop: Workshop) -> None:
    order, first, _second = two_jobs(workshop)
    later = utcnow() + timedelta(days=30)
    OrderRow.update(promise_at=later, promise_from=later).where(OrderRow.id == order.id).execute()
    ada = workshop.browser("ada")
    assert "on track" in ada.see(f"/orders/{order.code}")
    at = utcnow()
    say(workshop, first, "running", at)
    say(workshop, first, "cancelled", at + timedelta(minutes=1))
    assert OrderRow.get_by_id(order.id).short
    assert "on track" not in ada.see(f"/orders/{order.code}")
    queueing.retry_job(workshop.shop, first.id, actor=workshop.actor("sam"), at=utcnow())
    assert "on track" in ada.see(f"/orders/{order.code}"), "it is planned again"


def test_what_was_made_before_it_broke_off_keeps_its_share_of_the_bar(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    job = workshop.accept(workshop.place("ada", quantity=4), "printer-1")
    at = utcnow()
    say(workshop, job, "running", at, progress=0.6, parts_done=1)
    say(workshop, job, "failed", at + timedelta(minutes=5), progress=0.6)
    assert JobRow.get_by_id(job.id).progress == 0.25
    assert "3 copies are missing" in workshop.browser("sam").see(SHORT)


def test_a_job_that_a_machine_broke_off_is_not_planned_by_taking_a_cancellation_back(workshop: Workshop) -> None:
    order, first, second = two_jobs(workshop)
    at = utcnow()
    say(workshop, first, "running", at)
    say(workshop, first, "cancelled", at + timedelta(minutes=1))
    sam = workshop.actor("sam")
    ordering.move(workshop.shop, order.code, Stage.CANCELLED, actor=sam, at=utcnow())
    assert order.code not in workshop.browser("sam").see(SHORT)
    ordering.undo_move(workshop.shop, order.code, actor=sam, at=utcnow())
    assert [JobRow.get_by_id(job.id).state for job in (first, second)] == ["cancelled", "planned"]


def test_done_in_no_time_is_asked_and_booked_by_staff_alone(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada")
    job = workshop.accept(order, "printer-1")
    at = utcnow()
    say(workshop, job, "running", at, progress=0.4)
    say(workshop, job, "done", at + timedelta(milliseconds=10), progress=1)
    row = JobRow.get_by_id(job.id)
    assert (row.state, workshop.stage(order)) == ("attention", "in_production")
    assert "was it made?" in row.reason
    assert RunSampleRow.select().count() == 0
    sam = workshop.browser("sam")
    assert "were planned. Look at the machine" in sam.see(HANDS)
    sam.send("/staff/machines/printer-1/command", {"kind": "finish", "job": job.code}, on="/staff/machines/printer-1")
    assert JobRow.get_by_id(job.id).state == "done"
    assert "were planned" not in sam.see(HANDS)


def test_one_old_word_makes_nothing_in_35_seconds_and_a_run_that_moved_is_believed(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    jobs = [workshop.accept(workshop.place("ada"), "printer-1") for _ in range(2)]
    at = utcnow()
    say(workshop, jobs[0], "running", at, progress=0.2)
    say(workshop, jobs[0], "done", at + timedelta(seconds=35))
    assert JobRow.get_by_id(jobs[0].id).state == "attention"
    sam = workshop.browser("sam")
    press = {"kind": "fail", "job": jobs[0].code}
    sam.send("/staff/machines/printer-1/command", press, on="/staff/machines/printer-1")
    assert "1 copy is missing" in sam.see(SHORT)
    for second in range(50, 85, 5):
        say(workshop, jobs[1], "running", at + timedelta(seconds=second), progress=(second - 49) / 35)
    say(workshop, jobs[1], "done", at + timedelta(seconds=86))
    assert JobRow.get_by_id(jobs[1].id).state == "done"


def test_eighty_runs_that_cannot_be_move_no_ratio(workshop: Workshop) -> None:
    workshop.machine()
    machine = workshop.machine_row("printer-1")
    at = utcnow() - timedelta(days=9)
    good = [RunRecord("part", 1440.0, 1440.0 * 1.2, at + timedelta(minutes=n), MachineState.DONE) for n in range(9)]
    learning.take_history("printer-1", good, at=at)
    workshop.run_due()
    before = run_tracking.statistics_of_machine(machine.id)
    assert before.ratio == pytest.approx(1.2, rel=0.03)
    bad = [RunRecord("part", 1440.0, 35.0 + n % 9, at + timedelta(hours=1, minutes=n), MachineState.DONE)
           for n in range(80)]  # fmt: skip
    learning.take_history("printer-1", bad, at=utcnow())
    workshop.run_due()
    assert run_tracking.statistics_of_machine(machine.id) == before


def test_staff_strike_a_run_out_and_put_it_back(workshop: Workshop) -> None:
    workshop.machine()
    machine = workshop.machine_row("printer-1")
    at = utcnow() - timedelta(days=9)
    ratios = [1.2, 1.2, 1.2, 3.0]
    runs = [RunRecord(f"p{n}", 1440.0, 1440.0 * one, at + timedelta(minutes=n), MachineState.DONE)
            for n, one in enumerate(ratios)]  # fmt: skip
    learning.take_history("printer-1", [*runs, RunRecord("trial", 9000.0, 60.0, at, MachineState.DONE)], at=at)
    workshop.run_due()
    before = run_tracking.statistics_of_machine(machine.id)
    sam, page = workshop.browser("sam"), "/staff/machines/printer-1/runs"
    seen = sam.see(page)
    assert "300 %" in seen
    assert "Left out by itself" in seen
    odd = RunSampleRow.get(RunSampleRow.took_s == 1440.0 * 3.0)
    for _ in range(2):  # pressed twice
        sam.send(page, {"run": odd.id, "out": "1"}, on=page)
    workshop.run_due()
    assert "Struck out by Sam." in sam.see(page)
    assert run_tracking.statistics_of_machine(machine.id).ratio < before.ratio
    assert run_tracking.statistics_of_machine(machine.id).runs == 3
    sam.send(page, {"run": odd.id, "out": "0"}, on=page)
    workshop.run_due()
    assert run_tracking.statistics_of_machine(machine.id) == before
    assert "There is no such run." in sam.send(page, {"run": "999"}, on=page, follow_redirects=True).text
    assert "Pick a run." in sam.send(page, {"run": "x"}, on=page, follow_redirects=True).text
    with pytest.raises(RuleError):
        learning.strike_run("printer-9", odd.id, out=True, actor=workshop.actor("sam"), at=utcnow())
