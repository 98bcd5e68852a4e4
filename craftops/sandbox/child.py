"""The child's side: bind its own hands, then open the file. Cold: ``python -I -m craftops.sandbox.child FOLDER``."""

from __future__ import annotations

import contextlib
import importlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from craftops.domain.files.designs import analysis_to_json
from craftops.domain.files.remedies import parse_ask
from craftops.sandbox.bounds import bind
from craftops.sandbox.environment import find_plugins
from craftops.sandbox.limits import MENDED
from craftops.sandbox.said import peak_of, resident_mb
from craftops.sdk.analyzer import CannotMend, FileAnalyzer


def main(folder: Path, mapped: int = 0) -> None:
    """Do what ``order.json`` says; leave ``result.json``, ``picture.png``, ``model.glb``.

    ``mapped``: bytes that the process had mapped before the file came; the limit of memory counts on top of them.
    """
    order = json.loads((folder / "order.json").read_text())
    file, module = Path(order["path"]), order["analyzer"].partition(":")[0]
    bind(folder.resolve(), order["limits"], mapped, file=file, module=module)
    analyzer = find(order["analyzer"])()
    if order["ask"]:
        mend(analyzer, order, folder)
        return
    analyzer.with_model = order["with_model"]
    analysis = analyzer.analyse(Path(order["path"]), order["name"])
    data = analysis_to_json(analysis)
    data["peak_mb"], data["seconds"] = _peak_mb(), time.process_time()
    if analysis.picture:
        (folder / "picture.png").write_bytes(analysis.picture)
    if analysis.model:
        (folder / "model.glb").write_bytes(analysis.model)
    (folder / "result.json").write_text(json.dumps(data))


def mend(analyzer: FileAnalyzer, order: dict[str, Any], folder: Path) -> None:
    """Leave the mended copy as ``mended`` and what was done in ``result.json``, or there why it cannot be done."""
    try:
        done = analyzer.mend(Path(order["path"]), order["name"], parse_ask(order["ask"]), folder / MENDED)
        said = {"name": done.name, "sentence": done.sentence}
    except CannotMend as error:
        said = {"refused": error.sentence}
    (folder / "result.json").write_text(json.dumps(said))


def find(analyzer: str) -> type[FileAnalyzer]:
    """The class that "module:Class" names. Raises ImportError, AttributeError."""
    module, _colon, name = analyzer.partition(":")
    kind = importlib.import_module(module)
    for part in name.split("."):
        kind = getattr(kind, part)
    return kind  # type: ignore[return-value]


def _peak_mb() -> float:
    """The most that was resident at once, in MB of 2^20 bytes.

    From /proc where there is one: ``ru_maxrss`` of a program that was started anew begins at its parent's size. Pages
    of numpy and the like that a child shares with a warm parent count, as they count in a cold one.
    """
    with contextlib.suppress(OSError):
        if peak := peak_of(Path("/proc/self/status").read_text()):
            return peak
    return resident_mb(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    find_plugins()
    main(Path(sys.argv[1]))
