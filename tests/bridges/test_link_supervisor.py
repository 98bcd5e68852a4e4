"""Links to machines with an address: kept, tried again, contained; errands of staff are done once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from samples.linked import RunningBridge, ScriptedDriver, ScriptedLink, add, report, soon

from craftops.bridges.inbox import LONGEST, Inbox
from craftops.bridges.link_supervisor import Pauses
from craftops.domain.machines.readings import MachineState, Reading
from craftops.errors import CredentialsRejected, NotUnderstood, Refused, Unreachable
from craftops.sdk.linked import Answer, AnswerLost, DriverSession, PendingCommand, RunRecord
from craftops.sdk.machine import CommandKind, Word
from craftops.services.machines import commands, linking, registry
from craftops.store.database import close_database, connected, utcnow
from craftops.store.models import EventRow, JobRow, MachineCommandRow, MachineRow, RefusedWordRow, RunSampleRow
from craftops.testing import Workshop


@pytest.fixture
def driver(workshop: Workshop) -> ScriptedDriver:
    made = ScriptedDriver()
    workshop.shop.plugins.machine_drivers[made.name] = made
    return made


@pytest.fixture
def run(workshop: Workshop) -> Iterator[Callable[..., RunningBridge]]:
    running: list[RunningBridge] = []

    def start(**more: object) -> RunningBridge:
        running.append(RunningBridge(workshop, **more))
        return running[-1]

    yield start
    for one in running:
        if one.thread.is_alive():
            one.stop()
    close_database()


def row(workshop: Workshop, key: str = "printer-1") -> MachineRow:
    return workshop.machine_row(key)


def command(kind: str = "start") -> MachineCommandRow | None:
    return MachineCommandRow.get_or_none(MachineCommandRow.kind == kind)


def ask(workshop: Workshop, kind: CommandKind = CommandKind.START) -> None:
    commands.command(workshop.shop, "printer-1", kind, actor=workshop.actor("sam"), at=utcnow())


def test_a_machine_is_called_and_heard(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    run()
    soon(workshop, lambda: row(workshop).state == "idle" and row(workshop).online)
    machine = row(workshop)
    assert (machine.link_state, machine.link_sentence) == ("connected", "Scripted 1.0")
    facts = driver.followed[0]
    assert (facts.address, facts.secrets) == ("http://127.0.0.1:9", {"api_key": "secret-key"})
    assert "secret-key" not in repr(facts)
    assert "secret-key" not in machine.sealed_secret


def test_a_machines_own_past_teaches_its_pace_and_is_asked_until_it_answers(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    ended = utcnow() - timedelta(days=1)
    outcomes = (MachineState.DONE, MachineState.FAILED, MachineState.CANCELLED)
    driver.past = tuple(
        RunRecord(f"{outcome.value}.gcode", 3600.0, 4500.0, ended + timedelta(hours=number), outcome)
        for number, outcome in enumerate(outcomes)
    )
    driver.remembers = Unreachable("not yet")
    driver.follow["printer-1"] = lambda link, line: None  # ends at once: the link is made anew
    add(workshop)
    bridge = run()
    soon(workshop, lambda: RunSampleRow.select().count() == 2)
    bridge.stop()
    run()
    soon(workshop, lambda: len(driver.followed) > 3)
    samples = [(row.planned_s, row.took_s, row.failed) for row in RunSampleRow.select().order_by(RunSampleRow.at)]
    assert samples == [(3600.0, 4500.0, False), (3600.0, 4500.0, True)], "cancelled is no lesson, and once is enough"


def test_what_cannot_be_reached_is_tried_again_until_it_can(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    def third_time(link: ScriptedLink, session: DriverSession) -> None:
        if len(driver.followed) < 3:
            raise Unreachable("Nothing answers at this address.")
        report(link, session)

    driver.follow["printer-1"] = third_time
    add(workshop)
    run()
    soon(workshop, lambda: row(workshop).link_state == "connected")
    assert driver.closed == 2
    changes = [event.data["link"] for event in EventRow.select() if event.data and "link" in event.data]
    assert changes.count("waiting") == 2
    told = EventRow.select().order_by(EventRow.id)
    kinds = [event.kind for event in told if event.data and event.data.get("link") == "waiting"]
    assert kinds == ["machine_changed", "machine_reported"], "staff are told once"


def test_a_rejected_key_is_told_and_tried_when_it_is_changed(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    def picky(link: ScriptedLink, session: DriverSession) -> None:
        if link.facts.secrets["api_key"] != "right":
            raise CredentialsRejected("It does not accept the key.")
        report(link, session)

    driver.follow["printer-1"] = picky
    add(workshop)
    run()
    soon(workshop, lambda: row(workshop).link_state == "rejected")
    machine = row(workshop)
    assert machine.link_sentence == "It does not accept the key."
    assert machine.link_next - utcnow() > timedelta(seconds=20)
    assert "It does not accept the key." in workshop.browser("sam").see("/staff/todo/machines")
    assert len(driver.followed) == 1
    given = {"address": "http://127.0.0.1:9", "api_key": "right"}
    linking.change_link(workshop.shop, "printer-1", given, None, actor=workshop.actor("sam"), at=utcnow())
    soon(workshop, lambda: row(workshop).link_state == "connected")


@pytest.mark.parametrize(
    ("fault", "state", "sentence"),
    [
        (NotUnderstood("Its answer is no JSON.", "<html>"), "waiting", "Its answer is no JSON."),
        (Refused("It sends us to another address."), "rejected", "another address"),
        (ZeroDivisionError("a fault of ours"), "waiting", "The driver of this machine broke."),
        (KeyError("x"), "waiting", "The driver of this machine broke."),
    ],
)
def test_whatever_a_driver_raises_stays_with_its_machine(
    workshop: Workshop,
    driver: ScriptedDriver,
    run: Callable[..., RunningBridge],
    fault: Exception,
    state: str,
    sentence: str,
) -> None:
    def broken(_link: ScriptedLink, session: DriverSession) -> None:
        session.connected("x")
        raise fault

    driver.follow["printer-1"] = broken
    add(workshop)
    add(workshop, "printer-2")
    run()
    soon(workshop, lambda: row(workshop).link_state == state and sentence in row(workshop).link_sentence)
    soon(workshop, lambda: row(workshop, "printer-2").state == "idle")
    crashed = not isinstance(fault, NotUnderstood | Refused)
    soon(workshop, lambda: (row(workshop).link_crashes > 0) == crashed)
    if isinstance(fault, NotUnderstood):
        assert RefusedWordRow.get().said == "<html>"


def test_a_hanging_machine_is_in_nobodys_way(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    for_ever = threading.Event()

    def hang(_link: ScriptedLink, session: DriverSession) -> None:
        session.connected("x")
        for_ever.wait()

    for number in range(3):
        driver.follow[f"hanging-{number}"] = hang
        add(workshop, f"hanging-{number}")
    add(workshop)
    bridge = run()
    soon(workshop, lambda: row(workshop).state == "idle")
    for kept in bridge.bridge.keeper._links.values():
        kept.alive_at = time.monotonic() - (600 if kept.key == "hanging-0" else 0)
    soon(workshop, lambda: row(workshop, "hanging-0").link_sentence == "The driver of this machine hangs.")
    bridge.bridge.keeper._links["hanging-0"].alive_at = time.monotonic()
    soon(workshop, lambda: row(workshop, "hanging-0").link_state == "connected")
    began = time.monotonic()
    bridge.stop()
    assert time.monotonic() - began < 8
    for_ever.set()


def test_two_hundred_machines_are_kept(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    def once(_link: ScriptedLink, session: DriverSession) -> None:
        assert session.last is None
        session.connected("x")
        session.hear(Reading(MachineState.IDLE, session.now()))
        while not session.stopping:
            session.wait(30)

    keys = [f"printer-{number}" for number in range(200)]
    with connected():
        for key in keys:
            driver.follow[key] = once
            add(workshop, key)
    bridge = run()
    soon(workshop, lambda: MachineRow.select().where(MachineRow.state == "idle").count() == 200, 90)
    began = time.monotonic()
    bridge.stop()
    assert time.monotonic() - began < 4
    assert driver.closed == 200


def test_a_machine_out_of_service_is_let_go_and_called_again(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    run()
    soon(workshop, lambda: row(workshop).link_state == "connected")
    registry.set_enabled("printer-1", False, actor=workshop.actor("sam"), at=utcnow())
    soon(workshop, lambda: driver.closed == 1 and row(workshop).link_state == "off")
    registry.set_enabled("printer-1", True, actor=workshop.actor("sam"), at=utcnow())
    soon(workshop, lambda: len(driver.followed) == 2)


def test_a_lost_line_is_believed_after_fifteen_seconds(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    gone = threading.Event()

    def leaves(link: ScriptedLink, session: DriverSession) -> None:
        if gone.is_set():
            raise Unreachable("It does not answer.")
        session.connected("x")
        session.hear(Reading(MachineState.IDLE, session.now()))
        gone.wait(10)
        raise Unreachable("It broke off the connection.")

    driver.follow["printer-1"] = leaves
    add(workshop)
    run()
    soon(workshop, lambda: row(workshop).state == "idle")
    gone.set()
    soon(workshop, lambda: row(workshop).offline_since is not None)
    assert row(workshop).state == "idle"
    with connected():
        MachineRow.update(offline_since=utcnow() - timedelta(seconds=16)).execute()
    soon(workshop, lambda: row(workshop).state == "offline" and row(workshop).online is False)


def test_an_errand_is_done_and_its_answer_told(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    workshop.accept(workshop.place("ada"), "printer-1")
    driver.obey = lambda _link, errand: (errand.begin(), Answer.confirmed("It prints."))[1]
    run()
    ask(workshop)
    ask(workshop)
    soon(workshop, lambda: command() and command().state == "confirmed")
    assert MachineCommandRow.select().count() in (1, 2), "a second click while the first is on its way is the same wish"
    page = workshop.browser("sam").see("/staff/machines/printer-1")
    assert "confirmed" in page
    assert "It prints." in page


@pytest.mark.parametrize("fault", [Refused("The machine is busy."), CredentialsRejected("The key may only read.")])
def test_a_no_of_the_machine_is_an_answer_and_the_link_stays(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge], fault: Exception
) -> None:
    def no(_link: ScriptedLink, _errand: PendingCommand) -> Answer:
        raise fault

    driver.obey = no
    add(workshop)
    workshop.accept(workshop.place("ada"), "printer-1")
    run()
    ask(workshop)
    soon(workshop, lambda: command() and command().state == "refused")
    assert command().error == str(fault)
    assert len(driver.followed) == 1


def test_a_lost_answer_never_takes_the_step_twice(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    steps = []

    def lose_the_answer(_link: ScriptedLink, pending: PendingCommand) -> Answer:
        if pending.again:
            return Answer.confirmed("It runs already.")
        pending.begin()
        steps.append("start")
        raise AnswerLost("It broke off the connection.")

    driver.obey = lose_the_answer
    add(workshop)
    workshop.accept(workshop.place("ada"), "printer-1")
    run()
    ask(workshop)
    soon(workshop, lambda: command() and command().state == "confirmed")
    assert steps == ["start"]
    assert driver.obeyed == [("start", False), ("start", True)]


def test_a_bridge_that_dies_in_the_step_asks_before_it_repeats(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    workshop.accept(workshop.place("ada"), "printer-1")
    ask(workshop)
    with connected():
        assert commands.begin_command(command().id, utcnow())
    run()
    soon(workshop, lambda: command().state == "confirmed")
    assert driver.obeyed == [("start", True)]


def test_what_could_not_be_passed_on_in_time_is_over(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    def away(_link: ScriptedLink, _line: DriverSession) -> None:
        raise Unreachable("It does not answer.")

    driver.follow["printer-1"] = away
    add(workshop)
    workshop.accept(workshop.place("ada"), "printer-1")
    ask(workshop)
    with connected():
        MachineCommandRow.update(asked_at=utcnow() - timedelta(minutes=3)).execute()
    run()
    soon(workshop, lambda: command().state == "refused")
    assert "Nothing was passed on" in command().error
    assert driver.obeyed == []


def test_a_run_that_ended_unheard_is_ended_by_hand(
    workshop: Workshop, driver: ScriptedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    order = workshop.place("ada")
    job = workshop.accept(order, "printer-1")
    driver.readings["printer-1"] = Reading(MachineState.RUNNING, utcnow(), run_id="r1", job_ref=job.code, progress=0.7)
    run()
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "running")
    driver.readings["printer-1"] = Reading(MachineState.IDLE, utcnow())
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "attention")
    page = workshop.browser("sam").see("/staff/machines/printer-1")
    assert 'value="finish"' in page
    assert 'value="cancel"' not in page
    workshop.browser("sam").send("/staff/machines/printer-1/command", {"kind": "finish"}, on="/staff/")
    assert JobRow.get_by_id(job.id).state == "done"
    assert workshop.stage(order) == "post_processing"


def test_pauses_grow_to_a_minute_and_are_spread() -> None:
    pauses = Pauses()
    for failures in range(1, 40):
        whole = min(60.0, 2.0 ** (failures - 1))
        assert all(whole / 2 <= pauses.after(failures) <= whole for _ in range(20))


def test_a_chattering_machine_costs_one_word_and_loses_no_change() -> None:
    heard: list[tuple[str, Word]] = []
    gate = threading.Event()

    def take(key: str, word: Word) -> None:
        gate.wait(10)
        heard.append((key, word))

    inbox = Inbox(take)
    inbox.start()
    now = utcnow()
    for number in range(5000):
        inbox.put("a", Reading(MachineState.RUNNING, now, progress=number / 5000))
    inbox.put("b", Reading(MachineState.IDLE, now))
    inbox.put("a", Reading(MachineState.DONE, now))
    gate.set()
    inbox.stop(10)
    states = [word.state for key, word in heard if key == "a"]
    assert states[-1] is MachineState.DONE
    assert len(states) <= 4
    assert [key for key, _ in heard].index("b") <= 2, "nobody waits behind a chatterer"
    for number in range(LONGEST * 3):
        inbox.put("c", Reading(MachineState.RUNNING, now, run_id=str(number)))
    assert inbox.counters["dropped"] == LONGEST * 2
