"""Reading 3MF: the package is checked, its objects are placed, the standard's own reader has a say.

Copies are placed, never guessed: an object that is used a hundred times counts a hundred times. Where there are more
copies than we draw, the file is looked at by a person.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from craftops.domain.files.designs import Finding, Severity
from craftops.sdk.analyzer import NotReadable

from .model_xml import Component, Matrix, Model, ModelObject, read_model
from .package import AGAIN, Package, open_package
from .reading import Mesh, Triangles
from .rods import rods

UNITS_MM = {"micron": 0.001, "millimeter": 1.0, "centimeter": 10.0, "inch": 25.4, "foot": 304.8, "meter": 1000.0}
DEEPEST = 100
MOST_INSTANCES = 10_000
MOST_TRIANGLES = 12_000_000
MOST_STEPS = 200_000
"""Uses of objects, those of empty ones as well, that the standard's own reader is asked to follow."""
CHECKED_UP_TO = 40_000_000
"""Bytes of a package that the standard's own reader looks at as well; beyond it would cost too much time."""


class TooMany(Exception):
    """More placed parts than we measure; ``count`` of them."""

    def __init__(self, count: int) -> None:
        super().__init__(str(count))
        self.count = count


def read_3mf(path: Path) -> Mesh:
    """Everything that the package builds, in millimetres, and what the standard's own reader says of it.

    Raises NotReadable, or TooMany.
    """
    mesh, steps = _load(path)
    if steps <= MOST_STEPS:
        mesh.findings += _second_opinion(path)
    del mesh.findings[5:]
    return mesh


def load_3mf(path: Path) -> Mesh:
    """Everything that the package builds, in millimetres. Raises NotReadable, or TooMany."""
    return _load(path)[0]


def _load(path: Path) -> tuple[Mesh, int]:
    """The model, and how many uses of objects were followed for it."""
    package = open_package(path)
    models = _Models(package)
    root = models.get(package.model)
    scale = UNITS_MM.get(root.unit)
    if scale is None:
        sentence = f"It says that its unit is “{root.unit[:30]}”, which 3MF does not know."
        raise NotReadable("unknown_unit", sentence, "Export it in millimetres.")
    items = root.items or _everything(root, package.oddities)
    count = models.count(items)
    if count.meshes > MOST_INSTANCES or count.triangles > MOST_TRIANGLES:
        raise TooMany(count.meshes)
    parts = list(models.place(items))
    if not parts:
        raise NotReadable("empty", "There is no shape in this file: it holds no triangles.", AGAIN)
    findings = [
        Finding("off_standard", Severity.WARNING, sentence, "Please compare the picture.")
        for sentence in dict.fromkeys((*package.oddities, *root.oddities))
    ]
    if any(one.beams for model in models.known.values() for one in model.objects.values()):
        sentence = "It is built of beams; we measured them as straight rods that do not melt together."
        findings.append(Finding("lattice", Severity.WARNING, sentence, "We look at it by hand before we make it."))
    with np.errstate(over="ignore"):
        triangles = np.concatenate(parts) * np.float32(scale)
    return Mesh(triangles, findings, root.unit, len(parts)), count.steps


def _everything(model: Model, oddities: list[str]) -> list[Component]:
    """What to build where the file does not say: each object that no other one uses."""
    used = {part.object_id for one in model.objects.values() for part in one.components}
    free = [number for number in model.objects if number not in used]
    if free:
        oddities.append("It does not say what to build; we took all that is in it.")
    return [Component(number, np.eye(4)) for number in free]


@dataclass(frozen=True, slots=True)
class _Count:
    """What one use of an object places, how many levels of components lie below it, how many uses it stands for."""

    meshes: int
    triangles: int
    levels: int
    steps: int


