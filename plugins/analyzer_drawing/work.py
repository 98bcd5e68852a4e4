"""From a file to an analysis: read, measure, judge, draw."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from craftops.domain.files.designs import Analysis, DrawingFacts, FileFormat, Finding, Severity, Verdict
from craftops.domain.files.file_types import HEAD, identify, refusal
from craftops.sdk.analyzer import NotReadable, refused

from .contours import MeasuredDrawing, measure, twins
from .dimensions import with_dimensions, words
from .picture import draw, png_of
from .strokes import Drawing, TooMuch

READERS = {FileFormat.DXF: ("dxf", "read_dxf"), FileFormat.SVG: ("svg", "read_svg"), FileFormat.AI: ("ai", "read_ai")}
TINY_MM = 1.0
HUGE_MM = 3000.0
DISAGREES = 0.02
"""A share of a drawing's size; by so much what is seen and what was measured may differ."""
MITRE = 4.0
"""How far a line may stand out at a sharp corner, in widths of itself (``stroke-miterlimit``)."""
EXPLAINED = frozenset((
    "clipped", "masked", "markers", "outside_page", "all_hidden", "bad_elements", "font", "filtered", "zoomed",
))  # fmt: skip
"""Findings that have told already why the two differ."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The verdict on a drawing, and what it was reached from."""

    analysis: Analysis
    drawing: Drawing | None = None
    measured: MeasuredDrawing | None = None
    """None where there is nothing to measure."""


def examine(path: Path, claimed: FileFormat) -> Examined:
    """The verdict on the drawing at ``path``, whose name claims this format."""
    try:
        with path.open("rb") as file:
            _refuse_other_kinds(file.read(HEAD), claimed)
        drawing = reader_of(claimed)(path)
    except NotReadable as error:
        return Examined(refused(error.code, error.sentence, error.fix))
    except (TooMuch, RecursionError):
        sentence = "It holds more lines than we measure by machine, so we will check it by hand."
        return Examined(Analysis(Verdict.BY_HAND, "too_complex", sentence))
    return _judge(drawing)


def reader_of(claimed: FileFormat) -> Callable[[Path], Drawing]:
    """The reader of a format; imported when it is needed, since each brings a heavy library."""
    module, name = READERS[claimed]
    found: Callable[[Path], Drawing] = getattr(importlib.import_module(f"{__package__}.{module}"), name)
    return found


def _refuse_other_kinds(head: bytes, claimed: FileFormat) -> None:
    name = f"file.{claimed.value}"
    kind = identify(head, name)
    if kind.name not in (claimed.value, "unknown", "xml", "archive"):
        raise NotReadable("empty" if kind.name == "empty" else "other_format", refusal(kind, name))


def _judge(drawing: Drawing) -> Examined:
    if not drawing.strokes:
        return Examined(_without_paths(drawing), drawing)
    measured = measure(drawing)
    if max(measured.facts.size_mm) <= 0:
        return Examined(refused("no_extent", "Everything in this drawing lies in one point."))
    findings = (*drawing.findings, *_findings(drawing, measured), *_beside_the_picture(drawing, measured))
    picture = with_dimensions(
        drawing.picture or draw(drawing), measured.facts.size_mm, unit=" mm" if drawing.unit_known else ""
    )
    return Examined(_judged(measured.facts, findings, picture), drawing, measured)


def _beside_the_picture(drawing: Drawing, measured: MeasuredDrawing) -> list[Finding]:
    """What is seen, held against what was measured: a drawing is as large as its lines, and these have a width."""
    if drawing.seen_mm is None or drawing.texts or drawing.images:
        return []  # these are seen and not measured
    if EXPLAINED & {found.code for found in drawing.findings}:
        return []
    size = measured.facts.size_mm
    slack = DISAGREES * max(size)
    widest = MITRE * max(stroke.pen for stroke in drawing.strokes) + slack
    if all(side - slack <= seen <= side + widest for seen, side in zip(drawing.seen_mm, size, strict=True)):
        return []
    seen, own = (f"{words(wide, '')} × {words(high)}" for wide, high in (drawing.seen_mm, size))
    sentence = f"What is seen of it is {seen} large, but its lines measure {own}."
    return [Finding("picture_differs", Severity.WARNING, sentence, "Please compare the picture.")]


