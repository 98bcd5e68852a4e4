"""Both brokers of ours, really running: who may sign in, who may say and hear what, and the bridge upon them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from craftops.bridges.bridge import Bridge
from craftops.bridges.broker.base import SERVER, Broker, BrokerCredential, find_mosquitto, server_password
from craftops.bridges.broker.choice import parse_external
from craftops.bridges.broker.embedded import EmbeddedBroker
from craftops.bridges.broker.mosquitto import MosquittoBroker
from craftops.domain.credentials import hash_secret
from craftops.errors import ConfigError
from craftops.processes.serve import credentials, free_port
from craftops.sdk.machine import BrokerAddress
from craftops.store.database import connected, utcnow
from craftops.store.doorbell import Doorbell, bell_folder
from craftops.store.models import MachineRow, RefusedWordRow
from craftops.testing import Workshop

pytestmark = pytest.mark.broker
WAIT = 15.0


def brokers() -> list[str]:
    return ["mosquitto", "embedded"]


def make(kind: str, folder: Path, address: BrokerAddress) -> Broker:
    if kind == "embedded":
        return EmbeddedBroker(address)
    program = find_mosquitto()
    if program is None:
        if os.environ.get("CRAFTOPS_SERVICES") == "required":
            pytest.fail("mosquitto is not installed, and CI asks for it")
        pytest.skip("mosquitto is not installed here")
    return MosquittoBroker(program, folder, address)


@pytest.fixture(params=brokers())
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Broker, BrokerAddress]]:
    address = BrokerAddress("127.0.0.1", free_port("127.0.0.1"))
    broker = make(request.param, tmp_path / "broker", address)
    broker.start([BrokerCredential(name, hash_secret(f"secret-{name}")) for name in (SERVER, "printer-1", "printer-2")])
    yield broker, address
    broker.stop()
    assert not broker.alive()


class Client:
    """A client that remembers what it hears and why it was refused."""

    def __init__(self, address: BrokerAddress, name: str, password: str | None = None, *, will: str = "") -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{name}-{id(self)}")
        self.client.username_pw_set(name, f"secret-{name}" if password is None else password)
        if will:
            self.client.will_set(will, b"0", qos=1, retain=True)
        self.heard: list[tuple[str, bytes, bool]] = []
        self.news = threading.Condition()
        self.code: object = None
        self.granted: list[object] = []
        self.client.on_connect = self._connected
        self.client.on_message = self._message
        self.client.on_subscribe = self._subscribed
        self.client.connect(address.host, address.port)
        self.client.loop_start()
        self.until(lambda: self.code is not None)

    def _connected(self, _c: object, _u: object, _f: object, code: object, _p: object) -> None:
        with self.news:
            self.code = code
            self.news.notify_all()

    def _message(self, _c: object, _u: object, message: mqtt.MQTTMessage) -> None:
        with self.news:
            self.heard.append((message.topic, bytes(message.payload), message.retain))
            self.news.notify_all()

    def _subscribed(self, _c: object, _u: object, _m: object, codes: list[object], _p: object) -> None:
        with self.news:
            self.granted = codes
            self.news.notify_all()

    def until(self, true: Callable[[], bool]) -> None:
        with self.news:
            assert self.news.wait_for(true, WAIT)

    def subscribe(self, topic: str) -> None:
        self.granted = []
        self.client.subscribe(topic, 1)
        self.until(lambda: bool(self.granted))

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WAIT)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def sign_in(served: tuple[Broker, BrokerAddress]) -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def make_client(name: str, password: str | None = None, **more: str) -> Client:
        made.append(Client(served[1], name, password, **more))
        return made[-1]

    yield make_client
    for client in made:
        client.close()


def test_a_wrong_password_an_unknown_name_and_nobody_are_refused(sign_in: Callable[..., Client]) -> None:
    for name, password in (("printer-1", "wrong"), ("printer-9", "secret-printer-9"), ("printer-1", ""), ("", "")):
        assert sign_in(name, password).code.is_failure, name
    assert not sign_in("printer-1").code.is_failure


def test_a_machine_says_what_is_its_own_and_nothing_else_arrives(sign_in: Callable[..., Client]) -> None:
    server, machine = sign_in(SERVER), sign_in("printer-1")
    server.subscribe("craftops/v1/printer-2/status")
    server.subscribe("craftops/v1/printer-1/status")
    machine.say("craftops/v1/printer-2/status", b"forged")
    machine.say("craftops/v1/printer-1/status", b"mine")
    server.until(lambda: any(payload == b"mine" for _, payload, _ in server.heard))
    assert [payload for _, payload, _ in server.heard] == [b"mine"]


def test_a_machine_hears_its_own_commands_and_nobody_elses_words(sign_in: Callable[..., Client]) -> None:
    server, spy = sign_in(SERVER), sign_in("printer-1")
    server.say("craftops/v1/printer-2/status", b"retained secret", retain=True)
    for topic in ("craftops/#", "craftops/v1/printer-2/status", "craftops/v1/printer-2/cmd", "#"):
        spy.subscribe(topic)
    spy.subscribe("craftops/v1/printer-1/cmd")
    server.say("craftops/v1/printer-2/cmd", b"not yours")
    server.say("craftops/v1/printer-1/cmd", b"yours")
    spy.until(lambda: any(payload == b"yours" for _, payload, _ in spy.heard))
    assert {payload for _, payload, _ in spy.heard} == {b"yours"}


def test_a_machine_that_dies_leaves_its_will(sign_in: Callable[..., Client]) -> None:
    server = sign_in(SERVER)
    server.subscribe("craftops/v1/printer-1/online")
    machine = sign_in("printer-1", will="craftops/v1/printer-1/online")
    machine.client.socket().close()
    server.until(lambda: ("craftops/v1/printer-1/online", b"0") in [(t, p) for t, p, _ in server.heard])


def test_a_credential_that_is_taken_away_ends_at_the_next_sign_in(
    served: tuple[Broker, BrokerAddress], sign_in: Callable[..., Client]
) -> None:
    broker, _address = served
    fresh = [
        BrokerCredential(SERVER, hash_secret(f"secret-{SERVER}")),
        BrokerCredential("printer-1", hash_secret("new")),
    ]
    broker.reload(fresh)
    deadline = utcnow().timestamp() + WAIT
    while sign_in("printer-1").code == "Success" and utcnow().timestamp() < deadline:
        pass  # mosquitto reads its file when the signal reaches it
    assert sign_in("printer-1").code.is_failure
    assert not sign_in("printer-1", "new").code.is_failure


@pytest.mark.parametrize("url", ["http://x", "mqtt://", "somewhere"])
def test_an_address_that_is_none_is_a_fault_of_the_file(url: str) -> None:
    with pytest.raises(ConfigError):
        parse_external(url)


def test_an_external_broker_is_taken_apart() -> None:
    found = parse_external("mqtts://us%40er:p%2Fw@broker.example")
    assert found is not None
    assert (found.address, found.username, found.password) == (
        BrokerAddress("broker.example", 8883, True),
        "us@er",
        "p/w",
    )


@pytest.fixture(params=brokers())
def bridged(
    request: pytest.FixtureRequest, workshop: Workshop, tmp_path: Path
) -> Iterator[tuple[Workshop, BrokerAddress, str]]:
    """A shop whose bridge listens on a real broker, with one machine."""
    secret = workshop.machine("printer-1")
    workshop.machine("printer-2")
    address = BrokerAddress("127.0.0.1", free_port("127.0.0.1"))
    broker = make(request.param, tmp_path / "broker", address)
    config = workshop.shop.config
    broker.start(credentials(config, workshop.shop))
    bell = Doorbell(bell_folder(config.data), "bridge")
    bridge = Bridge(workshop.shop, address, SERVER, server_password(config.secret_key()), bell)
    stop, ready = threading.Event(), threading.Event()
    thread = threading.Thread(target=bridge.run, args=(stop, ready.set))
    thread.start()
    assert ready.wait(WAIT)
    yield workshop, address, secret
    stop.set()
    thread.join(WAIT)
    broker.stop()
    bell.close()


def soon(workshop: Workshop, true: Callable[[], bool]) -> None:
    """Wait until the database says so; the bell rings at every commit."""
    deadline = utcnow().timestamp() + WAIT
    while utcnow().timestamp() < deadline:
        with connected():
            if true():
                return
        workshop.bell.wait(0.2)
    raise AssertionError("it did not come true in time")


def test_a_machine_over_the_wire_moves_the_order(bridged: tuple[Workshop, BrokerAddress, str]) -> None:
    workshop, address, secret = bridged
    order = workshop.place("ada")
    job = workshop.accept(order, "printer-1")
    machine = Client(address, "printer-1", secret)
    topic = "craftops/v1/printer-1/status"
    said = {"v": 1, "state": "running", "progress": 0.25, "remaining_s": 900, "job": {"id": "r1", "ref": job.code}}
    machine.say(topic, orjson.dumps(said), retain=True)
    soon(workshop, lambda: workshop.stage(order) == "in_production")
    machine.say(topic, b'{"v":1,"state":"running","progress":37}')
    machine.say(topic, b'{"v":1,"sta')
    machine.say(topic, b"x" * 1_000_000)
    soon(workshop, lambda: workshop.machine_row("printer-1").refused == 3)
    assert {row.code for row in RefusedWordRow.select()} == {"bad_value", "not_json", "too_large"}
    assert workshop.machine_row("printer-1").state == "running"
    machine.say("craftops/v1/printer-2/status", orjson.dumps({"v": 1, "state": "failed"}))
    machine.say(topic, orjson.dumps({**said, "state": "done", "progress": 1}), retain=True)
    soon(workshop, lambda: workshop.stage(order) == "post_processing")
    assert MachineRow.get(MachineRow.key == "printer-2").state == "unknown"
    machine.close()


def test_a_machine_added_while_the_bridge_runs_is_heard(bridged: tuple[Workshop, BrokerAddress, str]) -> None:
    workshop, address, secret = bridged
    machine = Client(address, "printer-1", secret)
    machine.say("craftops/v1/printer-1/online", b"1", retain=True)
    soon(workshop, lambda: workshop.machine_row("printer-1").online is True)
    machine.close()
