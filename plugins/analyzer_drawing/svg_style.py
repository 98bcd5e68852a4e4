"""The style of SVG elements: sheets, style attributes and presentation attributes, in the order in which they win.

CSS Cascading 5 for specificity, layers and ``!important``, CSS Nesting 1; a sheet for another medium than a screen is
not for us.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from .svg_selectors import Rank, Selector, matches, rank_of, selectors_of, split
from .svg_tree import Node
from .svg_values import is_valid, lowered, settled

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(r"""([\w-]+)\s*:\s*((?:[^;"']|"[^"]*"|'[^']*')*)""")
MARKS = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\([^(){}]*\)|[{};]""")
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*(?:\([^()]*\)[^()]*)*))?\)")
FEATURE = re.compile(r"\(\s*([\w-]+)\s*(?::\s*([^()]+?)\s*)?\)")
LENGTH = re.compile(r"([\d.]+)\s*(px|em|rem|)")
SCREEN = (1280.0, 720.0)
"""What a usual window has, in pixels."""
HELD = {
    "prefers-color-scheme": "light",
    "prefers-reduced-motion": "no-preference",
    "scripting": "none",
    "update": "fast",
}
LOOKED_AT = frozenset((
    "display", "visibility", "opacity", "fill", "stroke", "fill-opacity", "stroke-opacity", "stroke-width", "color",
    "overflow", "clip-path", "mask", "transform-box", "marker", "marker-start", "marker-mid", "marker-end",
))  # fmt: skip
MOST_RULES = 5_000
DEEPEST = 12
Declared = dict[str, tuple[str, bool]]
"""Property -> value, and whether it is important."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A selector with its declarations; ``rank`` decides which of two rules wins, and turned round which of two
    important ones."""

    selector: Selector
    layer: int
    rank: tuple[Rank, int]
    declared: Declared


@dataclass(slots=True)
class StyleSheet:
    """All rules, found by the rightmost part's id, class or tag."""

    rules: dict[str, list[Rule]] = field(default_factory=lambda: defaultdict(list))
    count: int = 0
    layers: list[str] = field(default_factory=list)
    """Names of cascade layers, weakest first."""

    def _declared(self, node: Node) -> dict[str, str]:
        """What rules and its own style say, what weighs more last."""
        found: dict[str, str] = {}
        inline = declarations(node.attributes["style"]) if "style" in node.attributes else {}
        matching = self._matching(node) if self.count else []
        strong = sorted(matching, key=lambda rule: (-rule.layer, rule.rank))
        for heavy, rules in ((False, matching), (True, strong)):
            for declared in (*(rule.declared for rule in rules), inline):
                found.update({name: value for name, (value, weighs) in declared.items() if weighs is heavy})
        return found

    def own(self, node: Node) -> dict[str, str]:
        """The properties that this element is given, as written but for words that mean nothing; without what it
        inherits."""
        found = {name: value for name, value in node.attributes.items() if value and _means(name, value)}
        found |= self._declared(node)
        for name, value in list(found.items()):
            told = self._resolved(value, node, found, 0) if "var(" in value else value
            told = lowered(told) if name in LOOKED_AT else told
            last = settled(name, told)
            if last is None or not is_valid(name, last):
                del found[name]
            else:
                found[name] = last
        return found

    def _resolved(self, value: str, node: Node, own: dict[str, str], depth: int) -> str:
        """The value with custom properties in their places (CSS Custom Properties 1)."""
        found = VARIABLE.search(value)
        if not found or depth > DEEPEST:
            return value
        told: str | None = own.get(found[1])
        above = node.parent
        while told is None and above is not None:
            told = self.own(above).get(found[1])
            above = above.parent
        instead = told if told is not None else (found[2] or "").strip()
        return self._resolved(value[: found.start()] + instead + value[found.end() :], node, own, depth + 1)

    def _matching(self, node: Node) -> list[Rule]:
        keys = [f"#{node.get('id')}", node.tag, "*", *(f".{one}" for one in node.attributes.get("class", "").split())]
        rules = [rule for key in keys if key in self.rules for rule in self.rules[key] if matches(node, rule.selector)]
        return sorted(rules, key=lambda rule: (rule.layer, rule.rank))


@lru_cache(4096)
def _means(name: str, value: str) -> bool:
    return name not in LOOKED_AT or is_valid(name, lowered(value.strip()))


def sheet_of(root: Node) -> StyleSheet:
    """The rules of all ``style`` elements below ``root``."""
    sheet = StyleSheet()
    work = [root]
    texts: list[str] = []
    while work:
        node = work.pop()
        if node.tag == "style" and node.get("type") in ("", "text/css") and shown_on_screen(node.get("media")):
            texts.append(node.text)
        work.extend(reversed(node.children))
    for text in texts:
        _read(COMMENT.sub("", text).replace("<!--", "").replace("-->", ""), sheet, "", "", 0)
    return sheet


def declarations(text: str) -> Declared:
    """The properties of a block or a style attribute that mean something; the last of two wins, if it is not weaker."""
    found: Declared = {}
    for name, value in DECLARATION.findall(COMMENT.sub("", text)):
        plain, _bang, rest = value.partition("!")
        key = name if name.startswith("--") else name.lower()
        weighs = rest.strip().lower() == "important"
        if (key in found and found[key][1] and not weighs) or not _means(key, plain):
            continue
        found[key] = (plain.strip(), weighs)
    return found


def _items(text: str) -> Iterator[tuple[str, str | None]]:
    """What stands on one level of a sheet: (what comes before a block, the block), or (a statement, None)."""
    begin, opened, depth = 0, 0, 0
    for mark in MARKS.finditer(text):
        if mark[0] == "{":
            opened = mark.end() if not depth else opened
            depth += 1
        elif mark[0] == "}" and depth:
            depth -= 1
            if not depth:
                yield text[begin : opened - 1].strip(), text[opened : mark.start()]
                begin = mark.end()
        elif mark[0] in ";}" and not depth:
            yield text[begin : mark.start()].strip(), None
            begin = mark.end()
    yield (text[begin : opened - 1].strip(), text[opened:]) if depth else (text[begin:].strip(), None)


def _read(text: str, sheet: StyleSheet, above: str, layer: str, depth: int) -> None:
    """Take the rules of a block. ``above``: the selectors of the rule that it stands in, if it is nested."""
    own: list[str] = []
    nested: list[tuple[str, str]] = []
    for prelude, block in _items(text):
        if block is None:
            if prelude.lower().startswith("@layer"):
                for name in split(prelude[6:]):
                    _layer(sheet, layer, name)
            elif above and prelude and not prelude.startswith("@"):
                own.append(prelude)
        else:
            nested.append((prelude, block))
    if own:
        _add(above, declarations(";".join(own)), sheet, layer)
    for prelude, block in nested if depth < DEEPEST else ():
        word, _space, rest = prelude.partition(" ")
        if not prelude.startswith("@"):
            _rule(_below(above, prelude), block, sheet, layer, depth)
        elif word.lower() == "@layer":
            _read(block, sheet, above, _layer(sheet, layer, rest), depth + 1)
        elif _counts(prelude):
            _read(block, sheet, above, layer, depth + 1)


def _counts(prelude: str) -> bool:
    """Whether the rules in a block under a condition (CSS Conditional 3) are for us: we show on a screen, and what a
    sheet asks to be able to do, we can."""
    word, _space, condition = prelude.lower().partition(" ")
    if word.startswith("@media"):
        return shown_on_screen(prelude[6:])
    return word.startswith("@supports") and "not" not in condition.split("(")[0]


def _rule(selectors: str, block: str, sheet: StyleSheet, layer: str, depth: int) -> None:
    if "{" in block:
        _read(block, sheet, selectors, layer, depth + 1)
    else:
        _add(selectors, declarations(block), sheet, layer)


def _below(above: str, prelude: str) -> str:
    """Selectors that are nested in others, written out."""
    if not above:
        return prelude
    around = f":is({above})"
    return ", ".join(one.replace("&", around) if "&" in one else f"{around} {one}" for one in split(prelude))


def _layer(sheet: StyleSheet, layer: str, name: str) -> str:
    whole = f"{layer}.{name.strip() or len(sheet.layers)}" if layer else name.strip() or str(len(sheet.layers))
    if whole not in sheet.layers:
        sheet.layers.append(whole)
    return whole


def _add(selectors: str, declared: Declared, sheet: StyleSheet, layer: str) -> None:
    level = sheet.layers.index(layer) if layer in sheet.layers else MOST_RULES
    for selector in selectors_of(selectors) or ():
        if sheet.count >= MOST_RULES:
            return
        sheet.count += 1
        last = selector[0]
        key = f"#{last.number}" if last.number else f".{min(last.classes)}" if last.classes else last.tag or "*"
        sheet.rules[key].append(Rule(selector, level, (rank_of(selector), sheet.count), declared))


def shown_on_screen(query: str) -> bool:
    """Whether a list of media queries (Media Queries 4) holds for a screen of the usual size; an empty one does."""
    return not query.strip() or any(_holds(one.strip().lower()) for one in split(query))


def _holds(query: str) -> bool:
    negated = query.startswith("not ") and not query.startswith("not (")
    plain = query.removeprefix("not ") if negated else query.removeprefix("only ")
    held = all(_condition(one.strip()) for one in re.split(r"\band\b", plain))
    return held is not negated


def _condition(told: str) -> bool:
    if told.startswith("not"):
        return not _condition(told[3:].strip())
    if not told.startswith("("):
        return told in ("all", "screen")
    found = FEATURE.fullmatch(told)
    if not found:
        return False
    name, value = found[1], found[2] or ""
    length = LENGTH.match(value)
    if length and name.startswith(("min-", "max-")) and name.endswith(("width", "height")):
        pixels = float(length[1]) * (16 if length[2].endswith("em") else 1)
        side = SCREEN[name.endswith("height")]
        return pixels <= side if name.startswith("min") else pixels >= side
    return (HELD.get(name) == value) if value else name in ("color", "width", "height")
