"""The handbook: what stands in ``docs/``, as pages for people who work here and as a folder that any browser reads.

The texts come along with the program, so that they are those of the version that runs, and need no network.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import NotFound

import craftops

if TYPE_CHECKING:
    from markdown_it.token import Token

FOLDERS = ("operators", "machines", "", "kinds", "decisions")
"""Groups of pages, in the order in which they are shown; "" is for whoever builds on it."""
PICTURES = (".webp",)
HEAD = re.compile(r"^# (.+)$", re.MULTILINE)
OUTSIDE = ("https://", "http://", "mailto:")
Address = Callable[[str], str]
"""Where a page or a picture of the handbook is, by its path without ".md"."""


@dataclass(frozen=True, slots=True)
class HandbookPage:
    """One text: ``name`` is its path without the ending ("operators/running")."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class HandbookGroup:
    """The pages of one folder."""

    folder: str
    pages: tuple[HandbookPage, ...]


@cache
def home() -> Path:
    """The folder of the texts: beside the program in a checkout, and where it is installed."""
    beside = Path(craftops.__file__).parents[1]
    found = next((one for one in (beside / "craftops_docs", beside / "docs") if (one / "plugins.md").is_file()), None)
    if found is None:
        raise NotFound("The handbook did not come along with this program.")
    return found


@cache
def groups() -> tuple[HandbookGroup, ...]:
    """All pages, by group and name."""
    return tuple(HandbookGroup(one, tuple(map(_page, sorted((home() / one).glob("*.md"))))) for one in FOLDERS)


def _page(path: Path) -> HandbookPage:
    found = HEAD.search(path.read_text(encoding="utf-8"))
    name = path.relative_to(home()).with_suffix("").as_posix()
    return HandbookPage(name, found[1] if found else name)


def page(name: str) -> HandbookPage:
    """Raises NotFound for a name that is no page."""
    for group in groups():
        for one in group.pages:
            if one.name == name:
                return one
    raise NotFound


def picture(name: str) -> Path:
    """The file of a picture. Raises NotFound for what is none."""
    known = {one.name: one for one in (home() / "screenshots").glob("*") if one.suffix in PICTURES}
    if name not in known:
        raise NotFound
    return known[name]


def html_of(name: str, address: Address) -> str:
    """The text of a page as HTML. Files of the source that are no page are named, and no links."""
    text = (home() / f"{page(name).name}.md").read_text(encoding="utf-8")
    reader = _reader()
    tokens = reader.parse(text)
    _name_headings(tokens)
    _nothing_heads(tokens)
    for token in tokens:
        _lead(token.children or [], posixpath.dirname(name), address)
    return str(reader.renderer.render(tokens, reader.options, {}))


@cache
def _reader() -> Any:
    from markdown_it import MarkdownIt  # a web process that nobody asks for it does without

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    for end, text in (("open", '<div class="table-wrap" tabindex="0"><table>\n'), ("close", "</table></div>\n")):
        reader.add_render_rule(f"table_{end}", lambda *_all, text=text: text)
    reader.add_render_rule("fence", lambda _self, tokens, at, *_all: _block(tokens[at].content))
    return reader


def _block(text: str) -> str:
    """A block of code that a keyboard can move sideways."""
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>\n'


def _nothing_heads(tokens: list[Token]) -> None:
    """An empty cell is the head of no column."""
    for place, token in enumerate(tokens):
        if token.type == "th_open" and not tokens[place + 1].content:
            token.tag = tokens[place + 2].tag = "td"


def _name_headings(tokens: list[Token]) -> None:
    """As the places that our own links name are made of headings: small letters, ``-`` for blanks."""
    seen: dict[str, int] = {}
    for token, words in pairwise(tokens):
        if token.type == "heading_open":
            said = "".join(one.content for one in words.children or ())
            name = re.sub(r"[^\w\- ]", "", said.lower()).replace(" ", "-")
            seen[name] = seen.get(name, -1) + 1
            token.attrSet("id", f"{name}-{seen[name]}" if seen[name] else name)


def _lead(tokens: list[Token], folder: str, address: Address) -> None:
    tags = ["a"]
    for token in tokens:
        if token.type == "image":
            token.attrSet("src", address(posixpath.normpath(posixpath.join(folder, str(token.attrGet("src"))))))
            token.attrSet("loading", "lazy")
        elif token.type == "link_open":
            target = _inside(str(token.attrGet("href")), folder, address)
            tags.append("a" if target else "span")
            token.tag, token.attrs = tags[-1], {"href": target} if target else {}
        elif token.type == "link_close":
            token.tag = tags.pop()


def _inside(target: str, folder: str, address: Address) -> str | None:
    """The address of what a link leads to, if that is a page of ours or of the world."""
    path, _, place = target.partition("#")
    if not path or target.startswith(OUTSIDE):
        return target
    name = posixpath.normpath(posixpath.join(folder, path))
    known = {f"{one.name}.md": one.name for group in groups() for one in group.pages}
    if name not in known:
        return None
    return address(known[name]) + (f"#{place}" if place else "")
