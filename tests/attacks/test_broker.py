"""What somebody with one machine's password, or with none, may try against both brokers of ours. Loopback only."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from amqtt.broker import Broker as PlainBroker
from samples.brokers import WAIT, Client, brokers, make

from craftops.bridges.broker.base import SERVER, Broker, BrokerCredential, bridge_client_id, find_mosquitto
from craftops.domain.machines.credentials import hash_secret
from craftops.processes.ports import free_port
from craftops.sdk.machine import BrokerAddress

pytestmark = [pytest.mark.broker, pytest.mark.long]
NAMES = (SERVER, "printer-1", "printer-2")


def credentials(**other: str) -> list[BrokerCredential]:
    """As the shop gives them: what has not changed has the hash that it had."""
    passwords = {name: other.get(name.replace("-", "_"), f"secret-{name}") for name in NAMES}
    return [BrokerCredential(name, hash_secret(word, b"salt-of-test")) for name, word in passwords.items()]


def until(true: Callable[[], bool], what: str, patience_s: float = WAIT) -> None:
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)  # another process, or the broker's own thread: there is nothing to wait on


class TestOnEveryBroker:
    @pytest.fixture(params=brokers())
    def served(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Broker, BrokerAddress]]:
        address = BrokerAddress("127.0.0.1", free_port("127.0.0.1"))
        broker = make(request.param, tmp_path / "broker", address)
        broker.start(credentials())
        yield broker, address
        broker.stop()

    @pytest.fixture
    def sign_in(self, served: tuple[Broker, BrokerAddress]) -> Iterator[Callable[..., Client]]:
        made: list[Client] = []

        def client(name: str, password: str | None = None, **more: str) -> Client:
            made.append(Client(served[1], name, password, **more))
            return made[-1]

        yield client
        for one in made:
            one.close()

    def test_a_last_will_on_anothers_topic_is_never_said(
        self, served: tuple[Broker, BrokerAddress], sign_in: Callable[..., Client]
    ) -> None:
        server = sign_in(SERVER)
        server.subscribe("craftops/#")
        topic = "craftops/v1/printer-2/status"
        try:
            rogue = Client(served[1], "printer-1", will=topic)
        except (AssertionError, OSError):
            rogue = None  # it is not even let in
        if rogue is not None and not rogue.code.is_failure:
            rogue.client.loop_stop()
            rogue.client.socket().close()
        machine = sign_in("printer-2")
        machine.say("craftops/v1/printer-2/about", b"mine")
        server.until(lambda: any(payload == b"mine" for _, payload, _ in server.heard))
        if rogue is not None:
            rogue.close()
        assert all(heard != topic for heard, _, _ in server.heard)

    @pytest.mark.parametrize("change", ["a new password", "out of service"])
    def test_whoever_has_an_old_password_is_put_out_at_once(
        self, served: tuple[Broker, BrokerAddress], sign_in: Callable[..., Client], change: str
    ) -> None:
        broker, address = served
        server, machine, other = sign_in(SERVER), sign_in("printer-1"), sign_in("printer-2")
        machine.client.reconnect_delay_set(1, 1)
        server.subscribe("craftops/v1/printer-1/status")
        server.subscribe("craftops/v1/printer-2/status")
        fresh = credentials(printer_1="new")
        broker.reload(fresh if change == "a new password" else [one for one in fresh if one.username != "printer-1"])

        def refused() -> bool:
            return getattr(machine.code, "is_failure", False) or not machine.client.is_connected()

        until(refused, "the old session ends")
        machine.client.publish("craftops/v1/printer-1/status", b"still here", qos=1)
        other.say("craftops/v1/printer-2/status", b"I may stay")
        server.until(lambda: any(payload == b"I may stay" for _, payload, _ in server.heard))
        assert all(payload != b"still here" for _, payload, _ in server.heard)
        assert Client(address, "printer-1", "new").code.is_failure is (change == "out of service")

    def test_six_hundred_silent_sockets_lock_nobody_out(self, served: tuple[Broker, BrokerAddress]) -> None:
        command = [sys.executable, "-c", SILENT, str(served[1].port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as peers:
            assert peers.stdout is not None
            assert peers.stdout.readline() == "600\n"
            machine = Client(served[1], "printer-1")
            assert not machine.code.is_failure
            machine.close()
            peers.communicate("")

    @pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts what a process holds as Linux tells it")
    def test_sockets_that_came_and_went_hold_nothing(
        self, served: tuple[Broker, BrokerAddress], tmp_path: Path
    ) -> None:
        """However they went: silent, with half a word, or with one of another protocol."""
        broker, address = served
        holder = os.getpid() if broker.kind == "embedded" else int((tmp_path / "broker" / "pid").read_text())
        gc.disable()  # it would close them, some day
        try:
            before = _held(holder)
            for said in (b"", b"\x10", b"GET / HTTP/1.1\r\n\r\n", b"\x10\x02\x00\x00", b"\xff" * 100) * 8:
                with socket.create_connection((address.host, address.port)) as peer:
                    peer.sendall(said)
            until(lambda: _held(holder) <= before + 2, "the broker lets go of its end")
        finally:
            gc.enable()


def _held(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


SILENT = """
import socket, sys
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(600)]
print(len(held), flush=True)
sys.stdin.read()
"""
"""In a process of its own: paho takes no socket whose number is above 1,023."""


def test_another_broker_of_the_process_is_left_as_it_is(tmp_path: Path) -> None:
    """The mends are the embedded broker's own; a printer that is played beside it lets in whom it likes."""
    ours, theirs = (BrokerAddress("127.0.0.1", free_port("127.0.0.1")) for _ in range(2))
    broker = make("embedded", tmp_path, ours)
    broker.start(credentials())
    everybody = "amqtt.plugins.authentication.AnonymousAuthPlugin"

    async def another() -> bool:
        listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{theirs.port}"}}
        played = PlainBroker({"listeners": listeners, "plugins": {everybody: {"allow_anonymous": True}}})
        await played.start()
        try:
            client = await asyncio.to_thread(Client, theirs, "whoever")
            await asyncio.to_thread(client.close)
            return bool(client.code.is_failure)
        finally:
            await played.shutdown()

    try:
        assert asyncio.run(another()) is False
        assert Client(ours, "whoever").code.is_failure
    finally:
        broker.stop()


