"""Two hosts that share PostgreSQL, an S3 server and a broker. Each of their processes is killed in turn, then one host
whole, while customers order and machines talk: nothing is lost and nothing is done twice."""

from __future__ import annotations

import contextlib
import email
import email.policy
import http.client
import json
import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from aiosmtpd.controller import Controller
from paho.mqtt.enums import CallbackAPIVersion
from samples.objects import object_server
from samples.stories import LONG_S, PHASES, Told, mixed, standing, tell_cleanly

from craftops.bridges.broker.base import SERVER, BrokerCredential, find_mosquitto
from craftops.bridges.broker.mosquitto import MosquittoBroker
from craftops.domain.machines.credentials import hash_secret
from craftops.domain.messages.notices import NoticeChoice
from craftops.domain.people.access import Scope
from craftops.domain.shop.profile import ShopProfile
from craftops.processes.ports import free_port
from craftops.sdk.machine import BrokerAddress
from craftops.services.messages import choosing
from craftops.services.people import accounts
from craftops.store.database import connected, utcnow
from craftops.store.models import DesignFileRow, OrderRow, WorkRow
from craftops.testing import Workshop
from craftops.testing.hosts import Host, until
from craftops.testing.workshop import cube_stl

URL = os.environ.get("CRAFTOPS_TEST_DATABASE_URL", "")
pytestmark = [
    pytest.mark.postgres, pytest.mark.broker, pytest.mark.faults, pytest.mark.ci,
    pytest.mark.skipif(not URL, reason="needs PostgreSQL (CRAFTOPS_TEST_DATABASE_URL)"),
]  # fmt: skip
PASSWORD, BUYERS, MACHINES, A_SECOND = "of the broker", 3, 8, 6
KILLS = [("a", "web"), ("a", "worker"), ("a", "bridge"), ("b", "web"), ("b", "worker"), ("b", "bridge"), ("a", "")]
"""Host and process, in turn; at last one host whole."""
WITHIN_S = 60.0
BETWEEN = 4
"""Orders that are placed between two kills."""
TOML = """
[broker]
url = "mqtt://server:of%20the%20broker@127.0.0.1:{mqtt}"
[plugins]
enabled = ["theme_workshop", "analyzer_mesh", "notify_email"]
[plugin.notify_email]
host = "127.0.0.1"
port = {smtp}
security = "none"
{scale}several_hosts = true
takeover_seconds = 2
"""


class Post:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@dataclass
class Hosts:
    """The shop, seen from beside its hosts."""

    workshop: Workshop
    a: Host
    b: Host
    post: Post
    broker: BrokerAddress

    @property
    def all(self) -> tuple[Host, Host]:
        return self.a, self.b

    def start(self) -> None:
        for host in self.all:
            host.start()
        until(lambda: all(host.answers() for host in self.all), "the pages answer")


@pytest.fixture
def hosts(make_workshop: Callable[..., Workshop], tmp_path: Path) -> Iterator[Hosts]:
    program = find_mosquitto()
    if program is None:
        pytest.skip("mosquitto is not installed here")
    post, smtp, address = Post(), free_port("127.0.0.1"), BrokerAddress("127.0.0.1", free_port("127.0.0.1"))
    mails = Controller(post, hostname="127.0.0.1", port=smtp)
    broker = MosquittoBroker(program, tmp_path / "broker", address)
    broker.start([BrokerCredential(SERVER, hash_secret(PASSWORD))])
    mails.start()
    with object_server() as objects:
        toml = TOML.format(mqtt=address.port, smtp=smtp, scale=objects.toml())
        workshop = make_workshop(toml)
        workshop.open(ShopProfile())
        config = workshop.shop.config
        key = config.data / "secret.key"
        config.secret_key()
        found = [Host(tmp_path / name, toml, key, config.database_url) for name in "ab"]
        try:
            yield Hosts(workshop, found[0], found[1], post, address)
        finally:
            for host in found:
                host.kill()
    mails.stop()
    broker.stop()


@dataclass
class Buyers:
    """Customers' programs, which try again elsewhere whenever nobody answers. ``placed`` is what they were told."""

    hosts: Hosts
    token: str
    placed: dict[str, str] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._buy, args=(number,)) for number in range(BUYERS)]
        for thread in threads:
            thread.start()
        return threads

    def _buy(self, number: int) -> None:
        by, count = random.Random(number), 0
        while not self.stop.is_set():
            count += 1
            name = f"buyer-{number}-{count}"
            file = self._until_told(by, f"/api/v1/files?name={name}.stl", cube_stl(5 + count))
            line = {"file_id": file["id"], "quantity": 1, "material": "pla", "colour": "Black", "finish": "as_made"}
            order = json.dumps({"lines": [line], "delivery": "pickup", "submit_token": name}).encode()
            self.placed[name] = self._until_told(by, "/api/v1/orders", order)["code"]

    def _until_told(self, by: random.Random, path: str, body: bytes) -> Any:
        kind = "application/json" if path.endswith("orders") else "application/octet-stream"
        while True:
            host = by.choice(self.hosts.all)
            try:
                status, said = host.ask(
                    "POST", path, body, Authorization=f"Bearer {self.token}", Content_Type=kind,
                )  # fmt: skip
            except (OSError, http.client.HTTPException):
                self.stop.wait(0.05)
                continue
            if status == 201:
                return json.loads(said)
            if status == 409 and "analys" in said.decode():  # its file is still looked at
                self.stop.wait(0.05)
                continue
            self.odd.append(f"{status} {said[:300]!r}")
            self.stop.wait(0.2)

    def have(self, count: int) -> bool:
        return len(self.placed) >= count


