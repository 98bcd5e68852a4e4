"""Reading Wavefront OBJ: vertices and faces; materials, textures, normals and curves are not needed.

Format: Wavefront "Object Files (.obj)", version 3.0. Nothing that an OBJ names (a material library, a texture) is
ever opened. The usual file, lines of ``v x y z`` and ``f a b c``, is read in bulk; what is unusual, line by line.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from craftops.domain.files.designs import Finding, Severity
from craftops.sdk.analyzer import NotReadable

from .numbers import decimals, wholes
from .polygons import split
from .reading import Mesh, Triangles

SLASHES = re.compile(rb"/[^ \t]*")
CONTINUED = re.compile(rb"[ \t]*\\[ \t]*\r?\n[ \t]*")
BROKEN_LINE = re.compile(rb"\r?\n[ \t]*(?=[-+.]?\d)")
"""Before a line that begins with a number, which none does by itself."""
REMARK = re.compile(rb"[ \t]+#[^\r\n]*")
OF_A_BLOCK = re.compile(rb"^[ \t]*(?:v|fo?)[ \t]", re.MULTILINE)
FREE_FORM = re.compile(rb"^[ \t]*(?:curv|surf)[ \t]", re.MULTILINE)
CALLED = re.compile(rb"^[ \t]*call[ \t]+\S", re.MULTILINE)
LARGEST_POLYGON = 100_000
HEAD = 16_384
"""Bytes at the beginning in which a comment may name the unit."""
UNITS = {"micron": 0.001, "millimeter": 1.0, "centimeter": 10.0, "meter": 1000.0, "inch": 25.4, "foot": 304.8}
SHORT = {
    "mm": "millimeter", "cm": "centimeter", "m": "meter", "in": "inch", "ft": "foot", "µm": "micron", "um": "micron",
    "millimeters": "millimeter", "millimetre": "millimeter", "millimetres": "millimeter", "centimeters": "centimeter",
    "centimetre": "centimeter", "centimetres": "centimeter", "meters": "meter", "metre": "meter", "metres": "meter",
    "inches": "inch", "feet": "foot", "microns": "micron", "micrometers": "micron", "micrometres": "micron",
}  # fmt: skip
WORD = "|".join(sorted((*UNITS, *SHORT), key=len, reverse=True))
COMMENT = re.compile(rb"^[ \t]*#([^\r\n]*)", re.MULTILINE)
ONE_UNIT = re.compile(rf"\b(?:1|one)\s*units?\s*(?:=|is|:)\s*([\d.]*\d)\s*({WORD})\b")
LONG = "|".join(sorted((word for word in (*UNITS, *SHORT) if len(word) > 2), key=len, reverse=True))
NAMED_UNIT = re.compile(
    rf"\bunits?\b(?:\s+(?:are|is|in|used|of|scale|system|name))*\s*[:=]?\s*[\"'(\[]?\s*(?:1(?:\.0*)?\s+)?({WORD})\b"
)
UNIT_LAST = re.compile(
    rf"\b(?:coordinates|dimensions|lengths|measures|vertices)\s+(?:are\s+)?in\s+({WORD})\b"
    rf"|\b(?:created|exported|written|modell?ed|saved|drawn)\s+in\s+({LONG})\b|\bscale\s*[:=]\s*({LONG})\b"
)
Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Row = TypeVar("Row", Floats, Numbers)


def read_obj(path: Path) -> Mesh:
    """All faces of the file as triangles, in millimetres where a comment names the unit. Raises NotReadable."""
    data = path.read_bytes()
    unit, mm = unit_of(data)
    mesh = _read(data)
    mesh.unit = unit
    if FREE_FORM.search(data):
        sentence = "It holds free-form curves or surfaces, which we do not read; we took its faces alone."
        mesh.findings.append(Finding("free_form", Severity.WARNING, sentence, "Turn them into faces first."))
    if CALLED.search(data):
        sentence = "Parts of it lie in other files, which we do not have."
        mesh.findings.append(Finding("elsewhere", Severity.WARNING, sentence, "Export it as one file."))
    if mm != 1.0:
        with np.errstate(over="ignore"):
            mesh.triangles = mesh.triangles * np.float32(mm)
        if mesh.segments is not None:
            mesh.segments = mesh.segments * mm
    return mesh


def unit_of(data: bytes) -> tuple[str, float]:
    """The unit that comments name, and its millimetres; nothing and 1 where they name none, as the format has none."""
    for comment in COMMENT.findall(data[:HEAD]):
        text = comment.decode("utf-8", "replace").lower()
        exact = ONE_UNIT.search(text)
        if exact:
            mm = float(exact[1]) * UNITS[SHORT.get(exact[2], exact[2])]
            return next((name for name, its in UNITS.items() if abs(its - mm) < 1e-3 * its), f"{mm:g} mm"), mm
        named = NAMED_UNIT.search(text) or UNIT_LAST.search(text)
        if named:
            word = next(one for one in named.groups() if one)
            name = SHORT.get(word, word)
            return name, UNITS[name]
    return "", 1.0


def _read(data: bytes) -> Mesh:
    if not data or data.isspace():
        raise NotReadable("empty", "The file is empty.", "Please send it again.")
    data = _in_plain_lines(data)
    findings: list[Finding] = []
    plain = _plain(data)
    if plain is not None:
        return Mesh(_of_known_points(*plain, findings), findings)
    if BROKEN_LINE.search(data):
        data = BROKEN_LINE.sub(b" ", data)
        sentence = "Some of its lines are broken in two; we joined them."
        findings.append(Finding("broken_lines", Severity.NOTE, sentence))
    lines = data.split(b"\n")
    del data
    return _of_lines(lines, findings)


def _in_plain_lines(data: bytes) -> bytes:
    """One line for each thing, as bytes, whatever wrote it; without remarks behind it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b" #" in data or b"\t#" in data:
        data = REMARK.sub(b"", data)
    if b"\\\n" in data or b"\\\r" in data:
        data = CONTINUED.sub(b" ", data)
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    return data


