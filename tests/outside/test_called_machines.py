"""What others have reported of machines that are called, and the right answers: through the real link, and the bridge
that hears it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from craftops_machines.prusalink import PrusaLinkDriver
from craftops_machines.prusalink import link as prusa_link
from samples.outside import Floor, sequence
from samples.played import PlayedLink, Step
from samples.prusalink import KEY, FakePrusaLink

from craftops.store.models import JobRow
from craftops.testing import Workshop

FILE = "hand8.gcode"


class Prusa:
    """A Prusa of the shop; one job waits for it."""

    def __init__(self, workshop: Workshop, patch: pytest.MonkeyPatch, *, planned_s: float = 50_000.0) -> None:
        self.machine, self.patch = FakePrusaLink(), patch
        given = {"address": self.machine.address, "api_key": KEY}
        self.floor = Floor(workshop, PrusaLinkDriver(), patch, given=given)
        self.floor.wait_for_machine(1, planned_s=planned_s, file=FILE)
        self.played = PlayedLink(self.floor, prusa_link, PrusaLinkDriver().connect)
        self.seen: list[str] = []
        """The job's state after each step."""

    def says(self, word: str, job: Mapping[str, Any] | None) -> None:
        self.machine.state = word
        self.machine.job = None
        if job is not None:
            file = {"name": FILE, "display_name": FILE, "meta": {"estimated_print_time": 50_000}}
            self.machine.job = {"state": word, "file": file, **job}

    def play(self, words: list[tuple[float, str, Mapping[str, Any] | None]], settle_s: float = 30.0) -> None:
        def step(word: str, job: Mapping[str, Any] | None) -> None:
            self.seen.append(self.floor.states[0])
            self.says(word, job)

        steps: list[Step] = [(after_s, lambda word=word, job=job: step(word, job)) for after_s, word, job in words]  # type: ignore[misc]
        self.played.play(self.patch, steps, settle_s=settle_s)
        self.seen.append(self.floor.states[0])


@pytest.fixture
def prusa(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Prusa]:
    found = Prusa(workshop, monkeypatch)
    yield found
    found.machine.stop()


def reported(name: str, gaps: list[float]) -> list[tuple[float, str, Mapping[str, Any] | None]]:
    return [(gap, word, job) for gap, (word, job) in zip(gaps, sequence(name), strict=True)]


@pytest.mark.parametrize("restarts", [False, True], ids=["heard all along", "the bridge restarts in the middle"])
def test_b10_seconds_that_begin_anew_are_the_same_print(prusa: Prusa, restarts: bool) -> None:
    words = reported("b10-prusalink-time_printing-resets", [5.0, 60.0, 60.0, 60.0, 30.0, 12.0])
    if restarts:
        prusa.play(words[:3], settle_s=60.0)
        prusa.says(*words[3][1:])
        words = words[4:]
    prusa.play(words)
    assert prusa.seen[-1] == "done"
    assert set(prusa.seen[1:-2]) == {"running"}
    assert len({one.run_id for one in prusa.played.readings if one.run_id}) == 1
    told = [one.elapsed_s for one in prusa.played.readings if one.elapsed_s is not None]
    assert told == sorted(told), "time at work never falls"
    assert 20_500 < max(told) <= 20_500 + 120, "nor is it counted twice"


def test_b11_who_stops_saying_how_it_ended_is_asked_about(prusa: Prusa) -> None:
    prusa.play(reported("b11-prusalink-idle-without-finished", [5.0, 70.0, 3.0]))
    assert prusa.seen[-1] == "attention"
    assert JobRow.get_by_id(prusa.floor.jobs[0].id).reason == "The run ended without a word."
