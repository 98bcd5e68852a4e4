"""From a machine's publish to the open page, against a bare paho → paho hop over the same broker."""

from __future__ import annotations

import http.client
import re
import statistics
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.common import Result

ROUNDS = 60
WAIT_S = 10.0
REST_S = 0.25
"""A machine reports every second or so: each round begins at rest, that of the baseline too."""


def _client(told: dict[str, Any], name: str) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name)
    client.username_pw_set("printer-2", told["machines"]["printer-2"]["password"])
    client.connect(told["broker"]["host"], told["broker"]["port"])
    client.loop_start()
    return client


def hop(told: dict[str, Any]) -> list[float]:
    """A machine hears its own commands; the server's name publishes them: one hop each."""
    from pathlib import Path

    from craftops.bridges.broker.base import SERVER, server_password
    from craftops.config import load_config

    config = load_config(data=Path(told["data"]), env={})
    server = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-server")
    server.username_pw_set(SERVER, server_password(config.keys().broker))
    server.connect(told["broker"]["host"], told["broker"]["port"])
    server.loop_start()
    machine = _client(told, "bench-machine")
    heard = threading.Event()
    ready = threading.Event()
    machine.on_subscribe = lambda *_: ready.set()
    machine.on_message = lambda *_: heard.set()
    machine.subscribe("craftops/v1/printer-2/cmd", 1)
    ready.wait(WAIT_S)
    taken, pause = [], threading.Event()
    for _ in range(ROUNDS):
        pause.wait(REST_S)
        heard.clear()
        began = time.perf_counter()
        server.publish("craftops/v1/printer-2/cmd", b"{}", qos=1)
        if not heard.wait(WAIT_S):
            raise RuntimeError("the hop did not arrive")
        taken.append((time.perf_counter() - began) * 1000)
    for client in (server, machine):
        client.disconnect()
        client.loop_stop()
    return taken


def sign_in(told: dict[str, Any], name: str) -> tuple[http.client.HTTPConnection, str]:
    """A connection to the pages, and the cookie of a person of the demo whose address begins with ``name``."""
    base = urlsplit(told["portal"])
    link = http.client.HTTPConnection(base.hostname or "", base.port)
    who = next(one for one in told["people"] if one["email"].startswith(name))
    link.request("GET", "/sign-in", headers={"Cookie": ""})
    answer = link.getresponse()
    found = re.search(r'csrf-token" content="([^"]+)', answer.read().decode())
    cookie, token = (answer.headers.get("Set-Cookie") or "").split(";")[0], found[1] if found else ""
    body = urlencode({"csrf_token": token, "email": who["email"], "password": who["password"]})
    link.request("POST", "/sign-in", body, {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"})
    answer = link.getresponse()
    answer.read()
    return link, (answer.headers.get("Set-Cookie") or "").split(";")[0]


class Page:
    """An open order page: reads its stream."""

    def __init__(self, told: dict[str, Any], title: str) -> None:
        base = urlsplit(told["portal"])
        self.link, cookie = sign_in(told, "anna")
        self.link.request("GET", "/", headers={"Cookie": cookie})
        page = self.link.getresponse().read().decode()
        self.code = re.search(rf'href="/orders/(\w+)">{re.escape(title)}<', page)[1]  # type: ignore[index]
        self.stream = http.client.HTTPConnection(base.hostname or "", base.port)
        self.stream.request("GET", f"/live?page=order/{self.code}", headers={"Cookie": cookie})
        self.answer = self.stream.getresponse()

    def wait_for(self, words: bytes) -> None:
        while True:
            line = self.answer.readline()
            if not line:
                raise RuntimeError("the stream has ended")
            if words in line:
                return


def run(told: dict[str, Any]) -> Iterator[Result]:
    bare = hop(told)
    page = Page(told, "Drive gear, 32 teeth")
    client = _client(told, "printer-2")
    topic, job = "craftops/v1/printer-2/status", {"id": "bench", "ref": f"{page.code}-1"}

    def say(progress: float, seq: int) -> None:
        said = {
            "v": 1,
            "state": "running",
            "ts": time.time(),
            "seq": seq,
            "progress": progress,
            "remaining_s": 3000,
            "job": job,
        }
        client.publish(topic, orjson.dumps(said), qos=1)

    page.wait_for(b"retry:")
    say(0.01, 1)
    page.wait_for(b"turbo-stream")
    pause = threading.Event()
    taken = []
    for number in range(2, ROUNDS + 2):
        pause.wait(REST_S)
        began = time.perf_counter()
        say(number / 100, number)
        page.wait_for(f"{number} %".encode())
        taken.append((time.perf_counter() - began) * 1000)
    client.disconnect()
    client.loop_stop()
    median = statistics.median(taken)
    yield Result("MQTT publish → open page, median", median, "paho → paho hop", statistics.median(bare), 5)
    worst = sorted(taken)[int(len(taken) * 0.99) - 1]
    yield Result("MQTT publish → open page, p99", worst, "a quarter of a second", 250.0, 1)
