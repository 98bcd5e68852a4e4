"""What pages of a machine ask of the database: no more, however long its queue is; and that no secret is read there."""

from __future__ import annotations

import pytest
from samples.queries import asked, sent_by

from craftops.domain.machines.readings import ProcessKind
from craftops.services.machines import connection_tests, linking, registry
from craftops.store.database import utcnow
from craftops.store.models import JobRow, LinkTrialRow, MachineRow, RefusedWordRow
from craftops.store.queries import machine_pages, production, staff_jobs
from craftops.store.viewing import view_of
from craftops.store.views.machines import MachineView
from craftops.testing import Workshop

MOST = {
    "/staff/machines/printer-1": 14,
    "/staff/machines/printer-1/hand": 5,
    "/staff/machines/linked-1": 15,
    "/staff/machines/linked-1/link": 2,
    "/staff/machines/linked-1/link?trial=tried-before": 3,
}
GIVEN = {"address": "http://10.0.0.5", "api_key": "typed-secret"}


@pytest.fixture
def floor(workshop: Workshop) -> Workshop:
    """A printer that reports by itself, one that is called, and a test of another link for that."""
    workshop.machine("printer-1")
    made, secret = registry.add_machine(
        workshop.shop, key="linked-1", name="Linked", driver="octoprint", process=ProcessKind.FDM, given=GIVEN,
        actor=workshop.actor("sam"), at=utcnow(),
    )  # fmt: skip
    assert (made, secret) == (machine_pages.machine("linked-1"), "")
    LinkTrialRow.create(
        token="tried-before", kind="test", driver="octoprint", machine=made.id, form={}, address="http://10.0.0.7",
        settings={}, state="failed", asked_by="Sam", asked_at=utcnow(),
    )  # fmt: skip
    return workshop


def fill(floor: Workshop, many: int) -> None:
    for key in ("printer-1", "linked-1"):
        machine = MachineRow.get(MachineRow.key == key)
        for number in range(many):
            for ended in (False, True):
                order = floor.place("ada" if number % 2 else "bob", quantity=1 + number)
                floor.accept(order, key)
                if ended:
                    values = {"state": "failed", "finished_at": utcnow(), "reason": "It warped"}
                    JobRow.update(values).where(JobRow.order == order.id).execute()
            RefusedWordRow.create(machine=machine, at=utcnow(), code="shape", sentence="No", said="{}")
        busy = production.active_job(machine.id)
        if busy is None:
            first = staff_jobs.queue_of(view_of(MachineView, machine))[0].job.id
            JobRow.update(state="running", started_at=utcnow(), progress=0.5).where(JobRow.id == first).execute()


@pytest.mark.parametrize("page", MOST)
def test_a_page_of_a_machine_asks_no_more_however_long_its_queue_is(floor: Workshop, page: str) -> None:
    sam = floor.browser("sam")
    fill(floor, 1)
    few = asked(sam, page)
    fill(floor, 4)
    many = asked(sam, page)
    assert len(few) <= MOST[page], few
    assert len(many) <= len(few), [query for query in many if many.count(query) > few.count(query)]


def test_the_queue_of_one_machine_is_that_of_many(floor: Workshop) -> None:
    fill(floor, 3)
    machines = machine_pages.machines()
    queues = staff_jobs.queues_of(machines)
    for machine in machines:
        whole = staff_jobs.queue_of(machine)
        queue = [one.job for one in whole]
        mine, short = queues[machine.id], staff_jobs.queue_in_short(whole)
        assert (mine.active.job if mine.active else None) == queue[0]
        assert (mine.waiting, mine.next_code, mine.next_title) == (short.waiting, short.next_code, short.next_title)
        assert short.waiting == len(queue) - 1
        assert [job.id for job in queue] == [row.id for row in production.queue_of(machine.id)]
        assert queue[0].progress == 0.5
        assert len(staff_jobs.ended_on(machine, 2)) == 2


def test_cards_and_buttons_read_nothing_that_a_machine_signs_in_with(floor: Workshop) -> None:
    fill(floor, 1)
    sam = floor.browser("sam")
    for page in ("/staff/machines", "/staff/machines/linked-1/hand", "/staff/todo/machines"):
        said = " ".join(sent_by(lambda page=page: sam.see(page)))  # type: ignore[misc]
        assert "sealed_secret" not in said, page
        assert "credential_hash" not in said, page


def test_a_page_of_a_link_knows_the_names_of_what_is_kept_and_no_more(floor: Workshop) -> None:
    found = linking.machine_to_call(floor.shop, "linked-1")
    assert found == (machine_pages.machine("linked-1"), frozenset({"api_key"}))
    assert linking.machine_to_call(floor.shop, "printer-1") == (machine_pages.machine("printer-1"), frozenset())
    trial = connection_tests.find_trial(floor.shop, "tried-before")
    assert trial is not None
    assert trial == (machine_pages.trial_of(trial[0].id), frozenset())
    assert connection_tests.trial_id_of("tried-before") == trial[0].id
    assert connection_tests.trial_id_of("another") is None
