"""The style of SVG elements: sheets, style attributes and presentation attributes, in the order in which they win.

Selectors Level 3 without what only a mouse or a keyboard can bring about; CSS Cascading 4 for specificity and
``!important``. A sheet for another medium than a screen is not for us.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from .svg_tree import Node

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(r"""([\w-]+)\s*:\s*((?:[^;"']|"[^"]*"|'[^']*')*)""")
SIMPLE = re.compile(
    r"""(?P<tag>[\w-]+|\*)|\#(?P<id>[\w-]+)|\.(?P<cls>[\w-]+)|\[\s*(?P<attr>[\w:-]+)\s*(?:(?P<how>[~|^$*]?=)\s*
    (?P<value>"[^"]*"|'[^']*'|[^\]]*?))?\s*\]|::?(?P<pseudo>[\w-]+)(?:\((?P<inner>[^()]*)\))?""",
    re.VERBOSE,
)
COMBINED = re.compile(r"\s*([>+~])\s*|\s+")
SCREEN = re.compile(r"^(?:all|screen|only screen)?\s*$", re.IGNORECASE)
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*(?:\([^()]*\)[^()]*)*))?\)")
MOST_RULES = 5_000
DEEPEST = 12
Declared = dict[str, tuple[str, bool]]
"""Property -> value, and whether it is important."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one element has to be, and how the element before it in the selector stands to it."""

    combinator: str
    tag: str = ""
    number: str = ""
    classes: frozenset[str] = frozenset()
    attributes: tuple[tuple[str, str, str], ...] = ()
    pseudos: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A selector, rightmost part first, with its declarations; ``rank`` decides which of two rules wins."""

    parts: tuple[Part, ...]
    rank: tuple[int, int, int, int]
    declared: Declared


@dataclass(slots=True)
class Sheet:
    """All rules, found by the rightmost part's id, class or tag."""

    rules: dict[str, list[Rule]] = field(default_factory=lambda: defaultdict(list))
    count: int = 0

    def own(self, node: Node) -> dict[str, str]:
        """The properties that this element is given, as written; without what it inherits."""
        found: dict[str, str] = {name: value for name, value in node.attributes.items() if value}
        inline = declarations(node.attributes["style"]) if "style" in node.attributes else {}
        matching = self._matching(node) if self.count else []
        important: dict[str, str] = {}
        for declared in [rule.declared for rule in matching] + [inline]:
            for name, (value, weighs) in declared.items():
                (important if weighs else found)[name] = value
        found.update(important)
        for name, value in found.items():
            if "var(" in value:
                found[name] = self._resolved(value, node, found, 0)
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
        rules = [rule for key in keys if key in self.rules for rule in self.rules[key] if matches(node, rule.parts)]
        return sorted(rules, key=lambda rule: rule.rank)


def sheet_of(root: Node) -> Sheet:
    """The rules of all ``style`` elements below ``root``."""
    sheet = Sheet()
    work = [root]
    texts: list[str] = []
    while work:
        node = work.pop()
        if node.tag == "style" and node.get("type") in ("", "text/css") and SCREEN.match(node.get("media")):
            texts.append(node.text)
        work.extend(reversed(node.children))
    for text in texts:
        _read(COMMENT.sub("", text).replace("<!--", "").replace("-->", ""), sheet, 0)
    return sheet


def declarations(text: str) -> Declared:
    """The properties of a block or a style attribute; the last of two wins."""
    found: Declared = {}
    for name, value in DECLARATION.findall(COMMENT.sub("", text)):
        plain, _bang, rest = value.partition("!")
        key = name if name.startswith("--") else name.lower()
        found[key] = (plain.strip(), rest.strip().lower() == "important")
    return found


def _read(text: str, sheet: Sheet, depth: int) -> None:
    at = 0
    while (begin := text.find("{", at)) >= 0 and sheet.count < MOST_RULES:
        end = _end_of_block(text, begin)
        prelude, inner = text[at:begin].rpartition(";")[2].strip(), text[begin + 1 : end]
        at = end + 1
        if not prelude.startswith("@"):
            _add(prelude, declarations(inner), sheet)
        elif prelude.lower().startswith("@media") and SCREEN.match(prelude[6:].strip()) and depth < 4:
            _read(inner, sheet, depth + 1)


def _end_of_block(text: str, begin: int) -> int:
    depth = 0
    for found in re.compile(r"[{}]").finditer(text, begin):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return found.start()
    return len(text)