def test_the_bridges_client_id_is_a_secret_of_the_shop() -> None:
    one = bridge_client_id("key of a shop")
    assert len(one) > 30
    assert "key of a shop" not in one
    assert one != bridge_client_id("key of another")


def test_only_the_bridge_may_use_its_id_on_the_embedded_broker(tmp_path: Path) -> None:
    address = BrokerAddress("127.0.0.1", free_port("127.0.0.1"))
    broker = make("embedded", tmp_path, address)
    broker.start(credentials())
    try:
        topic = "craftops/v1/printer-1/status"
        bridge = Client(address, SERVER, client_id="the-bridge", clean_session=False)
        bridge.subscribe(topic)
        for clean in (True, False):
            rogue = Client(address, "printer-2", client_id="the-bridge", clean_session=clean)
            assert rogue.code.is_failure
            rogue.close()
        nobody = Client(address, "printer-2", "wrong", client_id="the-bridge")
        assert nobody.code.is_failure
        nobody.close()
        machine = Client(address, "printer-1")
        for number in range(20):
            machine.say(topic, b"%d" % number)
        bridge.until(lambda: len(bridge.heard) == 20)
        machine.close()
        bridge.close()
    finally:
        broker.stop()


KILLED = """
import sys, threading
from pathlib import Path
from craftops.bridges.broker.base import find_mosquitto
from craftops.bridges.broker.mosquitto import MosquittoBroker
from craftops.sdk.machine import BrokerAddress
broker = MosquittoBroker(find_mosquitto(), Path(sys.argv[1]), BrokerAddress("127.0.0.1", int(sys.argv[2])))
broker.start([])
print(broker._child.pid, flush=True)
threading.Event().wait()
"""


@pytest.mark.faults
@pytest.mark.skipif(sys.platform != "linux", reason="a parent's end is told to its children on Linux only")
def test_a_broker_process_that_is_killed_leaves_no_mosquitto_behind(tmp_path: Path) -> None:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed here")
    command = [sys.executable, "-c", KILLED, str(tmp_path / "broker"), str(free_port("127.0.0.1"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as ours:
        assert ours.stdout is not None
        pid = int(ours.stdout.readline())
        ours.send_signal(signal.SIGKILL)
        ours.wait()

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"

    until(gone, "Mosquitto ends with us")