class Network:
    """Machines over one connection, which says everything until the broker has it (quality of service 1)."""

    def __init__(self, address: BrokerAddress) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="network")
        self.client.username_pw_set(SERVER, PASSWORD)
        self.client.max_inflight_messages_set(1000)
        self.client.connect(address.host, address.port)
        self.client.loop_start()

    def tell(self, rows: list[tuple[Told, list[bytes]]]) -> None:
        """All machines at once, each at its pace."""
        began, pause = time.monotonic(), threading.Event()
        for place in range(max(len(words) for _, words in rows)):
            pause.wait(max(0.0, began + place / A_SECOND - time.monotonic()))
            for told, words in rows:
                if place < len(words):
                    self.client.publish(told.topic, words[place], qos=1, retain=True)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def stories(workshop: Workshop, names: list[str], began: float) -> list[Told]:
    """An order of Bob's for each machine, waiting for it."""
    endings, told = list(PHASES), []
    for number, key in enumerate(names):
        workshop.machine(key)
        job = workshop.accept(workshop.place("bob"), key)
        told.append(Told(key, job.code, endings[number % len(endings)], began))
    return told


def killed_in_turn(hosts: Hosts, buyers: Buyers) -> None:
    """Each process, and at last a host; the shop goes on meanwhile."""
    for name, process in KILLS:
        before, host = len(buyers.placed), getattr(hosts, name)
        names = (process,) if process else ()
        host.kill(*names)
        until(lambda before=before: buyers.have(before + BETWEEN), f"ordering goes on without {process or 'a host'}")
        host.start(*names)
        until(host.answers, "its pages answer again")


def test_each_process_is_killed_and_then_a_host(hosts: Hosts) -> None:
    workshop = hosts.workshop
    with connected():
        clean = stories(workshop, [f"clean-{ending}" for ending in PHASES], time.time() - LONG_S)
        jobs = stories(workshop, [f"printer-{number}" for number in range(MACHINES)], 0)
        for told in clean:
            tell_cleanly(workshop, told)
        expected = {told.ending: standing(workshop, told) for told in clean}
        each = NoticeChoice(merge_minutes=0)
        choosing.choose(workshop.people["ada"], each, actor=workshop.actor("ada"), at=utcnow())
        scopes = frozenset({Scope.FILES_WRITE, Scope.ORDERS_WRITE, Scope.FILES_READ})
        buyers = Buyers(hosts, accounts.create_token("robot", scopes, at=utcnow(), customer=workshop.people["ada"]))
    hosts.start()
    by, network = random.Random(17), Network(hosts.broker)
    machines = [told.at(time.time() - LONG_S) for told in jobs]
    talk = threading.Thread(target=network.tell, args=([(told, mixed(told.words, by)) for told in machines],))
    threads = [*buyers.start(), talk]
    talk.start()
    killed_in_turn(hosts, buyers)
    buyers.stop.set()
    for thread in threads:
        thread.join()
    assert buyers.odd == []

    def machines_stand() -> dict[str, object]:
        """Those of which something else is known than of the one that told the same without a network."""
        with connected():
            heard = {told: standing(workshop, told) for told in machines if workshop.machine_row(told.machine).memory}
        return {told.machine: heard.get(told) for told in machines if heard.get(told) != expected[told.ending]}

    with contextlib.suppress(TimeoutError):
        until(lambda: not machines_stand(), "all that machines said is known", WITHIN_S)
    ends = {told.machine: told.ending for told in machines}
    odd = [repr((name, found, expected[ends[name]])) for name, found in machines_stand().items()]
    assert not odd, "\n".join(odd)
    until(lambda: _waiting() == [], "all work is done", WITHIN_S)
    with connected():
        rows = list(OrderRow.select().where(OrderRow.customer == workshop.people["ada"].id))
        assert sorted(row.code for row in rows) == sorted(buyers.placed.values()), "each order once, none but them"
        files = [line.file for row in rows for line in row.lines]
        assert {file.verdict for file in files} == {"accepted"}
        assert {workshop.shop.files.path(file.blob_id).stat().st_size for file in files} == {len(cube_stl())}
        assert DesignFileRow.select().where(DesignFileRow.verdict == "waiting").count() == 0
    assert len(buyers.placed) >= len(KILLS) * BETWEEN
    # One whose sender was killed before it knew that it was taken comes once more, as the same: its reader sees one.
    ours = {mail["Message-ID"]: mail for mail in hosts.post.mails if "ada@example.org" in str(mail["To"])}.values()
    assert sum(_orders_told(mail) for mail in ours) == len(buyers.placed), "each is told, alone or with others"
    named = Counter(code for mail in ours for code in buyers.placed.values() if f"/orders/{code}" in _text(mail))
    assert set(named.values()) == {1}, "and in one mail"
    network.close()


def _orders_told(mail: EmailMessage) -> int:
    """Of how many orders it tells. One that came after others had waited tells of many, and names ten."""
    many = re.search(r"News of (\d+) orders", str(mail["Subject"]))
    return int(many[1]) if many else 1


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def _waiting() -> list[str]:
    """Kinds of work that is due."""
    with connected():
        return [row.kind for row in WorkRow.select().where(WorkRow.run_after <= utcnow(), WorkRow.done_at.is_null())]
