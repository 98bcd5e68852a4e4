"""``craftops demo`` as a newcomer runs it: every process real, the story told over HTTP and MQTT, and killed in between."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from samples.every_page import pages, signed_in
from samples.queries import sent_by

from craftops.app import create_app
from craftops.config import load_config

pytestmark = [pytest.mark.faults, pytest.mark.long]
PATIENCE_S = 60.0


class Person:
    """A browser of somebody, over a real connection."""

    def __init__(self, base: str) -> None:
        self.base = urlsplit(base)
        self.cookies: dict[str, str] = {}
        self.token = ""

    def ask(self, method: str, path: str, data: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
        link = HTTPConnection(self.base.hostname or "", self.base.port, timeout=15)
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **headers}
        body = None
        if method == "POST":
            body = urlencode({"csrf_token": self.token, **(data or {})})
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        link.request(method, path, body, sent)
        answer = link.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        found = re.search(r'name="csrf-token" content="([^"]+)"', text)
        self.token = found[1] if found else self.token
        link.close()
        return answer.status, text, answer.headers.get("Location", "")

    def see(self, path: str) -> str:
        status, text, _ = self.ask("GET", path)
        assert status == 200, (path, status)
        return text


class Demo:
    """The running demo."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "craftops.cli", "demo", "--data", str(folder), "--json", "--speed", "60"]
        self.folder = folder
        self.log = folder.with_suffix(".log")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.told: dict[str, Any] = json.loads(line)

    def person(self, name: str) -> Person:
        who = next(one for one in self.told["people"] if one["email"].startswith(name))
        person = Person(self.told["portal"])
        person.see("/sign-in")
        status, _, to = person.ask("POST", "/sign-in", {"email": who["email"], "password": who["password"]})
        assert status == 303, to
        return person

    def children(self) -> dict[str, int]:
        """Name -> pid of the processes that the supervisor keeps alive."""
        listed = subprocess.run(
            ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
        ).stdout
        found = {}
        for line in listed.splitlines()[1:]:
            pid, parent, arguments = line.split(None, 2)
            if int(parent) == self.process.pid and "craftops.processes.child" in arguments:
                found[arguments.split()[-1]] = int(pid)
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def processes_of(folder: Path) -> list[str]:
    """Everything that still runs for this shop, Mosquitto included."""
    listed = subprocess.run(["ps", "-ww", "-eo", "stat,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(folder) in line and not line.startswith("Z")]


def until(true: Callable[[], object], what: str) -> Any:
    """Ask again until it is so; the pages are asked, as a person would."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while time.monotonic() < deadline:
        try:
            if found := true():
                return found
        except (OSError, AssertionError):
            pass
        pause.wait(0.1)
    raise AssertionError(f"{what} did not happen in {PATIENCE_S:g} s")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was filled from nothing, seen once, and ended cleanly."""
    first = Demo(tmp_path_factory.mktemp("filled") / "shop")
    try:
        assert first.person("staff").see("/staff/board").count('class="board-card"') >= 12
    finally:
        assert first.stop() == 0
    assert processes_of(first.folder) == []
    return first.folder


@pytest.fixture(scope="module")
def demo(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The one that stays open for all tests that neither end nor empty it."""
    running = Demo(Path(shutil.copytree(filled, tmp_path_factory.mktemp("demo") / "shop")))
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
def another(filled: Path, tmp_path: Path) -> Iterator[Demo]:
    """One that a test may end or empty."""
    again = Demo(Path(shutil.copytree(filled, tmp_path / "shop")))
    yield again
    if again.process.poll() is None:
        again.stop()


def doctor(demo: Demo) -> str:
    command = [sys.executable, "-m", "craftops.cli", "--data", str(demo.folder), "doctor"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def machine(demo: Demo) -> mqtt.Client:
    key, secret = "printer-2", demo.told["machines"]["printer-2"]["password"]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="printer-2")
    client.username_pw_set(key, secret)
    client.reconnect_delay_set(1, 2)
    broker = demo.told["broker"]
    client.connect_async(broker["host"], broker["port"])
    client.loop_start()
    until(client.is_connected, "the machine's sign-in")
    return client


def test_it_stands_with_everything_that_was_promised(demo: Demo) -> None:
    told = demo.told
    assert {one["role"] for one in told["people"]} == {"owner", "staff", "customer"}
    staff = demo.person("staff")
    board = staff.see("/staff/board")
    for column in ("Received", "In review", "Queued", "In production", "Post-processing", "Quality check", "Ready"):
        assert column in board
    assert board.count('class="board-card"') >= 12
    assert "late" in board
    machines = staff.see("/staff/machines")
    for name in ("Prusa MK4", "Trotec Speedy", "Datron M8"):
        assert name in machines
    status, text, _ = Person(told["portal"]).ask("GET", urlsplit(told["api"]).path)
    assert status == 200
    assert json.loads(text)["openapi"]
    status, text, _ = Person(told["portal"]).ask("GET", "/api/v1/machines", Authorization=f"Bearer {told['token']}")
    assert len(json.loads(text)["machines"]) == 4
    until(lambda: "running" in staff.see("/staff/machines/printer-1"), "a word of the simulated printer")
    assert doctor(demo) == "All is well.\n"


def test_no_page_asks_the_database_more_than_eight_times(filled: Path, demo: Demo, tmp_path: Path) -> None:
    """Once it was shown, for a page learns what to ask together; the floor's home and the board may ask twelve."""
    app = create_app(load_config(data=Path(shutil.copytree(filled, tmp_path / "still")), env={}))
    seen, above = set(), {}
    for name in ("anna", "owner"):
        person = next(one for one in demo.told["people"] if one["email"].startswith(name))
        client = signed_in(app, person["email"], person["password"])
        for view, path in pages(app, client):
            seen.add(view)

            def shown(path: str = path, client: Any = client) -> None:
                client.get(path).close()

            said = min((sent_by(shown) for _ in range(2)), key=len)
            if len(said) > (12 if view in ("staff.home", "staff.board") else 8):
                above[path] = said
    assert above == {}
    assert len(seen) > 100, "the whole shop was walked through"


@pytest.mark.ci
def test_the_story_goes_on_through_every_kill(demo: Demo) -> None:
    anna, staff = demo.person("anna"), demo.person("staff")
    page = anna.see("/")
    code = re.search(r"Drive gear, 32 teeth.*?class=\"code\">(\w+)<", page, re.DOTALL)[1]
    address = f"/orders/{code}"
    client = machine(demo)
    job = {"id": "run-1", "ref": f"{code}-1"}
    seq = iter(range(1, 1000))

    def say(state: str, **more: object) -> None:
        payload = orjson.dumps({"v": 1, "state": state, "ts": time.time(), "seq": next(seq), "job": job, **more})

        def said() -> bool:
            try:
                sent = client.publish("craftops/v1/printer-2/status", payload, qos=1, retain=True)
                sent.wait_for_publish(5)
                return sent.is_published()
            except (RuntimeError, ValueError):
                return False  # the broker is on its way back

        until(said, f"the machine's word {state}")

    def killed(name: str) -> None:
        before = demo.children()[name]
        os.kill(before, signal.SIGKILL)
        until(lambda: demo.children().get(name, before) != before, f"a new {name}")

    say("running", progress=0.1, remaining_s=3000)
    until(lambda: "Printing, part 1 of 2" in anna.see(address), "the start on the page")
    killed("bridge")
    say("running", progress=0.6, remaining_s=1200)
    until(lambda: "60 %" in anna.see(address), "progress after the bridge was killed")
    killed("broker")
    until(client.is_connected, "the machine's return to the new broker")
    say("paused", progress=0.62, message="Filament ran out")
    until(lambda: "Paused: the machine waits for a hand" in anna.see(address), "the pause after the broker was killed")
    killed("web")
    until(lambda: anna.see(address), "the page after the web was killed")
    killed("worker")
    say("running", progress=0.62, remaining_s=1100)
    until(lambda: "Printing" in anna.see(address), "the resume")
    say("done", progress=1.0)
    until(lambda: "Being finished by hand" in anna.see(address), "the end of the run")
    page = staff.see(f"/staff/orders/{code}")
    for operation in re.findall(r"/staff/operations/(\d+)", page):
        assert staff.ask("POST", f"/staff/operations/{operation}", {"done": "1"})[0] == 303
    assert staff.ask("POST", f"/staff/orders/{code}/move", {"to": "ready_for_pickup"})[0] == 303
    assert "Ready for you to pick up" in anna.see(address)
    ready = anna.see(address)
    assert "Kanalstraße 12" in ready
    assert re.search(r"Open today until|Closed now, opens", ready)
    timeline = anna.see(address).split('class="timeline"')[1]
    assert timeline.count("In production") == 1, "nothing was done twice"
    client.disconnect()
    client.loop_stop()
    until(lambda: doctor(demo) == "All is well.\n", "a clean bill of health")


@pytest.mark.ci
def test_a_clean_end_leaves_no_process_and_a_restart_has_everything(another: Demo) -> None:
    pids = another.children().values()
    assert len(pids) == 4
    orders = another.person("staff").see("/staff/orders").count("data-card")
    assert orders >= 12
    assert another.stop() == 0
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert processes_of(another.folder) == []
    again = Demo(another.folder)
    try:
        assert again.person("staff").see("/staff/orders").count("data-card") == orders
        assert doctor(again) == "All is well.\n"
    finally:
        assert again.stop() == 0


@pytest.mark.ci
def test_when_the_supervisor_is_killed_its_children_end(another: Demo) -> None:
    pids = list(another.children().values())
    assert len(pids) == 4
    another.process.kill()
    another.process.wait()

    def ended() -> bool:
        listed = subprocess.run(["ps", "-eo", "pid,stat"], capture_output=True, text=True, check=True).stdout
        alive = {line.split()[0] for line in listed.splitlines() if "Z" not in line.split()[1]}
        return not {str(pid) for pid in pids} & alive and not processes_of(another.folder)

    until(ended, "the end of the children")


@pytest.mark.ci
def test_the_owner_wipes_the_demo_with_one_click(another: Demo) -> None:
    owner = another.person("owner")
    assert "This is a demo shop" in owner.see("/staff/")
    assert owner.ask("POST", "/staff/wipe-demo")[0] == 303
    page = owner.see("/staff/")
    assert "This is a demo shop" not in page
    assert "No machines yet" in owner.see("/staff/machines")
    assert doctor(another) == "All is well.\n"
