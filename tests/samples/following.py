"""Following a fake OctoPrint, and what is made of its words."""

from __future__ import annotations

from contextlib import AbstractContextManager

from craftops_machines.octoprint import OctoPrintDriver
from samples.octoprint import FULL_KEY, FakeOctoPrint

from craftops.domain.machines.readings import MachineMemory, ProcessKind, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.sdk.machine import JobBrief, MachineFacts
from craftops.testing.links import FollowedLink, followed

JOB = JobBrief("K7RCX3-1", "bracket.stl", 1, 600.0)
INTENT = "0123456789abcdef"
NAME = "K7RCX3-1_01234567.gcode"


def facts(octo: FakeOctoPrint, key: str = FULL_KEY) -> MachineFacts:
    return MachineFacts("printer-1", "Printer", ProcessKind.FDM, 20.0, address=octo.address, secrets={"api_key": key})


def follow(
    octo: FakeOctoPrint, key: str = FULL_KEY, last: Reading | None = None
) -> AbstractContextManager[FollowedLink]:
    return followed(OctoPrintDriver(), facts(octo, key), last)


def listening(octo: FakeOctoPrint, link: FollowedLink) -> None:
    link.until(lambda: link.about and link.readings and octo.has_listener(), "the push channel")


def states(link: FollowedLink) -> list[str]:
    """The states that were told, repetitions left out."""
    found: list[str] = []
    for reading in link.readings:
        if not found or found[-1] != reading.state.value:
            found.append(reading.state.value)
    return found


def events(link: FollowedLink) -> list[str]:
    """What our own reducer makes of it all."""
    memory, found = MachineMemory(), []
    for reading in link.readings:
        memory, more = interpret(memory, reading)
        found += [event.kind.value for event in more]
    return found