def _without_paths(drawing: Drawing) -> Analysis:
    """Nothing to cut: what there is instead decides what we say. No measure, and so no price, comes from it."""
    what = "There is nothing drawn in this file that could be cut."
    fix = "Please look whether it is the right file, and export it again."
    if drawing.solids:
        what = "There are only 3D bodies in it, no lines to cut."
        fix = "Export the outline as DXF, or the body as STL or 3MF."
    elif drawing.texts:
        what, fix = (
            "There is only text in it, no lines to cut.",
            "Turn the text into outlines (curves) and save it again.",
        )
    elif drawing.images:
        what, fix = (
            "There are only pictures in it, no lines to cut.",
            "Trace the picture, or tell us that we may engrave it.",
        )
    facts = DrawingFacts((0.0, 0.0), drawing.unit, 0.0, 0, 0, 0, 0, 0, 0, 0, drawing.texts, drawing.images)
    findings = (*drawing.findings, Finding("no_paths", Severity.WARNING, what, fix))
    return _judged(facts, findings, drawing.picture)


def _judged(facts: DrawingFacts, findings: tuple[Finding, ...], image: Image.Image | None) -> Analysis:
    picture = png_of(image) if image is not None else None
    warnings = [found for found in findings if found.severity is Severity.WARNING]
    if not warnings:
        sentence = "Looks good: lines that can be cut."
        return Analysis(Verdict.ACCEPTED, "good", sentence, findings=findings, picture=picture, drawing=facts)
    these = "this" if len(warnings) == 1 else "these"
    sentence = f"We can read it. Please have a look at {these}:"
    return Analysis(Verdict.FINDINGS, warnings[0].code, sentence, findings=findings, picture=picture, drawing=facts)


def _findings(drawing: Drawing, measured: MeasuredDrawing) -> list[Finding]:
    found = [
        _about_its_unit(drawing, measured),
        _about_open_contours(measured),
        _about_doubles(drawing, measured),
        *_about_what_is_in_it(drawing, measured),
    ]
    return [one for one in found if one is not None]


def _about_its_unit(drawing: Drawing, measured: MeasuredDrawing) -> Finding | None:
    size = measured.facts.size_mm
    wide, high = (words(side, "") for side in size)
    fix = "Is that right? If not, choose the unit."
    if not drawing.unit_known and not drawing.unit:
        sentence = f"The file does not say its unit. We read millimetres: {wide} × {high} mm."
        return Finding("no_unit", Severity.WARNING, sentence, fix, "unit")
    if drawing.unit_known and (max(size) < TINY_MM or max(size) > HUGE_MM):
        return Finding("odd_size", Severity.WARNING, f"It is {wide} × {high} mm large.", fix, "unit")
    return None


def _about_open_contours(measured: MeasuredDrawing) -> Finding | None:
    if not (number := measured.facts.open):
        return None
    sentence = "One contour is open." if number == 1 else f"{number:,} contours are open."
    near = f" {measured.gaps:,} of the gaps are smaller than half a millimetre." if measured.gaps else ""
    severity, remedy = (Severity.WARNING, "close_gaps") if measured.gaps else (Severity.NOTE, "")
    return Finding("open_contours", severity, sentence + near, "Close what is to be cut out.", remedy)


def _about_doubles(drawing: Drawing, measured: MeasuredDrawing) -> Finding | None:
    if not (number := measured.facts.duplicates):
        return None
    which, on = ("One line lies", "another") if number == 1 else (f"{number:,} lines lie", "others")
    sentence = f"{which} exactly on {on}, over {words(measured.doubled_mm)}."
    remedy = "merge_duplicates" if any(twins(drawing.strokes)) else ""
    return Finding("duplicates", Severity.WARNING, sentence, "They would be cut twice; remove the doubles.", remedy)


def _about_what_is_in_it(drawing: Drawing, measured: MeasuredDrawing) -> Iterator[Finding]:
    facts = measured.facts
    if facts.crossings:
        sentence = f"Lines cross each other in {facts.crossings:,} places."
        yield Finding("crossings", Severity.NOTE, sentence, "Fine for engraving; a cut would fall apart there.")
    if facts.texts:
        fix = "Turn what is to be made into outlines (curves)."
        sentence = (
            f"It holds {facts.texts:,} live text{'s' if facts.texts > 1 else ''} or dimensions; we do not cut them."
        )
        yield Finding("live_text", Severity.WARNING, sentence, fix)
    if facts.images:
        sentence = f"It holds {facts.images:,} picture{'s' if facts.images > 1 else ''}, which cannot be cut."
        yield Finding("raster", Severity.WARNING, sentence, "Trace them, or tell us that we may engrave them.")
    if drawing.solids:
        sentence = "It holds 3D bodies; we took its lines only."
        yield Finding("solids", Severity.WARNING, sentence, "Send bodies as STL or 3MF.")
