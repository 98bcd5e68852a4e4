"""The typesetters of this process: started when a paper is asked for, as many as set one at once, few at most."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from multiprocessing import Pipe
from pathlib import Path

SET, FAILED = b"+", b"-"
"""How an answer begins."""
MOST = min(4, os.cpu_count() or 1)
LATE_S = 120.0
"""A paper that takes longer has hung its typesetter."""
END_S = 5.0


class TypesettingError(Exception):
    """A paper could not be set: the template and what it was told do not go together, or its typesetter was ended."""


class Gone(Exception):
    """The typesetter ended before it answered: another may do it."""


class Typesetter:
    """One of them, and our ends of its pipes."""

    def __init__(self, folder: Path) -> None:
        asked, self._orders = Pipe(duplex=False)
        self._answers, answers = Pipe(duplex=False)
        with asked, answers:
            # It lives as long as our ends of its pipes: no signal at our death is asked for, since that one comes with
            # the end of the thread that started it, not of the process.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "craftops.papers.typesetter", str(folder)],
                cwd="/", env=_environment(folder), stdin=asked.fileno(), stdout=answers.fileno(),
                start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        """Whether it has not ended: it does when it rests."""
        return self._process.poll() is None

    def ask(self, order: bytes, attached: bytes) -> bytes:
        """The paper. Raises Gone, and TypesettingError with the cause."""
        try:
            self._orders.send_bytes(order)
            self._orders.send_bytes(attached)
            if not self._answers.poll(LATE_S):
                self._process.kill()
                raise TypesettingError(f"it took more than {LATE_S:g} s")
            answer = self._answers.recv_bytes()
        except (EOFError, OSError) as error:
            raise Gone from error
        if answer.startswith(FAILED):
            raise TypesettingError(answer[1:].decode())
        return answer[1:]

    def close(self) -> None:
        """End it."""
        self._orders.close()
        self._answers.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Typesetters:
    """At most ``MOST``; whoever comes when all are at work waits. ``folder``: where templates and logos are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._turn = threading.BoundedSemaphore(MOST)
        self._idle: list[Typesetter] = []
        atexit.register(self.close)

    def ask(self, order: bytes, attached: bytes) -> bytes:
        """A paper. Raises TypesettingError."""
        with self._turn:
            with contextlib.suppress(Gone):
                return self._by(self._taken(), order, attached)
            # It may have gone to rest in this very moment, or was killed: a new one does it, or nobody.
            try:
                return self._by(Typesetter(self._folder), order, attached)
            except Gone as error:
                raise TypesettingError("its typesetter ended, twice") from error

    def close(self) -> None:
        """End those that rest; the next paper starts another."""
        with self._lock:
            ended, self._idle = self._idle, []
        for one in ended:
            one.close()

    @property
    def idle(self) -> tuple[int, ...]:
        """The processes that wait for a paper."""
        with self._lock:
            return tuple(one.pid for one in self._idle if one.alive())

    def _taken(self) -> Typesetter:
        """The one that was at work last, so that those who are not needed rest."""
        gone = []
        with self._lock:
            gone = [one for one in self._idle if not one.alive()]
            self._idle = [one for one in self._idle if one not in gone]
            found = self._idle.pop() if self._idle else None
        for one in gone:
            one.close()
        return found or Typesetter(self._folder)

    def _by(self, typesetter: Typesetter, order: bytes, attached: bytes) -> bytes:
        try:
            made = typesetter.ask(order, attached)
        except TypesettingError:
            self._back(typesetter)
            raise
        except BaseException:
            typesetter.close()
            raise
        self._back(typesetter)
        return made

    def _back(self, typesetter: Typesetter) -> None:
        with self._lock:
            self._idle.append(typesetter)


def _environment(folder: Path) -> dict[str, str]:
    """All that it sees of an environment: it holds no key and no address of anything."""
    return {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)}
