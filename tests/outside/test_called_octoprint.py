"""OctoPrint's own words that come late or begin anew, through the real link and the bridge that hears it: no print that
nobody started, none that is lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from craftops_machines.octoprint import OctoPrintDriver, messages
from craftops_machines.octoprint import link as octo_link
from craftops_machines.octoprint.link import OctoPrintLink
from craftops_machines.octoprint.messages import Counts, OctoPrintStatus
from samples.outside import Floor
from samples.played import PlayedLink, Step

from craftops.errors import Unreachable
from craftops.testing import Workshop

FILE = "hand8.gcode"
EVERY_S = 60.0
WORDS = 8
PRINTING, READY = frozenset({"printing", "operational"}), frozenset({"operational", "ready"})


class Socket:
    """In the place of the push channel: what was pushed is there when the link looks."""

    def __init__(self, news: deque[dict[str, Any]]) -> None:
        self.news = news

    def has_news(self) -> bool:
        return bool(self.news)

    def receive(self) -> dict[str, Any]:
        return self.news.popleft()

    def close(self) -> None:
        """Nobody minds."""


class Octo:
    """An OctoPrint of the shop, in the place of its REST; three jobs wait for it, all with one file."""

    def __init__(self, workshop: Workshop, patch: pytest.MonkeyPatch, version: str, *, pushes: bool) -> None:
        self.told_version, self.pushes, self.patch = version, pushes, patch
        self.flags, self.share, self.seconds, self.loaded = READY, None, None, False
        self.success, self.failure, self.ended_at = 0, 0, None
        self.news: deque[dict[str, Any]] = deque()
        given = {"address": "http://127.0.0.1:9", "api_key": "k"}
        self.floor = Floor(workshop, OctoPrintDriver(), patch, given=given)
        self.floor.wait_for_machine(3, planned_s=WORDS * EVERY_S, file=FILE)
        patch.setattr(octo_link, "OctoPrintRest", lambda _address, _key: self)
        self.played = PlayedLink(self.floor, octo_link, OctoPrintLink)

    # what the link asks

    def version(self) -> str:
        return self.told_version

    def look(self) -> OctoPrintStatus:
        told = self.current()
        return messages.snapshot({**told, "state": "x"}, {"state": told["state"]})

    def counts(self, _path: str) -> Counts:
        return Counts(self.success, self.failure, self.ended_at)

    def open_socket(self) -> Socket:
        if not self.pushes:
            raise Unreachable("The proxy lets no push channel through.")
        return Socket(self.news)

    def close(self) -> None:
        """Nobody minds."""

    # what happens

    def current(self, **other: Any) -> dict[str, Any]:
        told = {"flags": self.flags, "share": self.share, "seconds": self.seconds, **other}
        file = {"path": FILE, "name": FILE, "size": 1000, "date": 1000} if self.loaded else {"path": None}
        return {
            "state": {"text": "x", "flags": dict.fromkeys(told["flags"], True), "error": ""},
            "job": {"file": file},
            "progress": {"completion": told["share"], "printTime": told["seconds"], "printTimeLeft": 5},
        }

    def tell(self, **other: Any) -> None:
        self.news.append({"current": self.current(**other)})

    def late(self, share: float | None, seconds: float | None) -> None:
        """A push of what was a second or two ago: it printed."""
        self.tell(flags=PRINTING, share=share, seconds=seconds)

    def event(self, kind: str, **more: Any) -> None:
        self.news.append({"event": {"type": kind, "payload": {"path": FILE, "size": 1000, **more}}})

    def starts(self) -> None:
        self.flags, self.share, self.seconds, self.loaded = PRINTING, 0.0, 0.0, True
        self.event("PrintStarted")
        self.tell()

    def goes_on(self, share: float, seconds: float) -> None:
        self.share, self.seconds = share, seconds
        self.tell()

    def ends(self) -> None:
        self.event("PrintDone", time=self.seconds)
        self.success, self.ended_at = self.success + 1, self.floor.now.timestamp()
        self.flags, self.share = READY, 100.0
        self.tell(flags=frozenset({"operational", "finishing"}))
        self.tell()

    def one_print(self, *, until: int = WORDS) -> list[Step]:
        words: list[Step] = [(5.0, self.starts)]
        for word in range(1, until):
            words.append((EVERY_S, lambda word=word: self.goes_on(100 * word / WORDS, word * EVERY_S)))  # type: ignore[misc]
        return words if until < WORDS else [*words, (EVERY_S, self.ends)]

    def play(self, *steps: Step, settle_s: float = 40.0) -> list[str]:
        self.played.play(self.patch, steps, settle_s=settle_s)
        return self.floor.states

    @property
    def runs(self) -> int:
        return len({one.run_id for one in self.played.readings if one.run_id})


@pytest.fixture(params=["1.11.8", "2.0.0rc7"])
def octo(request: pytest.FixtureRequest, workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Octo:
    return Octo(workshop, monkeypatch, request.param, pushes=True)


LATE: list[tuple[float | None, float | None]] = [(98.0, 419.0), (100.0, 420.0), (None, None), (98.0, None)]


@pytest.mark.parametrize(("share", "seconds"), LATE)
@pytest.mark.parametrize("after_s", [0.5, 2.0, 8.0])
def test_a_late_push_after_the_end_is_no_print(
    octo: Octo, share: float | None, seconds: float | None, after_s: float
) -> None:
    late: list[Step] = [(after_s, lambda: octo.late(share, seconds)), (1.0, octo.tell), (20.0, octo.tell)]
    assert octo.play(*octo.one_print(), *late) == ["done", "queued", "queued"]
    assert octo.floor.machine.unclaimed_run == ""
    assert octo.play(*octo.one_print(), *late) == ["done", "done", "queued"]
    assert octo.runs == 2


def test_the_end_of_the_print_before_that_is_pushed_into_the_next_is_not_its_own(octo: Octo) -> None:
    def starts() -> None:
        octo.starts()
        octo.late(100.0, 420.0)
        octo.tell()

    octo.play(*octo.one_print())
    _, *goes_on = octo.one_print()
    assert octo.play((5.0, starts), *goes_on) == ["done", "done", "queued"]
    assert octo.runs == 2
    shown = [one.progress for one in octo.played.readings if one.run_id == octo.played.readings[-1].run_id]
    assert 1.0 not in shown[:-3]


def test_one_wrong_percent_is_not_kept(octo: Octo) -> None:
    words: list[Callable[[], None]] = [
        lambda: octo.goes_on(100.0, 190.0), lambda: octo.goes_on(55.0, 210.0), lambda: octo.goes_on(60.0, 270.0),
        lambda: octo.goes_on(65.0, 300.0),
    ]  # fmt: skip
    octo.play(*octo.one_print(until=4), *((20.0, word) for word in words))
    assert octo.floor.states[0] == "running"
    assert octo.floor.machine.memory["course"]["high"] == pytest.approx(0.65)
    assert octo.play((60.0, octo.ends)) == ["done", "queued", "queued"]


@pytest.mark.parametrize("pushes", [True, False], ids=["pushed", "asked"])
def test_seconds_that_begin_anew_are_the_same_print(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, pushes: bool
) -> None:
    octo = Octo(workshop, monkeypatch, "1.11.8", pushes=pushes)
    words: list[Step] = [(60.0, lambda: octo.goes_on(90.0, 10.0)), (60.0, lambda: octo.goes_on(95.0, 70.0))]
    assert octo.play(*octo.one_print(until=7), *words, (30.0, octo.ends)) == ["done", "queued", "queued"]
    assert octo.runs == 1


def test_another_print_that_began_while_nobody_listened_is_another(octo: Octo) -> None:
    octo.play(*octo.one_print(until=7), settle_s=3.0)
    octo.success, octo.ended_at = 1, (octo.floor.now + timedelta(seconds=70)).timestamp()
    octo.share, octo.seconds = 60.0, 250.0
    octo.floor.now += timedelta(hours=5)
    octo.news.clear()
    assert octo.play((60.0, lambda: octo.goes_on(75.0, 310.0)), (60.0, octo.ends)) == ["done", "done", "queued"]