class _Models:
    """The model parts of a package, read when they are needed."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.known: dict[str, Model] = {}
        self.counted: dict[tuple[str, str], _Count] = {}

    def get(self, name: str) -> Model:
        if name not in self.known:
            if not self.package.has(name):
                raise NotReadable("missing_part", "It uses a part that is not in the package.", AGAIN)
            self.known[name] = read_model(self.package.read(name))
        return self.known[name]

    def find(self, use: Component, part: str) -> tuple[str, ModelObject]:
        name = use.path or part
        found = self.get(name).objects.get(use.object_id)
        if found is None:
            raise NotReadable("missing_part", "It builds an object that is not there.", AGAIN)
        return name, found

    def count(self, uses: list[Component]) -> _Count:
        """What all of these place, without placing it."""
        total = [self._count(use, self.package.model, ()) for use in uses]
        return _Count(
            sum(one.meshes for one in total),
            sum(one.triangles for one in total),
            max((one.levels for one in total), default=0),
            sum(one.steps for one in total),
        )

    def _count(self, use: Component, part: str, above: tuple[tuple[str, str], ...]) -> _Count:
        name, found = self.find(use, part)
        key = (name, use.object_id)
        if key in above:
            raise NotReadable("cycle", "One of its parts contains itself.", AGAIN)
        known = self.counted.get(key)
        if len(above) + (known.levels if known else 0) > DEEPEST:
            raise NotReadable("too_deep", "Its parts are nested too deep.", AGAIN)
        if known is None:
            below = [(one, self._count(one, name, (*above, key))) for one in found.components]
            found.components = [one for one, count in below if count.meshes]  # what holds nothing is never walked again
            counts = [count for _, count in below]
            known = self.counted[key] = _Count(
                sum((count.meshes for count in counts), 1 if len(found.faces) or found.beams else 0),
                sum((count.triangles for count in counts), len(found.faces)),
                max((count.levels + 1 for count in counts), default=0),
                sum((count.steps for count in counts), 1),
            )
        return known

    def place(self, uses: list[Component]) -> Iterator[Triangles]:
        for use in uses:
            name, found = self.find(use, self.package.model)
            if found.kind in ("support", "other"):
                continue
            yield from self._place(use, name, found, use.transform)

    def _place(self, use: Component, name: str, found: ModelObject, matrix: Matrix) -> Iterator[Triangles]:
        if len(found.faces):
            yield _triangles(found, matrix)
        if found.beams:
            yield _rods(found, matrix)
        for one in found.components:
            inner, below = self.find(one, name)
            yield from self._place(one, inner, below, one.transform @ matrix)


def _triangles(found: ModelObject, matrix: Matrix) -> Triangles:
    faces, count = found.faces, len(found.vertices)
    if faces.min() < 0 or faces.max() >= count:
        raise NotReadable("bad_index", "Its triangles name points that the file does not hold.", AGAIN)
    few = count > 3 * len(faces)  # most points are of no face: they need not be placed
    vertices = found.vertices[faces.reshape(-1)] if few else found.vertices
    with np.errstate(over="ignore", invalid="ignore"):  # endless numbers are left out, and named, by who measures
        points = (vertices @ matrix[:3, :3] + matrix[3, :3]).astype(np.float32)
    return points.reshape(-1, 3, 3) if few else points.take(faces, axis=0)


def _rods(found: ModelObject, matrix: Matrix) -> Triangles:
    beams = np.array(found.beams, np.float64)
    ends = beams[:, :2].astype(np.int64)
    if ends.min() < 0 or ends.max() >= len(found.vertices):
        raise NotReadable("bad_index", "Its beams name points that the file does not hold.", AGAIN)
    points = found.vertices[ends]
    with np.errstate(over="ignore", invalid="ignore"):
        placed = rods(points[:, 0], points[:, 1], beams[:, 2], beams[:, 3]) @ matrix[:3, :3] + matrix[3, :3]
        return placed.astype(np.float32)


def _second_opinion(path: Path) -> list[Finding]:
    """What lib3mf, the 3MF Consortium's own reader, has to say; nothing where its wheel does not exist."""
    if path.stat().st_size > CHECKED_UP_TO:
        return []
    try:
        wrapper: Any = importlib.import_module("lib3mf").get_wrapper()
    except (ImportError, OSError):
        return []
    reader = wrapper.CreateModel().QueryReader("3mf")
    reader.SetStrictModeActive(False)
    try:
        reader.ReadFromFile(str(path))
        said = [str(reader.GetWarning(number)[1]) for number in range(min(3, reader.GetWarningCount()))]
    except Exception as error:  # noqa: BLE001 - the border to a library: whatever it objects to is a finding
        said = [str(error).split(":", 1)[-1].strip()]
    return [
        Finding(
            "off_standard", Severity.WARNING,
            f"It departs from the 3MF standard ({text.strip('. ')[:120]}).", "Please compare the picture.",
        )
        for text in dict.fromkeys(said)
    ]  # fmt: skip
