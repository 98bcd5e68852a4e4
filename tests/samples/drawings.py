"""Small drawings that the tests write themselves: DXF tag by tag, SVG, and PDF by hand as Illustrator wraps it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

import ezdxf

SPACE = 'xmlns="http://www.w3.org/2000/svg"'
XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
Corner = tuple[float, float]


def tags(*pairs: object) -> str:
    """DXF tags from code, value, code, value, ..."""
    return "".join(f"{one}\n" for one in pairs)


def line(x1: float, y1: float, x2: float, y2: float, layer: str = "0", *more: object) -> str:
    """A LINE of R12: no handles, no subclass markers."""
    return tags(0, "LINE", 8, layer, *more, 10, x1, 20, y1, 30, 0.0, 11, x2, 21, y2, 31, 0.0)


def circle(x: float, y: float, radius: float, layer: str = "0", *more: object) -> str:
    """A CIRCLE of R12."""
    return tags(0, "CIRCLE", 8, layer, *more, 10, x, 20, y, 30, 0.0, 40, radius)


def outline(x: float, y: float, wide: float, high: float, layer: str = "0") -> str:
    """Four lines that meet at their ends."""
    at = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]
    return "".join(line(*at[i], *at[(i + 1) % 4], layer) for i in range(4))


def dxf(entities: str, *, version: str | None = None, unit: int | None = None, blocks: str = "") -> str:
    """A DXF from the entities of model space; without a version it has no header, as many small programs write it."""
    header = ""
    if version or unit is not None:
        header = tags(0, "SECTION", 2, "HEADER")
        header += tags(9, "$ACADVER", 1, version) if version else ""
        header += tags(9, "$INSUNITS", 70, unit) if unit is not None else ""
        header += tags(0, "ENDSEC")
    if blocks:
        header += tags(0, "SECTION", 2, "BLOCKS") + blocks + tags(0, "ENDSEC")
    return header + tags(0, "SECTION", 2, "ENTITIES") + entities + tags(0, "ENDSEC", 0, "EOF")


def block(name: str, inner: str) -> str:
    """The definition of a block."""
    start = tags(0, "BLOCK", 8, "0", 2, name, 70, 0, 10, 0.0, 20, 0.0, 30, 0.0, 3, name)
    return start + inner + tags(0, "ENDBLK", 8, "0")


def insert(name: str, x: float = 0.0, y: float = 0.0, *more: object) -> str:
    """A placed block."""
    return tags(0, "INSERT", 8, "0", 2, name, 10, x, 20, y, 30, 0.0, *more)


def modern(draw: Callable[[Any], None], version: str = "R2010", unit: int = 4, *, binary: bool = False) -> bytes:
    """A DXF as ezdxf writes it; ``draw`` gets the document."""
    document = ezdxf.new(version, units=unit)
    draw(document)
    if binary:
        raw = io.BytesIO()
        document.write(raw, fmt="bin")
        return raw.getvalue()
    out = io.StringIO()
    document.write(out)
    return out.getvalue().encode()


def svg(inner: str, size: str = 'width="100mm" height="50mm" viewBox="0 0 100 50"', *more: str) -> str:
    """An SVG drawing around some shapes."""
    return f"<svg {SPACE} {XLINK} {size} {' '.join(more)}>{inner}</svg>"


def pdf(content: bytes, size: Corner = (200.0, 100.0), *more: bytes, resources: bytes = b"", pages: int = 1) -> bytes:
    """A PDF of one page (or the same page several times); ``more`` are objects from number 10 on."""
    wide, high = size
    box = f"[0 0 {wide:g} {high:g}]".encode()
    page = b"<</Type/Page/Parent 2 0 R/MediaBox %s/Contents 5 0 R/Resources<<%s>>>>" % (box, resources)
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    objects: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" ".join([b"3 0 R"] * pages)),
        3: page,
        4: font,
        5: stream(content),
    }
    objects.update({10 + number: one for number, one in enumerate(more)})
    return assembled(objects)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)


def form(content: bytes, resources: bytes = b"", matrix: bytes = b"") -> bytes:
    """A form: a drawing inside of a drawing."""
    placed = b"/Matrix[%s]" % matrix if matrix else b""
    return stream(
        content, b"/Type/XObject/Subtype/Form/BBox[-1000 -1000 1000 1000]%s/Resources<<%s>>" % (placed, resources)
    )


def assembled(objects: dict[int, bytes]) -> bytes:
    """Header, objects, table, trailer."""
    out = bytearray(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, content in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    highest = max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % highest
    for number in range(1, highest):
        out += b"%010d %05d %s \n" % ((places[number], 0, b"n") if number in places else (0, 65535, b"f"))
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (highest, table)
    return bytes(out)


def path(corners: Iterable[Corner], *, close: bool = True) -> bytes:
    """A path of straight lines in PDF's language, stroked."""
    (x, y), *rest = corners
    said = [f"{x:g} {y:g} m", *(f"{x:g} {y:g} l" for x, y in rest), "s" if close else "S"]
    return "\n".join(said).encode() + b"\n"


def square(x: float, y: float, side: float) -> bytes:
    """A closed square in PDF's language."""
    return path([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])
