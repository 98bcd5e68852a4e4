"""Reading SVG: every element that is seen, where it is seen, as strokes in millimetres; resvg draws the picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from craftops.domain.files.designs import Finding, Severity

from .clip import Clip, Cut, clip_of, frame
from .strokes import Drawing, Points, Stroke, TooMuch, is_line
from .svg_font import letters_of
from .svg_look import URL, InheritedStyle, alpha_of
from .svg_page import Page, page_of
from .svg_picture import rendered, styled
from .svg_shapes import SHAPES, flattened, outline_of, shaped
from .svg_style import StyleSheet, sheet_of
from .svg_text import text_of
from .svg_tree import FILTERED, Node, Tree, parse_svg, written
from .svg_units import IDENTITY, Matrix, Ruler, at, by_properties, fitted, origin_of, then, transform_of, view_box

TOLERANCE_MM = 0.012
"""How far a straight piece may leave its curve."""
MOST_SHAPES = 60_000
LARGEST_MM = 1e9
DEEPEST = 200
OUTSIDE = 0.01
"""A share of the page: what leaves it by more is said."""
GROUPS = frozenset(("g", "a", "svg", "switch"))
TEXTS = frozenset(("text", "foreignObject", "flowRoot"))
COMPARE = "Please compare the picture."


def safe_svg(path: Path) -> str:
    """The SVG at ``path`` without anything that leads out of it. Raises NotReadable, TooMuch."""
    return written(parse_svg(text_of(path)))


def read_svg(path: Path) -> Drawing:
    """All that is drawn. Raises NotReadable, TooMuch."""
    text, font = letters_of(text_of(path))
    tree = parse_svg(text)
    sheet = sheet_of(tree.root)
    page = page_of(tree.root, sheet.own(tree.root), text)
    drawing = Drawing(unit=page.unit, unit_known=page.said)
    walker = _SvgWalker(tree, sheet, drawing)
    walker.page(page)
    if walker.hidden and not (drawing.strokes or drawing.texts or drawing.images):
        walker = _SvgWalker(tree, sheet, drawing, everything=True)
        walker.page(page)
        sentence = "All that is in it is hidden or without a colour; we took it all the same."
        drawing.findings.append(Finding("all_hidden", Severity.WARNING, sentence, COMPARE))
    drawing.findings.extend(walker.findings(page))
    rendered(styled(tree, sheet, walker.moves), page, drawing)
    if font:
        sentence = "It is a font; the picture shows its letters."
        drawing.findings.insert(0, Finding("font", Severity.WARNING, sentence, "Please send the drawing that uses it."))
        drawing.unit_known = True
    elif drawing.strokes and page.pixels:
        drawing.findings.append(_in_pixels(page))
    return drawing


def _in_pixels(page: Page) -> Finding:
    read = f"we read {page.dpi:g} of them as an inch."
    if page.said:
        sentence = f"It is measured in pixels; {read}"
        return Finding("pixels", Severity.NOTE, sentence, "Is the size right? If not, choose the unit.", "unit")
    sentence = f"The file does not say how large it is. We took its numbers for pixels; {read}"
    return Finding("pixels", Severity.WARNING, sentence, "Is the size right? If not, choose the unit.", "unit")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an element stands, and what it takes over."""

    matrix: Matrix
    ruler: Ruler
    look: InheritedStyle
    clips: tuple[Clip, ...] = ()
    uses: frozenset[str] = frozenset()
    """Ids of what is being drawn by ``use``, so that none draws itself."""
    size: tuple[str, str] | None = None
    """What a ``use`` gives the symbol that it draws: width and height as written."""


