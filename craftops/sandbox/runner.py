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
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from craftops.domain.designs import BY_HAND, Analysis, analysis_from_json
from craftops.sandbox import warm
from craftops.sandbox.environment import environment
from craftops.sandbox.limits import DEFAULT, Limits
from craftops.sandbox.said import LAST_WORDS, read_left
from craftops.sandbox.warm import Lost, Warm

log = logging.getLogger("craftops.sandbox")
PNG = b"\x89PNG\r\n\x1a\n"
LARGEST_RESULT = 2_000_000
AT_ONCE = max(1, os.cpu_count() or 1)
"""Children at once in this process; more than there are processors would only slow one another down."""

_warm = Warm()
_places = threading.BoundedSemaphore(AT_ONCE)
_Way = Callable[[str, Path, Limits], str]
"""(analyzer, folder, limits) -> why it failed, or empty. May raise Lost."""


def analyse(analyzer: str, path: Path, name: str, limits: Limits = DEFAULT) -> Analysis:
    """Have the class ``analyzer`` ("module:Class") measure the file at ``path``.

    Never raises for what is in the file or what the child does: a crash, a breach of the limits, a result that
    makes no sense are all "we will check it by hand". A child is forked from the warm parent; when that fails
    twice, it is started cold.
    """
    with _places:
        began = time.monotonic()
        for way in _ways():
            with contextlib.suppress(Lost):
                return replace(_once(way, analyzer, path, name, limits), seconds=time.monotonic() - began)
        return replace(BY_HAND, seconds=time.monotonic() - began)


def close() -> None:
    """End the warm parent of this process, if one runs; the next file starts another."""
    _warm.close()


def _ways() -> tuple[_Way, ...]:
    return (_warm.run, _warm.run, _run_cold) if warm.supported() else (_run_cold,)


def _once(way: _Way, analyzer: str, path: Path, name: str, limits: Limits) -> Analysis:
    """One try in a folder of its own. Raises Lost."""
    folder = Path(tempfile.mkdtemp(prefix="craftops-intake-")).resolve()
    try:
        order = {"analyzer": analyzer, "path": str(path.resolve()), "name": name, "limits": asdict(limits)}
        (folder / "order.json").write_text(json.dumps(order))
        fault = way(analyzer, folder, limits)
        if fault:
            log.warning("%s could not be analysed: %s", path.name[:16], fault)
            return BY_HAND
        return _result(folder, limits)
    except Lost as error:
        log.warning("%s: %s; it is tried again", path.name[:16], error)
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("%s: the analysis made no sense: %r", path.name[:16], error)
        return BY_HAND
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_cold(_analyzer: str, folder: Path, limits: Limits) -> str:
    """A new interpreter for this file alone. Why it failed, or empty."""
    child = subprocess.Popen(
        _command(folder),
        cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        _out, said = child.communicate(timeout=limits.wall_s)
    except subprocess.TimeoutExpired:
        return f"it took more than {limits.wall_s:g} s"
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.wait()
        if child.stderr is not None:
            child.stderr.close()
    if child.returncode:
        return f"exit {child.returncode}: {said[-LAST_WORDS:].decode(errors='replace')}"
    return ""


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-I", "-m", "craftops.sandbox.child", str(folder)]


def _result(folder: Path, limits: Limits) -> Analysis:
    data = json.loads(read_left(folder / "result.json", LARGEST_RESULT))
    picture = None
    with contextlib.suppress(OSError, ValueError):
        raw = read_left(folder / "picture.png", limits.picture)
        picture = raw if raw.startswith(PNG) else None
    return analysis_from_json(data, picture)
