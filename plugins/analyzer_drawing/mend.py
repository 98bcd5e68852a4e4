"""Mending drawings. A DXF is mended in place, so its arcs and layers stay; the others become a DXF in millimetres."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ezdxf import filemanagement
from ezdxf.colors import rgb2int
from scipy.spatial import cKDTree

from craftops.domain.files.designs import Analysis, FileFormat
from craftops.domain.files.file_types import format_of
from craftops.domain.files.remedies import UNIT_WORDS, Ask, Remedy, unit_mm
from craftops.sdk.analyzer import CannotMend, Mended, NotReadable, untried

from .contours import GAP_MM, JOIN_MM, MeasuredDrawing, Segment, is_loop, keys_of, measure, twins
from .dxf import empty_layers, strokes_of
from .dxf_open import FAULTS
from .strokes import Drawing, Stroke, TooMuch
from .svg_page import page_of
from .svg_style import sheet_of
from .svg_text import text_of
from .svg_tree import parse_svg
from .work import Examined, reader_of

WITH_UNITS = "AC1015"
"""R2000, the first version whose header names a unit (``$INSUNITS``)."""
MOST_TRIED, LARGEST_TRIED = 1_000, 500_000
"""Paths, and bytes, of a drawing whose fixes are tried before they are offered."""
SAME_SHARE, SAME_LINES = 1e-3, 1e-7
"""By how much a mended copy may differ from what was promised; its lines from those that were to stay as they are."""
OTHER_PIECES = 5e-3
"""By how much lengths may differ where curves are cut into other pieces, as with a header that tells another size."""
ORDER = (Remedy.CLOSE_GAPS, Remedy.MERGE_DUPLICATES, Remedy.DROP_EMPTY, Remedy.UNIT)
"""In which several fixes are made in one copy."""
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
        return _tried(path, name, (ask,), target, before, measure(before) if before.strokes else None)
    except NotReadable as error:
        raise CannotMend(error.sentence) from None
    except TooMuch:
        raise CannotMend("It holds more lines than we can mend by machine.") from None


def _broken_offers(
    path: Path, name: str, asks: tuple[Ask, ...], drawing: Drawing, measured: MeasuredDrawing | None
) -> set[str]:
    """Fixes that this drawing does not keep."""
    groups = [asks] if drawing.source is not None else [(ask,) for ask in asks]
    broken: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "tried"
        for group in groups:
            if _keeps(partial(_tried, path, name, group, target, drawing, measured)):
                continue
            for ask in group:
                if len(group) == 1 or not _keeps(partial(mend_drawing, path, name, ask, target)):
                    broken.add(ask.remedy.value)
    return broken


def with_kept_offers(path: Path, name: str, found: Examined) -> Analysis:
    """The verdict without fixes that this drawing would not keep: each is tried. A large drawing says that it was not.

    Fixes that go into one copy are tried in one, and only where that does not keep its word each by itself.
    """
    analysis, drawing = found.analysis, found.drawing
    offers = sorted({one.remedy for one in analysis.findings if one.remedy})
    if not offers or drawing is None:
        return analysis
    if len(drawing.strokes) > MOST_TRIED or path.stat().st_size > LARGEST_TRIED:
        return replace(analysis, findings=(*analysis.findings, untried()))
    asks = tuple(Ask(Remedy(offer), "cm" if offer == Remedy.UNIT else "") for offer in offers)
    broken = _broken_offers(path, name, asks, drawing, found.measured)
    findings = tuple(replace(one, remedy="") if one.remedy in broken else one for one in analysis.findings)
    return replace(analysis, findings=findings)


def _keeps(mends: Callable[[], Mended]) -> bool:
    try:
        mends()
    except (CannotMend, NotReadable, TooMuch, ArithmeticError, AssertionError, RecursionError, *FAULTS):
        return False
    return True


def _tried(
    path: Path, name: str, asks: tuple[Ask, ...], target: Path, before: Drawing, was: MeasuredDrawing | None
) -> Mended:
    """The copy, read back. Raises CannotMend, NotReadable, TooMuch."""
    kind = format_of(name) or FileFormat.DXF
    done = _mended(path, name, kind, asks, target, before)
    after = reader_of(format_of(done.name) or kind)(target)
    if not _kept_its_word(asks, before, was, after):
        target.unlink(missing_ok=True)
        raise CannotMend("We could not do this by machine without changing its measures.")
    return done


def _mended(path: Path, name: str, kind: FileFormat, asks: tuple[Ask, ...], target: Path, before: Drawing) -> Mended:
    if kind is FileFormat.DXF:
        return Mended(name, _mend_dxf(before, asks, target))
    if asks[0].remedy is Remedy.UNIT and kind is FileFormat.SVG:
        return Mended(name, _svg_in(path, asks[0].option, target))
    return Mended(f"{name.rsplit('.', 1)[0]}.dxf", _as_dxf(before, asks[0], target))


def _kept_its_word(asks: tuple[Ask, ...], before: Drawing, was: MeasuredDrawing | None, after: Drawing) -> bool:
    """Whether the copy, read back, has the size that was promised, and less of what was to go."""
    wanted = {ask.remedy for ask in asks}
    if Remedy.DROP_EMPTY in wanted and any(found.remedy == Remedy.DROP_EMPTY for found in after.findings):
        return False
    if was is None or not after.strokes:
        return wanted == {Remedy.DROP_EMPTY} and len(before.strokes) == len(after.strokes)
    unit = _unit_asked(asks)
    grows = unit_mm(unit) / unit_mm(before.unit) if unit else 1.0
    if unit and not after.unit_known:
        return False
    lines_stay = wanted <= {Remedy.UNIT, Remedy.DROP_EMPTY}
    if lines_stay and _same_lines(before.strokes, after.strokes, grows):
        return True
    now = measure(_shrunk(after, grows))
    return _same_size(was, now, lines_stay=lines_stay) and _less_of_it(wanted, was, now)


def _unit_asked(asks: tuple[Ask, ...]) -> str:
    """In which unit it is to be read from now on; empty where that stays."""
    return next((ask.option for ask in asks if ask.remedy is Remedy.UNIT), "")


def _shrunk(drawing: Drawing, grown: float) -> Drawing:
    """The drawing as large as it was before its unit has made it ``grown`` times larger."""
    if grown == 1.0:
        return drawing
    return replace(drawing, strokes=[replace(stroke, points=stroke.points / grown) for stroke in drawing.strokes])


def _same_size(was: MeasuredDrawing, now: MeasuredDrawing, *, lines_stay: bool) -> bool:
    """Whether no measure has changed; ``lines_stay``: nor how much is cut."""
    size = np.array(was.facts.size_mm)
    same = np.allclose(size, now.facts.size_mm, rtol=SAME_SHARE, atol=SAME_SHARE * float(size.max()))
    return same and (not lines_stay or bool(np.isclose(was.facts.cut_mm, now.facts.cut_mm, rtol=OTHER_PIECES)))


def _less_of_it(wanted: set[Remedy], was: MeasuredDrawing, now: MeasuredDrawing) -> bool:
    """Whether there is less of what was to go."""
    fewer = now.facts.duplicates < was.facts.duplicates and now.facts.cut_mm < was.facts.cut_mm
    if Remedy.MERGE_DUPLICATES in wanted and not fewer:
        return False
    return Remedy.CLOSE_GAPS not in wanted or now.gaps < was.gaps


def _same_lines(before: list[Stroke], after: list[Stroke], grows: float) -> bool:
    """Whether all lines came back, so that no measure of them can have changed."""
    if len(before) != len(after):
        return False
    pairs = zip(before, after, strict=True)
    alike = all(one.closed == other.closed and len(one.points) == len(other.points) for one, other in pairs)
    if not alike:
        return False
    was, now = (np.concatenate([stroke.points for stroke in strokes]) for strokes in (before, after))
    slack = SAME_LINES * float(np.ptp(was * grows, axis=0).max())
    return bool(np.allclose(was * grows, now, rtol=0, atol=slack))


def _mend_dxf(before: Drawing, asks: tuple[Ask, ...], target: Path) -> str:
    """Write what the drawing was read from, mended. The document in memory is changed by it."""
    document, scale = before.source, unit_mm(before.unit)
    if document.dxfversion < WITH_UNITS:
        document.dxfversion = WITH_UNITS  # an older file has no place for its unit, and would be asked for it again
    if not before.unit:
        document.header["$INSUNITS"] = 0  # written down as unknown, so that the copy is read like the file
    sentences = [_done_to(document, scale, ask) for ask in sorted(asks, key=lambda ask: ORDER.index(ask.remedy))]
    document.saveas(str(target))
    return " ".join(sentences)


def _done_to(document: Any, scale: float, ask: Ask) -> str:
    """One fix, in the document. Raises CannotMend."""
    if ask.remedy is Remedy.UNIT:
        if ask.option not in CODES:
            raise CannotMend("A DXF cannot be drawn in this unit.")
        document.header["$INSUNITS"] = CODES[ask.option]
        return f"Read in {UNIT_WORDS[ask.option]}."
    if ask.remedy is Remedy.MERGE_DUPLICATES:
        gone = _drop_doubles(document, scale)
        return f"{gone:,} doubled element{'s' if gone != 1 else ''} taken out."
    if ask.remedy is Remedy.CLOSE_GAPS:
        closed = 0
        for stroke in _bridges(strokes_of(document, scale).strokes):
            document.modelspace().add_line(*(stroke.points / scale).tolist(), dxfattribs={"layer": stroke.layer or "0"})
            closed += 1
        return _closed(closed)
    if ask.remedy is Remedy.DROP_EMPTY:
        names = empty_layers(document)
        for layer in names:
            document.layers.remove(layer)
        return f"{len(names):,} empty layer{'s' if len(names) != 1 else ''} taken out."
    raise CannotMend("We cannot do this to a drawing.")


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


def _as_dxf(before: Drawing, ask: Ask, target: Path) -> str:
    strokes = list(before.strokes)
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