class _SvgWalker:
    def __init__(self, tree: Tree, sheet: StyleSheet, drawing: Drawing, *, everything: bool = False) -> None:
        self.tree, self.sheet, self.drawing = tree, sheet, drawing
        self.everything = everything
        self.shapes = self.hidden = self.broken = 0
        self.clipped = self.masked = self.arrows = self.filtered = self.zoomed = False
        self.moves: dict[int, Matrix] = {}
        """What elements are moved by that say so otherwise than by a plain ``transform``."""
        self.paints: dict[str, Node] = tree.ids

    def page(self, page: Page) -> None:
        """All of it, from the outermost element on."""
        root = self.tree.root
        own = self.sheet.own(root)
        moved = self._moved(
            root, {"transform-origin": "50% 50%", **own}, _Place(IDENTITY, page.outer, InheritedStyle())
        )
        self.moves.pop(id(root), None)
        if moved != IDENTITY:
            self.moves[id(root)] = (*moved[:4], moved[4] * page.mm, moved[5] * page.mm)
        x, y, dx, dy, e, f = page.matrix(moved)
        self._remark(own)
        if self._unseen(own):
            self._pass_over(root)
            return
        place = _Place((x, -y, dx, -dy, e, -f), page.ruler, InheritedStyle().under(own, page.ruler))
        for child in root.children:
            self.walk(child, place, 1)

    def findings(self, page: Page) -> list[Finding]:
        """What is to be said of all that was walked over."""
        found = []
        if self.broken:
            sentence = "Some of its lines cannot be read; we left out what is broken."
            found.append(Finding("bad_elements", Severity.WARNING, sentence, COMPARE))
        if self.clipped:
            sentence = "Parts of it are cut off (clipped); we measured them whole."
            found.append(Finding("clipped", Severity.WARNING, sentence, COMPARE))
        if self.masked:
            sentence = "Parts of it are covered by a mask; we measured them whole."
            found.append(Finding("masked", Severity.WARNING, sentence, COMPARE))
        if self.filtered:
            sentence = "Parts of it are changed by filters (shadows, blur and the like); we measured them without."
            found.append(Finding("filtered", Severity.WARNING, sentence, COMPARE))
        if self.zoomed:
            sentence = "Parts of it are enlarged by “zoom”, which not every program does; we measured them without."
            found.append(Finding("zoomed", Severity.WARNING, sentence, "Enlarge them by hand, and save it again."))
        if self.arrows:
            sentence = "Some lines carry arrow heads or other marks, which we did not measure."
            found.append(Finding("markers", Severity.WARNING, sentence, "Turn them into outlines, or take them off."))
        if self.hidden and not self.everything:
            lie = "One element is" if self.hidden == 1 else f"{self.hidden:,} elements are"
            sentence = f"{lie} hidden in it or without a colour; we left out what is not seen."
            found.append(Finding("hidden", Severity.NOTE, sentence, "Give a line to what is to be made."))
        if page.said and self._leaves(page):
            sentence = "Parts of it lie outside of its page; we measured them too."
            found.append(Finding("outside_page", Severity.WARNING, sentence, COMPARE))
        return found

    def _leaves(self, page: Page) -> bool:
        if not self.drawing.strokes:
            return False
        points = np.concatenate([stroke.points for stroke in self.drawing.strokes]) * [1, -1]
        slack = OUTSIDE * max(page.size_mm)
        return bool((points.min(axis=0) < -slack).any() or (points.max(axis=0) > np.array(page.size_mm) + slack).any())

    def walk(self, node: Node, place: _Place, depth: int) -> None:
        """One element with all below it. Raises TooMuch."""
        if not _drawn(node):
            return
        if depth > DEEPEST + 200:
            raise TooMuch
        own = self.sheet.own(node)
        if self._unseen(own):
            self._pass_over(node)
            return
        place = self._entered(node, own, place)
        if _flat(place.matrix) and not self.everything:
            self._pass_over(node)
            return
        if node.tag in ("svg", "symbol"):
            self._viewport(node, own, place, depth)
        elif node.tag == "use":
            self._use(node, place, depth)
        elif node.tag in GROUPS:
            for child in node.children if node.tag != "switch" else [one for one in node.children if _drawn(one)][:1]:
                self.walk(child, place, depth + 1)
        else:
            self._leaf(node, own, place)

    def _leaf(self, node: Node, own: dict[str, str], place: _Place) -> None:
        """What is drawn itself: a shape, an image or a text."""
        if not place.look.visible and not self.everything:
            self._pass_over(node)
        elif node.tag in SHAPES:
            self._shape(shaped(node, own), place)
        elif node.tag == "image":
            self.drawing.images += 1
        elif _says(node):
            self.drawing.texts += 1

    def _unseen(self, own: dict[str, str]) -> bool:
        if self.everything:
            return False
        return own.get("display") == "none" or alpha_of(own.get("opacity", ""), 1.0) == 0.0

    def _pass_over(self, node: Node) -> None:
        work = [node]
        while work:
            one = work.pop()
            if one.tag in SHAPES or one.tag in ("use", "image", *TEXTS):
                self.hidden += 1
                return
            work.extend(child for child in one.children if child.tag in DRAWN)

    def _entered(self, node: Node, own: dict[str, str], place: _Place) -> _Place:
        look = place.look.under(own, place.ruler)
        ruler = place.ruler if look.font == place.ruler.font else replace(place.ruler, font=look.font)
        moved = self._moved(node, own, replace(place, ruler=ruler))
        matrix = then(place.matrix, moved) if moved != IDENTITY else place.matrix
        clips = place.clips
        if own.get("clip-path", "none") != "none":
            clips = (*clips, *self._clips(own["clip-path"], matrix, ruler))
        self._remark(own)
        return replace(place, look=look, ruler=ruler, matrix=matrix, clips=clips)

    def _remark(self, own: dict[str, str]) -> None:
        """Take note of what changes an element in a way that is not measured."""
        mask = own.get("mask", own.get("mask-image", "none"))
        if mask != "none" and not (URL.match(mask) and URL.match(mask)[1] not in self.tree.ids):  # type: ignore[index]
            self.masked = True
        filtered = own.get(FILTERED, "none")
        if filtered != "none" and self._changes(filtered):
            self.filtered = True
        if own.get("zoom", "normal") not in ("normal", "1", "1.0", "100%"):
            self.zoomed = True

    def _changes(self, filters: str) -> bool:
        """Whether filters may change where something is seen, and not only its colour."""
        named = URL.findall(filters)
        known = any(name in self.tree.filters for name, _rest in named)
        return known or any(f"{one}(" in filters.lower() for one in ("blur", "drop-shadow", "opacity"))

    def _moved(self, node: Node, own: dict[str, str], place: _Place) -> Matrix:
        told = f"{by_properties(node, own)} {own.get('transform', '')}".strip()
        if not told or told == "none":
            return IDENTITY
        matrix = self._about(node, own, place, told)
        if told != node.get("transform") or own.get("transform-box"):
            self.moves[id(node)] = matrix
        return matrix

    def _about(self, node: Node, own: dict[str, str], place: _Place, told: str) -> Matrix:
        matrix = transform_of(told, place.ruler)
        if matrix is None:
            self.broken += 1
            return IDENTITY
        origin = own.get("transform-origin", "")
        own_box = own.get("transform-box", "") in ("fill-box", "content-box", "stroke-box", "border-box")
        if not origin and not own_box:
            return matrix
        box = self._box(node, place) if own_box else (0.0, 0.0, place.ruler.wide, place.ruler.high)
        x, y = origin_of(origin or ("50% 50%" if own_box else "0 0"), place.ruler, box)
        return then(then((1.0, 0.0, 0.0, 1.0, x, y), matrix), (1.0, 0.0, 0.0, 1.0, -x, -y))

    def _box(self, node: Node, place: _Place) -> tuple[float, float, float, float]:
        """The box of an element in its own units, before it is moved."""
        still = Node(node.tag, {k: v for k, v in node.attributes.items() if k not in ("transform", "style", "class")})
        still.children = node.children
        low, high = _extent(self._drawn([still], replace(place, matrix=IDENTITY, clips=())))
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])

    def _drawn(self, nodes: list[Node], place: _Place) -> list[Stroke]:
        """What these draw, painted or not."""
        aside = _SvgWalker(self.tree, self.sheet, Drawing(), everything=True)
        for node in nodes:
            aside.walk(node, place, DEEPEST)
        self.shapes += aside.shapes
        return aside.drawing.strokes

    def _clips(self, told: str, matrix: Matrix, ruler: Ruler) -> tuple[Clip, ...]:
        found = URL.match(told)
        if not found:
            return (Clip(None),)
        target = self.tree.ids.get(found[1])
        if target is None or target.tag != "clipPath":
            return ()
        own = self.sheet.own(target)
        if own.get("clipPathUnits") == "objectBoundingBox" or own.get("clip-path", "none") != "none":
            return (Clip(None),)
        moved = transform_of(own.get("transform", ""), ruler) or IDENTITY
        place = _Place(then(matrix, moved), ruler, InheritedStyle())
        if any(one.tag in TEXTS for one in target.children):
            return (Clip(None),)
        return (clip_of(self._drawn(target.children, place)),)

    def _viewport(self, node: Node, own: dict[str, str], place: _Place, depth: int) -> None:
        ruler, box = place.ruler, view_box(node)
        given = place.size or ("", "")
        wide, high = (
            ruler.length(told or node.get(side) or "100%", whole, whole)
            for told, side, whole in zip(given, ("width", "height"), (ruler.wide, ruler.high), strict=True)
        )
        if wide <= 0 or high <= 0:
            return
        x, y = (0.0, 0.0) if node.tag == "symbol" else (ruler.x(node, "x"), ruler.y(node, "y"))
        matrix = then(place.matrix, (1.0, 0.0, 0.0, 1.0, x, y))
        clips = place.clips
        if own.get("overflow", "hidden") not in ("visible", "auto"):
            corners = [at(matrix, *corner) for corner in ((0, 0), (wide, 0), (wide, high), (0, high))]
            clips = (*clips, frame(np.array(corners)))
        inner = replace(ruler, wide=box[2] if box else wide, high=box[3] if box else high)
        matrix = then(matrix, fitted(box, wide, high, own.get("preserveAspectRatio", "")))
        place = replace(place, matrix=matrix, ruler=inner, clips=clips, size=None)
        for child in node.children:
            self.walk(child, place, depth + 1)

    def _use(self, node: Node, place: _Place, depth: int) -> None:
        target = self.tree.target(node)
        if target is None or target.get("id") in place.uses:
            return
        x, y = place.ruler.x(node, "x"), place.ruler.y(node, "y")
        place = replace(
            place, matrix=then(place.matrix, (1.0, 0.0, 0.0, 1.0, x, y)), uses=place.uses | {target.get("id")}
        )
        if target.tag in ("symbol", "svg"):
            place = replace(place, size=(node.get("width"), node.get("height")))
            if target.tag == "symbol":
                its = self.sheet.own(target)
                if self._unseen(its):
                    self._pass_over(node)
                else:
                    self._viewport(target, its, self._entered(target, its, place), depth + 1)
                return
        self.walk(target, place, depth + 1)

    def _shape(self, node: Node, place: _Place) -> None:
        self.shapes += 1
        if self.shapes > MOST_SHAPES:
            raise TooMuch
        look = place.look
        stroked = look.stroked(self.paints)
        inside_only = not stroked and not self.everything
        if inside_only and (node.tag == "line" or not look.filled(self.paints)):
            self.hidden += 1
            return
        outline = outline_of(node, place.ruler)
        if outline is None:
            return
        self.broken += not outline.whole
        if look.markers and node.tag in ("path", "line", "polyline", "polygon"):
            self.arrows = True
        a, b, c, d, _e, _f = place.matrix
        pen = look.pen * abs(a * d - b * c) ** 0.5 if stroked else 0.0
        colour = look.hex(self.paints)
        for points, closed in flattened(outline, place.matrix, TOLERANCE_MM):
            if inside_only and is_line(points):  # nothing is filled between
                self.hidden += 1
            elif not (np.abs(points) < LARGEST_MM).all():
                self.broken += 1
            elif self._stays(points, place.clips):
                self.drawing.add(Stroke(points, closed, look.layer, colour, pen))
            else:
                self.hidden += 1

    def _stays(self, points: Points, clips: tuple[Clip, ...]) -> bool:
        cuts = {clip.cuts(points) for clip in clips} if not self.everything else set()
        if Cut.ALL in cuts:
            return False
        self.clipped = self.clipped or Cut.PART in cuts
        return True


