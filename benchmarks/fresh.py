"""One piece of work in a process of its own, with memory of its own: ``python -m benchmarks.fresh WORK FILE``.

All of it runs in one thread, so its time is the processor's: what else the computer does then counts little.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from craftops.sandbox.environment import environment

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Cost:
    """Time of the processor without the imports; and the most memory that its process held, with them."""

    ms: float
    peak_mb: float


def cost(work: str, path: Path, times: int = 1) -> Cost:
    """The middle one of ``times`` runs, each in a new process with the environment of the sandbox."""
    runs = []
    for _ in range(times):
        command = [sys.executable, "-m", "benchmarks.fresh", work, str(path)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(path.parent), stdout=subprocess.PIPE, check=True, text=True
        )
        runs.append(Cost(**json.loads(done.stdout)))
    return sorted(runs, key=lambda run: run.ms)[len(runs) // 2]


def _theirs() -> Callable[[Path], object]:
    import trimesh

    def measure(path: Path) -> object:
        mesh = trimesh.load(path, force="mesh")
        return mesh.volume, mesh.is_watertight

    return measure


def _theirs_loaded() -> Callable[[Path], object]:
    import trimesh

    return lambda path: trimesh.load(path, force="mesh")


def _facts() -> Callable[[Path], object]:
    from craftops_plugins.analyzer_mesh.facts import measure
    from craftops_plugins.analyzer_mesh.stl import read_stl

    return lambda path: measure(read_stl(path).triangles)


def _drawn() -> Callable[[Path], object]:
    from craftops_plugins.analyzer_mesh.facts import measure
    from craftops_plugins.analyzer_mesh.picture import draw
    from craftops_plugins.analyzer_mesh.stl import read_stl

    def work(path: Path) -> object:
        triangles = read_stl(path).triangles
        return measure(triangles), draw(triangles, cull=True)

    return work


def _whole() -> Callable[[Path], object]:
    from craftops_plugins.analyzer_mesh.work import analyse_mesh

    from craftops.domain.files.designs import FileFormat

    return lambda path: analyse_mesh(path, FileFormat.STL, with_model=False)


def _whole_with_model() -> Callable[[Path], object]:
    from craftops_plugins.analyzer_mesh.work import analyse_mesh

    from craftops.domain.files.designs import FileFormat

    return lambda path: analyse_mesh(path, FileFormat.STL)


def _obj() -> Callable[[Path], object]:
    from craftops_plugins.analyzer_mesh.obj import read_obj

    return read_obj


def _3mf() -> Callable[[Path], object]:
    from craftops_plugins.analyzer_mesh.threemf import load_3mf

    return load_3mf


WORKS = {
    "theirs": _theirs, "theirs_loaded": _theirs_loaded, "facts": _facts, "drawn": _drawn, "whole": _whole,
    "modelled": _whole_with_model, "obj": _obj, "3mf": _3mf,
}  # fmt: skip


def main() -> None:
    """Print the cost as JSON."""
    work = WORKS[sys.argv[1]]()
    began = time.process_time()
    work(Path(sys.argv[2]))
    taken = (time.process_time() - began) * 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"ms": taken, "peak_mb": peak / (1_048_576 if sys.platform == "darwin" else 1024)}))


if __name__ == "__main__":
    main()
