"""A controller that is played, and every liar of the contract."""

import dataclasses
import socket
import threading

import pytest
from laser_grbl import GrblDriver

from craftops.domain.machines.readings import MachineState
from craftops.sdk.machine import CommandKind
from craftops.testing import LinkedDriverContract
from craftops.testing.contracts import MACHINE
from craftops.testing.links import followed


class Controller:
    """Answers ``?``, and remembers what else it was told."""

    def __init__(self):
        self.says, self.heard = b"<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n", []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            while said := connection.recv(1):
                connection.sendall(self.says) if said == b"?" else self.heard.append(said)


class TestLaser(LinkedDriverContract):
    speaks_http = False

    @pytest.fixture(autouse=True)
    def controller(self):
        self.laser = Controller()
        yield
        self.laser.listener.close()

    def driver(self):
        return GrblDriver()

    def machine(self):
        return dataclasses.replace(MACHINE, address=f"tcp://127.0.0.1:{self.laser.listener.getsockname()[1]}")

    def test_it_follows_a_job_and_pauses_it(self):
        self.laser.says = b"<Run|MPos:1.000,2.000,0.000|SD:42.5,part.nc>\r\n"
        with followed(self.driver(), self.machine()) as link:
            link.until(lambda: link.readings, "a reading")
            assert link.readings[0].state is MachineState.RUNNING
            assert link.readings[0].progress == 0.425
            link.tell(CommandKind.PAUSE)
            link.until(lambda: self.laser.heard == [b"!"], "the pause")
