"""Both brokers of ours, really running: who may sign in, who may say and hear what, and the bridge upon them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from samples.brokers import WAIT, BrokeredShop, Client, brokers, make
from samples.linked import soon

from craftops.bridges.broker.base import SERVER, Broker, BrokerCredential
from craftops.bridges.broker.choice import parse_external
from craftops.domain.machines.credentials import hash_secret
from craftops.errors import ConfigError
from craftops.processes.ports import free_port
from craftops.sdk.machine import BrokerAddress
from craftops.store.database import utcnow
from craftops.store.models import MachineRow, RefusedWordRow
from craftops.testing import Workshop

pytestmark = pytest.mark.broker


@pytest.fixture(params=brokers())
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Broker, BrokerAddress]]:
    address = BrokerAddress("127.0.0.1", free_port("127.0.0.1"))
    broker = make(request.param, tmp_path / "broker", address)
    broker.start([BrokerCredential(name, hash_secret(f"secret-{name}")) for name in (SERVER, "printer-1", "printer-2")])
    yield broker, address
    broker.stop()
    assert not broker.alive()


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


def test_a_client_that_was_away_gets_what_it_had_not_acknowledged_and_all_since_in_order(
    served: tuple[Broker, BrokerAddress], sign_in: Callable[..., Client]
) -> None:
    """None of it is called retained, and what comes now comes last."""
    topic = "craftops/v1/printer-1/status"

    def listener() -> Client:
        return Client(served[1], SERVER, client_id="listener", clean_session=False, manual_ack=True)

    machine, away = sign_in("printer-1"), listener()
    away.subscribe(topic)
    machine.say(topic, b"0")
    machine.say(topic, b"1")
    away.until(lambda: len(away.heard) == 2)
    away.client.loop_stop()
    away.client.socket().close()
    for number in range(2, 40):
        machine.say(topic, b"%d" % number)
    back = listener()
    for number in range(40, 60):
        machine.say(topic, b"%d" % number)
    back.until(lambda: len(back.heard) == 60)
    back.close()
    assert back.heard == [(topic, b"%d" % number, False) for number in range(60)]


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
    running = BrokeredShop(workshop, request.param, tmp_path / "broker")
    yield workshop, running.address, secret
    running.close()


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
    machine.say(topic, orjson.dumps({**said, "state": "done", "progress": 1, "elapsed_s": 1200}), retain=True)
    soon(workshop, lambda: workshop.stage(order) == "post_processing")
    assert MachineRow.get(MachineRow.key == "printer-2").state == "unknown"
    machine.close()


def test_a_machine_added_while_the_bridge_runs_is_heard(bridged: tuple[Workshop, BrokerAddress, str]) -> None:
    workshop, address, secret = bridged
    machine = Client(address, "printer-1", secret)
    machine.say("craftops/v1/printer-1/online", b"1", retain=True)
    soon(workshop, lambda: workshop.machine_row("printer-1").online is True)
    machine.close()
