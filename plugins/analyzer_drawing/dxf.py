"""Reading DXF with ezdxf: what is drawn becomes strokes in millimetres. Unit codes: DXF reference, ``$INSUNITS``."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from ezdxf.colors import DXF_DEFAULT_COLORS, int2rgb
from ezdxf.lldxf.const import DXFError
from ezdxf.xclip import XClip

from craftops.domain.files.designs import Finding, Severity
from craftops.sdk.analyzer import NotReadable

from .dxf_open import open_dxf
from .dxf_paths import flat_for, paths_of
from .dxf_plane import laid_flat
from .dxf_rims import without_drawn_rims
from .dxf_text import letters, text_picture
from .dxf_visible import BlockPlacement, Sight, all_hidden
from .picture import crosses, draw
from .strokes import Drawing, Points, Stroke, TooMuch

UNITS = {
    1: ("in", 25.4), 2: ("ft", 304.8), 3: ("mi", 1_609_344.0), 4: ("mm", 1.0), 5: ("cm", 10.0), 6: ("m", 1000.0),
    7: ("km", 1e6), 8: ("µin", 2.54e-5), 9: ("mil", 0.0254), 10: ("yd", 914.4), 12: ("nm", 1e-6), 13: ("µm", 1e-3),
    14: ("dm", 100.0), 15: ("dam", 1e4), 16: ("hm", 1e5), 21: ("ft", 1_200_000 / 3937),
    22: ("in", 100_000 / 3937), 23: ("yd", 3_600_000 / 3937), 24: ("mi", 6_336_000_000 / 3937),
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
MOST_SPOTS = 2_000
DEEPEST = 30
BY_BLOCK, BY_LAYER = 0, 256
"""Colours that are no colours."""
ELSEWHERE = 4 | 8
"""Flags of a block that stands for another file (DXF reference, BLOCK, group 70)."""
FLATNESS = 2e-4
"""How far a straight piece may leave its curve, as a share of the drawing's size."""


def read_dxf(path: Path) -> Drawing:
    """All that is drawn in model space. Raises NotReadable, TooMuch."""
    opened = open_dxf(path)
    document = opened.document
    unit, scale = unit_of(document, path)
    drawing = Drawing(unit=unit, unit_known=bool(unit), source=document)
    reader = _DxfReader(document, drawing, scale)
    reader.broken = opened.broken
    if opened.cut_off:
        sentence = "The file is cut off before its end; we took what is there."
        drawing.findings.append(Finding("truncated", Severity.WARNING, sentence, "Export or send it again."))
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
    _show_what_is_no_line(document, drawing, reader)
    return drawing


def _show_what_is_no_line(document: Any, drawing: Drawing, reader: _DxfReader) -> None:
    """The letters beside the lines; where there are no lines, a picture of the texts, or else of the single points."""
    if drawing.strokes:
        if reader.notes and not any(found.code == "not_flat" for found in drawing.findings):
            drawing.letters = letters(document, reader.notes, reader.scale)
    elif drawing.texts:
        drawing.picture = text_picture(document)
    elif reader.spots:
        drawing.picture = draw(Drawing(strokes=crosses(np.array([(spot[0], spot[1]) for spot in reader.spots]))))


def _anything(drawing: Drawing) -> bool:
    return bool(drawing.strokes or drawing.texts or drawing.solids or drawing.images)


