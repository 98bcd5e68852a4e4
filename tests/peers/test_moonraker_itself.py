"""The real Moonraker, without a Klipper: signing in, what it says of the missing Klipper, and being killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from craftops_machines.moonraker import MoonrakerDriver
from craftops_machines.moonraker.client import MoonrakerRest
from craftops_machines.moonraker.messages import KlipperAway, Missing
from samples.following import JOB
from samples.linked import RunningBridge, soon

from craftops.domain.machines.readings import MachineState, ProcessKind
from craftops.errors import CredentialsRejected, Refused
from craftops.sdk.linked import Program
from craftops.sdk.machine import CommandKind, MachineFacts
from craftops.store.database import close_database
from craftops.testing import Workshop
from craftops.testing.links import followed

pytestmark = pytest.mark.faults
NEW = "/staff/machines/new"


def facts(moonraker, key: str) -> MachineFacts:
    return MachineFacts("klip-1", "Klip", ProcessKind.FDM, 20.0, address=moonraker.address, secrets={"api_key": key})


@pytest.fixture
def code(tmp_path) -> Program:
    path = tmp_path / "blob"
    path.write_bytes(b"G28\r\nG1 X1\n" * 200_000)
    return Program("bracket.gcode", path.stat().st_size, path)


@pytest.mark.parametrize("key", ["", "wrong"])
def test_it_lets_nobody_in_without_its_key(moonraker, key: str) -> None:
    with followed(MoonrakerDriver(), facts(moonraker, key)) as link:
        link.until(lambda: link.over)
    assert isinstance(link.error, CredentialsRejected)
    assert link.error.sentence == "It does not accept the key."


def test_with_the_key_it_says_that_klipper_is_away_and_starts_nothing(moonraker, code: Program) -> None:
    machine = facts(moonraker, moonraker.key())
    with followed(MoonrakerDriver(), machine) as link:
        link.until(lambda: link.about and link.readings)
        assert link.about.startswith("Moonraker ")
        assert link.readings[-1].state is MachineState.OFFLINE
        assert link.readings[-1].message == "Klipper is not connected to Moonraker."
        for kind in (CommandKind.START, CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL):
            with pytest.raises(Refused, match="Klipper is not connected") as raised:
                link.tell(kind, JOB, program=code)
            assert "Traceback" not in raised.value.sentence
    assert MoonrakerDriver().history(machine) == ()


def test_its_errors_are_known_by_their_kind_and_files_arrive(moonraker, code: Program) -> None:
    rest = MoonrakerRest(moonraker.address, moonraker.key())
    channel = rest.open_channel()
    try:
        for method, kind in (
            ("printer.objects.query", Missing),
            ("printer.print.pause", KlipperAway),
            ("server.history.get_job", Missing),
            ("no.such.method", Missing),
        ):
            with pytest.raises(kind):
                channel.call(method, {"objects": {}, "uid": "000001"})
        rest.upload("K7RCX3-1_01234567.gcode", code)
    finally:
        channel.close()
        rest.close()
    assert (moonraker.folder / "gcodes" / "K7RCX3-1_01234567.gcode").read_bytes() == code.path.read_bytes()


@pytest.fixture
def bridge(workshop: Workshop) -> Iterator[RunningBridge]:
    running = RunningBridge(workshop)
    yield running
    running.stop()
    close_database()


def test_killed_and_back_again_it_is_followed_again(moonraker, workshop: Workshop, bridge: RunningBridge) -> None:
    form = {"driver": "moonraker", "key": "klip-1", "name": "Klip", "process": "fdm", "address": moonraker.address}
    answer = workshop.browser("sam").send(NEW, {**form, "api_key": moonraker.key()}, on=NEW)
    assert answer.status_code == 303, answer.get_data(as_text=True)

    def link_is(state: str) -> bool:
        return str(workshop.machine_row("klip-1").link_state) == state

    soon(workshop, lambda: link_is("connected"))
    moonraker.stop(signal.SIGKILL)
    soon(workshop, lambda: link_is("waiting"))
    assert "Traceback" not in workshop.browser("sam").see("/staff/machines/klip-1")
    moonraker.start()
    soon(workshop, lambda: link_is("connected"))
    page = workshop.browser("sam").see("/staff/machines/klip-1")
    assert "Moonraker" in page