def _add(selectors: str, declared: Declared, sheet: Sheet) -> None:
    for selector in selectors.split(","):
        parts = _parts(selector.strip())
        if parts is None:
            continue
        sheet.count += 1
        last = parts[0]
        key = f"#{last.number}" if last.number else f".{min(last.classes)}" if last.classes else last.tag or "*"
        ids = sum(bool(part.number) for part in parts)
        middle = sum(len(part.classes) + len(part.attributes) + len(part.pseudos) for part in parts)
        tags = sum(part.tag not in ("", "*") for part in parts)
        sheet.rules[key].append(Rule(parts, (ids, middle, tags, sheet.count), declared))


def _parts(selector: str) -> tuple[Part, ...] | None:
    """The parts, rightmost first; None for what we cannot read, which then matches nothing."""
    found: list[Part] = []
    at, combinator = 0, ""
    while at < len(selector):
        part, at = _part(selector, at, combinator)
        if part is None:
            return None
        found.append(part)
        between = COMBINED.match(selector, at)
        if at < len(selector) and not between:
            return None
        if between:
            combinator, at = between[1] or " ", between.end()
    return tuple(reversed(found)) or None


def _part(selector: str, at: int, combinator: str) -> tuple[Part | None, int]:
    tag = number = ""
    classes: set[str] = set()
    attributes: list[tuple[str, str, str]] = []
    pseudos: list[tuple[str, str]] = []
    begin = at
    while at < len(selector) and (one := SIMPLE.match(selector, at)):
        at = one.end()
        tag, number = one["tag"] or tag, one["id"] or number
        if one["cls"]:
            classes.add(one["cls"])
        if one["attr"]:
            attributes.append((one["attr"], one["how"] or "", (one["value"] or "").strip("\"'")))
        if one["pseudo"]:
            pseudos.append((one["pseudo"].lower(), (one["inner"] or "").strip()))
    if at == begin:
        return None, at
    return Part(combinator, tag, number, frozenset(classes), tuple(attributes), tuple(pseudos)), at


def matches(node: Node, parts: tuple[Part, ...]) -> bool:
    """Whether a selector, rightmost part first, means this element."""
    part, rest = parts[0], parts[1:]
    if not _is(node, part):
        return False
    if not rest:
        return True
    if part.combinator == ">":
        return node.parent is not None and matches(node.parent, rest)
    if part.combinator in ("+", "~"):
        before = _before(node)
        near = before[-1:] if part.combinator == "+" else before
        return any(matches(one, rest) for one in near)
    above = node.parent
    while above is not None:
        if matches(above, rest):
            return True
        above = above.parent
    return False


def _before(node: Node) -> list[Node]:
    if node.parent is None:
        return []
    siblings = node.parent.children
    return siblings[: siblings.index(node)]


def _is(node: Node, part: Part) -> bool:
    if part.tag not in ("", "*", node.tag) or (part.number and part.number != node.get("id")):
        return False
    if part.classes and not part.classes <= set(node.attributes.get("class", "").split()):
        return False
    return all(_has(node, *one) for one in part.attributes) and all(_stands(node, *one) for one in part.pseudos)


def _has(node: Node, name: str, how: str, value: str) -> bool:
    found = node.attributes.get(name)
    if found is None or not how:
        return found is not None
    if how == "~=":
        return value in found.split()
    if how == "|=":
        return found == value or found.startswith(f"{value}-")
    if how == "=":
        return found == value
    if how == "*=":
        return value in found
    return found.startswith(value) if how == "^=" else found.endswith(value)


def _stands(node: Node, name: str, inner: str) -> bool:
    """Pseudo-classes of structure; the others never hold in a picture that nobody touches."""
    if name == "root":
        return node.parent is None
    if name == "not":
        parts = _parts(inner)
        return parts is not None and not matches(node, parts)
    if node.parent is None or name not in ("first-child", "last-child", "only-child", "nth-child", "nth-last-child"):
        return False
    siblings = node.parent.children
    place = siblings.index(node) + 1
    from_end = len(siblings) - place + 1
    if name == "only-child":
        return len(siblings) == 1
    if not name.startswith("nth"):
        return (place if name == "first-child" else from_end) == 1
    return _nth(inner, from_end if "last" in name else place)


def _nth(formula: str, place: int) -> bool:
    formula = {"odd": "2n+1", "even": "2n"}.get(formula.lower(), formula.lower().replace(" ", ""))
    found = re.fullmatch(r"(?:([+-]?\d*)n)?([+-]?\d+)?", formula)
    if not found or not formula:
        return False
    if found[1] is None:
        return place == int(found[2])
    step = int(f"{found[1]}1" if found[1] in ("", "+", "-") else found[1])
    offset = place - int(found[2] or 0)
    return offset == 0 if not step else offset % step == 0 and offset // step >= 0
