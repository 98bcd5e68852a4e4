"""The parent's side: has a child open the file, waits, kills, reads what it left, believes nothing of it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from craftops.domain.files.designs import BY_HAND, Analysis, analysis_from_json
from craftops.domain.files.remedies import Ask
from craftops.sandbox import warm
from craftops.sandbox.environment import environment
from craftops.sandbox.limits import DEFAULT, MENDED, MENDING, SandboxLimits
from craftops.sandbox.said import LAST_WORDS, Ending, Most, read_left
from craftops.sandbox.warm import Lost, Warm
from craftops.sdk.analyzer import CannotMend, Mended

log = logging.getLogger("craftops.sandbox")
PNG = b"\x89PNG\r\n\x1a\n"
GLB = b"glTF\x02\0\0\0"
LARGEST_RESULT = 2_000_000
AT_ONCE = max(1, os.cpu_count() or 1)
"""Children at once in this process; more than there are processors would only slow one another down."""

_warm = Warm()
_places = threading.BoundedSemaphore(AT_ONCE)
T = TypeVar("T")
Keep = Callable[[Path], str]
"""Stores a mended copy; gives its sha256."""
_Way = Callable[[str, Path, SandboxLimits], Ending]
"""(analyzer, folder, limits) -> how it ended. May raise Lost."""


def analyse(
    analyzer: str, path: Path, name: str, limits: SandboxLimits = DEFAULT, *, with_model: bool = True
) -> Analysis:
    """Have the class ``analyzer`` ("module:Class") measure the file at ``path``.

    ``with_model``: make one to turn in the browser as well, where the analyzer can.

    Never raises for what is in the file or what the child does: a crash, a breach of the limits, a result that
    makes no sense are all "we will check it by hand". A child is forked from the warm parent; when that fails
    twice, it is started cold. The ``seconds`` that it took are of the processor, as their limit is.
    """
    found, ending = _in_child(
        _Order(analyzer, path, name, limits, with_model=with_model), lambda folder: _result(folder, limits)
    )
    if found is None:
        return replace(BY_HAND, peak_mb=ending.peak_mb, seconds=ending.cpu_s)
    return replace(found, seconds=max(ending.cpu_s, found.seconds))


def mend(
    analyzer: str, path: Path, name: str, ask: Ask, keep: Keep, limits: SandboxLimits = MENDING
) -> tuple[Mended, str]:
    """Have the class ``analyzer`` write a mended copy of the file at ``path``.

    ``keep`` stores the copy before the child's folder goes, and its answer comes back. Raises CannotMend, whatever
    the child does.
    """
    found, _ending = _in_child(_Order(analyzer, path, name, limits, str(ask)), lambda folder: _mended(folder, keep))
    if found is None:
        raise CannotMend("We could not do this by machine.")
    return found


def close() -> None:
    """End the warm parent of this process, if one runs; the next file starts another."""
    _warm.close()


def _ways() -> tuple[_Way, ...]:
    return (_warm.run, _warm.run, _run_cold) if warm.supported() else (_run_cold,)


@dataclass(frozen=True, slots=True)
class _Order:
    """What a child is to do; ``ask`` is empty for an analysis."""

    analyzer: str
    path: Path
    name: str
    limits: SandboxLimits
    ask: str = ""
    with_model: bool = True

    def written(self) -> str:
        values = {
            "analyzer": self.analyzer,
            "path": str(self.path.resolve()),
            "name": self.name,
            "ask": self.ask,
            "with_model": self.with_model,
        }
        return json.dumps({**values, "limits": asdict(self.limits)})


def _in_child(order: _Order, read: Callable[[Path], T]) -> tuple[T | None, Ending]:
    """What ``read`` makes of the folder that a child has left, None when no way led anywhere; and how it ended."""
    with _places:
        for way in _ways():
            with contextlib.suppress(Lost):
                return _once(way, order, read)
        return None, Ending()


def _once(way: _Way, order: _Order, read: Callable[[Path], T]) -> tuple[T | None, Ending]:
    """One try in a folder of its own. Raises Lost, and what ``read`` says of the file."""
    folder = Path(tempfile.mkdtemp(prefix="craftops-intake-")).resolve()
    shown = order.path.name[:16]
    try:
        (folder / "order.json").write_text(order.written())
        ending = way(order.analyzer, folder, order.limits)
        if ending.fault:
            log.warning("%s could not be opened: %s", shown, ending.fault)
            return None, ending
        return read(folder), ending
    except Lost as error:
        log.warning("%s: %s; it is tried again", shown, error)
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("%s: what the child left makes no sense: %r", shown, error)
        return None, Ending()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _mended(folder: Path, keep: Keep) -> tuple[Mended, str]:
    said = json.loads(read_left(folder / "result.json", LARGEST_RESULT))
    if "refused" in said:
        raise CannotMend(str(said["refused"])[:500])
    copy = folder / MENDED
    if copy.is_symlink() or not copy.is_file():
        raise ValueError("there is no mended copy")
    return Mended(str(said["name"]), str(said["sentence"])[:500]), keep(copy)


def _run_cold(_analyzer: str, folder: Path, limits: SandboxLimits) -> Ending:
    """A new interpreter for this file alone."""
    child = subprocess.Popen(
        _command(folder),
        cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    most = Most(child.pid)
    try:
        with most:
            _out, said = child.communicate(timeout=limits.wall_s)
    except subprocess.TimeoutExpired:
        return Ending(f"it took more than {limits.wall_s:g} s", most.mb, most.cpu_s)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.wait()
        if child.stderr is not None:
            child.stderr.close()
    if child.returncode:
        return Ending(f"exit {child.returncode}: {said[-LAST_WORDS:].decode(errors='replace')}", most.mb, most.cpu_s)
    return Ending("", most.mb, most.cpu_s)


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-I", "-m", "craftops.sandbox.child", str(folder)]


def _result(folder: Path, limits: SandboxLimits) -> Analysis:
    data = json.loads(read_left(folder / "result.json", LARGEST_RESULT))
    picture = _left(folder / "picture.png", PNG, limits.picture)
    return analysis_from_json(data, picture, _left(folder / "model.glb", GLB, limits.model))


def _left(path: Path, magic: bytes, most: int) -> bytes | None:
    """What the child left there, if it is a file of at most ``most`` bytes that begins as it should."""
    with contextlib.suppress(OSError, ValueError):
        raw = read_left(path, most)
        return raw if raw.startswith(magic) else None
    return None
