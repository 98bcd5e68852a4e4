"""From a file to an analysis: read, measure, judge, draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from craftops.domain.designs import Analysis, Finding, MeshFacts, Severity, Verdict

from .facts import Measured, measure
from .picture import draw
from .stl import NotReadable, read_stl

TINY_MM = 1.0
HUGE_MM = 2000.0
MANY_BODIES = 20


def analyse_stl(path: Path) -> Analysis:
    """The verdict on the STL file at ``path``."""
    try:
        triangles, findings = read_stl(path)
    except NotReadable as error:
        return _refused(error.code, error.sentence)
    finite = np.isfinite(triangles).all(axis=(1, 2))
    lost = int(len(triangles) - finite.sum())
    if lost:
        triangles = triangles[finite]
        sentence = f"{lost:,} of its triangles have no real coordinates, so we left them out."
        findings.append(Finding("bad_numbers", Severity.WARNING, sentence, "Export it again and compare."))
    if not len(triangles):
        return _refused("empty", "There is no shape in this file.")
    measured = measure(triangles)
    if max(measured.facts.size_mm) <= 0:
        return _refused("no_extent", "Everything in this file lies in one point.")
    findings.extend(_findings(measured))
    picture = draw(triangles, cull=measured.facts.watertight and not measured.facts.inverted)
    return _judged(measured.facts, findings, picture)


def _refused(code: str, sentence: str) -> Analysis:
    return Analysis(Verdict.REFUSED, code, sentence, findings=(Finding(code, Severity.ERROR, sentence),))


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


def _findings(measured: Measured) -> list[Finding]:
    facts = measured.facts
    found = []
    if min(facts.size_mm) <= 1e-6 * max(facts.size_mm):
        found.append(Finding("flat", Severity.WARNING, "It is flat: it has no thickness.", "Give it a thickness."))
    elif measured.open_edges:
        edges = f"{measured.open_edges:,} open edge{'s' if measured.open_edges > 1 else ''}"
        sentence = f"The surface has {edges}, so its volume is not certain."
        found.append(
            Finding("open_edges", Severity.WARNING, sentence, "Most often it can be made all the same; we check it.")
        )
    if measured.crowded_edges:
        edges = "one edge" if measured.crowded_edges == 1 else f"{measured.crowded_edges:,} edges"
        sentence = f"At {edges} more than two faces meet."
        found.append(
            Finding("non_manifold", Severity.WARNING, sentence, "Join or separate the parts that touch there.")
        )
    if measured.turned_faces and not measured.open_edges and not measured.crowded_edges:
        found.append(
            Finding("mixed_winding", Severity.WARNING, "Some faces are turned inside out.", "Unify the normals.")
        )
    found.extend(_about_size(facts))
    if facts.inverted:
        found.append(Finding("inverted", Severity.NOTE, "It was turned inside out; we turned it back."))
    if facts.degenerate:
        sentence = f"{facts.degenerate:,} triangles have no area; they do no harm."
        found.append(Finding("degenerate", Severity.NOTE, sentence))
    if facts.bodies > MANY_BODIES:
        sentence = f"It consists of {facts.bodies:,} separate bodies."
        found.append(Finding("many_bodies", Severity.WARNING, sentence, "If it should be one part, join them first."))
    return found


def _about_size(facts: MeshFacts) -> list[Finding]:
    largest = max(facts.size_mm)
    if largest < TINY_MM:
        sentence = f"It is only {largest:.3g} mm large. An STL tells no unit, and we read millimetres."
        return [
            Finding(
                "tiny", Severity.WARNING, sentence, "Was it drawn in metres or inches? Tell us in the instructions."
            )
        ]
    if largest > HUGE_MM:
        sentence = f"It is {largest / 1000:.3g} m large. An STL tells no unit, and we read millimetres."
        return [
            Finding("huge", Severity.WARNING, sentence, "Was it drawn in micrometres? Tell us in the instructions.")
        ]
    return []
