"""Making a stranger's SVG safe and readable before any renderer sees it.

Read with expat: depth, number of elements, and how often ``use`` repeats what, are known before anything is drawn.
Whatever would make a renderer reach outside (files, addresses, style imports) is taken out.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from craftops.sdk.analyzer import NotReadable

from .strokes import TooMuch

DEEPEST = 400
MOST_ELEMENTS = 400_000
MOST_DRAWN = 1_000_000
MOST_BYTES = 200_000_000
AGAIN = "Please export it and send it again."
DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]+)\s+["']([^"'&%<]*)["']\s*>""")
ENCODING = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']""")
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
HREF = re.compile(
    r"""((?:xlink:)?href\s*=\s*)(["'])(?!\s*#|\s*data:image/(?:png|jpe?g|gif|webp)\b)[^"']*\2""", re.IGNORECASE
)
URL = re.compile(r"""url\(\s*["']?(?!\s*["']?#)[^)]*\)""", re.IGNORECASE)
IMPORT = re.compile(r"@import[^;]*;?", re.IGNORECASE)
FILTER = re.compile(r"<((?:\w+:)?filter)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
FILTER_USE = re.compile(r"""\sfilter\s*=\s*(?:"[^"]*"|'[^']*')|filter\s*:\s*url\([^)]*\)\s*;?""", re.IGNORECASE)
ROOT = re.compile(r"<((?:[\w.-]+:)?svg)\b([^>]*)>", re.IGNORECASE)
PREFIX = re.compile(r"""[<\s/]([A-Za-z_][\w.-]*):[A-Za-z_]""")
KNOWN = {
    "xlink": "http://www.w3.org/1999/xlink",
    "inkscape": "http://www.inkscape.org/namespaces/inkscape",
    "sodipodi": "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd",
    "svg": "http://www.w3.org/2000/svg",
}
SPACE = "http://www.w3.org/2000/svg"


def safe_svg(path: Path) -> str:
    """The SVG as text without a document type, without ways out. Raises NotReadable, TooMuch."""
    text = _decoded(path.read_bytes())
    text = DECLARATION.sub("", text, count=1)
    text = _without_doctype(text)
    for way_out, instead in ((HREF, r"\1\2\2"), (URL, "none"), (IMPORT, "")):
        text = way_out.sub(instead, text)
    if "filter" in text:
        text = FILTER_USE.sub("", FILTER.sub("", text))
    text = _with_namespaces(text)
    _measure_tree(text)
    return text


def _decoded(raw: bytes) -> str:
    if raw.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(io.BytesIO(raw)) as stream:
                raw = stream.read(MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise NotReadable("damaged", "The compressed SVG is damaged.", AGAIN) from None
        if len(raw) > MOST_BYTES:
            raise NotReadable("bomb", "It would unpack to a size that no drawing has.", AGAIN)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace").lstrip("\ufeff")
    named = ENCODING.match(raw.lstrip(b"\xef\xbb\xbf \t\r\n"))
    for encoding in (named[1].decode() if named else "utf-8", "utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding).lstrip("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin-1")


def _without_doctype(text: str) -> str:
    """Plain internal entities are put in place, as Illustrator writes them; everything else of a DTD is dropped."""
    found = DOCTYPE.search(text)
    if not found:
        return text
    entities = dict(ENTITY.findall(found[0]))
    text = text[: found.start()] + text[found.end() :]
    for name, value in entities.items():
        if len(value) < 2000:
            text = text.replace(f"&{name};", value)
    if len(text) > MOST_BYTES:
        raise NotReadable("bomb", "It would unfold to a size that no drawing has.", AGAIN)
    return text


def _with_namespaces(text: str) -> str:
    """Declare what is used and was never declared; without it the file is no XML to a strict reader."""
    root = ROOT.search(text)
    if root is None:
        raise NotReadable("not_svg", "This is not an SVG drawing.", AGAIN)
    missing = "" if "xmlns=" in root[2] or ":" in root[1] else f' xmlns="{SPACE}"'
    for prefix in set(PREFIX.findall(text[root.start() :])):
        if f"xmlns:{prefix}" not in text and prefix not in ("xml", "xmlns", "http", "https", "data", "urn"):
            missing += f' xmlns:{prefix}="{KNOWN.get(prefix, "urn:unknown:" + prefix)}"'
    return text[: root.start(2)] + missing + text[root.start(2) :]


@dataclass(slots=True)
class _Node:
    own: int = 1
    uses: list[str] = field(default_factory=list)


def _measure_tree(text: str) -> None:
    """Raise for what no renderer should be given: too deep, too many, or multiplied by ``use``."""
    parser = expat.ParserCreate()
    nodes: dict[str, _Node] = {"": _Node()}
    stack: list[str] = [""]
    state = {"depth": 0, "count": 0}

    def start(name: str, attributes: dict[str, str]) -> None:
        state["depth"] += 1
        state["count"] += 1
        if state["depth"] > DEEPEST:
            raise NotReadable("too_deep", "Its groups are nested too deep.", "Ungroup it and save it again.")
        if state["count"] > MOST_ELEMENTS:
            raise TooMuch
        number = attributes.get("id", "")
        if number and number not in nodes:
            nodes[number] = _Node()
            nodes[stack[-1]].uses.append(number)
            stack.append(number)
        else:
            nodes[stack[-1]].own += 1
            stack.append(stack[-1])
        if name.rsplit(":", 1)[-1] == "use":
            target = attributes.get("href") or attributes.get("xlink:href") or ""
            if target.startswith("#"):
                nodes[stack[-1]].uses.append(target[1:])

    def end(_name: str) -> None:
        state["depth"] -= 1
        stack.pop()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        sentence = f"Its XML breaks off or is wrong in line {error.lineno:,}."
        raise NotReadable("bad_xml", sentence, AGAIN) from None
    _unfold(nodes)


def _unfold(nodes: dict[str, _Node]) -> None:
    """How many elements are drawn once every ``use`` is followed."""
    total: dict[str, int] = {}
    for name in list(nodes):
        work: list[tuple[str, bool]] = [(name, False)]
        open_: set[str] = set()
        while work:
            here, done = work.pop()
            if done:
                open_.discard(here)
                total[here] = nodes[here].own + sum(total.get(one, 0) for one in nodes[here].uses)
                if total[here] > MOST_DRAWN:
                    raise NotReadable("bomb", "It repeats itself more often than any drawing does.", AGAIN)
            elif here not in total and here in nodes:
                if here in open_:
                    continue
                open_.add(here)
                work.append((here, True))
                work.extend((one, False) for one in nodes[here].uses if one not in open_)
