"""Home Assistant sees machines, states and ends when the operator lets it; nothing of customers; and nothing stays behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from test_brokers import Client, brokers, make, soon

from craftops.bridges.bridge import Bridge
from craftops.bridges.broker.base import HOME_ASSISTANT, SERVER, Broker, home_assistant_password, server_password
from craftops.bridges.home_assistant_discovery import ONLINE, Seen, changes, messages
from craftops.cli import cli
from craftops.config import load_config, read_document
from craftops.domain.estimation.estimate import left_of
from craftops.domain.machines.credentials import check_machine_key
from craftops.domain.machines.readings import MachineState
from craftops.errors import IntakeError
from craftops.processes.broker import credentials
from craftops.processes.ports import free_port
from craftops.sdk.machine import BrokerAddress
from craftops.services.estimation import estimating, learning
from craftops.services.shop.context import Shop
from craftops.store.database import connected
from craftops.store.doorbell import Doorbell, bell_folder
from craftops.store.models import MachineRow
from craftops.testing import Workshop

WAIT = 15.0
AT = datetime(2026, 11, 24, 9, 0, 10, tzinfo=UTC)
BUSY = Seen("laser-1", "Laser", "Smart plug", True, MachineState.RUNNING, 0.376, AT + timedelta(minutes=20))


def test_what_is_said_of_a_machine() -> None:
    said = messages([BUSY])
    config = orjson.loads(said["homeassistant/sensor/craftops_laser-1/end/config"])
    assert (config["state_topic"], config["device_class"]) == ("craftops/ha/laser-1/end", "timestamp")
    assert config["availability"] == [{"topic": "craftops/ha/online"}, {"topic": "craftops/ha/laser-1/online"}]
    assert said["craftops/ha/laser-1/state"] == b"running"
    assert said["craftops/ha/laser-1/progress"] == b"37"
    assert said["craftops/ha/laser-1/end"] == b"2026-11-24T09:20:00+00:00"
    assert len([topic for topic in said if topic.endswith("/config")]) == 3
    for topic, payload in said.items():
        if topic.endswith("/config"):
            named = orjson.loads(payload)
            assert named["state_topic"] in said
            assert all(one["topic"] in said for one in named["availability"] if one["topic"] != ONLINE)
    idle = messages([Seen("laser-1", "Laser", "x", False, MachineState.IDLE)])
    assert (idle["craftops/ha/laser-1/progress"], idle["craftops/ha/laser-1/online"]) == (b"None", b"offline")


tables = st.dictionaries(st.sampled_from("abcdef"), st.binary(min_size=1, max_size=3))


@given(tables, tables)
def test_what_changes_makes_the_broker_hold_what_is_wanted(held: dict[str, bytes], wanted: dict[str, bytes]) -> None:
    after = dict(held)
    for topic, payload in changes(held, wanted).items():
        assert held.get(topic) != payload, "what is there already is not said again"
        if payload:
            after[topic] = payload
        else:
            del after[topic]
    assert after == wanted
    assert changes(wanted, wanted) == {}


@pytest.mark.parametrize("key", ["server", "homeassistant"])
def test_no_machine_has_the_user_name_of_somebody_else(key: str) -> None:
    with pytest.raises(IntakeError, match="taken"):
        check_machine_key(key)


def told(shop: Shop, tell: bool) -> Shop:
    document = shop.config.document
    table = document.broker.model_copy(update={"home_assistant": tell})
    config = shop.config.model_copy(update={"document": document.model_copy(update={"broker": table})})
    object.__setattr__(shop, "config", config)
    return shop


@pytest.fixture(params=brokers())
def served(
    request: pytest.FixtureRequest, workshop: Workshop, tmp_path: Path
) -> Iterator[tuple[Broker, BrokerAddress]]:
    workshop.machine("printer-1")
    workshop.machine("printer-2")
    address = BrokerAddress("127.0.0.1", free_port("127.0.0.1"))
    broker = make(request.param, tmp_path / "broker", address)
    broker.start(credentials(told(workshop.shop, True).config, workshop.shop))
    yield broker, address
    broker.stop()


@contextmanager
def bridged(workshop: Workshop, address: BrokerAddress) -> Iterator[Bridge]:
    config = workshop.shop.config
    bell = Doorbell(bell_folder(config.data), "bridge")
    bridge = Bridge(workshop.shop, address, SERVER, server_password(config.keys().broker), bell, companions=False)
    stop, ready = threading.Event(), threading.Event()
    thread = threading.Thread(target=bridge.run, args=(stop, ready.set))
    thread.start()
    assert ready.wait(WAIT)
    yield bridge
    stop.set()
    bell.ring_again()  # or it listens for a second more
    thread.join(WAIT)
    bell.close()


@pytest.fixture
def home(workshop: Workshop, served: tuple[Broker, BrokerAddress]) -> Iterator[Callable[[], Client]]:
    made: list[Client] = []

    def sign_in() -> Client:
        password = home_assistant_password(workshop.shop.config.keys().broker)
        made.append(Client(served[1], HOME_ASSISTANT, password))
        made[-1].subscribe("homeassistant/#")
        made[-1].subscribe("craftops/ha/#")
        return made[-1]

    yield sign_in
    for client in made:
        client.close()


def held(client: Client) -> dict[str, bytes]:
    """What the broker holds now, as far as this client has heard."""
    found: dict[str, bytes] = {}
    for topic, payload, _ in client.heard:
        found[topic] = payload
    return {topic: payload for topic, payload in found.items() if payload}


def estimated_end(workshop: Workshop, key: str) -> datetime:
    """When the run at this machine will be done, as customers' windows see it."""
    now = datetime.now(UTC)
    with connected():
        queue = estimating.machine_queues(workshop.shop, now, learning.usuals(), [workshop.machine_row(key).id])[0]
    return now + timedelta(seconds=left_of(queue.jobs[0], queue, now).p50_s)


