"""What a second host brings: the same shop on one host and on two, which share PostgreSQL, an S3 server and a broker.

All of them run on this computer, so that its processors are shared, too. A web process is one interpreter: a second one
answers more. Files are looked at by as many children as there are processors, on one host or two: asked is that the
second costs nothing (``docs/operators/scaling.md``).

Needs PostgreSQL (``CRAFTOPS_BENCHMARK_DATABASE_URL``) and what ``pip install -e ".[dev]"`` brings.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.common import Result
from craftops.app import create_app
from craftops.bootstrap import open_shop
from craftops.bridges.broker.base import SERVER, BrokerCredential
from craftops.bridges.broker.embedded import EmbeddedBroker
from craftops.config import load_config
from craftops.domain.machines.credentials import hash_secret
from craftops.domain.people.access import Scope
from craftops.domain.shop.profile import ShopProfile
from craftops.processes.ports import free_port
from craftops.sdk.machine import BrokerAddress
from craftops.services.people import accounts
from craftops.store.database import close_database, connected, utcnow
from craftops.store.migrating import migrate
from craftops.testing.hosts import Host, until
from craftops.testing.objects import object_server
from craftops.testing.workshop import Workshop, cube_stl

WHERE = "CRAFTOPS_BENCHMARK_DATABASE_URL"
CLIENTS, ASKED_FOR_S, FILES = 8, 8.0, 60
TOML = """
[broker]
url = "mqtt://server:{password}@127.0.0.1:{port}"
[plugins]
enabled = ["theme_workshop", "analyzer_mesh", "notify_email"]
{scale}several_hosts = true
"""


def run(folder: Path) -> Iterator[Result]:
    """Nothing, and a sentence, where no PostgreSQL is named."""
    url = os.environ.get(WHERE, "")
    if not url:
        sys.stderr.write(f"What a second host brings is measured on PostgreSQL: name one in {WHERE}.\n")
        return
    import psycopg

    name = f"craftops_hosts_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}"')
    try:
        yield from _measured(folder, url.rsplit("/", 1)[0] + "/" + name)
    finally:
        close_database()
        with psycopg.connect(url, autocommit=True) as link:
            link.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _measured(folder: Path, url: str) -> Iterator[Result]:
    password, address = secrets.token_hex(8), BrokerAddress("127.0.0.1", free_port("127.0.0.1"))
    broker = EmbeddedBroker(address)
    broker.start([BrokerCredential(SERVER, hash_secret(password))])
    desk = folder / "desk"
    desk.mkdir(parents=True)
    with ExitStack() as until_the_end:
        until_the_end.callback(broker.stop)
        objects = until_the_end.enter_context(object_server())
        toml = TOML.format(password=password, port=address.port, scale=objects.toml())
        (desk / "shop.toml").write_text(toml)
        config = load_config(data=desk, env={"DATABASE_URL": url})
        shop = open_shop(config)
        migrate(desk)
        with connected():
            workshop = Workshop(shop, create_app(config))
            until_the_end.callback(workshop.close)
            workshop.open(ShopProfile(name="Werk"))
            codes = [workshop.place("ada").code for _ in range(3)]
            scopes = frozenset({Scope.ORDERS_READ, Scope.FILES_WRITE, Scope.FILES_READ})
            token = accounts.create_token("robot", scopes, at=utcnow(), customer=workshop.people["ada"])
        hosts = [Host(folder / one, toml, desk / "secret.key", url) for one in ("a", "b")]
        until_the_end.callback(lambda: [host.kill() for host in hosts])
        figures = []
        for count in (1, 2):
            hosts[count - 1].start()
            until(hosts[count - 1].answers, "the pages answer")
            figures.append((_requests(hosts[:count], codes, token), _files(hosts[:count], token, count)))
        (one_asks, one_looks), (two_ask, two_look) = figures
        yield Result("an order by the API, 8 clients, two hosts", 1000 / two_ask, "one host", 1000 / one_asks, 0.7)
        yield Result("a file looked at, two hosts", 1000 / two_look, "one host", 1000 / one_looks, 1.15)


def _requests(hosts: list[Host], codes: list[str], token: str) -> float:
    """Answers a second, of clients that ask the hosts by turns."""
    ends, counts = time.monotonic() + ASKED_FOR_S, [0] * CLIENTS

    def ask(number: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", hosts[number % len(hosts)].port, timeout=30)
        while time.monotonic() < ends:
            link.request("GET", f"/api/v1/orders/{codes[number % 3]}", headers={"Authorization": f"Bearer {token}"})
            answer = link.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}")
            counts[number] += 1
        link.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / ASKED_FOR_S


def _files(hosts: list[Host], token: str, seed: int) -> float:
    """Files a second, from the first that is sent until the last has its verdict."""
    began, ids, known = time.monotonic(), [], {"Authorization": f"Bearer {token}"}
    for number in range(FILES):
        host = hosts[number % len(hosts)]
        part = cube_stl(5 + number + 0.01 * seed)
        ids.append(json.loads(host.ask("POST", f"/api/v1/files?name=cube-{number}.stl", part, **known)[1])["id"])

    def verdict(file_id: int) -> str:
        return str(json.loads(hosts[0].ask("GET", f"/api/v1/files/{file_id}", **known)[1])["verdict"])

    def looked_at() -> bool:
        while ids and verdict(ids[0]) != "waiting":
            ids.pop(0)
        return not ids

    until(looked_at, "all files have their verdict", 300)
    return FILES / (time.monotonic() - began)
