"""What a reader sees of an HTML mail, as plain text: paragraphs, lists, links, quotes marked by ``>``."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object"})
BLOCKS = frozenset(
    {
        "p", "div", "section", "article", "header", "footer", "table", "tr", "ul", "ol", "pre", "h1", "h2", "h3", "h4",
        "h5", "h6", "blockquote", "form", "address", "center", "hr", "dl", "dt", "dd",
    }
)  # fmt: skip
APART = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"})
DEEPEST = 20
MOST = 2_000_000
"""Characters of HTML that are looked at."""
OPENS_NOTHING = re.compile(r"<(?![A-Za-z/!?])")
SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")


class _HtmlLines(HTMLParser):
    """Collects lines, each with the depth of its quotes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[int, str]] = []
        self.line = ""
        self.hidden: list[str] = []
        self.quotes = 0
        self.pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.hidden:
            if tag in HIDDEN and len(self.hidden) < DEEPEST:
                self.hidden.append(tag)
            return
        if tag in HIDDEN:
            self.hidden.append(tag)
        elif tag == "br":
            self.end_line()
        elif tag in BLOCKS:
            self.begin_block(tag)
        elif tag == "li":
            self.end_line(only_full=True)
            self.line = "- "
        elif tag in ("td", "th") and self.line.strip():
            self.line += "  "

    def begin_block(self, tag: str) -> None:
        self.end_line(only_full=True)
        if tag in APART:
            self.part()
        if tag == "blockquote":
            self.quotes = min(DEEPEST, self.quotes + 1)
        elif tag == "pre":
            self.pre += 1

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            if tag in self.hidden:
                while self.hidden and self.hidden.pop() != tag:
                    pass
            return
        if tag in BLOCKS:
            self.end_line(only_full=True)
            if tag == "blockquote":
                self.quotes = max(0, self.quotes - 1)
            elif tag == "pre":
                self.pre = max(0, self.pre - 1)
            if tag in APART:
                self.part()

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        if self.pre:
            *lines, last = data.split("\n")
            for line in lines:
                self.line += line
                self.end_line()
            self.line += last
            return
        text = SPACES.sub(" ", data)
        self.line += text.lstrip() if not self.line or self.line.endswith(" ") else text

    def end_line(self, *, only_full: bool = False) -> None:
        if self.line.strip() or not only_full:
            self.lines.append((self.quotes, self.line.rstrip()))
        self.line = ""

    def part(self) -> None:
        """One empty line, however many blocks end here."""
        if self.lines and self.lines[-1][1]:
            self.lines.append((self.quotes, ""))


def _calm(html: str) -> str:
    """HTML over which the library's parser does not start again and again: no comments, and no bracket that opens
    nothing or is never closed."""
    kept, at = [], 0
    while (begins := html.find("<!--", at)) >= 0:
        kept.append(html[at:begins])
        ends = html.find("-->", begins + 4)
        if ends < 0:
            at = len(html)
            break
        at = ends + 3
    html = "".join([*kept, html[at:]])
    last = html.rfind(">") + 1
    return OPENS_NOTHING.sub("&lt;", html[:last]) + html[last:].replace("<", "&lt;")


def html_to_text(html: str) -> str:
    """The text of a mail. Never raises; time grows with its length alone."""
    reader = _HtmlLines()
    reader.feed(_calm(html[:MOST]))
    reader.close()
    reader.end_line(only_full=True)
    return "\n".join(("> " * quotes + line).rstrip() for quotes, line in reader.lines).strip("\n")