def unit_of(document: Any, path: Path) -> tuple[str, float]:
    """The unit that the file itself names, and its millimetres; for one without a header ezdxf fills in metres."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        named = any(data.find(word) >= 0 for word in (b"$INSUNITS", b"$insunits"))
    code = int(document.header.get("$INSUNITS", 0) or 0) if named else 0
    return UNITS.get(code, ("", 1.0))


def strokes_of(document: Any, scale: float, entities: Iterable[Any] | None = None) -> Drawing:
    """What these entities draw, in millimetres; without any, what model space does. Raises TooMuch."""
    drawing = Drawing()
    _DxfReader(document, drawing, scale).take(document.modelspace() if entities is None else entities)
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


def _look_elsewhere(document: Any, drawing: Drawing, reader: _DxfReader) -> None:
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


class _DxfReader:
    def __init__(self, document: Any, drawing: Drawing, scale: float) -> None:
        self.document = document
        self.drawing = drawing
        self.scale = scale
        self.seen = 0
        self.broken = 0
        self.clipped = self.points = self.endless = self.elsewhere = 0
        self.flat = _flatness(document)
        self.counted: dict[str, int] = {}
        self.sight = Sight(document)
        self.heights: list[Points] = []
        self.notes: list[tuple[Any, Any]] = []
        self.spots: list[Any] = []
        """Where single points lie, in drawing units."""
        self.filled: set[int] = set()
        """Which strokes are rims of fillings."""

    def take(self, entities: Iterable[Any]) -> None:
        if self._count(entities, ()) > MOST_ENTITIES:
            raise TooMuch
        for entity, place in self._decomposed(entities, BlockPlacement(), 0):
            self.seen += 1
            if self.seen > MOST_ENTITIES:
                raise TooMuch
            self._one(entity, place)
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
        if self.elsewhere:
            sentence = "Parts of it lie in other files (external references), which we do not have."
            found.append(Finding("elsewhere", Severity.WARNING, sentence, "Bind them into it, and save it again."))
        if self.points:
            sentence = f"It holds {self.points:,} single point{'s' if self.points > 1 else ''}; we do not cut them."
            found.append(Finding("points", Severity.NOTE, sentence, "Draw what is to be drilled as circles."))
        if self.endless:
            sentence = (
                f"It holds {self.endless:,} line{'s' if self.endless > 1 else ''} without an end; we left that out."
            )
            found.append(Finding("endless", Severity.NOTE, sentence, "Draw what is to be cut as lines."))
        found.extend(self.sight.findings())
        kept = without_drawn_rims(self.drawing.strokes, self.filled)
        self.drawing.strokes = [self.drawing.strokes[place] for place in kept]
        self.heights = [self.heights[place] for place in kept]
        self.filled.clear()
        self.drawing.strokes, standing = laid_flat(self.drawing.strokes, self.heights)
        if standing:
            found.append(standing)
        self.broken = self.clipped = self.points = self.endless = self.elsewhere = 0
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

    def _decomposed(
        self, entities: Iterable[Any], place: BlockPlacement, depth: int
    ) -> Iterator[tuple[Any, BlockPlacement]]:
        """Every element that is drawn, with where it lies: blocks are placed by matrices, which hold any distortion."""
        for entity in entities:
            own = place.of(entity)
            if self.sight.hides(entity, own.layer):
                continue
            if entity.dxftype() != "INSERT":
                yield entity, own
                continue
            if depth > DEEPEST:
                raise _too_deep()
            if entity.mcount > MOST_COPIES:
                raise TooMuch
            copies = entity.multi_insert() if entity.mcount > 1 else (entity,)
            for copy in copies:
                self.drawing.texts += sum(not self.sight.hides(one, own.of(one).layer) for one in copy.attribs)
                yield from self._decomposed(self._inside(copy), self._placed(copy, own), depth + 1)

    def _inside(self, insert: Any) -> Iterable[Any]:
        if insert.has_extension_dict and XClip(insert).has_clipping_path:
            self.clipped += 1
        block = self.document.blocks.get(str(insert.dxf.get("name", "")))
        if block is not None and block.block.dxf.get("flags", 0) & ELSEWHERE:
            self.elsewhere += 1
        found: Iterable[Any] = block or ()
        return found

    def _placed(self, insert: Any, own: BlockPlacement) -> BlockPlacement:
        matrix = insert.matrix44()
        if own.matrix is not None:
            matrix *= own.matrix
        return BlockPlacement(matrix, own.layer, self._colour(insert, own))

    def _one(self, entity: Any, place: BlockPlacement) -> None:
        kind = entity.dxftype()
        drawing = self.drawing
        if kind in TEXTS or kind in NOTES:
            drawing.texts += 1
            self.notes.append((entity, place.matrix))
        elif kind in SOLIDS:
            drawing.solids += 1
        elif kind in IMAGES:
            drawing.images += 1
        elif kind in FILLS:
            drawing.fills += 1
            before = len(drawing.strokes)
            self._strokes(entity, place)
            self.filled.update(range(before, len(drawing.strokes)))
        elif kind == "POINT":
            self.points += 1
            if len(self.spots) < MOST_SPOTS:
                self.spots.append(place.matrix.transform(entity.dxf.location) if place.matrix else entity.dxf.location)
        elif kind == "MESH":
            self._mesh(entity, place)
        elif kind in ("XLINE", "RAY"):
            self.endless += 1
        elif kind not in ("VIEWPORT", "LIGHT", "SUN"):
            self._strokes(entity, place)

    def _mesh(self, entity: Any, place: BlockPlacement) -> None:
        """A flat one is an outline, any other a body."""
        corners = np.array([tuple(corner) for corner in entity.vertices], np.float64).reshape(-1, 3)
        if not len(corners) or np.ptp(corners[:, 2]) > FLATNESS * np.ptp(corners, axis=0).max():
            self.drawing.solids += 1
        else:
            self._strokes(entity, place)

    def _strokes(self, entity: Any, place: BlockPlacement) -> None:
        try:
            colour = self._colour(entity, place)
            for found in paths_of(entity):
                one = found if place.matrix is None else found.transform(place.matrix)
                pieces = one.flattening(flat_for(one, self.flat), segments=4)
                points = np.array([(p.x, p.y, p.z) for p in pieces], np.float64).reshape(-1, 3) * self.scale
                closed = bool(one.is_closed) and len(points) > 2
                self._add(points[:-1] if closed else points, closed, place.layer, colour)
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

    def _colour(self, entity: Any, place: BlockPlacement) -> str:
        true = entity.dxf.get("true_color")
        if true is not None:
            return "#{:02x}{:02x}{:02x}".format(*int2rgb(int(true)))
        index = int(entity.dxf.get("color", BY_LAYER))
        if index == BY_BLOCK and place.matrix is not None:
            return place.colour
        if index in (BY_BLOCK, BY_LAYER):
            layers = self.document.layers
            known = layers.get(place.layer) if layers.has_entry(place.layer) else None
            index = abs(int(known.dxf.get("color", 7))) if known is not None else 7
        if not 1 <= index <= 255 or index == 7:
            return ""
        return "#{:02x}{:02x}{:02x}".format(*int2rgb(DXF_DEFAULT_COLORS[index]))


def _too_deep() -> NotReadable:
    return NotReadable("too_deep", "Its blocks are nested too deep.", "Please explode the blocks and save it again.")


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
