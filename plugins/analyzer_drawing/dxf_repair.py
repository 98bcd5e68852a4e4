"""Putting in the subclass markers that a DXF file lacks.

From R13 on, each entity's data stands in subclasses (group code 100, "AcDbEntity", "AcDbLine", ...). Readers of older
programs never asked for them, so many converters leave them out.
"""

from __future__ import annotations

import re

SUBCLASSES = {
    "LINE": ("AcDbLine",), "CIRCLE": ("AcDbCircle",), "ARC": ("AcDbCircle",), "ELLIPSE": ("AcDbEllipse",),
    "LWPOLYLINE": ("AcDbPolyline",), "POLYLINE": ("AcDb2dPolyline",), "VERTEX": ("AcDbVertex", "AcDb2dVertex"),
    "SPLINE": ("AcDbSpline",), "POINT": ("AcDbPoint",), "TEXT": ("AcDbText",), "MTEXT": ("AcDbMText",),
    "INSERT": ("AcDbBlockReference",), "HATCH": ("AcDbHatch",), "SOLID": ("AcDbTrace",), "TRACE": ("AcDbTrace",),
    "3DFACE": ("AcDbFace",), "DIMENSION": ("AcDbDimension",), "ATTRIB": ("AcDbText", "AcDbAttribute"),
    "IMAGE": ("AcDbRasterImage",), "LEADER": ("AcDbLeader",), "SEQEND": (), "MESH": ("AcDbSubDMesh",),
    "ATTDEF": ("AcDbText", "AcDbAttributeDefinition"), "MLINE": ("AcDbMline",),
}  # fmt: skip
COMMON = frozenset((
    "5", "330", "360", "102", "8", "6", "48", "60", "62", "67", "370", "410", "420", "430", "440", "284", "347",
))  # fmt: skip
VERSION = re.compile(rb"(\$ACADVER\s*\n\s*1\s*\n\s*)AC10\d\d")
NAMED = b"9\n$ACADVER\n1\nAC1015\n"
HEADER = b"0\nSECTION\n2\nHEADER\n" + NAMED + b"0\nENDSEC\n"
BEGIN_OF_HEADER = re.compile(rb"^[ \t]*0[ \t]*\nSECTION[ \t]*\n[ \t]*2[ \t]*\nHEADER[ \t]*\n", re.MULTILINE)
NEWER = re.compile(rb"^[ \t]*(?:LWPOLYLINE|SPLINE|ELLIPSE|HATCH|MTEXT|MESH|MLINE|LEADER|IMAGE)[ \t]*\r?$", re.MULTILINE)
"""Elements that came after R12."""
CODE = re.compile(rb"\s*-?\d{1,4}\s*")
Tag = tuple[bytes, bytes]


def with_markers(raw: bytes) -> bytes:
    """The file with the missing markers. A file that is no text, or lacks none, comes back in meaning as it was."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    tags = list(zip(lines[0::2], lines[1::2], strict=False))
    out: list[Tag] = []
    entity: list[Tag] = []
    for tag in tags:
        if tag[0].strip() == b"0":
            out.extend(_mended(entity))
            entity = []
        entity.append(tag)
    out.extend(_mended(entity))
    return _as_2000(b"\n".join(b"\n".join(tag) for tag in out) + b"\n")


def needs_markers(raw: bytes) -> bool:
    """Whether it holds elements that are read by their markers alone."""
    return NEWER.search(raw) is not None


def with_whole_strings(raw: bytes) -> bytes:
    """The file without the lines that stand where a group code should: texts that were broken into several lines."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    out: list[bytes] = []
    for line in lines:
        if len(out) % 2 or CODE.fullmatch(line):
            out.append(line)
    return b"\n".join(out) + b"\n"


def _as_2000(raw: bytes) -> bytes:
    """Say R2000: a file that names an older version, or none, would have its markers ignored."""
    named, changes = VERSION.subn(rb"\g<1>AC1015", raw, count=1)
    if changes:
        return named
    header = BEGIN_OF_HEADER.search(raw)
    return raw[: header.end()] + NAMED + raw[header.end() :] if header else HEADER + raw


def _mended(entity: list[Tag]) -> list[Tag]:
    if not entity:
        return []
    kind = entity[0][1].strip().decode("ascii", "replace").upper()
    wanted = SUBCLASSES.get(kind)
    if wanted is None or any(code.strip() == b"100" and value.strip() != b"AcDbEntity" for code, value in entity):
        return entity
    common = [entity[0]]
    own: list[Tag] = []
    for tag in entity[1:]:
        code = tag[0].strip()
        if code == b"100":
            continue
        (common if not own and code.decode("ascii", "replace") in COMMON else own).append(tag)
    marks = [(b"100", name.encode()) for name in wanted]
    if kind == "ARC":  # its angles have a subclass of their own, behind those of the circle
        angles = [tag for tag in own if tag[0].strip() in (b"50", b"51")]
        own = [tag for tag in own if tag not in angles] + [(b"100", b"AcDbArc"), *angles]
    return [common[0], *common[1:], (b"100", b"AcDbEntity"), *marks, *own]