@pytest.mark.broker
def test_it_follows_machines_and_is_forgotten_when_they_go(
    workshop: Workshop, served: tuple[Broker, BrokerAddress], home: Callable[[], Client]
) -> None:
    order = workshop.place("ada")
    job = workshop.accept(order, "printer-1")
    client = home()
    with bridged(workshop, served[1]) as bridge:
        client.until(lambda: held(client).get("craftops/ha/printer-2/state") == b"unknown")
        payload = {
            "v": 1,
            "state": "running",
            "progress": 0.5,
            "remaining_s": 1800,
            "job": {"id": "1", "ref": job.code},
        }
        workshop.say("printer-1", orjson.dumps(payload))
        bridge.announcer._next = None
        client.until(lambda: held(client).get("craftops/ha/printer-1/state") == b"running")
        client.until(lambda: held(client).get("craftops/ha/printer-1/progress") == b"50")
        end = datetime.fromisoformat(held(client)["craftops/ha/printer-1/end"].decode())
        assert abs(end - estimated_end(workshop, "printer-1")) < timedelta(minutes=2)
        said = b" ".join(payload for _, payload, _ in client.heard)
        for word in (workshop.people["ada"].name.encode(), order.title.encode(), job.code.encode()):
            assert word not in said
        with connected():
            MachineRow.delete().where(MachineRow.key == "printer-2").execute()
        bridge.announcer._next = None
        client.until(lambda: not [topic for topic in held(client) if "printer-2" in topic])
        assert held(client)[ONLINE] == b"online"
    client.until(lambda: held(client)[ONLINE] == b"offline")
    late = home()
    late.until(lambda: "homeassistant/sensor/craftops_printer-1/state/config" in held(late))
    told(workshop.shop, False)
    with bridged(workshop, served[1]):
        late.until(lambda: held(late) == {})
        soon(workshop, lambda: not (workshop.shop.config.data / "home-assistant.json").exists())


@pytest.mark.broker
def test_it_reads_what_is_meant_for_it_and_writes_nothing(
    workshop: Workshop, served: tuple[Broker, BrokerAddress], home: Callable[[], Client]
) -> None:
    server = Client(served[1], SERVER, server_password(workshop.shop.config.keys().broker))
    client = home()
    for topic in ("craftops/v1/#", "craftops/v1/printer-1/status", "craftops/v1/printer-1/cmd"):
        client.subscribe(topic)
    for topic in ("craftops/v1/printer-1/status", "craftops/v1/printer-1/cmd"):
        server.say(topic, b"secret")
    forged = ("craftops/v1/printer-1/status", "craftops/ha/online", "homeassistant/sensor/x/config")
    for topic in (*forged, "craftops/v1/printer-2/cmd"):
        server.subscribe(topic)
        client.say(topic, b"forged")
    server.say("craftops/ha/online", b"mine")
    client.until(lambda: bool(client.heard))
    server.until(lambda: bool(server.heard))
    assert client.heard == [("craftops/ha/online", b"mine", False)]
    assert server.heard == [("craftops/ha/online", b"mine", False)]
    server.close()


@pytest.mark.broker
def test_a_bridge_that_dies_leaves_its_will(
    workshop: Workshop, served: tuple[Broker, BrokerAddress], home: Callable[[], Client]
) -> None:
    client = home()
    with bridged(workshop, served[1]) as bridge:
        client.until(lambda: held(client).get(ONLINE) == b"online")
        sock = bridge.link._client.socket()
        assert sock is not None
        sock.shutdown(2)
        client.until(lambda: (ONLINE, b"offline") in [(topic, payload) for topic, payload, _ in client.heard])
        client.until(lambda: held(client).get(ONLINE) == b"online")


def test_without_the_option_nobody_is_let_in_and_nothing_is_said(workshop: Workshop) -> None:
    names = [one.username for one in credentials(workshop.shop.config, workshop.shop)]
    assert HOME_ASSISTANT not in names
    assert not read_document("", "shop.toml").broker.home_assistant


def test_the_operator_is_told_how_it_signs_in(tmp_path: Path) -> None:
    toml = tmp_path / "shop.toml"

    def say(text: str) -> str:
        toml.write_text(text)
        result = CliRunner().invoke(cli, ["--data", str(tmp_path), "--config", str(toml), "home-assistant"])
        return result.output if result.exit_code == 0 else str(result.exception)

    assert "home_assistant = true" in say("")
    said = say("[broker]\nhome_assistant = true\n")
    assert "homeassistant" in said
    assert home_assistant_password(load_config(data=tmp_path, env={}).keys().broker) in said
    assert "not ours" in say('[broker]\nhome_assistant = true\nurl = "mqtt://craftops:x@broker.example"\n')
