"""Reading 3MF: the package is checked, its objects are placed, the standard's own reader has a say.

Copies are placed, never guessed: an object that is used a hundred times counts a hundred times. Where there are more
copies than we draw, the file is looked at by a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from craftops.domain.files.designs import Finding, Severity
from craftops.sdk.analyzer import NotReadable

from .copies import Shape, measure_copies
from .model_xml import Component, Matrix, Model, ModelObject, read_model
from .package import AGAIN, Package, open_package
from .reading import Mesh, Triangles
from .rods import rods
from .slicer_parts import roles_of
from .standard import second_opinion

UNITS_MM = {"micron": 0.001, "millimeter": 1.0, "centimeter": 10.0, "inch": 25.4, "foot": 304.8, "meter": 1000.0}
LOCKED = b"%3McF"
"""How a part begins that is encrypted (3MF Secure Content Extension)."""
DEEPEST = 100
MOST_INSTANCES = 10_000
MOST_TRIANGLES = 12_000_000
MOST_STEPS = 200_000
"""Uses of objects, those of empty ones as well, that the standard's own reader is asked to follow."""
MANY_TRIANGLES = 600_000
"""Placed ones; more, if they are copies of few, are measured by the copy."""
FEW_SHAPES = 3
"""How many times as many triangles there have to be placed as there are different ones."""
NOT_MADE = frozenset(("support", "solidsupport", "other"))
"""Types of objects (3MF Core, 4.1) of which nothing is made for its own sake."""


class TooMany(Exception):
    """More placed parts than we measure; ``count`` of them."""

    def __init__(self, count: int) -> None:
        super().__init__(str(count))
        self.count = count


def read_3mf(path: Path) -> Mesh:
    """Everything that the package builds, in millimetres, and what the standard's own reader says of it.

    Raises NotReadable, or TooMany.
    """
    return _with_opinion(path, light=False)


def read_light_3mf(path: Path) -> Mesh:
    """The same; where it builds many copies of a few shapes, these are measured, and their triangles are thinned."""
    return _with_opinion(path, light=True)


def load_3mf(path: Path) -> Mesh:
    """Everything that the package builds, in millimetres. Raises NotReadable, or TooMany."""
    return _load(path, light=False)[0]


def _with_opinion(path: Path, *, light: bool) -> Mesh:
    mesh, steps, strange = _load(path, light=light)
    if steps <= MOST_STEPS:
        mesh.findings += second_opinion(path, strange)
    del mesh.findings[6:]
    return mesh


def _load(path: Path, *, light: bool) -> tuple[Mesh, int, bool]:
    """The model, how many uses of objects were followed for it, and whether a slicer has added words of its own."""
    package = open_package(path)
    models = _Models(package)
    root = models.get(package.model)
    scale = UNITS_MM.get(root.unit)
    if scale is None:
        sentence = f"It says that its unit is “{root.unit[:30]}”, which 3MF does not know."
        raise NotReadable("unknown_unit", sentence, "Export it in millimetres.")
    items = root.items or _everything(root, package.oddities)
    built = [one for one in items if one.printable]
    findings = _about_items(len(items), len(built))
    count = models.count(built or items)
    if count.meshes > MOST_INSTANCES or count.triangles > MOST_TRIANGLES:
        raise TooMany(count.meshes)
    placed = list(models.place(built or items))
    if not placed:
        if models.left_out:
            raise NotReadable("empty", "There is nothing in it but supports and other helpers.", AGAIN)
        raise NotReadable("empty", "There is no shape in this file: it holds no triangles.", AGAIN)
    findings += [
        Finding("off_standard", Severity.WARNING, sentence, "Please compare the picture.")
        for sentence in dict.fromkeys((*package.oddities, *root.oddities))
    ]
    findings += models.findings()
    mesh = Mesh(np.empty((0, 3, 3), np.float32), findings, root.unit)
    _build(mesh, placed, scale, light=light and count.triangles > MANY_TRIANGLES)
    strange = any(one.strange for one in models.known.values())
    return mesh, count.steps, strange


def _about_items(all_of_them: int, built: int) -> list[Finding]:
    if built == all_of_them:
        return []
    if not built:
        sentence = "All that is in it is switched off in its slicer; we took it all the same."
        return [Finding("all_hidden", Severity.WARNING, sentence, "Please compare the picture.")]
    off = all_of_them - built
    sentence = f"{'One object is' if off == 1 else f'{off:,} objects are'} switched off in it; we left that out."
    return [Finding("hidden", Severity.NOTE, sentence, "Switch on what is to be made, and save it again.")]


def _shapes(placed: list[Placed]) -> list[Shape]:
    """Each shape once, with all places that it stands at."""
    shapes: dict[int, Shape] = {}
    for one in placed:
        key = id(one.faces)
        if key not in shapes:
            shapes[key] = (_triangles(one.found, one.faces, np.eye(4)), [])
        shapes[key][1].append(one.matrix)
    return list(shapes.values())


def _put_in(mesh: Mesh, parts: list[NDArray[np.float32]], scale: float) -> None:
    mesh.triangles = np.concatenate(parts) * np.float32(scale)
    if len(parts) > 1:
        mesh.owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])


