"""Reading DXF with ezdxf: what is drawn becomes strokes in millimetres.

``readfile`` first, ``recover`` for what is damaged, and for files without the subclass markers that AutoCAD 2000 wants
(many converters leave them out) the markers are put in. Unit codes: DXF reference, ``$INSUNITS``.
"""

from __future__ import annotations

import io
import itertools
import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from ezdxf import filemanagement, recover
from ezdxf import path as dxf_path
from ezdxf.colors import DXF_DEFAULT_COLORS, int2rgb
from ezdxf.lldxf.const import DXFError

from craftops.domain.files.designs import Finding, Severity
from craftops.sdk.analyzer import NotReadable

from .dxf_repair import with_markers
from .dxf_text import text_picture
from .strokes import Drawing, Stroke, TooMuch

UNITS = {
    1: ("in", 25.4), 2: ("ft", 304.8), 3: ("mi", 1_609_344.0), 4: ("mm", 1.0), 5: ("cm", 10.0), 6: ("m", 1000.0),
    7: ("km", 1e6), 8: ("µin", 2.54e-5), 9: ("mil", 0.0254), 10: ("yd", 914.4), 12: ("nm", 1e-6), 13: ("µm", 1e-3),
    14: ("dm", 100.0),
}  # fmt: skip
TEXTS = frozenset(("TEXT", "MTEXT", "ATTRIB", "ATTDEF", "ARCALIGNEDTEXT"))
NOTES = frozenset(("DIMENSION", "ARC_DIMENSION", "LEADER", "MULTILEADER", "MLEADER", "TOLERANCE"))
SOLIDS = frozenset((
    "3DSOLID", "BODY", "REGION", "SURFACE", "EXTRUDEDSURFACE", "LOFTEDSURFACE", "REVOLVEDSURFACE", "SWEPTSURFACE",
    "PLANESURFACE", "ACAD_PROXY_ENTITY",
))  # fmt: skip
IMAGES = frozenset(("IMAGE", "OLE2FRAME", "OLEFRAME", "PDFUNDERLAY", "DWFUNDERLAY", "DGNUNDERLAY", "WIPEOUT"))
FILLS = frozenset(("HATCH", "MPOLYGON", "SOLID", "TRACE"))
MOST_ENTITIES = 300_000
MOST_COPIES = 100_000
DEEPEST = 30
LARGEST = 1e12
"""Drawing units; what reaches beyond has no real place."""
FLATNESS = 2e-4
"""How far a straight piece may leave its curve, as a share of the drawing's size."""


def read_dxf(path: Path) -> Drawing:
    """All that is drawn in model space. Raises NotReadable, TooMuch."""
    document = open_dxf(path)
    unit, scale = unit_of(document, path)
    drawing = Drawing(unit=unit, unit_known=bool(unit))
    reader = _Reader(document, drawing, scale)
    reader.take(document.modelspace())
    if empty := empty_layers(document):
        sentence = f"{len(empty):,} of its layers are empty." if len(empty) > 1 else "One of its layers is empty."
        drawing.findings.append(Finding("empty_layers", Severity.NOTE, sentence, "", "drop_empty"))
    if not drawing.strokes and not (drawing.texts or drawing.solids or drawing.images):
        _look_elsewhere(document, drawing, reader)
    if not drawing.strokes and drawing.texts:
        drawing.picture = text_picture(document)
    return drawing


