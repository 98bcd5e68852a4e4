"""Reading DXF with ezdxf: what is drawn becomes strokes in millimetres.

``readfile`` first, ``recover`` for what is damaged, and for files without the subclass markers that AutoCAD 2000 wants
(many converters leave them out) the markers are put in. Unit codes: DXF reference, ``$INSUNITS``.
"""

from __future__ import annotations

import io
import itertools
import mmap
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from ezdxf import filemanagement, recover
from ezdxf import path as dxf_path
from ezdxf.colors import DXF_DEFAULT_COLORS, int2rgb
from ezdxf.lldxf.const import DXFError
from ezdxf.xclip import XClip

from craftops.domain.files.designs import Finding, Severity
from craftops.sdk.analyzer import NotReadable

from .dxf_plane import laid_flat
from .dxf_repair import needs_markers, with_markers, with_whole_strings
from .dxf_text import text_picture
from .dxf_visible import Sight, all_hidden, hand_down
from .strokes import Drawing, Points, Stroke, TooMuch

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
OLD = "AC1009"
"""R12, which knows neither a unit nor many elements of today, though programs write them into it."""
MOST_ENTITIES = 300_000
MOST_COPIES = 100_000
DEEPEST = 30
LARGEST = 1e12
"""Drawing units; what reaches beyond has no real place."""
FLATNESS = 2e-4
"""How far a straight piece may leave its curve, as a share of the drawing's size."""
FLATNESS_OF_ONE = 4e-3
"""The same, as a share of the curve's own size: a small circle in a large drawing stays round."""
SPLINE_FITTED, FRAME_POINT = 4, 16
"""Flags of a POLYLINE and of its VERTEX (DXF reference, group 70)."""


def read_dxf(path: Path) -> Drawing:
    """All that is drawn in model space. Raises NotReadable, TooMuch."""
    document = open_dxf(path)
    unit, scale = unit_of(document, path)
    drawing = Drawing(unit=unit, unit_known=bool(unit))
    reader = _Reader(document, drawing, scale)
    reader.take(document.modelspace())
    if reader.sight.hid and not _anything(drawing):
        drawing.findings.append(all_hidden())
        reader.sight = Sight(document, everything=True)
        reader.take(document.modelspace())
    if empty := empty_layers(document):
        sentence = f"{len(empty):,} of its layers are empty." if len(empty) > 1 else "One of its layers is empty."
        drawing.findings.append(Finding("empty_layers", Severity.NOTE, sentence, "", "drop_empty"))
    if not _anything(drawing):
        _look_elsewhere(document, drawing, reader)
    if not drawing.strokes and drawing.texts:
        drawing.picture = text_picture(document)
    return drawing


