"""Mending drawings. A DXF is mended in place, so its arcs and layers stay; the others become a DXF in millimetres."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ezdxf import filemanagement
from ezdxf.colors import rgb2int
from scipy.spatial import cKDTree

from craftops.domain.files.designs import Analysis, FileFormat
from craftops.domain.files.file_types import format_of
from craftops.domain.files.remedies import UNIT_WORDS, Ask, Remedy, unit_mm
from craftops.sdk.analyzer import CannotMend, Mended, NotReadable

from .contours import GAP_MM, JOIN_MM, Segment, is_loop, keys_of, measure, twins
from .dxf import empty_layers, strokes_of, unit_of
from .dxf_open import FAULTS, open_dxf
from .strokes import Drawing, Stroke, TooMuch
from .svg_page import page_of
from .svg_style import sheet_of
from .svg_text import text_of
from .svg_tree import parse_svg
from .work import reader_of

WITH_UNITS = "AC1015"
"""R2000, the first version whose header names a unit (``$INSUNITS``)."""
MOST_TRIED, LARGEST_TRIED = 1_000, 500_000
"""Paths, and bytes, of a drawing whose fixes are tried before they are offered."""
SAME_SHARE = 1e-3
"""By how much a mended copy may differ from what was promised."""
CODES = {"in": 1, "mm": 4, "cm": 5, "m": 6, "µm": 13}
ROOT = re.compile(r"""<((?:[\w.-]+:)?svg)\b((?:[^>"']|"[^"]*"|'[^']*')*)>""", re.IGNORECASE)
SIDES = re.compile(r"""\s(?:width|height)\s*=\s*(?:"[^"]*"|'[^']*')""", re.IGNORECASE)
STYLE = re.compile(r"""\sstyle\s*=\s*(?:"[^"]*"|'[^']*')""", re.IGNORECASE)
SIDE_BY_STYLE = re.compile(r"""(?<=[;"'\s])(?:width|height)\s*:[^;"']*;?""", re.IGNORECASE)
BOX = re.compile(r"""\sviewBox\s*=\s*(?:"[^"]*"|'[^']*')""")


def mend_drawing(path: Path, name: str, ask: Ask, target: Path) -> Mended:
    """Write the mended copy. Raises CannotMend."""
    kind = format_of(name) or FileFormat.DXF
    try:
        before = reader_of(kind)(path)
        done = _mended(path, name, kind, ask, target)
        after = reader_of(format_of(done.name) or kind)(target)
    except NotReadable as error:
        raise CannotMend(error.sentence) from None
    except TooMuch:
        raise CannotMend("It holds more lines than we can mend by machine.") from None
    if not _kept_its_word(ask, before, after):
        target.unlink(missing_ok=True)
        raise CannotMend("We could not do this by machine without changing its measures.")
    return done


def with_kept_offers(path: Path, name: str, analysis: Analysis) -> Analysis:
    """The same, without fixes that this drawing would not keep: each is tried. A large drawing finds out when asked."""
    offers = {found.remedy for found in analysis.findings if found.remedy}
    paths = sum(layer.paths for layer in analysis.drawing.layers) if analysis.drawing else 0
    if not offers or paths > MOST_TRIED or path.stat().st_size > LARGEST_TRIED:
        return analysis
    broken = set()
    with tempfile.TemporaryDirectory() as folder:
        for offer in sorted(offers):
            ask = Ask(Remedy(offer), "cm" if offer == Remedy.UNIT else "")
            try:
                mend_drawing(path, name, ask, Path(folder) / offer)
            except (CannotMend, ArithmeticError, AssertionError, RecursionError, *FAULTS):
                broken.add(offer)
    findings = tuple(replace(found, remedy="") if found.remedy in broken else found for found in analysis.findings)
    return replace(analysis, findings=findings)


def _mended(path: Path, name: str, kind: FileFormat, ask: Ask, target: Path) -> Mended:
    if kind is FileFormat.DXF:
        return Mended(name, _mend_dxf(path, ask, target))
    if ask.remedy is Remedy.UNIT and kind is FileFormat.SVG:
        return Mended(name, _svg_in(path, ask.option, target))
    return Mended(f"{name.rsplit('.', 1)[0]}.dxf", _as_dxf(path, kind, ask, target))


def _kept_its_word(ask: Ask, before: Drawing, after: Drawing) -> bool:
    """Whether the copy, read back, has the size that was promised, and less of what was to go."""
    if not before.strokes or not after.strokes:
        return ask.remedy is Remedy.DROP_EMPTY and len(before.strokes) == len(after.strokes)
    was, now = measure(before), measure(after)
    grows = unit_mm(ask.option) / unit_mm(before.unit) if ask.remedy is Remedy.UNIT else 1.0
    size = np.array(was.facts.size_mm) * grows
    if not np.allclose(size, now.facts.size_mm, rtol=SAME_SHARE, atol=SAME_SHARE * float(size.max())):
        return False
    if ask.remedy is Remedy.UNIT:
        return after.unit_known and bool(np.isclose(was.facts.cut_mm * grows, now.facts.cut_mm, rtol=SAME_SHARE))
    if ask.remedy is Remedy.MERGE_DUPLICATES:
        return now.facts.duplicates < was.facts.duplicates and now.facts.cut_mm < was.facts.cut_mm
    if ask.remedy is Remedy.CLOSE_GAPS:
        return now.gaps < was.gaps
    return True


def _mend_dxf(path: Path, ask: Ask, target: Path) -> str:
    document = open_dxf(path).document
    if document.dxfversion < WITH_UNITS:
        document.dxfversion = WITH_UNITS  # an older file has no place for its unit, and would be asked for it again
    unit, scale = unit_of(document, path)
    if not unit:
        document.header["$INSUNITS"] = 0  # written down as unknown, so that the copy is read like the file
    if ask.remedy is Remedy.UNIT:
        if ask.option not in CODES:
            raise CannotMend("A DXF cannot be drawn in this unit.")
        document.header["$INSUNITS"] = CODES[ask.option]
        sentence = f"Read in {UNIT_WORDS[ask.option]}."
    elif ask.remedy is Remedy.MERGE_DUPLICATES:
        gone = _drop_doubles(document, scale)
        sentence = f"{gone:,} doubled element{'s' if gone != 1 else ''} taken out."
    elif ask.remedy is Remedy.CLOSE_GAPS:
        drawing = strokes_of(document, scale)
        closed = 0
        for stroke in _bridges(drawing.strokes):
            document.modelspace().add_line(*(stroke.points / scale).tolist(), dxfattribs={"layer": stroke.layer or "0"})
            closed += 1
        sentence = _closed(closed)
    elif ask.remedy is Remedy.DROP_EMPTY:
        names = empty_layers(document)
        for layer in names:
            document.layers.remove(layer)
        sentence = f"{len(names):,} empty layer{'s' if len(names) != 1 else ''} taken out."
    else:
        raise CannotMend("We cannot do this to a drawing.")
    document.saveas(str(target))
    return sentence


def _closed(count: int) -> str:
    if not count:
        raise CannotMend("The gaps are too wide to close them by machine.")
    return f"{count:,} gap{'s' if count != 1 else ''} closed by a short line."


def _drop_doubles(document: Any, scale: float) -> int:
    """Delete what lies wholly on elements that came before it."""
    seen: set[Segment] = set()
    gone = []
    for entity in document.modelspace():
        if entity.dxftype() == "INSERT":
            continue
        own = {key for stroke in strokes_of(document, scale, [entity]).strokes for key in keys_of(stroke)}
        if own and own <= seen:
            gone.append(entity)
        seen |= own
    if not gone:
        raise CannotMend("The doubled lines are parts of longer ones; please take them out by hand.")
    for entity in gone:
        document.modelspace().delete_entity(entity)
    return len(gone)


def _bridges(strokes: list[Stroke]) -> Iterator[Stroke]:
    """Short lines between loose ends that nearly meet; each end is used once, the nearest pairs first."""
    rest = [stroke for stroke in strokes if not is_loop(stroke)]
    if not rest:
        return
    ends = np.array([point for stroke in rest for point in (stroke.points[0], stroke.points[-1])])
    tree = cKDTree(ends)
    met = {int(i) for pair in tree.query_pairs(JOIN_MM) for i in pair}
    pairs = [(i, j) for i, j in tree.query_pairs(GAP_MM) if i not in met and j not in met]
    pairs.sort(key=lambda pair: float(np.hypot(*(ends[pair[0]] - ends[pair[1]]))))
    used: set[int] = set()
    for i, j in pairs:
        if i in used or j in used:
            continue
        used |= {i, j}
        yield Stroke(ends[[i, j]], False, rest[i // 2].layer, rest[i // 2].colour)


def _svg_in(path: Path, unit: str, target: Path) -> str:
    """The same drawing on a page that is larger by as much as ``unit`` is than what it was read in."""
    text = text_of(path)
    tree = parse_svg(text)
    page = page_of(tree.root, sheet_of(tree.root).own(tree.root), text)
    grows = unit_mm(unit) / unit_mm(page.unit)
    wide, high = (side * grows for side in page.size_mm)
    root = next((found for found in ROOT.finditer(text) if not _in_comment(text, found.start())), None)
    if root is None:
        raise CannotMend("The drawing names no size that could be changed.")
    rest = STYLE.sub(lambda found: SIDE_BY_STYLE.sub("", found[0]), SIDES.sub("", root[2]))
    if page.box is None:
        rest = BOX.sub("", rest) + f' viewBox="0 0 {page.wide:.9g} {page.high:.9g}"'
    sized = f' width="{wide:.9g}mm" height="{high:.9g}mm"{rest}'
    target.write_text(text[: root.start(2)] + sized + text[root.end(2) :], "utf-8")
    return f"Read in {UNIT_WORDS[unit]}."


def _in_comment(text: str, place: int) -> bool:
    return text.rfind("<!--", 0, place) > text.rfind("-->", 0, place)


def _as_dxf(path: Path, kind: FileFormat, ask: Ask, target: Path) -> str:
    drawing: Drawing = reader_of(kind)(path)
    strokes = list(drawing.strokes)
    if ask.remedy is Remedy.MERGE_DUPLICATES:
        kept = [stroke for stroke, twin in zip(strokes, twins(strokes), strict=True) if not twin]
        if len(kept) == len(strokes):
            raise CannotMend("The doubled lines are parts of longer ones; please take them out by hand.")
        sentence = f"{len(strokes) - len(kept):,} doubled lines taken out; it is a DXF in millimetres now."
        strokes = kept
    elif ask.remedy is Remedy.CLOSE_GAPS:
        bridges = list(_bridges(strokes))
        sentence = f"{_closed(len(bridges)).rstrip('.')}; it is a DXF in millimetres now."
        strokes += bridges
    else:
        raise CannotMend("We cannot do this to such a drawing.")
    _write_dxf(strokes, target)
    return sentence


def _write_dxf(strokes: list[Stroke], target: Path) -> None:
    document = filemanagement.new("R2010", units=CODES["mm"])
    space = document.modelspace()
    for stroke in strokes:
        look: dict[str, Any] = {"layer": re.sub(r"[<>/\\\":;?*|=`]", "_", stroke.layer)[:200] or "0"}
        if stroke.colour:
            look["true_color"] = rgb2int(tuple(int(stroke.colour[i : i + 2], 16) for i in (1, 3, 5)))  # type: ignore[arg-type]
        space.add_lwpolyline(stroke.points.tolist(), close=stroke.closed, dxfattribs=look)
    document.saveas(str(target))
