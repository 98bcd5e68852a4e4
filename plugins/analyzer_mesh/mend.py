"""Mending meshes: another unit, the part put on the bed, repaired surfaces. Out comes binary STL.

Each fix is tried on a model before it is offered for it, and its copy read back.
"""

from __future__ import annotations

import importlib
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from craftops.domain.files.designs import Analysis, FileFormat
from craftops.domain.files.file_types import format_of
from craftops.domain.files.remedies import UNIT_WORDS, Ask, Remedy, unit_mm
from craftops.sdk.analyzer import CannotMend, Mended, NotReadable, untried

from .facts import measure
from .reading import Mesh, Triangles
from .stl import HEADER, RECORD, read_stl
from .threemf import TooMany
from .work import READERS

MOST_TRIED = defaultdict(lambda: 0, {Remedy.UNIT: 300_000, Remedy.CENTRE: 300_000, Remedy.REPAIR: 20_000})
"""Triangles of a model whose fixes are tried before they are offered."""
SAME_SHARE = 1e-3
"""By how much a mended copy may differ from what was promised."""


def mend_mesh(path: Path, name: str, ask: Ask, target: Path) -> Mended:
    """Write the mended copy. Raises CannotMend."""
    try:
        mesh = READERS[format_of(name) or FileFormat.STL](path)
    except NotReadable as error:
        raise CannotMend(error.sentence) from None
    except TooMany:
        raise CannotMend("It builds more parts than we can mend by machine.") from None
    return Mended(f"{name.rsplit('.', 1)[0]}.stl", _tried(mesh, ask, target))


def with_kept_offers(kind: FileFormat, analysis: Analysis, mesh: Mesh | None) -> Analysis:
    """The verdict without fixes that this model would not keep: each is tried. A large model says that it was not."""
    offers = {one.remedy for one in analysis.findings if one.remedy}
    if kind is FileFormat.THREEMF:
        offers.discard(Remedy.UNIT)  # it always names its unit, so nobody is asked for another
    if not offers or mesh is None:
        return analysis
    tried = {one for one in offers if mesh.measured is None and len(mesh.triangles) <= MOST_TRIED[Remedy(one)]}
    broken = set()
    with tempfile.TemporaryDirectory() as folder:
        for offer in sorted(tried):
            ask = Ask(Remedy(offer), "cm" if offer == Remedy.UNIT else "")
            try:
                _tried(mesh, ask, Path(folder) / "tried")
            except (CannotMend, ValueError, ArithmeticError, LookupError, np.linalg.LinAlgError):
                broken.add(offer)
    findings = tuple(replace(one, remedy="") if one.remedy in broken else one for one in analysis.findings)
    return replace(analysis, findings=findings if tried == offers else (*findings, untried()))


def _tried(mesh: Mesh, ask: Ask, target: Path) -> str:
    """Write the copy, read it back and hold it to its word; in words what was done. Raises CannotMend."""
    triangles = mesh.triangles[np.isfinite(mesh.triangles).all(axis=(1, 2))]
    if not len(triangles):
        raise CannotMend("There is no surface in it that could be mended.")
    if mesh.negative is not None:
        raise CannotMend("Parts are cut out of it, which the copy could not hold.")
    grows = unit_mm(ask.option) / unit_mm(mesh.unit) if ask.remedy is Remedy.UNIT else 1.0
    if ask.remedy is Remedy.UNIT:
        mended, sentence = triangles * np.float32(grows), f"Read in {UNIT_WORDS[ask.option]}."
    elif ask.remedy is Remedy.CENTRE:
        mended, sentence = _on_the_bed(triangles), "Moved to the middle of the bed."
    elif ask.remedy is Remedy.REPAIR:
        mended, sentence = importlib.import_module(f"{__package__}.repair").repaired(triangles)
    else:
        raise CannotMend("We cannot do this to a model.")
    write_stl(mended, target)
    if not _kept_its_word(ask, triangles, read_stl(target).triangles, grows):
        target.unlink(missing_ok=True)
        raise CannotMend("We could not do this by machine without changing its measures.")
    return sentence


def _kept_its_word(ask: Ask, before: Triangles, after: Triangles, grows: float) -> bool:
    """Whether the copy, read back, has the size that was promised; a repaired one the volume, where it had one."""
    was, now = (np.ptp(one.reshape(-1, 3).astype(np.float64), axis=0) for one in (before, after))
    if not np.allclose(was * grows, now, rtol=SAME_SHARE, atol=SAME_SHARE * float(was.max()) * grows):
        return False
    if ask.remedy is not Remedy.REPAIR:
        return len(before) == len(after)
    old, new = measure(before).facts, measure(after)
    same = old.volume_mm3 is None or np.isclose(old.volume_mm3, new.facts.volume_mm3 or 0.0, rtol=SAME_SHARE)
    return bool(same) and not new.facts.inverted and not new.bodies.turned


def write_stl(triangles: Triangles, target: Path) -> None:
    """Binary STL with the normals that the corners give."""
    a, b, c = (triangles[:, i].astype(np.float64) for i in range(3))
    normals = np.cross(b - a, c - a)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    records = np.zeros(len(triangles), RECORD)
    records["normal"] = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    records["corners"] = triangles
    with target.open("wb") as file:
        file.write(b"binary STL, millimetres".ljust(HEADER - 4, b" "))
        file.write(len(triangles).to_bytes(4, "little"))
        records.tofile(file)


def _on_the_bed(triangles: Triangles) -> Triangles:
    corners = triangles.reshape(-1, 3)
    low, high = corners.min(axis=0).astype(np.float64), corners.max(axis=0).astype(np.float64)
    away = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    return (triangles - away).astype(np.float32)