def _of_lines(lines: list[bytes], findings: list[Finding]) -> Mesh:
    if any(line[:1] in (b" ", b"\t") for line in lines):
        lines = [line.lstrip() for line in lines]
    corners = [line for line in lines if line[:2] in (b"v ", b"v\t")]
    faces = [line for line in lines if line[:2] in (b"f ", b"f\t") or line[:3] == b"fo "]
    if not corners:
        raise NotReadable("not_obj", "This is not an OBJ file, or there is no shape in it.", "Please export it again.")
    vertices = _vertices(corners, findings)
    if faces:
        return Mesh(_triangles(faces, vertices, findings, lines), findings)
    segments = _segments([line for line in lines if line[:2] in (b"l ", b"l\t")], vertices)
    if segments is None:
        raise NotReadable("no_faces", "There are only points in this file, no surface.", "Export it with its faces.")
    return Mesh(np.empty((0, 3, 3), np.float32), findings, segments=segments)


def _plain(data: bytes) -> tuple[Floats, Numbers] | None:
    """Points, and faces as their places, of the usual file: one block of ``v x y z``, one of ``f a b c``, and nothing
    but other lines around them. None for every other file; the reader of lines below gives the same, slower.
    """
    begin = 0 if data.startswith(b"v ") else data.find(b"\nv ") + 1
    faces = data.find(b"\nf ", begin) + 1
    if not faces or not data.startswith(b"v ", begin) or b"\\" in data:
        return None
    end, last = _end_of_block(data, begin, b"v"), _end_of_block(data, faces, b"f")
    if end > faces or any(OF_A_BLOCK.search(part) for part in (data[:begin], data[end:faces], data[last:])):
        return None
    points, numbers = _three_each(data[begin:end], b"v", decimals), _three_each(data[faces:last], b"f", wholes)
    if points is None or numbers is None or numbers.min() < 1:
        return None
    return points, numbers - 1


def _end_of_block(data: bytes, begin: int, letter: bytes) -> int:
    found = re.compile(rb"\n(?!%b )" % letter).search(data, begin)
    return found.end() if found else len(data)


def _three_each(block: bytes, letter: bytes, parse: Callable[[bytes], Row | None]) -> Row | None:
    """The numbers of lines of a letter and three numbers with one space before each; None where a line is not so."""
    text = np.frombuffer(block if block.endswith(b"\n") else block + b"\n", np.uint8)
    ends, spaces = np.flatnonzero(text == 10), np.flatnonzero(text == 32)
    if len(spaces) != 3 * len(ends) or b"\t" in block or block.count(b"\r") != block.count(b"\r\n"):
        return None
    first, second, third = spaces.reshape(-1, 3).T
    before = np.concatenate(([-1], ends[:-1]))
    regular = (first == before + 2) & (second > first + 1) & (third > second + 1) & (ends > third + 1)
    if not regular.all():
        return None
    flat = parse(block.translate(None, letter + b"\r\n"))
    return flat.reshape(-1, 3) if flat is not None and len(flat) == 3 * len(ends) else None


def _numbers(lines: list[bytes], skip: int) -> Floats | None:
    """All numbers of the lines in one row; None if there is anything but numbers behind ``skip`` letters."""
    return decimals(b" ".join([line[skip:] for line in lines]))


