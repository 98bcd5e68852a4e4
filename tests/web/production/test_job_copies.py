"""Copies on the floor: split, joined, seven of ten, and every one of them accounted for."""

from __future__ import annotations

import io

import pytest

from craftops.domain.orders.workflow import Stage
from craftops.domain.production.copies import Copies, count
from craftops.processes.doctor import examine
from craftops.services.orders import ordering
from craftops.services.production import operations
from craftops.store.database import utcnow
from craftops.store.mapping import to_job
from craftops.store.models import JobRow, OrderRow
from craftops.testing import Workshop
from craftops.testing.workshop import Browser


def copies_of(order: OrderRow) -> Copies:
    return count(to_job(row) for row in JobRow.select().where(JobRow.order == order.id))


def press(sam: Browser, kind: str, machine: str = "bench") -> None:
    sam.send(f"/staff/machines/{machine}/command", {"kind": kind}, on="/staff/")


def send(sam: Browser, job: JobRow, what: str, **fields: object) -> str:
    on = f"/staff/orders/{job.order.code}"
    answer = sam.send(f"/staff/jobs/{job.id}/{what}", {**fields, "back": on}, on=on, follow_redirects=True)
    return answer.get_data(as_text=True)


def test_seven_of_ten_one_bad_and_the_reprint_is_linked(workshop: Workshop) -> None:
    workshop.machine("bench", "manual")
    order = workshop.place("ada", quantity=10)
    job = workshop.accept(order, "bench")
    sam, ada = workshop.browser("sam"), workshop.browser("ada")
    press(sam, "start")
    page = send(sam, job, "outcome", done=7, failed=1)
    assert "makes 3 copies again." in page
    assert "7 of 10 good, 1 bad" in page
    assert "7 done, 3 planned (1 was bad)" in page
    fresh = JobRow.get(JobRow.replaces == job.id)
    assert (fresh.copies, fresh.state, fresh.planned_s) == (3, "planned", pytest.approx(job.planned_s * 0.3))
    assert copies_of(order) == Copies(planned=3, done=7, failed=1)
    assert workshop.stage(order) == "in_production"
    assert "7 of 10 parts made" in ada.see(f"/orders/{order.code}")
    assert workshop.machine_row("bench").state == "done", "the machine is free again"
    assert "have a job of their own already" in send(sam, job, "outcome", done=5, failed=0)

    sam.send(f"/staff/jobs/{fresh.id}/queue", {"machine": "bench"}, on="/staff/")
    press(sam, "start")
    assert "Printing, part 8 of 10" in ada.see(f"/orders/{order.code}")
    press(sam, "finish")
    assert copies_of(order) == Copies(done=10, failed=1)
    assert workshop.stage(order) == "post_processing"


def test_a_bad_copy_found_at_the_check_brings_the_order_back(workshop: Workshop) -> None:
    workshop.machine("bench", "manual")
    order = workshop.place("ada", quantity=4)
    job = workshop.accept(order, "bench")
    sam = workshop.browser("sam")
    press(sam, "start")
    press(sam, "finish")
    for row in order.operations:
        operations.tick_operation(workshop.shop, row.id, done=True, actor=workshop.actor("sam"), at=utcnow())
    assert workshop.stage(order) == "quality_check"
    assert "makes 1 copy again." in send(sam, job, "outcome", done=3, failed=1)
    assert workshop.stage(order) == "in_production"
    fresh = JobRow.get(JobRow.replaces == job.id)
    sam.send(f"/staff/jobs/{fresh.id}/queue", {"machine": "bench"}, on="/staff/")
    press(sam, "start")
    press(sam, "finish")
    assert workshop.stage(order) == "quality_check"
    ordering.move(workshop.shop, order.code, Stage.READY_FOR_PICKUP, actor=workshop.actor("sam"), at=utcnow())
    assert "The order has left the floor." in send(sam, fresh, "outcome", done=0, failed=1)


def test_the_machines_own_count_is_kept_when_it_fails(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=10)
    job = workshop.accept(order, "printer-1")

    def say(state: str, progress: float, made: int) -> None:
        payload = f'{{"v":1,"state":"{state}","progress":{progress},"parts_done":{made},"job":{{"id":"a","ref":"{job.code}"}}}}'
        workshop.say("printer-1", payload.encode(), utcnow())

    say("running", 0.4, 4)
    assert copies_of(order) == Copies(running=6, done=4)
    sam = workshop.browser("sam")
    assert "is still at it" in send(sam, job, "outcome", done=4, failed=0)
    say("running", 0.6, 6)
    say("failed", 0.65, 6)
    assert copies_of(order) == Copies(done=6, owed=4)
    assert "is planned again" in send(sam, job, "retry")
    assert copies_of(order) == Copies(done=6, planned=4)