def unit_of(document: Any, path: Path) -> tuple[str, float]:
    """The unit that the file itself names, and its millimetres; for one without a header ezdxf fills in metres."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        named = data.find(b"$INSUNITS") >= 0
    code = int(document.header.get("$INSUNITS", 0) or 0) if named else 0
    return UNITS.get(code, ("", 1.0))


def strokes_of(document: Any, scale: float, entities: Iterable[Any] | None = None) -> Drawing:
    """What these entities draw, in millimetres; without any, what model space does. Raises TooMuch."""
    drawing = Drawing()
    _Reader(document, drawing, scale).take(document.modelspace() if entities is None else entities)
    return drawing


def empty_layers(document: Any) -> list[str]:
    """Layers on which nothing is drawn anywhere; the two that every DXF has are not counted."""
    used = {
        str(entity.dxf.get("layer", "0")).lower()
        for entity in document.entitydb.values()
        if entity.is_alive and entity.is_supported_dxf_attrib("layer")
    }
    names = [str(layer.dxf.name) for layer in document.layers]
    return [name for name in names if name.lower() not in used and name.lower() not in ("0", "defpoints")]


def open_dxf(path: Path) -> Any:
    """The document, mended where ezdxf can. Raises NotReadable."""
    try:
        return filemanagement.readfile(str(path))
    except (DXFError, ValueError, KeyError, IndexError, TypeError, AttributeError, LookupError, EOFError, OSError):
        pass
    for repair in (lambda raw: raw, with_markers):
        try:
            document, _audit = recover.read(io.BytesIO(repair(path.read_bytes())))
        except (DXFError, ValueError, KeyError, IndexError, TypeError, AttributeError, LookupError, EOFError, OSError):
            continue
        return document
    raise NotReadable(
        "not_dxf", "This is not a DXF file, or it is damaged.", "Please save it again as DXF (R2000 or newer)."
    )


def _look_elsewhere(document: Any, drawing: Drawing, reader: _Reader) -> None:
    """Nothing lies in model space: layouts, then the definitions of blocks that nobody has placed."""
    for layout in document.layouts:
        if layout.name != "Model":
            reader.take(layout)
    if not drawing.strokes:
        for block in document.blocks:
            if not block.name.startswith(("*", "_")):
                reader.take(block)
    if drawing.strokes:
        sentence = "Nothing is placed in its model space; we took what is in its layouts and blocks."
        drawing.findings.append(Finding("not_in_model", Severity.WARNING, sentence, "Please compare the picture."))


class _Reader:
    def __init__(self, document: Any, drawing: Drawing, scale: float) -> None:
        self.document = document
        self.drawing = drawing
        self.scale = scale
        self.seen = 0
        self.broken = 0
        self.flat = _flatness(document)
        self.counted: dict[str, int] = {}

    def take(self, entities: Iterable[Any]) -> None:
        if self._count(entities, ()) > MOST_ENTITIES:
            raise TooMuch
        for entity in self._decomposed(entities, 0):
            self.seen += 1
            if self.seen > MOST_ENTITIES:
                raise TooMuch
            self._one(entity)
        if self.broken:
            sentence = f"{self.broken:,} of its elements cannot be read; we left them out."
            self.drawing.findings.append(
                Finding("bad_elements", Severity.WARNING, sentence, "Please compare the picture.")
            )
            self.broken = 0

    def _count(self, entities: Iterable[Any], above: tuple[str, ...]) -> int:
        """How many elements there are once every block is placed; counted by definitions, so in no time."""
        total = 0
        for entity in entities:
            if entity.dxftype() != "INSERT":
                total += 1
                continue
            name = str(entity.dxf.get("name", "")).lower()
            if name in above or len(above) > DEEPEST:
                raise _too_deep()
            if name not in self.counted:
                self.counted[name] = self._count(self.document.blocks.get(name) or (), (*above, name))
            total += max(1, entity.mcount) * (1 + self.counted[name])
        return total

    def _decomposed(self, entities: Iterable[Any], depth: int) -> Iterator[Any]:
        for entity in entities:
            if entity.dxftype() != "INSERT":
                yield entity
                continue
            if depth > DEEPEST:
                raise _too_deep()
            if entity.mcount > MOST_COPIES:
                raise TooMuch
            copies = entity.multi_insert() if entity.mcount > 1 else (entity,)
            for copy in copies:
                self.drawing.texts += len(copy.attribs)
                yield from self._decomposed(self._inside(copy), depth + 1)

    def _inside(self, insert: Any) -> Iterator[Any]:
        try:
            for entity in insert.virtual_entities():
                if (
                    entity.dxftype() == "INSERT" and entity.mcount > 1
                ):  # ezdxf scales the block, not the steps of its grid
                    entity.dxf.column_spacing *= abs(insert.dxf.xscale)
                    entity.dxf.row_spacing *= abs(insert.dxf.yscale)
                yield entity
        except (DXFError, ValueError, TypeError, AttributeError, ZeroDivisionError, RecursionError):
            self.broken += 1

    def _one(self, entity: Any) -> None:
        kind = entity.dxftype()
        drawing = self.drawing
        if kind in TEXTS or kind in NOTES:
            drawing.texts += 1
        elif kind in SOLIDS:
            drawing.solids += 1
        elif kind in IMAGES:
            drawing.images += 1
        elif kind in FILLS:
            drawing.fills += 1
            self._strokes(entity)
        elif kind not in ("POINT", "VIEWPORT", "XLINE", "RAY", "LIGHT", "SUN"):
            self._strokes(entity)

    def _strokes(self, entity: Any) -> None:
        try:
            layer = str(entity.dxf.get("layer", "0"))
            colour = self._colour(entity, layer)
            for one in _paths(entity):
                points = np.array([(p.x, p.y) for p in one.flattening(_flat_for(one, self.flat), segments=4)])
                points = points.astype(np.float64).reshape(-1, 2) * self.scale
                if len(points):
                    closed = bool(one.is_closed) and len(points) > 2
                    self.drawing.add(Stroke(points[:-1] if closed else points, closed, layer, colour))
        except (
            DXFError,
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
            IndexError,
            ZeroDivisionError,
            OverflowError,
        ):
            self.broken += 1

    def _colour(self, entity: Any, layer: str) -> str:
        true = entity.dxf.get("true_color")
        if true is not None:
            return "#{:02x}{:02x}{:02x}".format(*int2rgb(int(true)))
        index = int(entity.dxf.get("color", 256))
        if index in (0, 256):
            known = self.document.layers.get(layer) if self.document.layers.has_entry(layer) else None
            index = abs(int(known.dxf.get("color", 7))) if known is not None else 7
        if not 1 <= index <= 255 or index == 7:
            return ""
        return "#{:02x}{:02x}{:02x}".format(*int2rgb(DXF_DEFAULT_COLORS[index]))


def _too_deep() -> NotReadable:
    return NotReadable("too_deep", "Its blocks are nested too deep.", "Please explode the blocks and save it again.")


def _flat_for(path: Any, flat: float) -> float:
    """The flatness for one path; for one far larger than its drawing a coarser one, as its pieces are counted by it."""
    reach = max((max(abs(point.x), abs(point.y)) for point in path.control_vertices()), default=0.0)
    if not reach < LARGEST:
        raise ValueError("it has no place")
    return max(flat, reach * 1e-6)


def _paths(entity: Any) -> Iterator[Any]:
    kind = entity.dxftype()
    if kind in FILLS and kind in ("HATCH", "MPOLYGON"):
        yield from itertools.chain.from_iterable(one.sub_paths() for one in dxf_path.from_hatch(entity))
    elif kind in ("POLYLINE", "MESH") and (kind == "MESH" or entity.is_poly_face_mesh or entity.is_polygon_mesh):
        for face in entity.virtual_entities() if kind == "POLYLINE" else ():
            yield from dxf_path.make_path(face).sub_paths()
    elif kind == "MLINE":
        for part in entity.virtual_entities():
            yield from _paths(part)
    else:
        yield from dxf_path.make_path(entity).sub_paths()


def _flatness(document: Any) -> float:
    """In drawing units: a small share of the drawing's own size, as its header tells it."""
    try:
        low, high = document.header.get("$EXTMIN"), document.header.get("$EXTMAX")
        size = max(abs(high[0] - low[0]), abs(high[1] - low[1]))
    except (TypeError, IndexError):
        size = 0.0
    if not 1e-6 < size < 1e7:
        size = 100.0
    return float(size * FLATNESS)
