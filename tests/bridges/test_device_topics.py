"""A plug publishes where it publishes: its machine's user may write there, and nobody else; and nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from test_brokers import Client, brokers, make

from craftops.bridges.bridge import Bridge
from craftops.bridges.broker.base import SERVER, BrokerCredential, server_password
from craftops.bridges.broker.mosquitto import access_list
from craftops.domain.machines.credentials import hash_secret
from craftops.domain.machines.readings import ProcessKind
from craftops.errors import IntakeError
from craftops.processes.broker import credentials
from craftops.processes.ports import free_port
from craftops.sdk.machine import BrokerAddress, MqttDriver
from craftops.services.machines import linking, registry
from craftops.store.database import utcnow
from craftops.store.models import JobRow, MachineRow
from craftops.store.sealing import Sealer
from craftops.testing import Workshop

PLUG = {"kind": "tasmota", "device": "laser-plug", "on_w": "40", "off_w": "20", "start_s": "0", "end_min": "5"}


@pytest.fixture
def shop(workshop: Workshop) -> Workshop:
    from craftops_machines.power import PowerDriver

    workshop.shop.plugins.machine_drivers["power"] = PowerDriver()
    return workshop


def add(workshop: Workshop, key: str, **given: str) -> str:
    _row, secret = registry.add_machine(
        workshop.shop, key=key, name=key, driver="power", process=ProcessKind.LASER, given={**PLUG, **given},
        actor=workshop.actor("sam"), at=utcnow(),
    )  # fmt: skip
    return secret


@pytest.fixture(params=brokers())
def served(
    request: pytest.FixtureRequest, shop: Workshop, tmp_path: Path
) -> Iterator[tuple[Workshop, BrokerAddress, dict[str, str]]]:
    secrets = {"laser": add(shop, "laser"), "mill": add(shop, "mill", device="mill-plug")}
    address = BrokerAddress("127.0.0.1", free_port("127.0.0.1"))
    broker = make(request.param, tmp_path / "broker", address)
    broker.start(credentials(shop.shop.config, shop.shop))
    yield shop, address, secrets
    broker.stop()


@pytest.mark.broker
def test_a_plug_writes_its_own_topics_and_nothing_else(
    served: tuple[Workshop, BrokerAddress, dict[str, str]],
) -> None:
    shop, address, secrets = served
    server = Client(address, SERVER, server_password(shop.shop.config.keys().broker))
    laser, mill = Client(address, "laser", secrets["laser"]), Client(address, "mill", secrets["mill"])
    forbidden = ("tele/mill-plug/SENSOR", "tele/laser-plug/STATE", "cmnd/laser-plug/POWER", "craftops/v1/mill/status",
                 "tele/laser-plug/SENSOR/x")  # fmt: skip
    for topic in (*forbidden, "tele/laser-plug/SENSOR", "tele/laser-plug/LWT", "craftops/v1/laser/status"):
        server.subscribe(topic)
    mill.subscribe("tele/laser-plug/SENSOR")
    for topic in (*forbidden, "tele/laser-plug/LWT", "craftops/v1/laser/status", "tele/laser-plug/SENSOR"):
        laser.say(topic, topic.encode())
    server.until(lambda: any(topic == "tele/laser-plug/SENSOR" for topic, _, _ in server.heard))
    assert {topic for topic, _, _ in server.heard} == {
        "tele/laser-plug/LWT", "craftops/v1/laser/status", "tele/laser-plug/SENSOR"
    }  # fmt: skip
    assert mill.heard == []
    for client in (server, laser, mill):
        client.close()


def test_the_access_list_has_one_line_for_each_topic() -> None:
    lines = access_list([
        BrokerCredential(SERVER, hash_secret("x")), BrokerCredential("laser", hash_secret("y"), ("tele/p/SENSOR", "tele/p/LWT")),
    ]).splitlines()  # fmt: skip
    assert lines == [
        "user server", "topic readwrite craftops/#", "topic write homeassistant/#", "topic read tele/p/SENSOR", "topic read tele/p/LWT", "user laser",
        "topic write tele/p/SENSOR", "topic write tele/p/LWT", "pattern write craftops/v1/%u/#", "pattern read craftops/v1/%u/cmd",
    ]  # fmt: skip


def test_what_stands_in_the_store_is_checked_again(shop: Workshop) -> None:
    add(shop, "laser")
    MachineRow.update(settings={**PLUG, "device": "x\nuser server\ntopic readwrite #"}).execute()
    found = {one.username: one.writes for one in credentials(shop.shop.config, shop.shop)}
    assert found["laser"] == ()
    MachineRow.update(settings=PLUG).execute()
    found = {one.username: one.writes for one in credentials(shop.shop.config, shop.shop)}
    assert found["laser"] == ("tele/laser-plug/SENSOR", "tele/laser-plug/LWT")


def test_two_machines_cannot_have_one_plug(shop: Workshop) -> None:
    add(shop, "laser")
    with pytest.raises(IntakeError, match="that of laser"):
        add(shop, "mill")
    assert MachineRow.get_or_none(MachineRow.key == "mill") is None
    add(shop, "mill", device="mill-plug")
    with pytest.raises(IntakeError, match="that of laser"):
        linking.change_link(shop.shop, "mill", PLUG, None, actor=shop.actor("sam"), at=utcnow())
    assert shop.machine_row("mill").settings["device"] == "mill-plug"
    linking.change_link(shop.shop, "mill", {**PLUG, "device": "mill-plug", "on_w": "1e"} | {"on_w": "55,5"}, None,
                        actor=shop.actor("sam"), at=utcnow())  # fmt: skip
    assert shop.machine_row("mill").settings["on_w"] == "55.5"


def test_staff_set_it_up_in_the_form(shop: Workshop) -> None:
    sam = shop.browser("sam")
    form = sam.see("/staff/machines/new?driver=power")
    assert '<option value="shelly"' in form
    assert 'name="end_min" type="text" value="5"' in form
    values = {"driver": "power", "key": "laser", "name": "Laser", "process": "laser", **PLUG}
    answer = sam.send(
        "/staff/machines/new", {**values, "device": "#", "on_w": "many", "kind": "x"}, on="/staff/machines/new"
    )
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "write a number" in page
    assert "Pick one" in page
    page = sam.send("/staff/machines/new", values, on="/staff/machines/new", follow_redirects=True).get_data(
        as_text=True
    )
    assert "tele/laser-plug/SENSOR" in page
    assert "Change its settings" in page
    page = sam.see("/staff/machines/laser/link")
    assert 'value="laser-plug"' in page
    sam.send("/staff/machines/laser/link", {**PLUG, "end_min": "12"}, on="/staff/machines/laser/link")
    assert orjson.dumps(shop.machine_row("laser").settings).count(b'"12"') == 1


def test_watts_move_an_order_and_a_quiet_plug_ends_its_job(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.add_machine(
        shop.shop, key="plugged", name="Plugged", driver="power", process=ProcessKind.FDM, given=PLUG,
        actor=shop.actor("sam"), at=utcnow(),
    )  # fmt: skip
    order = shop.place("ada")
    job = shop.accept(order, "plugged")
    driver = shop.shop.plugins.machine_drivers["power"]
    assert isinstance(driver, MqttDriver)
    bridge = Bridge(shop.shop, BrokerAddress("127.0.0.1", 9), SERVER, "", shop.bell, companions=False)
    began = utcnow()

    def at(minutes: float, payload: bytes = b"") -> None:
        now = began + timedelta(minutes=minutes)
        monkeypatch.setattr("craftops.bridges.bridge.utcnow", lambda: now)
        if payload:
            facts = linking.facts_of(shop.shop, shop.machine_row("plugged"))
            word = driver.read(facts, "tele/laser-plug/SENSOR", payload, retained=False, received_at=now)
            assert word is not None
            bridge.take("plugged", word)
        bridge.look()

    at(0)
    at(1, b'{"ENERGY":{"Power":4}}')
    assert shop.stage(order) == "queued"
    at(2, b'{"ENERGY":{"Power":300}}')
    assert shop.stage(order) == "in_production"
    at(20, b'{"ENERGY":{"Power":4}}')
    at(24)
    assert JobRow.get_by_id(job.id).state == "running"
    at(26)
    assert JobRow.get_by_id(job.id).state == "done"
    bridge.trials.stop()


def test_no_secret_is_opened_for_who_may_write_where(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that is nearest to strangers needs none, nor does a page that says what is to be set up."""
    workshop.machine("cube-1", driver="simulated")
    monkeypatch.setattr(Sealer, "open", lambda *_: pytest.fail("a secret was opened"))
    assert "cube-1" in [one.username for one in credentials(workshop.shop.config, workshop.shop)]
    assert "cube-1" in workshop.browser("sam").see("/staff/machines/cube-1")
