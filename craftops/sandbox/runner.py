"""The parent's side: starts the child, waits, kills, reads what it left, believes nothing of it."""

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
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from craftops.domain.designs import BY_HAND, Analysis, analysis_from_json
from craftops.domain.remedies import Ask
from craftops.sandbox.limits import DEFAULT, MENDED, MENDING, Limits
from craftops.sdk.analyzer import CannotMend, Mended

log = logging.getLogger("craftops.sandbox")
PNG = b"\x89PNG\r\n\x1a\n"
LARGEST_RESULT = 2_000_000
Keep = Callable[[Path], str]
"""Stores a mended copy; gives its sha256."""


def analyse(analyzer: str, path: Path, name: str, limits: Limits = DEFAULT) -> Analysis:
    """Have the class ``analyzer`` ("module:Class") measure the file at ``path``.

    Never raises for what is in the file or what the child does: a crash, a breach of the limits, a result that
    makes no sense are all "we will check it by hand".
    """
    folder = Path(tempfile.mkdtemp(prefix="craftops-intake-"))
    began = time.monotonic()
    try:
        fault = _run(analyzer, path, name, folder, limits)
        if fault:
            log.warning("%s could not be analysed: %s", path.name[:16], fault)
            return replace(BY_HAND, seconds=time.monotonic() - began)
        return replace(_result(folder, limits), seconds=time.monotonic() - began)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s: the analysis made no sense: %r", path.name[:16], error)
        return replace(BY_HAND, seconds=time.monotonic() - began)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def mend(analyzer: str, path: Path, name: str, ask: Ask, keep: Keep, limits: Limits = MENDING) -> tuple[Mended, str]:
    """Have the class ``analyzer`` write a mended copy of the file at ``path``.

    ``keep`` stores the copy before the child's folder goes, and its answer comes back. Raises CannotMend, whatever
    the child does.
    """
    folder = Path(tempfile.mkdtemp(prefix="craftops-intake-"))
    try:
        fault = _run(analyzer, path, name, folder, limits, str(ask))
        if fault:
            log.warning("%s could not be mended: %s", path.name[:16], fault)
            raise CannotMend("We could not do this by machine.")
        said = _said(folder)
        if "refused" in said:
            raise CannotMend(str(said["refused"])[:500])
        copy = folder / MENDED
        if copy.is_symlink() or not copy.is_file():
            raise ValueError("there is no mended copy")
        return Mended(str(said["name"]), str(said["sentence"])[:500]), keep(copy)
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s: the mending made no sense: %r", path.name[:16], error)
        raise CannotMend("We could not do this by machine.") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(analyzer: str, path: Path, name: str, folder: Path, limits: Limits, ask: str = "") -> str:
    """Why it failed, or empty."""
    order = {"analyzer": analyzer, "path": str(path.resolve()), "name": name, "limits": asdict(limits), "ask": ask}
    (folder / "order.json").write_text(json.dumps(order))
    child = subprocess.Popen(
        _command(folder),
        cwd=folder, env=_environment(folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
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
        return f"exit {child.returncode}: {said[-300:].decode(errors='replace')}"
    return ""


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-I", "-m", "craftops.sandbox.child", str(folder)]


def _environment(folder: Path) -> dict[str, str]:
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
    return {
        **one,
        "PATH": os.environ.get("PATH", ""),
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _said(folder: Path) -> dict[str, Any]:
    said = folder / "result.json"
    if said.stat().st_size > LARGEST_RESULT:
        raise ValueError("the result is too large")
    data: dict[str, Any] = json.loads(said.read_text())
    return data


def _result(folder: Path, limits: Limits) -> Analysis:
    data = _said(folder)
    drawn = folder / "picture.png"
    picture = None
    if drawn.is_file() and not drawn.is_symlink() and drawn.stat().st_size <= limits.picture:
        raw = drawn.read_bytes()
        picture = raw if raw.startswith(PNG) else None
    return analysis_from_json(data, picture)
