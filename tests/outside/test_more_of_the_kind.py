"""Sequences that nobody has reported yet, of the kinds that were: each way of naming runs, each in the pace in which such
things are tried and in that of a real print. Parts that are booked were made, and what nobody can know is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from craftops_machines.mqtt import ContractDriver
from samples.outside import Floor

from craftops.sdk.machine import Availability
from craftops.store.models import RunSampleRow
from craftops.testing import Workshop

FILE = "hand8.gcode"
NAMES: dict[str, Mapping[str, Any]] = {
    "nameless": {}, "by its file": {"job": {"file": FILE}}, "by an id": {"job": {"id": "r1", "file": FILE}},
}  # fmt: skip
STEPS = (0.02, 0.2, 0.4, 0.6, 0.8, 0.95)
GONE, BACK, RESTART = "the machine is gone", "it is back", "the bridge is started anew"
Happens = Mapping[str, Any] | str | float
"""A status, an outage, or seconds in which nothing is said."""


def works(*shares: float, **more: Any) -> list[Happens]:
    return [{"state": "running", "progress": share, **more} for share in shares]


def says(state: str, **more: Any) -> Happens:
    return {"state": state, **more}


DONE = says("done", progress=1.0)
PRINT: list[Happens] = [*works(*STEPS), DONE]
STOPPED: list[Happens] = [*works(*STEPS[:3]), says("cancelled")]
FAILED: list[Happens] = [*works(*STEPS[:3]), says("failed")]
BEFORE, BEHIND = works(*STEPS[:4]), works(*STEPS[3:])
SEQUENCES: dict[str, tuple[Sequence[Happens], str]] = {
    "a late word and the end again, minutes behind it": ([*PRINT, 300.0, *works(0.97), DONE], "done"),
    "cancelled after it was done": ([*PRINT, says("cancelled"), says("idle")], "done"),
    "failed after it was done": ([*PRINT, says("failed"), says("idle")], "done"),
    "done after it was cancelled": ([*STOPPED, DONE, says("idle")], "cancelled"),
    "done after it had failed": ([*FAILED, DONE, says("idle")], "failed"),
    "paused over a restart": ([*BEFORE, says("paused", progress=0.6), RESTART, *BEHIND, DONE], "done"),
    "it ends while nobody listens": ([*BEFORE, GONE, 3600.0, BACK, DONE], "done attention"),
    "it rests after an outage": ([*BEFORE, GONE, 3600.0, BACK, says("idle")], "attention"),
    "every word twice": ([word for word in PRINT for _ in range(2)], "done"),
    "100 % for as long as half of it": ([*works(*STEPS, *[1.0] * 6), DONE], "done"),
    "the percent is gone in a pause": ([*BEFORE, says("paused", progress=0.0), *works(0.0), *BEHIND, DONE], "done"),
    "only the time that is left": ([*(says("running", remaining_s=left) for left in (500, 300, 100, 0, 0)), DONE], "done"),
    "nothing left, from the first word on": ([*works(*STEPS, remaining_s=0), DONE], "done"),
    "its seconds begin anew": ([*works(0.02, 0.2, 0.4, elapsed_s=200), *works(0.6, 0.8, elapsed_s=4), DONE], "done"),
    "a state that is not known": ([*BEFORE, says("unknown"), *BEHIND, DONE], "done"),
    "it tidies up, and rests": ([*works(*STEPS), says("finishing", progress=1.0), says("idle")], "attention"),
    "one wrong 100 %, then a stop": ([*works(0.02, 1.0, 0.04, 0.06), says("cancelled")], "cancelled"),
    "an end alone": ([DONE, RESTART, RESTART], "queued"),
    "a restart behind each word": ([one for word in PRINT for one in (word, RESTART)], "done"),
    "neighbours in the other order": ([PRINT[n] for n in (0, 2, 1, 4, 3, 5, 6)], "done"),
}  # fmt: skip


def played(workshop: Workshop, patch: pytest.MonkeyPatch, gap_s: float, happens: Sequence[Happens], file: str) -> Floor:
    """Two jobs wait for it."""
    floor = Floor(workshop, ContractDriver(), patch, gap_s)
    floor.wait_for_machine(2, planned_s=6 * gap_s, file=file)
    for one in happens:
        if one in (GONE, BACK):
            floor.now += timedelta(seconds=1)
            floor.take(Availability(one == BACK, floor.now))
        elif one == RESTART:
            floor.restart()
        elif isinstance(one, float):
            floor.look(one)
        elif isinstance(one, Mapping):
            floor.status(one)
    return floor


@pytest.mark.parametrize("gap_s", [0.4, 90.0], ids=["quick", "slow"])
@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("what", SEQUENCES)
def test_what_was_made_is_booked_and_the_next_one_waits(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, what: str, names: str, gap_s: float
) -> None:
    happens, right = SEQUENCES[what]
    named = [{**one, **NAMES[names]} if isinstance(one, Mapping) else one for one in happens]
    floor = played(workshop, monkeypatch, gap_s, named, FILE if NAMES[names] else "")
    first, second = floor.states
    assert first in right.split()
    assert second == "queued"


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize(("told", "took_s"), [({}, []), ({"elapsed_s": 540.0}, [540.0])], ids=["uncounted", "counted"])
def test_an_end_that_came_while_nobody_listened_teaches_no_wrong_length(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, names: str, told: Mapping[str, Any], took_s: list[float]
) -> None:
    """An hour passed, and not for this: the machine's own count knows, or nobody does."""
    happens = [*BEFORE, GONE, 3600.0, BACK, says("done", progress=1.0, **told)]
    named = [{**one, **NAMES[names]} if isinstance(one, Mapping) else one for one in happens]
    floor = played(workshop, monkeypatch, 90.0, named, FILE if NAMES[names] else "")
    assert floor.states == ["done", "queued"]
    assert [row.took_s for row in RunSampleRow.select()] == took_s


@pytest.mark.parametrize(
    "between", [[], [7200.0], [GONE, 600.0, BACK, says("idle")]], ids=["at once", "later", "rebooted"]
)
def test_a_number_that_is_used_again_is_asked_about(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, between: list[Happens]
) -> None:
    """Its count begins at 1 whenever it is switched on: nobody knows by it whether this is an echo, but a percent grows."""
    first = [{**one, **NAMES["by an id"]} for one in PRINT if isinstance(one, Mapping)]
    floor = played(workshop, monkeypatch, 90.0, [*first, *between, *first], FILE)
    assert floor.states == ["done", "queued"]
    assert "nobody saw begin" in floor.todo, "it is over, and may have been a job"


def test_an_echo_of_a_number_is_not_asked_about(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = [{**one, **NAMES["by an id"]} for one in PRINT if isinstance(one, Mapping)]
    late = [first[place] for place in (5, 5, 2, 6, 0, 4, 5, 6)]
    floor = played(workshop, monkeypatch, 90.0, [*first, *late], FILE)
    assert floor.states == ["done", "queued"]
    assert floor.machine.unclaimed_run == ""