def _vertices(lines: list[bytes], findings: list[Finding]) -> Floats:
    flat = _numbers(lines, 1)
    if flat is not None and len(flat) and len(flat) % len(lines) == 0:
        width = len(flat) // len(lines)
        if width in (3, 4, 6, 7) and (width == 3 or _even(lines, width)):
            return flat.reshape(-1, width)[:, :3]
    rows, lost = [], 0
    for line in lines:
        try:
            x, y, z = (float(word.replace(b",", b".")) for word in line.split()[1:4])
            rows.append((x, y, z))
        except ValueError:
            lost += 1
            rows.append((np.nan, np.nan, np.nan))
    if lost:
        sentence = f"{lost:,} of its points cannot be read, so a part of it may be missing."
        findings.append(Finding("bad_numbers", Severity.WARNING, sentence, "Export it again and compare."))
    return np.array(rows, np.float64)


def _even(lines: list[bytes], width: int) -> bool:
    """Whether each line really has ``width`` numbers; an average is no proof."""
    return all(len(line.split()) == width + 1 for line in lines)


def _triangles(faces: list[bytes], vertices: Floats, findings: list[Finding], lines: list[bytes]) -> Triangles:
    flat = _numbers(_without_slashes(faces), 1)
    if flat is not None and len(flat) == 3 * len(faces) and flat.min() >= 1 and _even_faces(faces):
        numbers = np.minimum(flat, len(vertices) + 1).astype(np.int64).reshape(-1, 3) - 1
    else:
        numbers = _patiently(
            faces, lines if flat is not None and len(flat) and flat.min() < 0 else None, vertices, findings
        )
    return _of_known_points(vertices, numbers, findings)


def _of_known_points(vertices: Floats, numbers: Numbers, findings: list[Finding]) -> Triangles:
    lost = 0
    if numbers.min() < 0 or numbers.max() >= len(vertices):
        known = np.asarray(((numbers >= 0) & (numbers < len(vertices))).all(axis=1))
        lost = int(len(known) - known.sum())
    if lost:
        if lost == len(known):
            raise NotReadable(
                "bad_index", "Its faces name points that the file does not hold.", "Please export it again."
            )
        sentence = f"{lost:,} faces name points that the file does not hold; we left them out."
        findings.append(Finding("bad_index", Severity.WARNING, sentence, "Export it again and compare."))
        numbers = numbers[known]
    with np.errstate(over="ignore"):  # what no float holds becomes infinite, and is left out with the other bad numbers
        return vertices.astype(np.float32).take(numbers, axis=0)


def _without_slashes(faces: list[bytes]) -> list[bytes]:
    if not any(b"/" in line for line in faces[:50]) and b"/" not in b"".join(faces):
        return faces
    return SLASHES.sub(b"", b"\n".join(faces)).split(b"\n")


def _even_faces(faces: list[bytes]) -> bool:
    return all(len(line.split()) == 4 for line in faces)


def _patiently(faces: list[bytes], lines: list[bytes] | None, vertices: Floats, findings: list[Finding]) -> Numbers:
    """Face by face: polygons as triangles, negative numbers from the points that stand before them (``lines``)."""
    found: list[tuple[int, int, int]] = []
    lost, count = 0, len(vertices)
    for before, line in _with_points_before(faces, lines, count):
        try:
            corners = [int(word.split(b"/", 1)[0]) for word in line.split()[1:]]
        except ValueError:
            lost += 1
            continue
        if len(corners) < 3 or len(corners) > LARGEST_POLYGON or 0 in corners:
            lost += 1
            continue
        corners = [min(number - 1, count) if number > 0 else max(before + number, -1) for number in corners]
        found.extend(split(corners, vertices))
    if lost:
        sentence = f"{lost:,} faces cannot be read, so a part of it may be missing."
        findings.append(Finding("bad_faces", Severity.WARNING, sentence, "Export it again and compare."))
    if not found:
        raise NotReadable("bad_faces", "None of its faces can be read.", "Please export it again.")
    return np.array(found, np.int64)


def _with_points_before(faces: list[bytes], lines: list[bytes] | None, count: int) -> list[tuple[int, bytes]]:
    if lines is None:
        return [(count, line) for line in faces]
    pairs, before = [], 0
    for line in lines:
        if line[:2] in (b"v ", b"v\t"):
            before += 1
        elif line[:2] in (b"f ", b"f\t") or line[:3] == b"fo ":
            pairs.append((before, line))
    return pairs


def _segments(lines: list[bytes], vertices: Floats) -> Floats | None:
    """Pieces of line, shape (n, 2, 3); None where there are none."""
    pairs: list[tuple[int, int]] = []
    for line in lines:
        try:
            numbers = [int(word.split(b"/", 1)[0]) for word in line.split()[1:]]
        except ValueError:
            continue
        numbers = [number - 1 if number > 0 else len(vertices) + number for number in numbers]
        pairs.extend(
            (a, b) for a, b in itertools.pairwise(numbers) if 0 <= a < len(vertices) and 0 <= b < len(vertices)
        )
    return vertices[np.array(pairs)] if pairs else None
