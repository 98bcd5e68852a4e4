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
UNSEEN = re.compile(rb"^[ \t]*60[ \t]*\r?\n[ \t]*1[ \t]*\r?$", re.MULTILINE)
"""What says that an element is not to be shown, which R12 did not know."""
PADDED = re.compile(rb"^[ \t]*SECTION[ \t]+\r?$", re.MULTILINE)
FORTRAN = re.compile(rb"([\d.])[dD](?=[-+]?\d+$)")
BINARY = b"AutoCAD Binary DXF"
END = re.compile(rb"^[ \t]*0[ \t]*\r?\n[ \t]*EOF\b", re.MULTILINE)
KIND = re.compile(rb"[ \t]*[A-Z][A-Z0-9_]{2,30}[ \t]*")
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


def _with_base(entity: list[Tag]) -> list[Tag]:
    """An entity that names its own subclass and not the one that all have."""
    head = 1
    while head < len(entity) and entity[head][0].strip() in (b"5", b"330", b"360", b"102"):
        head += 1
    return [*entity[:head], (b"100", b"AcDbEntity"), *entity[head:]]


def is_cut_off(raw: bytes) -> bool:
    """Whether a file as text ends without the tag that ends every DXF."""
    return not raw.startswith(BINARY) and b"SECTION" in raw and END.search(raw[-200:]) is None


def with_end(raw: bytes) -> bytes:
    """The file up to its last whole element, and an end."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    tags = list(zip(lines[0::2], lines[1::2], strict=False))
    last = next((i for i in range(len(tags) - 1, -1, -1) if tags[i][0].strip() == b"0"), 0)
    kept = tags[:last] if tags else []
    closing = [] if tags and tags[last][1].strip() == b"ENDSEC" else [(b"0", b"ENDSEC")]
    return b"\n".join(b"\n".join(tag) for tag in [*kept, *closing, (b"0", b"EOF")]) + b"\n"


def tidied(raw: bytes) -> bytes:
    """The file as text with its words as they should be: without spaces behind them, and in capitals if none are."""
    if raw.startswith(BINARY):
        return raw
    if PADDED.search(raw):
        raw = b"\n".join(line.rstrip() for line in raw.replace(b"\r\n", b"\n").split(b"\n"))
    return raw.upper() if b"SECTION" not in raw and b"section" in raw else raw


def with_numbers(raw: bytes) -> bytes:
    """The file with decimal commas, and exponents as Fortran writes them, turned into what all others write."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    for place in range(1, len(lines), 2):
        value = lines[place]
        if (b"," in value or b"d" in value.lower()) and _counts(lines[place - 1]) and not _is_number(value):
            other = FORTRAN.sub(rb"\1e", value.strip().replace(b",", b".", 1) if b"." not in value else value.strip())
            lines[place] = other if _is_number(other) else value
    return b"\n".join(lines)


def with_ends_of_polylines(raw: bytes) -> bytes:
    """The file with a SEQEND behind every run of vertices that has none."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    out: list[bytes] = []
    before = b""
    for code, value in zip(lines[0::2], lines[1::2], strict=False):
        if code.strip() == b"0":
            kind = value.strip()
            if before == b"VERTEX" and kind not in (b"VERTEX", b"SEQEND"):
                out += [b"0", b"SEQEND"]
            before = kind
        out += [code, value]
    return b"\n".join(out) + b"\n"


def without_broken(raw: bytes) -> tuple[bytes, int]:
    """The file without elements whose coordinates are no numbers, and how many these were."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    out: list[bytes] = []
    element: list[Tag] = []
    lost = 0
    for tag in [*zip(lines[0::2], lines[1::2], strict=False), (b"0", b"")]:
        if tag[0].strip() == b"0":
            whole = all(_is_number(value) for code, value in element if _counts(code))
            lost += not whole
            out += [line for one in element if whole for line in one]
            element = []
        element.append(tag)
    return b"\n".join(out) + b"\n", lost


def _counts(code: bytes) -> bool:
    """Whether a group holds a coordinate, a length or an angle (DXF reference, "Group Code Value Types")."""
    word = code.strip()
    return word.isdigit() and (10 <= int(word) <= 59 or 210 <= int(word) <= 239)


def _is_number(value: bytes) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def needs_markers(raw: bytes) -> bool:
    """Whether it holds what is read by its markers alone."""
    return NEWER.search(raw) is not None or UNSEEN.search(raw) is not None


def with_whole_strings(raw: bytes) -> bytes:
    """The file without the lines that stand where a group code should: texts that were broken into several lines."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    out: list[bytes] = []
    for line in lines:
        if len(out) % 2 or CODE.fullmatch(line):
            out.append(line)
        elif len(out) > 1 and out[-1].strip() == b"0" and KIND.fullmatch(line):
            del out[
                -2
            ]  # a piece of the text that is a number: it was taken for a code, and the next code for its value
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
    marked = [value.strip() for code, value in entity if code.strip() == b"100"]
    if wanted is None or (b"AcDbEntity" in marked[:1] and len(marked) > 1):
        return entity
    if marked and marked[0] != b"AcDbEntity":
        return _with_base(entity)
    common, own = _parted(entity)
    marks = [(b"100", name.encode()) for name in wanted]
    if kind == "ARC":  # its angles have a subclass of their own, behind those of the circle
        angles = [tag for tag in own if tag[0].strip() in (b"50", b"51")]
        own = [tag for tag in own if tag not in angles] + [(b"100", b"AcDbArc"), *angles]
    return [common[0], *common[1:], (b"100", b"AcDbEntity"), *marks, *own]


def _parted(entity: list[Tag]) -> tuple[list[Tag], list[Tag]]:
    """What all entities have, and what is its own; without marks of subclasses."""
    common, own = [entity[0]], list[Tag]()
    for tag in entity[1:]:
        code = tag[0].strip()
        if code != b"100":
            (common if not own and code.decode("ascii", "replace") in COMMON else own).append(tag)
    return common, own
