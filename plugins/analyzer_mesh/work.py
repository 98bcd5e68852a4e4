"""From a file to an analysis: read, measure, judge, draw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from craftops.domain.files.designs import Analysis, FileFormat, Finding, MeshFacts, Severity, Verdict
from craftops.domain.files.file_types import HEAD
from craftops.sdk.analyzer import NotReadable, refused

from .columns import shared
from .facts import MeasuredMesh, measure
from .glb import to_glb
from .indicators import indicators
from .obj import read_obj
from .picture import draw
from .reading import Mesh, Triangles, refuse_other_kinds
from .rods import rods
from .stl import read_stl
from .threemf import TooMany, read_3mf, read_light_3mf

TINY_MM = 1.0
SMALL_MM = 12.0
"""Below this, what was meant as inches looks like millimetres often enough to ask."""
HUGE_MM = 2000.0
MANY_BODIES = 20
SAME_SIZE = 0.02
"""A share of a side; a cut that shortens it by less is within what columns can tell."""
MOST_TO_TURN = 6_000_000
"""Triangles; to thin out more would take longer than a file may take."""


READERS = {FileFormat.STL: read_stl, FileFormat.OBJ: read_obj, FileFormat.THREEMF: read_3mf}


def analyse_mesh(path: Path, claimed: FileFormat, *, with_model: bool = True) -> Analysis:
    """The verdict on the mesh at ``path``, whose name claims this format; with a model to turn, if asked for."""
    return examine(path, claimed, with_model=with_model)[0]


def examine(path: Path, claimed: FileFormat, *, with_model: bool = True) -> tuple[Analysis, Mesh | None]:
    """The same, and the model as it was read; None where it could not be read."""
    try:
        if claimed is not FileFormat.STL:  # an STL may begin with anything, so its reader asks later
            with path.open("rb") as file:
                refuse_other_kinds(file.read(HEAD), claimed)
        mesh = read_light_3mf(path) if claimed is FileFormat.THREEMF else READERS[claimed](path)
    except NotReadable as error:
        return refused(error.code, error.sentence, error.fix), None
    except TooMany as error:
        sentence = f"It builds {error.count:,} parts, more than we measure by machine, so we will check it by hand."
        return Analysis(Verdict.BY_HAND, "too_many_parts", sentence), None
    judged = _judge_mesh(mesh)
    return _with_model(judged, judged.mesh, mesh.triangles) if with_model and judged.mesh else judged, mesh


def _with_model(judged: Analysis, facts: MeshFacts, triangles: Triangles) -> Analysis:
    """The same, with what the browser turns. Whatever goes wrong here, the verdict stands: there is the picture."""
    if not 0 < facts.triangles <= MOST_TO_TURN:
        return judged
    try:
        made = to_glb(triangles[np.isfinite(triangles).all(axis=(1, 2))], inverted=facts.inverted)
    except (ValueError, MemoryError, np.linalg.LinAlgError):
        return judged
    if made is None:
        return judged
    return replace(judged, model=made[0], extra={**judged.extra, "model_triangles": made[1]})


def _judge_lines(segments: NDArray[np.float64]) -> Analysis:
    """A file of lines only: its size is known, nothing else; what can be made of it, a person decides."""
    points = segments.reshape(-1, 3)
    points = points[np.isfinite(points).all(axis=1)]
    size = [float(side) for side in np.ptp(points, axis=0)] if len(points) else [0.0]
    if max(size) <= 0:
        return refused("no_extent", "What is in this file lies in one point.")
    whole = segments[np.isfinite(segments).all(axis=(1, 2))]
    radius = np.full(len(whole), 0.011 * max(size))
    picture = draw(rods(whole[:, 0], whole[:, 1], radius, radius), cull=True)
    facts = MeshFacts(0, 0, (size[0], size[1], size[2]), 0.0, None, watertight=False)
    sentence = "There are only lines in this file, no surface."
    fix = "Export it with its faces, or tell us in the instructions what you have in mind."
    return _judged(facts, [Finding("no_faces", Severity.WARNING, sentence, fix)], picture)


def _judge_mesh(mesh: Mesh) -> Analysis:
    if mesh.segments is not None:
        return _judge_lines(mesh.segments)
    triangles, findings = mesh.triangles, mesh.findings
    lost = 0
    with np.errstate(over="ignore", invalid="ignore"):
        whole = bool(np.isfinite(triangles.sum()))  # one that is not finite makes the sum so too
    if not whole:
        finite = np.isfinite(triangles).all(axis=(1, 2))
        lost = int(len(triangles) - finite.sum())
    owners = mesh.owners
    if lost:
        triangles = triangles[finite]
        owners = owners[finite] if owners is not None else None
        sentence = f"{lost:,} of its triangles have no real coordinates, so we left them out."
        findings.append(Finding("bad_numbers", Severity.WARNING, sentence, "Export it again and compare."))
    if not len(triangles):
        return refused("empty", "There is no shape in this file.", "Please export it again.")
    measured = mesh.measured or measure(triangles, owners)
    if max(measured.facts.size_mm) <= 0 or measured.facts.area_mm2 <= 0:
        return refused("no_extent", "What is in this file has no surface: it all lies in a point or on a line.")
    facts = replace(measured.facts, unit=mesh.unit, objects=mesh.objects)
    if mesh.negative is not None:
        facts = _cut_out(facts, triangles, mesh.negative, findings)
    seen = replace(facts, watertight=False) if mesh.measured else facts  # of thinned copies no wall can be measured
    facts = replace(facts, **indicators(triangles, seen))
    measured = replace(measured, facts=facts)
    findings.extend(_findings(measured))
    findings.extend(_about_bodies(measured))
    if facts.unit == "" and _off_the_bed(triangles, max(facts.size_mm)):
        sentence = "It lies far away from the origin; we move it to the bed before we make it."
        findings.append(Finding("off_bed", Severity.NOTE, sentence, "", "centre"))
    picture = draw(triangles, cull=facts.watertight and not facts.inverted and not measured.bodies.turned)
    return _judged(facts, findings, picture)


def _cut_out(facts: MeshFacts, triangles: Triangles, negative: Triangles, findings: list[Finding]) -> MeshFacts:
    """The facts without what other volumes take away."""
    finite = negative[np.isfinite(negative).all(axis=(1, 2))]
    if not len(finite) or not facts.watertight or facts.volume_mm3 is None or not measure(finite).facts.watertight:
        sentence = "Parts are to be cut out of it that we cannot reckon with; we measured it whole."
        findings.append(Finding("negative", Severity.WARNING, sentence, "Cut them out before you export it."))
        return facts
    left = shared(triangles, finite)
    volume = facts.volume_mm3 - left.taken
    sentence = "Parts are cut out of it; its volume is told without them, its surface and picture with them."
    findings.append(Finding("negative", Severity.WARNING, sentence, "Please compare the volume."))
    size = np.minimum(np.maximum(left.high - left.low, 0.0), facts.size_mm)
    whole = np.array(facts.size_mm)
    size = np.where(size > (1 - SAME_SIZE) * whole, whole, size)
    return replace(facts, volume_mm3=max(volume, 0.0) or None, size_mm=tuple(size.tolist()))


def _about_bodies(measured: MeasuredMesh) -> list[Finding]:
    """What several bodies in one file do to one another."""
    bodies, found = measured.bodies, []
    if bodies.twice:
        sentence = f"Bodies in it go through one another; what they share ({bodies.twice:,.4g} mm³) is counted once."
        found.append(Finding("overlap", Severity.WARNING, sentence, "Join them where they were drawn."))
    if bodies.turned:
        which = "One of its bodies is" if bodies.turned == 1 else f"{bodies.turned:,} of its bodies are"
        sentence = f"{which} turned inside out; we measured what was meant."
        found.append(Finding("turned_bodies", Severity.NOTE, sentence, "", "repair"))
    if bodies.specks:
        sentence = "Its bodies are tiny beside the space between them."
        found.append(Finding("specks", Severity.WARNING, sentence, "Is it complete, and in the right unit?"))
    if measured.welded:
        sentence = "Some of its corners lay apart by a rounding error; we joined them."
        found.append(Finding("welded", Severity.NOTE, sentence))
    return found


def _off_the_bed(triangles: NDArray[np.float32], largest: float) -> bool:
    """Whether the part hangs or sinks, or lies far away from the origin."""
    corners = triangles.reshape(-1, 3)
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    return bool(abs(middle[2]) > 2 * largest or np.abs(middle[:2]).max() > 20 * largest)


def _judged(facts: MeshFacts, findings: list[Finding], picture: bytes) -> Analysis:
    warnings = [found for found in findings if found.severity is Severity.WARNING]
    if warnings:
        sentence = (
            "We can read it. Please have a look at this:"
            if len(warnings) == 1
            else "We can read it. Please have a look at these:"
        )
        return Analysis(Verdict.FINDINGS, warnings[0].code, sentence, facts, tuple(findings), picture)
    return Analysis(
        Verdict.ACCEPTED, "good", "Looks good: a closed shape that can be made.", facts, tuple(findings), picture
    )


def _findings(measured: MeasuredMesh) -> list[Finding]:
    facts = measured.facts
    found = []
    if min(facts.size_mm) <= 1e-6 * max(facts.size_mm):
        found.append(Finding("flat", Severity.WARNING, "It is flat: it has no thickness.", "Give it a thickness."))
    elif measured.open_edges:
        edges = f"{measured.open_edges:,} open edge{'s' if measured.open_edges > 1 else ''}"
        sentence = f"The surface has {edges}, so its volume is not certain."
        found.append(
            Finding(
                "open_edges",
                Severity.WARNING,
                sentence,
                "Most often it can be made all the same; we check it.",
                "repair",
            )
        )
    if measured.crowded_edges:
        edges = "one edge" if measured.crowded_edges == 1 else f"{measured.crowded_edges:,} edges"
        sentence = f"At {edges} more than two faces meet."
        found.append(
            Finding(
                "non_manifold", Severity.WARNING, sentence, "Join or separate the parts that touch there.", "repair"
            )
        )
    if measured.turned_faces and not measured.open_edges and not measured.crowded_edges:
        found.append(
            Finding(
                "mixed_winding", Severity.WARNING, "Some faces are turned inside out.", "Unify the normals.", "repair"
            )
        )
    found.extend(_about_size(facts))
    if facts.inverted:
        found.append(
            Finding("inverted", Severity.NOTE, "It is turned inside out; we measured it turned back.", "", "repair")
        )
    if facts.degenerate:
        sentence = f"{facts.degenerate:,} triangles have no area; they do no harm."
        found.append(Finding("degenerate", Severity.NOTE, sentence))
    if facts.bodies > MANY_BODIES:
        sentence = f"It consists of {facts.bodies:,} separate bodies."
        found.append(Finding("many_bodies", Severity.WARNING, sentence, "If it should be one part, join them first."))
    return found


def _about_size(facts: MeshFacts) -> list[Finding]:
    largest = max(facts.size_mm)
    told = f"It says {facts.unit}." if facts.unit else "The file tells no unit, and we read millimetres."
    if largest < TINY_MM:
        sentence = f"It is only {largest:.3g} mm large. {told}"
        fix = "Was it drawn in metres or inches? Choose the unit."
        return [Finding("tiny", Severity.WARNING, sentence, fix, "unit")]
    if largest > HUGE_MM:
        sentence = f"It is {largest / 1000:.3g} m large. {told}"
        return [Finding("huge", Severity.WARNING, sentence, "Was it drawn in micrometres? Choose the unit.", "unit")]
    if largest < SMALL_MM and not facts.unit:
        sentence = f"It is {largest:.3g} mm large. {told}"
        return [Finding("small", Severity.NOTE, sentence, "If it was drawn in inches, choose the unit.", "unit")]
    return []
