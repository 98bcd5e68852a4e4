"""The XML of a 3MF model part: objects, components, build items; vertices and triangles read in bulk.

3MF Core Specification 1.3, chapters 3 and 4; paths to other parts from the Production Extension. A model of a million
triangles is nearly all ``<vertex/>`` and ``<triangle/>``: these blocks are cut out before the rest is parsed
as XML, and turned into numbers as one string.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from craftops.sdk.analyzer import NotReadable

from .numbers import decimals, quoted, wholes
from .package import AGAIN, parse, strict_parser
from .slicer_parts import CURA_HELPERS

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
OLD_CORE = "http://schemas.microsoft.com/3dmanufacturing/2013/01"
COMMENT = re.compile(rb"<!--.*?-->|<\?(?!xml\s).*?\?>", re.DOTALL)
RESOLUTION = re.compile(r" (?:model|mesh)resolution$")
"""Of the alternatives of the Production Extension, and of the Slice Extension, whose slices are the real shape then."""
SLICERS = re.compile(
    r"\s*(?:BambuStudio|OrcaSlicer|PrusaSlicer|SuperSlicer|Slic3r|Cura|Ultimaker Cura|CrealityPrint)", re.IGNORECASE
)
CDATA = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
BLOCK = re.compile(rb"<((?:[\w.-]+:)?)(vertices|triangles)\b([^>]*)>")
ELEMENT = re.compile(rb"<(?:[\w.-]+:)?(?:vertex|triangle)\b([^>]*?)/?>")
ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*["']([^"']*)["']""")
PROPERTY = re.compile(rb"""\s+(?:[\w.-]+:)?p(?:id|index|\d)\s*=\s*["'][^"']*["']""")
IDENTITY = np.eye(4)
MOST_BEAMS = 100_000
Matrix = NDArray[np.float64]
"""Shape (4, 4), row vectors: point @ matrix."""


@dataclass(slots=True)
class Component:
    """A placed use of another object. ``path`` names another model part, or is empty."""

    object_id: str
    transform: Matrix
    path: str = ""
    printable: bool = True
    """False for what is switched off in its slicer."""


@dataclass(slots=True)
class ModelObject:
    """One object: a mesh of its own, or components."""

    kind: str
    vertices: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    faces: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 3), np.int64))
    components: list[Component] = field(default_factory=list)
    beams: list[tuple[int, int, float, float]] = field(default_factory=list)
    """Two points and the radii there (Beam Lattice Extension)."""
    helper: bool = False
    """Whether its slicer makes nothing of it."""


@dataclass(slots=True)
class Model:
    """One model part."""

    unit: str = "millimeter"
    objects: dict[str, ModelObject] = field(default_factory=dict)
    items: list[Component] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)
    strange: bool = False
    """Whether it may have words of slicers that the standard does not know."""
    coarse: bool = False
    """Whether it holds a stand-in of few triangles for a finer shape (Production Extension, alternatives)."""


def read_model(xml: bytes) -> Model:
    """The objects of one model part. Raises NotReadable."""
    xml = _as_utf8(xml)
    strange = b"<![CDATA[" in xml or b" paint_" in xml
    if b"<!" in xml or xml.count(b"<?") > 1:
        if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
            raise NotReadable("dtd", "Its XML carries a document type, which 3MF forbids.", AGAIN)
        xml = COMMENT.sub(b"", xml)
        xml = without_cdata(xml)
    skeleton, blocks = _cut(xml)
    model = _ModelBuilder(blocks).build(skeleton)
    model.strange = model.strange or strange
    return model


def without_cdata(xml: bytes) -> bytes:
    """The same with CDATA sections written as plain text."""
    if b"<![CDATA[" not in xml:
        return xml
    return CDATA.sub(lambda found: escape(found[1].decode("utf-8", "replace")).encode(), xml)