def _anything(drawing: Drawing) -> bool:
    return bool(drawing.strokes or drawing.texts or drawing.solids or drawing.images)


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
    faults = (DXFError, ValueError, KeyError, IndexError, TypeError, AttributeError, LookupError, EOFError, OSError)
    old = None
    try:
        document = filemanagement.readfile(str(path))
        if document.dxfversion > OLD or not needs_markers(path.read_bytes()):
            return document
        old = document  # of what is newer than R12, its reader has kept only a part
    except faults:
        pass
    repairs = (with_markers,) if old else (lambda raw: raw, with_markers, with_whole_strings)
    for repair in repairs:
        try:
            document, _audit = recover.read(io.BytesIO(repair(path.read_bytes())))
        except faults:
            continue
        return document
    if old is not None:
        return old
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
        self.clipped = 0
        self.points = 0
        self.flat = _flatness(document)
        self.counted: dict[str, int] = {}
        self.sight = Sight(document)
        self.heights: list[Points] = []

    def take(self, entities: Iterable[Any]) -> None:
        if self._count(entities, ()) > MOST_ENTITIES:
            raise TooMuch
        for entity in self._decomposed(entities, 0):
            self.seen += 1
            if self.seen > MOST_ENTITIES:
                raise TooMuch
            self._one(entity)
        self._say()

    def _say(self) -> None:
        """What is to be said of all that was taken."""
        found = self.drawing.findings
        if self.broken:
            sentence = f"{self.broken:,} of its elements cannot be read; we left them out."
            found.append(Finding("bad_elements", Severity.WARNING, sentence, "Please compare the picture."))
        if self.clipped:
            sentence = "Parts of it are cut off by a frame around a block; we measured them whole."
            found.append(Finding("clipped", Severity.WARNING, sentence, "Please compare the picture."))
        if self.points:
            sentence = f"It holds {self.points:,} single point{'s' if self.points > 1 else ''}; we do not cut them."
            found.append(Finding("points", Severity.NOTE, sentence, "Draw what is to be drilled as circles."))
        found.extend(self.sight.findings())
        self.drawing.strokes, standing = laid_flat(self.drawing.strokes, self.heights)
        if standing:
            found.append(standing)
        self.broken = self.clipped = self.points = 0
        self.sight.say_no_more()
        self.heights = [np.zeros(len(stroke.points)) for stroke in self.drawing.strokes]

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
            if self.sight.hides(entity):
                continue
            if entity.dxftype() != "INSERT":
                yield entity
                continue
            if depth > DEEPEST:
                raise _too_deep()
            if entity.mcount > MOST_COPIES:
                raise TooMuch
            copies = entity.multi_insert() if entity.mcount > 1 else (entity,)
            for copy in copies:
                self.drawing.texts += sum(not self.sight.hides(one) for one in copy.attribs)
                yield from self._decomposed(self._inside(copy), depth + 1)

    def _inside(self, insert: Any) -> Iterator[Any]:
        try:
            if not insert.dxf.get("zscale", 1.0):
                insert.dxf.zscale = (
                    1.0  # flattened: heights do not matter here, and no matrix with a zero can be undone
                )
            if insert.has_extension_dict and XClip(insert).has_clipping_path:
                self.clipped += 1
            for entity in insert.virtual_entities():
                if (
                    entity.dxftype() == "INSERT" and entity.mcount > 1
                ):  # ezdxf scales the block, not the steps of its grid
                    entity.dxf.column_spacing *= abs(insert.dxf.xscale)
                    entity.dxf.row_spacing *= abs(insert.dxf.yscale)
                hand_down(entity, insert)
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
        elif kind == "POINT":
            self.points += 1
        elif kind == "MESH":
            self._mesh(entity)
        elif kind not in ("VIEWPORT", "XLINE", "RAY", "LIGHT", "SUN"):
            self._strokes(entity)

    def _mesh(self, entity: Any) -> None:
        """A flat one is an outline, any other a body."""
        corners = np.array([tuple(corner) for corner in entity.vertices], np.float64).reshape(-1, 3)
        if not len(corners) or np.ptp(corners[:, 2]) > FLATNESS * np.ptp(corners, axis=0).max():
            self.drawing.solids += 1
        else:
            self._strokes(entity)

    def _strokes(self, entity: Any) -> None:
        try:
            layer = str(entity.dxf.get("layer", "0"))
            colour = self._colour(entity, layer)
            for one in _paths(entity):
                pieces = one.flattening(_flat_for(one, self.flat), segments=4)
                points = np.array([(p.x, p.y, p.z) for p in pieces], np.float64).reshape(-1, 3) * self.scale
                closed = bool(one.is_closed) and len(points) > 2
                self._add(points[:-1] if closed else points, closed, layer, colour)
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

    def _add(self, points: Points, closed: bool, layer: str, colour: str) -> None:
        known = len(self.drawing.strokes)
        self.drawing.add(Stroke(points[:, :2], closed, layer, colour))
        if len(self.drawing.strokes) > known:
            self.heights.append(np.nan_to_num(points[:, 2]))

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
    """The flatness for one path: a share of its own size where this is small; coarser where it is far larger than its
    drawing, as its pieces are counted by it. Where it lies does not matter.
    """
    corners = np.array([(point.x, point.y, point.z) for point in path.control_vertices()], np.float64).reshape(-1, 3)
    if not np.abs(corners).max(initial=0.0) < LARGEST:
        raise ValueError("it has no place")
    own = float(np.ptp(corners, axis=0).max()) if len(corners) else 0.0
    return max(min(flat, own * FLATNESS_OF_ONE), own * 1e-6, 1e-12)


def _paths(entity: Any) -> Iterator[Any]:
    kind = entity.dxftype()
    if kind in FILLS and kind in ("HATCH", "MPOLYGON"):
        yield from itertools.chain.from_iterable(one.sub_paths() for one in dxf_path.from_hatch(entity))
    elif kind == "MESH":
        yield from _rim(entity)
    elif kind == "POLYLINE" and (entity.is_poly_face_mesh or entity.is_polygon_mesh):
        for face in entity.virtual_entities():
            yield from dxf_path.make_path(face).sub_paths()
    elif kind == "POLYLINE" and entity.dxf.flags & SPLINE_FITTED:
        yield from dxf_path.make_path(_without_frame(entity)).sub_paths()
    elif kind == "MLINE":
        for part in entity.virtual_entities():
            yield from _paths(part)
    else:
        yield from dxf_path.make_path(entity).sub_paths()


def _rim(mesh: Any) -> Iterator[Any]:
    """The edges that one face of a mesh alone has, each as a path."""
    edges: Counter[tuple[int, int]] = Counter()
    for face in mesh.faces:
        edges.update((min(a, b), max(a, b)) for a, b in zip(face, (*face[1:], face[0]), strict=True))
    for (a, b), times in edges.items():
        if times == 1:
            yield dxf_path.from_vertices([mesh.vertices[a], mesh.vertices[b]])


def _without_frame(entity: Any) -> Any:
    """A copy of a polyline that a curve was fitted to, without the corners that only steer the curve."""
    copy = entity.copy()
    copy.vertices[:] = [one for one in copy.vertices if not one.dxf.flags & FRAME_POINT]
    return copy


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
