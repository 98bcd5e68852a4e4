"""A shop's books, kept by what a machine's words prove, and the words of machines that tell their runs apart somehow."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

from craftops.domain.machines.course import doubt_of_end
from craftops.domain.machines.readings import MachineMemory, MachineState, Reading, RunEvent, RunEventKind
from craftops.domain.machines.run_detection import interpret
from craftops.store.mapping import memory_from_json, memory_to_json

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
M = MachineState
LONG = os.environ.get("CRAFTOPS_LONG") == "1"
"""Whether the laws are tried on a thousand interleavings, as CI does; a newcomer need not wait for them."""
EVERY_S = 60.0
PLANNED_S = 20 * EVERY_S


@dataclass
class Books:
    """What a shop would book: the jobs of a queue, started and ended as ``interpret`` proves it."""

    waiting: int = 2
    running: str = ""
    started_at: datetime = NOW
    booked: list[str] = field(default_factory=list)
    asked: int = 0
    codes: list[str] = field(default_factory=list)
    """Of the jobs that began: each waits once."""
    memory: MachineMemory = field(default_factory=MachineMemory)

    def hear(self, reading: Reading) -> None:
        self.memory, events = interpret(self.memory, reading)
        for event in events:
            if event.kind is RunEventKind.STARTED:
                fits = not event.reading.job_ref or event.reading.job_ref not in self.codes
                if event.proven and not self.running and self.waiting and fits:
                    self.codes.append(event.reading.job_ref)
                    self.waiting, self.running, self.started_at = self.waiting - 1, event.run_key, event.at
                else:
                    self.asked += 1
            elif event.run_key == self.running and event.kind is RunEventKind.DONE:
                self._end(event)
            elif event.run_key == self.running and event.kind is RunEventKind.LOST:
                self.running, self.asked = "", self.asked + 1

    def _end(self, event: RunEvent) -> None:
        reading = event.reading
        doubtful = doubt_of_end(
            event.course, (event.at - self.started_at).total_seconds(), PLANNED_S,
            sure_which=bool(reading.run_id or reading.job_ref), live=not reading.retained,
            recorded=reading.recorded, repeated_after_s=event.repeated_after_s,
        )  # fmt: skip
        if doubtful:
            self.asked += 1
        else:
            self.booked.append(self.running)
        self.running = ""

    def restart(self) -> None:
        """The bridge is killed and started anew: all that is left is what the store keeps."""
        self.memory = memory_from_json(memory_to_json(self.memory))


KINDS = ("nameless", "one file", "two files", "ids", "codes")
"""How a machine tells its runs apart."""


def words(kind: str, number: int, by: random.Random, ends: bool, *, tidies: bool = False) -> list[Reading]:
    """What a machine says of one of its runs, the percent in steps of a twentieth; some ``tidies`` up after its end, or
    wants somebody."""
    names = {
        "nameless": {}, "one file": {"file": "part.gcode"}, "two files": {"file": f"part-{number}.gcode"},
        "ids": {"run_id": f"r{number}", "file": "part.gcode"}, "codes": {"job_ref": f"J-{number}"},
    }[kind]  # fmt: skip
    bare = kind == "nameless" and by.random() < 0.5
    said = [Reading(M.IDLE, NOW), *([Reading(M.RUNNING, NOW)] if bare else [])]
    steps = 20 if ends else by.randrange(8, 18)
    said += [Reading(M.RUNNING, NOW, progress=step / 20, implied=bare, **names) for step in range(1, steps + 1)]
    said += [Reading(M.DONE, NOW, **names)] if ends else []
    if ends and tidies and by.random() < 0.5:
        said.append(Reading(by.choice((M.FINISHING, M.ATTENTION)), NOW, **by.choice((names, {}))))
    return said