def _as_utf8(xml: bytes) -> bytes:
    if xml.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = xml.decode("utf-16", "replace")
        return re.sub(r'encoding\s*=\s*["\'][^"\']*["\']', 'encoding="utf-8"', text, count=1).encode()
    return xml


def _cut(xml: bytes) -> tuple[bytes, list[bytes]]:
    """The XML without the insides of vertices and triangles, and these insides in their order."""
    kept, blocks, begin = [], [], 0
    while found := BLOCK.search(xml, begin):
        kept.append(xml[begin : found.end()])
        begin = found.end()
        if found[3].rstrip().endswith(b"/"):
            blocks.append(b"")
            continue
        end = xml.find(b"</" + found[1] + found[2], begin)
        if end < 0:
            raise NotReadable("bad_xml", "The model in this package is not whole XML.", AGAIN)
        blocks.append(xml[begin:end])
        begin = end
    kept.append(xml[begin:])
    return b"".join(kept), blocks


class _ModelBuilder:
    def __init__(self, blocks: list[bytes]) -> None:
        self.blocks = iter(blocks)
        self.model = Model()
        self.current: ModelObject | None = None
        self.seen: dict[str, int] = {}
        self.radius = 0.5
        self.mark = ""
        self.application = False

    def build(self, skeleton: bytes) -> Model:
        parser = strict_parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parse(parser, skeleton)
        if not self.seen.get("model"):
            raise NotReadable("no_model", "There is no model in this 3MF package.", AGAIN)
        return self.model

    def _start(self, full: str, attributes: dict[str, str]) -> None:
        space, _gap, name = full.rpartition(" ")
        block = next(self.blocks, b"") if name in ("vertices", "triangles") else b""  # slices have such blocks too
        if "beamlattice" in space and self.current is not None:
            self._on_lattice(name, attributes)
        if space not in (CORE, OLD_CORE) and not space.startswith("http://schemas.microsoft.com/3dmanufacturing/core"):
            return
        self.seen[name] = self.seen.get(name, 0) + 1
        if name in ("vertices", "triangles"):
            self._on_block(name, block)
            return
        handler = getattr(self, f"_on_{name}", None)
        if handler is not None:
            handler(attributes)

    def _on_lattice(self, name: str, attributes: dict[str, str]) -> None:
        try:
            if name == "beamlattice":
                self.radius = float(attributes.get("radius", "0.5"))
            elif name == "beam" and self.current is not None and len(self.current.beams) < MOST_BEAMS:
                first = float(attributes.get("r1", self.radius))
                last = float(attributes.get("r2", first))
                self.current.beams.append((int(attributes["v1"]), int(attributes["v2"]), first, last))
        except (KeyError, ValueError):
            raise NotReadable("bad_xml", "Some beams in it cannot be read.", AGAIN) from None

    def _on_metadata(self, attributes: dict[str, str]) -> None:
        name = attributes.get("name", "")
        self.application = name == "Application"
        self.mark = name if self.current is not None and name in CURA_HELPERS else ""

    def _characters(self, text: str) -> None:
        if self.application and SLICERS.match(text):
            self.model.strange = True
        if self.mark and self.current is not None and text.strip().lower() == "true":
            self.current.helper = True

    def _end(self, full: str) -> None:
        self.mark, self.application = "", False
        if full.rpartition(" ")[2] == "object":
            self.current = None

    def _on_model(self, attributes: dict[str, str]) -> None:
        self.model.unit = attributes.get("unit", "millimeter")

    def _on_object(self, attributes: dict[str, str]) -> None:
        number = attributes.get("id", "")
        self.current = ModelObject(attributes.get("type", "model"))
        resolution = next((value for key, value in attributes.items() if RESOLUTION.search(key)), "")
        self.model.coarse = self.model.coarse or resolution in ("lowres", "obfuscated")
        if number in self.model.objects:
            self.model.oddities.append("Two of its objects have the same number.")
        self.model.objects[number] = self.current

    def _on_block(self, name: str, block: bytes) -> None:
        if self.current is None:
            return
        if name == "vertices":
            self.current.vertices = _vertices(block)
        else:
            self.current.faces = _faces(block)

    def _on_component(self, attributes: dict[str, str]) -> None:
        if self.current is not None:
            self.current.components.append(_placed(attributes))

    def _on_item(self, attributes: dict[str, str]) -> None:
        self.model.strange = self.model.strange or "printable" in attributes
        self.model.items.append(_placed(attributes))