def test_what_the_machine_called_failed_may_be_good_after_all(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=2)
    job = workshop.accept(order, "printer-1")
    for state in ("running", "failed"):
        payload = f'{{"v":1,"state":"{state}","job":{{"id":"a","ref":"{job.code}"}}}}'
        workshop.say("printer-1", payload.encode(), utcnow())
    assert workshop.stage(order) == "in_production"
    assert "every copy is good" in send(workshop.browser("sam"), job, "outcome", done=2, failed=0)
    assert workshop.stage(order) == "post_processing"


def test_the_doctor_counts_copies(workshop: Workshop) -> None:
    order = workshop.place("ada", quantity=5)
    job = workshop.accept(order)
    send(workshop.browser("sam"), job, "split", copies=2)
    assert examine(workshop.shop, at=utcnow()) == []
    JobRow.update(copies=4).where(JobRow.id == job.id).execute()
    assert any("make 6 copies of 5" in one for one in examine(workshop.shop, at=utcnow()))


def test_a_job_is_split_stands_behind_itself_and_is_joined_again(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=10)
    job = workshop.accept(order, "printer-1")
    other = workshop.accept(workshop.place("bob"), "printer-1")
    sam = workshop.browser("sam")
    assert "makes 4 copies." in send(sam, job, "split", copies=4)
    fresh = JobRow.get(JobRow.order == order.id, JobRow.id != job.id)
    waiting = [row.id for row in JobRow.select().where(JobRow.state == "queued").order_by(JobRow.position)]
    assert waiting == [job.id, fresh.id, other.id]
    assert copies_of(order) == Copies(planned=10)
    for wrong, sentence in ((0, "Take between"), (6, "Take between"), ("x", "Say how many")):
        assert sentence in send(sam, job, "split", copies=wrong)
    assert "Only jobs of the same line" in send(sam, job, "merge", other=other.id)
    assert "makes 10 copies." in send(sam, job, "merge", other=fresh.id)
    assert JobRow.select().where(JobRow.order == order.id).count() == 1
    assert JobRow.get_by_id(job.id).planned_s == pytest.approx(job.planned_s)


def test_what_a_split_forgets_is_said_before_it_is_done(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=10)
    job = workshop.accept(order, "printer-1")
    sam = workshop.browser("sam")
    page = f"/staff/orders/{order.code}"
    assert "forgets" not in sam.see(page)
    data = {"file": (io.BytesIO(b"; generated by PrusaSlicer 2.7\nG28\nG1 X1 Y1\n"), "ten <feet>.gcode"), "back": page}
    sam.send(f"/staff/jobs/{job.id}/gcode", data, on=page, content_type="multipart/form-data")
    warned = (
        "ten &lt;feet&gt;.gcode makes 10 copies. Splitting or joining this job forgets it; attach new code afterwards."
    )
    assert warned in sam.see(page)
    assert f'aria-describedby="forgets-{job.id}"' in sam.see(page)
    assert "forgets" not in send(sam, job, "split", copies=4), "there is nothing left to forget"
    assert JobRow.get_by_id(job.id).gcode_sha == ""
    fresh = JobRow.get(JobRow.order == order.id, JobRow.id != job.id)
    again = {"file": (io.BytesIO(b"; generated by PrusaSlicer 2.7\nG28\n"), "four.gcode"), "back": page}
    sam.send(f"/staff/jobs/{fresh.id}/gcode", again, on=page, content_type="multipart/form-data")
    seen = sam.see(page)
    assert f"{fresh.code}, forgets four.gcode</option>" in seen, "the other one's code is lost as well"
    assert "four.gcode makes 4 copies. Splitting" in seen


def test_copies_that_cannot_be_are_said_and_change_nothing(workshop: Workshop) -> None:
    workshop.machine("bench", "manual")
    order = workshop.place("ada", quantity=3)
    job = workshop.accept(order, "bench")
    sam = workshop.browser("sam")
    assert "has not begun" in send(sam, job, "outcome", done=1, failed=0)
    press(sam, "start")
    assert "cannot be more" in send(sam, job, "outcome", done=3, failed=1)
    assert "Say how many are bad." in send(sam, job, "outcome", done=3, failed=-1)
    assert JobRow.get_by_id(job.id).state == "running"
    assert "every copy is good" in send(sam, job, "outcome", done=3, failed=0)
    assert workshop.stage(order) == "post_processing"
