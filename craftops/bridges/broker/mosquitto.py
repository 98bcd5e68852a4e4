"""Mosquitto as a supervised child with a generated configuration."""

from __future__ import annotations

import ctypes
import getpass
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from craftops.bridges.broker.base import (
    HOME_ASSISTANT,
    HOME_ASSISTANT_READS,
    HOME_ASSISTANT_WRITES,
    SERVER,
    Broker,
    BrokerCredential,
    TlsListener,
)
from craftops.errors import Unreachable
from craftops.sdk.machine import BrokerAddress
from craftops.sdk.mqtt_contract import PREFIX

START_WITHIN_S = 10.0


def access_list(credentials: Sequence[BrokerCredential]) -> str:
    """Who may write and read what. Topics of devices are read by us and written by their own machine's user alone."""
    lines = [f"user {SERVER}", "topic readwrite craftops/#", "topic write homeassistant/#"]
    lines += [f"topic read {topic}" for one in credentials for topic in one.writes]
    for one in credentials:
        if one.writes:
            lines += [f"user {one.username}", *(f"topic write {topic}" for topic in one.writes)]
    if any(one.username == HOME_ASSISTANT for one in credentials):
        lines += [f"user {HOME_ASSISTANT}", *(f"topic read {topic}" for topic in HOME_ASSISTANT_READS)]
        lines += [f"topic write {HOME_ASSISTANT_WRITES}"]
    lines += [f"pattern write {PREFIX}/%u/#", f"pattern read {PREFIX}/%u/cmd"]
    return "\n".join(lines) + "\n"


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a child gets when its parent ends, however it ends."""


def _end_with_us() -> None:
    """Run in the child, before Mosquitto: an orphan would take old passwords and know no new ones."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class MosquittoBroker(Broker):
    """One mosquitto process; its files lie in ``folder`` (mode 0700)."""

    kind = "mosquitto"

    def __init__(self, program: str, folder: Path, address: BrokerAddress, tls: TlsListener | None = None) -> None:
        self.program = program
        self.tls = tls
        self.folder = folder
        self.address = address
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, credentials: Sequence[BrokerCredential]) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write("mosquitto.conf", self._configuration())
        self._write_who(credentials)
        self._end_orphan()
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._child = subprocess.Popen(
                [self.program, "-c", str(self.folder / "mosquitto.conf")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_end_with_us,
            )  # fmt: skip
        self._write("pid", f"{self._child.pid}\n")
        self._wait()

    def _end_orphan(self) -> None:
        """End what a process of ours left behind that was killed: it holds the port, and nobody would tell it news."""
        try:
            pid = int((self.folder / "pid").read_text())
            said = subprocess.run(
                ["ps", "-ww", "-p", str(pid), "-o", "args="], capture_output=True, text=True, check=False
            )
            if str(self.folder / "mosquitto.conf") not in said.stdout:
                return
            os.kill(pid, signal.SIGTERM)
            self._wait_for_end(pid)
        except (OSError, ValueError):
            return  # there is no such process, or no such file

    def _wait_for_end(self, pid: int) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline:
            os.kill(pid, 0)  # raises when it is gone
            time.sleep(0.02)  # it is nobody's child of ours: there is nothing to wait on
        os.kill(pid, signal.SIGKILL)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline:
            if not self.alive():
                break
            try:
                socket.create_connection((self.address.host, self.address.port), timeout=0.5).close()
            except OSError:
                time.sleep(0.02)  # waiting for another process to listen: there is nothing to wait on
                continue
            return
        self.stop()
        raise Unreachable(f"Mosquitto did not start; see {self.folder / 'mosquitto.log'}.")

    def reload(self, credentials: Sequence[BrokerCredential]) -> None:
        self._write_who(credentials)
        if self._child is not None:
            self._child.send_signal(signal.SIGHUP)

    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _configuration(self) -> str:
        lines = [
            f"listener {self.address.port} {self.address.host}",
            *self._tls_lines(),
            "allow_anonymous false",
            f"password_file {self.folder / 'passwords'}",
            f"acl_file {self.folder / 'acl'}",
            "persistence true",
            f"persistence_location {self.folder}/",
            "autosave_interval 60",
            # A session that nobody has come back to keeps every word that it subscribed to.
            "persistent_client_expiration 14d",
            # The default of 1,000 loses messages without a word when a subscriber is slow.
            "max_queued_messages 100000",
            # Without a limit: the bridge acknowledges what it has stored, hundreds at once when they rush in.
            "max_inflight_messages 0",
            # Larger than our own limit of 64 kB, so that a message that is too large reaches us and is counted.
            "message_size_limit 8000000",
            "log_type error",
            "log_type warning",
        ]
        if os.geteuid() == 0:
            lines.append(f"user {getpass.getuser()}")  # else it drops to a user who cannot read this folder
        return "\n".join(lines) + "\n"

    def _tls_lines(self) -> list[str]:
        if self.tls is None:
            return []
        return [
            f"listener {self.tls.port} {self.address.host}",
            f"certfile {self.tls.certificate}",
            f"keyfile {self.tls.key}",
        ]

    def _write_who(self, credentials: Sequence[BrokerCredential]) -> None:
        self._write("acl", access_list(credentials))
        self._write("passwords", "".join(f"{one.username}:{one.hashed}\n" for one in credentials))

    def _write(self, name: str, text: str) -> None:
        draft = self.folder / f"{name}.draft"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        os.replace(draft, self.folder / name)
