"""What every reader of meshes gives back, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from craftops.domain.files.designs import FileFormat, Finding
from craftops.domain.files.file_types import HEAD, identify, refusal
from craftops.sdk.analyzer import NotReadable

from .facts import MeasuredMesh

Triangles = NDArray[np.float32]
"""Shape (n, 3, 3): triangle, corner, coordinate; millimetres."""


@dataclass(slots=True)
class Mesh:
    """A model as it was read: its triangles, and what is odd about it."""

    triangles: Triangles
    findings: list[Finding] = field(default_factory=list)
    unit: str = ""
    objects: int = 1
    segments: NDArray[np.float64] | None = None
    """Pieces of line, shape (n, 2, 3), of a file that has no surface at all."""
    owners: NDArray[np.int64] | None = None
    """To which part of the file each triangle belongs, where it has several."""
    negative: Triangles | None = None
    """What is cut out of the triangles, and is no part of them."""
    measured: MeasuredMesh | None = None
    """The measure of all copies, where the triangles are only a thinned picture of them."""


def refuse_other_kinds(head: bytes, claimed: FileFormat) -> None:
    """Raise NotReadable when the first bytes are surely those of something else than ``claimed``."""
    name = f"file.{claimed.value}"
    kind = identify(head[:HEAD], name)
    if kind.name not in (claimed.value, "unknown"):
        raise NotReadable("empty" if kind.name == "empty" else "other_format", refusal(kind, name))
