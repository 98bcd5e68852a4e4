"""Which plugin a process was at when it ended: a crash in C, ``os._exit`` and all memory eaten leave nobody to ask.

Each process has a file in ``<data>/plugins/in-hand`` with a line for each call of a plugin that has not come back, and
holds a lock on it for as long as it lives; the kernel takes that back however it ends. The next process that starts
reads the files that nobody holds, and counts. One that ended three processes within an hour is left out.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger("craftops.plugins")
FOLDER, COUNT = "in-hand", "ended"
WIDE, MOST_LINES = 128, 256
BLANK = b" " * WIDE
MOST, WITHIN_S = 3, 3600.0
"""So many ends in so long a time, and it is left out. Whoever kills a process by hand now and then is no plugin."""


@dataclass(frozen=True, slots=True)
class EndedProcess:
    """A process that ended while code of a plugin was at work in it."""

    plugin: str
    where: str
    process: str

    @property
    def sentence(self) -> str:
        return f"The process ({self.process}) ended while it was at work."


class InHand:
    """What this process is at. Any thread may call; a full file only forgets."""

    def __init__(self, folder: Path, process: str) -> None:
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._free = list(range(MOST_LINES - 1, -1, -1))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / f"{process}-{os.getpid()}"
        draft = self._path.with_name(f".{self._path.name}")
        self._file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        draft.replace(self._path)  # only now, so that nobody takes it for the file of a dead one

    @contextmanager
    def at(self, plugin: str, where: str) -> Iterator[None]:
        """Within the block this plugin is at work."""
        with self._lock:
            line = self._free.pop() if self._free else None
        if line is None:
            yield
            return
        try:
            os.pwrite(self._file, f"{plugin}\t{where}".encode()[: WIDE - 1].ljust(WIDE - 1) + b"\n", line * WIDE)
            yield
        finally:
            with contextlib.suppress(OSError):
                os.pwrite(self._file, BLANK, line * WIDE)
            with self._lock:
                self._free.append(line)

    def close(self) -> None:
        """The process ends as it should: what still hangs has ended nobody. A child that was forked ends alone."""
        if os.getpid() != self._owner:
            return
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            os.close(self._file)


def watched(data: Path, process: str) -> InHand | None:
    """The file of this process; None where the folder knows no locks, or is full."""
    try:
        return InHand(data / "plugins" / FOLDER, process)
    except OSError as error:
        log.debug("nobody will know which plugin ended a process: %s", error)
        return None


def collect(data: Path) -> list[EndedProcess]:
    """What processes that are dead were at, told once and counted for ``enders``."""
    found = []
    for path in sorted((data / "plugins" / FOLDER).glob("[!.]*-*")):
        with contextlib.suppress(OSError):
            found += _read(path)
    if found:
        now = time.time()
        with (data / "plugins" / COUNT).open("a") as count:
            count.write("".join(f"{now:.0f}\t{one.plugin}\t{one.where}\n" for one in found))
    return found


def _read(path: Path) -> list[EndedProcess]:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises for one that lives
        text = os.pread(descriptor, WIDE * MOST_LINES, 0).decode(errors="replace")
        path.unlink()  # raises for one that another process has just read
    finally:
        os.close(descriptor)
    lines = (line.strip(" \0").partition("\t") for line in text.split("\n"))
    return [EndedProcess(plugin, where, path.name.rpartition("-")[0]) for plugin, _tab, where in lines if where]


def enders(data: Path) -> dict[str, str]:
    """Plugins that have ended too many processes of late, and the sentence for staff."""
    try:
        lines = (data / "plugins" / COUNT).read_text().splitlines()
    except OSError:
        return {}
    since, hooks = time.time() - WITHIN_S, dict[str, list[str]]()
    for moment, plugin, where in (line.split("\t") for line in lines if line.count("\t") == 2):
        if moment.isdigit() and int(moment) > since:
            hooks.setdefault(plugin, []).append(where)
    often = {plugin: where for plugin, where in hooks.items() if len(where) >= MOST}
    return {
        plugin: f"{len(where)} processes ended within an hour while it was at work ({', '.join(sorted(set(where)))}). "
        "Mend it or switch it off; `craftops plugins sync` tries it again, and so does a new start."
        for plugin, where in often.items()
    }


def forgive(data: Path) -> None:
    """Count anew: it was changed, or somebody has started the shop."""
    (data / "plugins" / COUNT).unlink(missing_ok=True)
