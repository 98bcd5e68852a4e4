"""What a unit of systemd hears from us, and asks."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from craftops.processes.lifeline import tell_ready
from craftops.processes.service_unit import NOTIFY, ServiceUnit


@pytest.fixture(params=["of a file", "without a file"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    name = str(tmp_path / "notify") if request.param == "of a file" else f"@craftops-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(name.replace("@", "\0"))
        ear.settimeout(5)
        monkeypatch.setenv(NOTIFY, name)
        yield ear


@pytest.fixture
def hang_up() -> Iterator[Callable[[], None]]:
    before = signal.getsignal(signal.SIGHUP)
    yield lambda: signal.raise_signal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, before)


def heard(systemd: socket.socket) -> str:
    return systemd.recv(500).decode().splitlines()[0]


def test_it_hears_when_the_work_is_done_and_when_processes_are_new(systemd: socket.socket) -> None:
    unit = ServiceUnit()
    unit.ready()
    assert heard(systemd) == "READY=1"
    with unit.reloading():
        assert heard(systemd) == "RELOADING=1"
    assert heard(systemd) == "READY=1"
    assert NOTIFY not in os.environ, "none of its children speaks for it"


def test_a_process_alone_says_it_once(systemd: socket.socket) -> None:
    tell_ready()
    assert heard(systemd) == "READY=1"
    tell_ready()
    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(500)


def test_a_hang_up_asks_once_for_new_processes(systemd: socket.socket, hang_up: Callable[[], None]) -> None:
    unit = ServiceUnit()
    unit.obey()
    assert not unit.asks_anew()
    hang_up()
    assert unit.asks_anew()
    assert not unit.asks_anew()


def test_without_systemd_nothing_is_told_and_a_hang_up_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NOTIFY, raising=False)
    unit = ServiceUnit()
    unit.obey()
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
    unit.ready()


def test_a_systemd_that_does_not_listen_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NOTIFY, str(tmp_path / "nobody"))
    ServiceUnit().ready()