def _placed(attributes: dict[str, str]) -> Component:
    path = next((value for key, value in attributes.items() if key.rpartition(" ")[2] == "path"), "")
    shown = next((value for key, value in attributes.items() if key.rpartition(" ")[2] == "printable"), "1")
    return Component(
        attributes.get("objectid", ""), _matrix(attributes.get("transform", "")), path.lstrip("/"),
        shown.strip().lower() not in ("0", "false"),
    )  # fmt: skip


def _matrix(text: str) -> Matrix:
    """Twelve numbers, row by row, as a 4 × 4 matrix (3MF Core, 3.3 "3D Matrices")."""
    if not text.strip():
        return IDENTITY
    try:
        values = [float(word) for word in text.split()]
    except ValueError:
        values = []
    if len(values) != 12 or not np.isfinite(values).all():
        raise NotReadable("bad_transform", "It places a part in a way that cannot be read.", AGAIN)
    matrix = np.eye(4)
    matrix[:, :3] = np.array(values).reshape(4, 3)
    return matrix


def _vertices(block: bytes) -> NDArray[np.float64]:
    inside = quoted(block, b'<vertex x="" y="" z=""/>')
    flat = decimals(inside.replace(b",", b" ")) if inside is not None else None
    if flat is not None and len(flat) % 3 == 0 and len(flat) == 3 * block.count(b"<vertex "):
        return flat.reshape(-1, 3)
    text = block
    for piece in (b'<vertex x="', b'" y="', b'" z="', b'"/>', b'" />'):
        text = text.replace(piece, b" ")
    flat = decimals(text)
    if flat is not None and len(flat) == 3 * block.count(b"<vertex "):
        return flat.reshape(-1, 3)
    return np.array([_three(element, (b"x", b"y", b"z")) for element in ELEMENT.findall(block)]).reshape(-1, 3)


def _faces(block: bytes) -> NDArray[np.int64]:
    inside = quoted(block, b'<triangle v1="" v2="" v3=""/>')
    numbers = wholes(inside.replace(b",", b" ")) if inside is not None else None
    if numbers is not None and len(numbers) == 3 * block.count(b"<triangle ") and numbers.max(initial=0) < 2**31:
        return numbers.reshape(-1, 3)
    text = PROPERTY.sub(b"", block) if b" p" in block else block
    for piece in (b'<triangle v1="', b'" v2="', b'" v3="', b'"/>', b'" />'):
        text = text.replace(piece, b" ")
    flat = decimals(text)
    if flat is None or len(flat) != 3 * block.count(b"<triangle "):
        rows = [_three(element, (b"v1", b"v2", b"v3")) for element in ELEMENT.findall(block)]
        flat = np.array(rows).reshape(-1)
    if len(flat) and not (np.isfinite(flat).all() and np.abs(flat).max() < 2**31):
        raise NotReadable("bad_index", "Its triangles name points that cannot be.", AGAIN)
    return flat.astype(np.int64).reshape(-1, 3)


def _three(attributes: bytes, names: tuple[bytes, bytes, bytes]) -> tuple[float, float, float]:
    found = dict(ATTRIBUTE.findall(attributes))
    try:
        first, second, third = (float(found[name]) for name in names)
    except (KeyError, ValueError):
        raise NotReadable("bad_xml", "Some points or triangles in it cannot be read.", AGAIN) from None
    return first, second, third
