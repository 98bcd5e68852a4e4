"""The worker's side of the warm parent: starts it, asks it, starts it again when it has gone."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path

from craftops.sandbox.environment import environment
from craftops.sandbox.limits import SandboxLimits
from craftops.sandbox.said import Ending, last_words

START_S = 30.0
"""How long a warm parent may take to load its modules and fork, on a slow computer too."""
END_S = 10.0


class Lost(Exception):
    """The warm parent did not do it, for a reason that need not lie in the file: it is to be tried another way."""


class Warm:
    """One warm parent, shared by all threads of this process; started with the first file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    def run(self, analyzer: str, folder: Path, limits: SandboxLimits) -> Ending:
        """Do what ``order.json`` in ``folder`` says. Raises Lost."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs:
                asked = self._ask({"analyzer": analyzer, "folder": str(folder), "wall_s": limits.wall_s}, theirs)
            if _heard(ours, START_S) != b"began":
                self._give_up(asked)
                raise Lost("the warm parent did not answer")
            answer = _heard(ours, limits.wall_s)
            late = answer is None
            if answer is None:
                ours.shutdown(socket.SHUT_WR)  # the keeper ends the child, and says so
                answer = _heard(ours, END_S)
        told = json.loads(answer) if answer else {}
        if late or (told and told["status"] is None):
            used = float(told.get("peak_mb", 0.0)), float(told.get("cpu_s", 0.0))
            return Ending(f"it took more than {limits.wall_s:g} s", *used)
        if not told:
            raise Lost("the keeper of the child is gone")
        status = told["status"]
        fault = f"exit {status}: {last_words(folder / 'said.txt')}" if status else ""
        return Ending(fault, float(told["peak_mb"]), float(told["cpu_s"]))

    def _ask(self, request: dict[str, object], line: socket.socket) -> subprocess.Popen[bytes] | None:
        with self._lock:
            try:
                channel = self._started()
                socket.send_fds(channel, [json.dumps(request).encode()], [line.fileno()])
            except OSError as error:
                self._close()
                raise Lost(f"the warm parent is gone: {error}") from error
            return self._process

    def _give_up(self, asked: subprocess.Popen[bytes] | None) -> None:
        """End the one that was asked; another thread may have started the next one already."""
        with self._lock:
            if self._process is asked:
                self._close()

    def _started(self) -> socket.socket:
        if self._channel is not None and self._process is not None and self._process.poll() is None:
            return self._channel
        self._close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # It lives as long as our end of the channel: no signal at our death is asked for, since that one
            # comes with the end of the thread that started it, not of the process.
            self._process = subprocess.Popen(
                _command(theirs.fileno()),
                cwd="/", env=environment(Path("/nonexistent")), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                start_new_session=True, pass_fds=(theirs.fileno(),),
            )  # fmt: skip
        ours.settimeout(START_S)
        self._channel = ours
        return ours

    @property
    def pid(self) -> int | None:
        """The warm parent's process, if one runs."""
        with self._lock:
            return self._process.pid if self._process is not None and self._process.poll() is None else None

    def close(self) -> None:
        """End the warm parent; the next file starts another. Children that are at work finish."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        process, channel = self._process, self._channel
        self._process = self._channel = None
        if channel is not None:
            channel.close()
        if process is not None:
            try:
                process.wait(END_S if channel is not None else 0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def supported() -> bool:
    """Whether this computer can do it: Linux, with process descriptors (5.3) and /proc."""
    if not (sys.platform.startswith("linux") and hasattr(os, "pidfd_open") and Path("/proc/self/task").is_dir()):
        return False
    with contextlib.suppress(OSError):
        os.close(os.pidfd_open(os.getpid()))
        return True
    return False


def _heard(line: socket.socket, seconds: float) -> bytes | None:
    """One message; empty when the other end has gone; None after ``seconds`` of silence."""
    watched = select.poll()  # select itself takes no socket whose number is above 1,023
    watched.register(line, select.POLLIN)
    if not watched.poll(seconds * 1000):
        return None
    with contextlib.suppress(ConnectionResetError):
        return line.recv(4096)
    return b""


def _command(descriptor: int) -> list[str]:
    return [sys.executable, "-I", "-m", "craftops.sandbox.warm_parent", str(descriptor)]