def _build(mesh: Mesh, placed: list[Placed], scale: float, *, light: bool) -> None:
    """Put the triangles into the mesh."""
    own = [one for one in placed if not one.negative]
    mesh.objects = len(own)
    if light and len(own) == len(placed) and not any(one.found.beams for one in own):
        shapes = _shapes(own)
        if sum(len(triangles) for triangles, _ in shapes) * FEW_SHAPES < MANY_TRIANGLES:
            mesh.measured, mesh.triangles = measure_copies(shapes, scale)
            return
    with np.errstate(over="ignore"):
        if own:
            _put_in(mesh, [np.concatenate(list(one.triangles())) for one in own], scale)
        cut = [part for one in placed if one.negative for part in one.triangles()]
        if cut:
            mesh.negative = np.concatenate(cut) * np.float32(scale)


def _locked() -> NotReadable:
    return NotReadable("encrypted", "It is encrypted, so we cannot open it.", "Save it without a password.")


def _everything(model: Model, oddities: list[str]) -> list[Component]:
    """What to build where the file does not say: each object that no other one uses."""
    used = {part.object_id for one in model.objects.values() for part in one.components}
    free = [number for number in model.objects if number not in used]
    if free:
        oddities.append("It does not say what to build; we took all that is in it.")
    return [Component(number, np.eye(4)) for number in free]


@dataclass(frozen=True, slots=True)
class Placed:
    """One use of a mesh: which of its faces, where, and whether they are cut out of the rest."""

    found: ModelObject
    faces: NDArray[np.int64]
    matrix: Matrix
    negative: bool = False

    def triangles(self) -> Iterator[Triangles]:
        """What it places, in the file's unit."""
        if len(self.faces):
            yield _triangles(self.found, self.faces, self.matrix)
        if self.found.beams and not self.negative:
            yield _rods(self.found, self.matrix)


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
        self.roles = roles_of(package)
        self.left_out: Counter[str] = Counter()
        self.surfaces = 0

    def get(self, name: str) -> Model:
        if name not in self.known:
            if not self.package.has(name):
                raise NotReadable("missing_part", "It uses a part that is not in the package.", AGAIN)
            xml = self.package.read(name)
            if xml.startswith(LOCKED):
                raise _locked()
            try:
                self.known[name] = read_model(xml)
            except NotReadable as error:
                if error.code == "bad_xml" and any(
                    "keystore" in one.lower() for one in self.package.archive.namelist()
                ):
                    raise _locked() from None
                raise
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

    def place(self, uses: list[Component]) -> Iterator[Placed]:
        """Every mesh that is built, in the order of the file."""
        for use in uses:
            name, found = self.find(use, self.package.model)
            yield from self._place(use, name, found, use.transform, "part")

    def _place(self, use: Component, name: str, found: ModelObject, matrix: Matrix, role: str) -> Iterator[Placed]:
        if found.kind in NOT_MADE or found.helper or role == "helper":
            self.left_out[found.kind if found.kind in NOT_MADE else "helper"] += 1
            return
        if len(found.faces) or found.beams:
            self.surfaces += found.kind == "surface"
            yield from self._meshes(use, found, matrix, role)
        for one in found.components:
            inner, below = self.find(one, name)
            told = self.roles.components.get((use.object_id, one.object_id), role)
            yield from self._place(one, inner, below, one.transform @ matrix, told)

    def _meshes(self, use: Component, found: ModelObject, matrix: Matrix, role: str) -> Iterator[Placed]:
        role = self.roles.components.get((use.object_id, use.object_id), role)
        runs = [run for run in self.roles.runs.get(use.object_id, []) if run.role != "part"] if not use.path else []
        if not runs:
            yield Placed(found, found.faces, matrix, role == "negative")
            return
        rest = np.ones(len(found.faces), bool)
        for run in runs:
            rest[run.first : run.last + 1] = False
            if run.role == "negative":
                yield Placed(found, found.faces[run.first : run.last + 1], matrix, negative=True)
            else:
                self.left_out["helper"] += 1
        if rest.any():
            yield Placed(found, found.faces[rest], matrix)

    def findings(self) -> list[Finding]:
        """What is to be said of all models and of what was left out of them."""
        said = []
        if any(one.beams for model in self.known.values() for one in model.objects.values()):
            sentence = "It is built of beams; we measured them as straight rods that do not melt together."
            said.append(Finding("lattice", Severity.WARNING, sentence, "We look at it by hand before we make it."))
        if self.surfaces:
            sentence = "Some of it is only a surface, which encloses nothing; we measured it like a body."
            said.append(Finding("surface", Severity.WARNING, sentence, "Make a body of what is to be made."))
        if any(model.coarse for model in self.known.values()):
            sentence = "Its mesh is coarse (of low resolution): it stands for a finer shape."
            said.append(Finding("lowres", Severity.WARNING, sentence, "Send the full shape."))
        if self.left_out:
            count = sum(self.left_out.values())
            helper = "helper" in self.left_out
            one, many = ("a modifier or a support", "modifiers or supports") if helper else ("a support", "supports")
            sentence = f"{count:,} of its volumes are {many}; we left them out."
            sentence = f"One of its volumes is {one}; we left it out." if count == 1 else sentence
            said.append(Finding("helpers", Severity.NOTE, sentence))
        return said


def _triangles(found: ModelObject, faces: NDArray[np.int64], matrix: Matrix) -> Triangles:
    count = len(found.vertices)
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
