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
from dataclasses import asdict, replace
from pathlib import Path

from craftops.domain.designs import BY_HAND, Analysis, analysis_from_json
from craftops.sandbox.limits import DEFAULT, Limits

log = logging.getLogger("craftops.sandbox")
PNG = b"\x89PNG\r\n\x1a\n"
GLB = b"glTF\x02\0\0\0"
LARGEST_RESULT = 2_000_000


def analyse(analyzer: str, path: Path, name: str, limits: Limits = DEFAULT, *, with_model: bool = True) -> Analysis:
    """Have the class ``analyzer`` ("module:Class") measure the file at ``path``.

    ``with_model``: make one to turn in the browser as well, where the analyzer can.

    Never raises for what is in the file or what the child does: a crash, a breach of the limits, a result that
    makes no sense are all "we will check it by hand".
    """
    folder = Path(tempfile.mkdtemp(prefix="craftops-intake-"))
    began = time.monotonic()
    try:
        fault = _run(analyzer, path, name, folder, limits, with_model)
        if fault:
            log.warning("%s could not be analysed: %s", path.name[:16], fault)
            return replace(BY_HAND, seconds=time.monotonic() - began)
        return replace(_result(folder, limits), seconds=time.monotonic() - began)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s: the analysis made no sense: %r", path.name[:16], error)
        return replace(BY_HAND, seconds=time.monotonic() - began)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(analyzer: str, path: Path, name: str, folder: Path, limits: Limits, with_model: bool) -> str:
    """Why it failed, or empty."""
    order = {
        "analyzer": analyzer, "path": str(path.resolve()), "name": name, "limits": asdict(limits),
        "with_model": with_model,
    }  # fmt: skip
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


def _result(folder: Path, limits: Limits) -> Analysis:
    said = folder / "result.json"
    if said.stat().st_size > LARGEST_RESULT:
        raise ValueError("the result is too large")
    data = json.loads(said.read_text())
    picture = _left(folder / "picture.png", PNG, limits.picture)
    return analysis_from_json(data, picture, _left(folder / "model.glb", GLB, limits.model))


def _left(path: Path, magic: bytes, most: int) -> bytes | None:
    """What the child left there, if it is a file of at most ``most`` bytes that begins as it should."""
    if not path.is_file() or path.is_symlink() or path.stat().st_size > most:
        return None
    raw = path.read_bytes()
    return raw if raw.startswith(magic) else None
