"""``craftops run``: starts the processes, restarts those that end, ends them all together."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from craftops.errors import CraftOpsError
from craftops.plugin_host import in_hand
from craftops.plugin_host.environment import PluginFolder
from craftops.processes.lifeline import READY
from craftops.processes.listening import LISTENER, listen
from craftops.processes.service_unit import ServiceUnit

log = logging.getLogger("craftops.run")
PATIENCE_S = 12.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
STEADY_AFTER_S = 30.0
HAND_OVER_S = 60.0
LOOK_S = 0.5
REASON_S = 0.1


@dataclass(frozen=True)
class KeptShop:
    """What has to be known of a shop to keep its processes: no configuration is read for it, and none is held."""

    data: str
    """Its folder."""
    host: str
    port: int
    """Where its pages are asked for."""
    own_broker: bool
    log_format: str


class Child:
    """One process, started again whenever it ends by itself, or when it is to be another one."""

    def __init__(
        self,
        name: str,
        environment: dict[str, str],
        stop: threading.Event,
        command: Sequence[str] = (),
        listener: socket.socket | None = None,
    ) -> None:
        self.name = name
        self.listener = listener
        """What it listens on; it is ours, and handed to each process in turn."""
        self.quiet = bool(command)
        """What it prints is not for whoever started the shop; its log goes on."""
        self.command = list(command) or ["craftops.processes.child", name]
        """A module and its arguments."""
        self.environment = environment
        self.stop = stop
        self.process: subprocess.Popen[bytes] | None = None
        self._again = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"keep-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _keep(self) -> None:
        pause = FIRST_PAUSE_S
        while not self.stop.is_set():
            began = time.monotonic()
            process = self.process = self._spawn()
            code = process.wait()
            while self.process is not process:  # another one has taken over
                began, process = time.monotonic(), self.process
                code = process.wait()
            if self.stop.is_set():
                return
            if self._again.is_set():
                self._again.clear()
                pause = FIRST_PAUSE_S
                continue
            lived = time.monotonic() - began
            # Who says why it cannot start (1) would say it again at once, and take a processor for that: it rests as
            # long as it has taken.
            least = lived if code == 1 else 0.0
            pause = FIRST_PAUSE_S if lived > STEADY_AFTER_S else min(LONGEST_PAUSE_S, max(pause * 2, least))
            log.warning("%s ended (%s); it starts again in %.1f s", self.name, code, pause)
            if self._rested(pause):
                pause = FIRST_PAUSE_S

    def _rested(self, seconds: float) -> bool:
        """Wait so long, or until there is a reason to try at once: whether there was one."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not self._again.is_set():
            if self.stop.wait(REASON_S):
                return False
        asked = self._again.is_set()
        self._again.clear()
        return asked

    def _spawn(self, ready: int | None = None) -> subprocess.Popen[bytes]:
        handed, environment = [], dict(self.environment)
        if self.listener is not None:
            handed.append(self.listener.fileno())
            environment[LISTENER] = str(self.listener.fileno())
        if ready is not None:
            handed.append(ready)
            environment[READY] = str(ready)
        return subprocess.Popen(
            [sys.executable, "-m", *self.command],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL if self.quiet else None,
            pass_fds=handed,
        )

    def begin_anew(self) -> None:
        """End the process as it should end, and start another one at once; one that rests starts at once, too."""
        self._again.set()
        self.tell(signal.SIGTERM)

    def hand_over(self) -> bool:
        """Start another process beside this one, which goes when the other answers. False, and nothing changed, when
        the other one does not come up in time."""
        mine, theirs = os.pipe()
        try:
            fresh = self._spawn(theirs)
            os.close(theirs)
            came = self._said(mine)
        finally:
            os.close(mine)
        if not came:
            fresh.kill()
            fresh.wait()
            return False
        old, self.process = self.process, fresh
        if old is not None:
            with contextlib.suppress(ProcessLookupError):
                old.send_signal(signal.SIGTERM)
        return True

    def _said(self, pipe: int) -> bool:
        """Whether the process on the other end says that it answers, while we still want it."""
        ends = time.monotonic() + HAND_OVER_S
        while time.monotonic() < ends and not self.stop.is_set():
            if select.select([pipe], [], [], LOOK_S)[0]:
                return bool(os.read(pipe, 1))
        return False

    def tell(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def wait(self, until: float) -> None:
        """Let it end by itself until then, then end it."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.tell(signal.SIGKILL)
            self.process.wait()


def supervise(
    shop: KeptShop,
    environment: dict[str, str],
    stop: threading.Event,
    ready: threading.Event | None = None,
    beside: Mapping[str, Sequence[str]] | None = None,
    unit: ServiceUnit | None = None,
) -> None:
    """Run all processes of the shop until ``stop``, in this environment; ``ready`` is set when its pages answer.

    ``beside``: others that run with it, by name: a module and its arguments. ``unit`` may ask for all of them anew.
    """
    names = ["web", "worker", "bridge"]
    if shop.own_broker:
        names.insert(0, "broker")
    with alone(Path(shop.data)), contextlib.closing(listen(shop.host, shop.port)) as listener:
        in_hand.forgive(Path(shop.data))
        own = [Child(name, environment, stop, listener=listener if name == "web" else None) for name in names]
        others = [Child(name, environment, stop, command) for name, command in (beside or {}).items()]
        _keep(shop, own, others, stop, ready or threading.Event(), unit or ServiceUnit())


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """One supervisor a folder: two would fight for ports and machines. Raises CraftOpsError with the other's pid."""
    path = data / "craftops.pid"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.pread(descriptor, 20, 0).decode().strip()
            raise CraftOpsError(f"This shop is running already, pid {other}. End that one first.") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
        path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _keep(
    shop: KeptShop,
    own: list[Child],
    others: list[Child],
    stop: threading.Event,
    ready: threading.Event,
    unit: ServiceUnit,
) -> None:
    folder = PluginFolder(Path(shop.data))
    known, children = folder.state(), own + others
    for child in children:
        child.start()
    try:
        if wait_until_ready(shop, stop):
            ready.set()
        while not stop.wait(LOOK_S):
            if not ready.is_set() and wait_until_ready(shop, stop, LOOK_S):  # at last
                ready.set()
            if unit.asks_anew() or folder.state() != known:
                known = folder.state()
                with unit.reloading():
                    renew(own)
    finally:
        stop.set()
        for child in reversed(children):
            child.tell(signal.SIGTERM)
        until = time.monotonic() + PATIENCE_S
        for child in children:
            child.wait(until)


def renew(children: list[Child]) -> bool:
    """Start the processes anew, the pages without a moment in which nobody answers. If these do not come up, all stay
    as they are."""
    began = time.monotonic()
    for child in children:
        if child.listener is not None and not child.hand_over():
            log.error("the new %s process did not come up; everything stays as it was", child.name)
            return False
    for child in reversed(children):
        if child.listener is None:
            child.begin_anew()
    log.info("all processes are new after %.1f s", time.monotonic() - began)
    return True


def wait_until_ready(shop: KeptShop, stop: threading.Event, patience_s: float = 60.0) -> bool:
    """Whether the pages answered in time."""
    host = "127.0.0.1" if shop.host in ("0.0.0.0", "::") else shop.host  # noqa: S104 - compared, not bound
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and not stop.is_set():
        with contextlib.suppress(OSError):
            if _answers(host, shop.port):
                return True
        stop.wait(0.05)
    return False


def _answers(host: str, port: int) -> bool:
    """Whether ``/healthz`` says 200, in HTTP/1.0 (RFC 1945): a library for it would be the largest thing here."""
    with socket.create_connection((host, port), timeout=2) as peer:
        peer.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        return re.match(rb"HTTP/1\.\d 200 ", peer.recv(64)) is not None
