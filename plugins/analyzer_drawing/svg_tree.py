"""An SVG as a tree that is safe to draw, and that tree written again for a renderer.

Read with expat, which asks no prefix to be declared: real files use some out of their scope. Depth, number of elements,
and how often ``use`` repeats what, are known before anything is drawn. Whatever would make a renderer reach outside
(files, addresses, style imports), run (scripts, animations), or never end (filters) is not taken into the tree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from craftops.sdk.analyzer import NotReadable

from .strokes import TooMuch
from .svg_text import AGAIN

DEEPEST = 400
MOST_ELEMENTS = 400_000
MOST_DRAWN = 1_000_000
SPACE = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
INKSCAPE = "http://www.inkscape.org/namespaces/inkscape"
PREFIXES = {"svg": SPACE, "xlink": XLINK, "inkscape": INKSCAPE}
LEFT_OUT = frozenset((
    "script", "filter", "animate", "animateColor", "animateMotion", "animateTransform", "set", "mpath", "handler",
    "listener", "metadata",
))  # fmt: skip
KEPT_FOREIGN = ("xml:space", "sodipodi:version")
SAFE_HREF = re.compile(r"\s*(?:#|data:image/(?:png|jpe?g|gif|webp)\b)", re.IGNORECASE)
URL = re.compile(r"""url\(\s*["']?(?!\s*["']?#)[^)]*\)?""", re.IGNORECASE)
IMPORT = re.compile(r"""@import\s*(?:url\([^)]*\)|"[^"]*"|'[^']*')?[^;{}"'()]*(?:;|$)""", re.IGNORECASE)
FILTER = re.compile(r"(?<![\w-])filter(?=\s*:)", re.IGNORECASE)
FILTERED = "-filter"
"""What ``filter`` is called in the tree: no renderer knows it, and we can say that it is there."""


@dataclass(slots=True, eq=False)
class Node:
    """One element of SVG. Attributes of other vocabularies are dropped, but for Inkscape's (``inkscape:label``)."""

    tag: str
    attributes: dict[str, str]
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    text: str = ""
    """What stands before its first child."""
    tail: str = ""
    """What stands behind it, in its parent."""
    place: int = 0
    """How many stand before it in its parent."""
    kinds: list[tuple[int, int]] | None = None
    """For each child the how manieth of its tag it is, and how many there are; None until somebody asks."""

    def get(self, name: str) -> str:
        """An attribute's value without white space around it; empty where there is none."""
        return self.attributes.get(name, "").strip()


@dataclass(slots=True)
class Tree:
    """A whole drawing: its outermost ``svg``, and the elements by their ids (the first of each)."""

    root: Node
    ids: dict[str, Node]
    filters: frozenset[str] = frozenset()
    """Ids of its filters, which are not taken into the tree."""

    def target(self, node: Node) -> Node | None:
        """What a ``use`` or a gradient refers to."""
        return self.ids.get(node.get("href")[1:]) if node.get("href").startswith("#") else None


def parse_svg(text: str) -> Tree:
    """The drawing. Raises NotReadable for what is no drawing, or repeats itself for ever; TooMuch."""
    builder = _TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        if builder.root is None and "<svg" not in text and ":svg" not in text:
            raise NotReadable("not_svg", "This is not an SVG drawing.", AGAIN) from None
        sentence = f"Its XML breaks off or is wrong in line {error.lineno:,}."
        raise NotReadable("bad_xml", sentence, AGAIN) from None
    if builder.root is None:
        raise NotReadable("not_svg", "This is not an SVG drawing.", AGAIN)
    tree = Tree(builder.root, builder.ids, frozenset(builder.filters))
    _refuse_laughs(tree)
    return tree


class _TreeBuilder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.ids: dict[str, Node] = {}
        self.own: set[str] = set()
        self.filters: set[str] = set()
        self.here: Node | None = None
        self.spaces: list[dict[str, str]] = [{}]
        self.skipped = 0
        self.count = 0

    def _count(self) -> None:
        self.count += 1
        if len(self.spaces) - 1 > DEEPEST:
            raise NotReadable("too_deep", "Its groups are nested too deep.", "Ungroup it and save it again.")
        if self.count > MOST_ELEMENTS:
            raise TooMuch

    def start(self, name: str, raw: dict[str, str]) -> None:
        declared = {key[6:]: value for key, value in raw.items() if key.startswith("xmlns")}
        self.spaces.append({**self.spaces[-1], **declared} if declared else self.spaces[-1])
        self._count()
        prefix, _colon, local = name.rpartition(":")
        is_root = self.root is None and local.lower() == "svg" and self._ours(prefix, root=True)
        inside = self.here is not None and not self.skipped and self._ours(prefix) and local not in LEFT_OUT
        if local == "filter":
            self.filters.add(raw.get("id", "").strip())
        if not (is_root or inside):
            self.skipped += 1 if self.here is not None else 0
            return
        node = Node("svg" if is_root else local, self._attributes(raw), self.here)
        if self.here is None:
            self.root = node
        else:
            node.place = len(self.here.children)
            self.here.children.append(node)
        self.ids.setdefault(node.get("id"), node)
        self.here = node

    def end(self, _name: str) -> None:
        self.spaces.pop()
        if self.skipped:
            self.skipped -= 1
        elif self.here is not None:
            if self.here.tag == "style":
                self.here.text = safe_style(self.here.text)
            self.here = self.here.parent

    def characters(self, data: str) -> None:
        if self.here is None or self.skipped:
            return
        if self.here.children:
            self.here.children[-1].tail += data
        else:
            self.here.text += data

    def _ours(self, prefix: str, *, root: bool = False) -> bool:
        """Whether elements with this prefix belong to SVG. What the outermost ``svg`` calls its space, we believe."""
        space = self.spaces[-1].get(prefix, PREFIXES.get(prefix, "" if not prefix else "unknown"))
        if root:
            self.own = {space, SPACE}
            return not prefix or space == SPACE or prefix == "svg"
        return space in self.own

    def _attributes(self, raw: dict[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in raw.items():
            prefix, _colon, local = key.rpartition(":")
            if key.startswith("xmlns") or local.lower().startswith("on") or local == "base":
                continue
            if prefix:
                self._take_foreign(found, key, value, raw)
            elif local == "href":
                if SAFE_HREF.match(value):
                    found["href"] = value
            elif key == "filter":
                found[FILTERED] = value
            else:
                found[key] = safe_style(value) if "url(" in value.lower() or local == "style" else value
        return found

    def _take_foreign(self, found: dict[str, str], key: str, value: str, raw: dict[str, str]) -> None:
        """An attribute of another vocabulary, if it means something to us. ``href`` of today goes before XLink's."""
        prefix, _colon, local = key.rpartition(":")
        space = self.spaces[-1].get(prefix, PREFIXES.get(prefix, prefix))
        if local == "href" and space == XLINK:
            if "href" not in raw and SAFE_HREF.match(value):
                found["href"] = value
        elif space == INKSCAPE or prefix == "inkscape":
            found[f"inkscape:{local}"] = value
        elif key in KEPT_FOREIGN:
            found[key] = safe_style(value) if "url(" in value.lower() else value


def safe_style(css: str) -> str:
    """Style without imports and addresses; filters under another name."""
    return FILTER.sub(FILTERED, URL.sub("none", IMPORT.sub("", css)))


def written(tree: Tree) -> str:
    """The tree as SVG again."""
    out: list[str] = []
    _write(tree.root, out, f' xmlns="{SPACE}" xmlns:xlink="{XLINK}"')
    return "".join(out)


def _write(root: Node, out: list[str], spaces: str) -> None:
    work: list[Node | str] = [root]
    while work:
        node = work.pop()
        if isinstance(node, str):
            out.append(node)
            continue
        out.append(f"<{node.tag}{spaces if node is root else ''}")
        for key, value in node.attributes.items():
            if (":" not in key or key == "xml:space") and key != FILTERED:
                out.append(f" {'xlink:href' if key == 'href' else key}={quoteattr(value)}")
        out.append(">")
        out.append(escape(node.text))
        work.append(f"</{node.tag}>{escape(node.tail) if node is not root else ''}")
        work.extend(reversed(node.children))


def _refuse_laughs(tree: Tree) -> None:
    """Raise NotReadable where more elements are drawn than any drawing has, once every ``use`` is followed."""
    total: dict[int, int] = {}
    open_: set[int] = set()
    work: list[tuple[Node, bool]] = [(tree.root, False)]
    while work:
        node, done = work.pop()
        target = tree.target(node) if node.tag == "use" else None
        below = [*node.children, target] if target is not None else node.children
        key = id(node)
        if done:
            open_.discard(key)
            total[key] = 1 + sum(total.get(id(one), 0) for one in below)
            if total[key] > MOST_DRAWN:
                raise NotReadable("bomb", "It repeats itself more often than any drawing does.", AGAIN)
        elif key not in total and key not in open_:
            open_.add(key)
            work.append((node, True))
            work.extend((one, False) for one in below)