DRAWN = frozenset((*GROUPS, *SHAPES, *TEXTS, "use", "image"))


def _extent(strokes: list[Stroke]) -> tuple[Points, Points]:
    points = np.concatenate([stroke.points for stroke in strokes]) if strokes else np.zeros((1, 2))
    return points.min(axis=0), points.max(axis=0)


def _flat(matrix: Matrix) -> bool:
    """Whether all that it moves comes to lie on a line."""
    a, b, c, d, _e, _f = matrix
    return abs(a * d - b * c) <= 1e-15 * (a * a + b * b + c * c + d * d)


def _drawn(node: Node) -> bool:
    return node.tag in DRAWN and _wanted(node)


def _wanted(node: Node) -> bool:
    """Conditional processing (SVG 2, 5.8): nobody knows foreign extensions, and we read English."""
    if "requiredExtensions" in node.attributes:
        return False
    if "systemLanguage" not in node.attributes:
        return True
    return any(one.strip().lower().split("-")[0] == "en" for one in node.get("systemLanguage").split(","))


def _says(node: Node) -> bool:
    work = [node]
    while work:
        one = work.pop()
        if one.text.strip() or any(child.tail.strip() for child in one.children) or one.tag == "foreignObject":
            return True
        work.extend(one.children)
    return False
