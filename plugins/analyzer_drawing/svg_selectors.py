"""Selectors (Selectors Level 4, without what only a mouse or a keyboard can bring about): read, weighed and matched."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from .svg_tree import Node

NAME = r"(?:[\w-]|\\[0-9a-fA-F]{1,6}\s?|\\[^\n])+"
INNER = r"(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*"
SIMPLE = re.compile(
    rf"""(?:(?:{NAME}|\*)?\|)?(?P<tag>{NAME}|\*)|\#(?P<id>{NAME})|\.(?P<cls>{NAME})|
    \[\s*(?P<attr>(?:[\w*-]*\|)?[\w:-]+)\s*(?:(?P<how>[~|^$*]?=)\s*(?P<value>"[^"]*"|'[^']*'|[^\]\s]*)\s*(?P<fold>[iIsS])?\s*)?\]|
    (?P<colons>::?)(?P<pseudo>[\w-]+)(?:\((?P<inner>{INNER})\))?""",
    re.VERBOSE,
)
COMBINED = re.compile(r"\s*([>+~])\s*|\s+")
ESCAPED = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)")
TOUCHED = frozenset((
    "hover", "active", "focus", "focus-within", "focus-visible", "visited", "target", "target-within", "checked",
    "disabled", "enabled", "lang", "dir", "current", "past", "future", "defined", "host", "fullscreen", "modal",
    "autofill", "paused", "playing", "required", "optional", "valid", "invalid", "read-only", "read-write",
    "default", "indeterminate",
))  # fmt: skip
"""Pseudo-classes that we know and that never hold in a picture that nobody touches."""
PLACES = frozenset((
    "root", "scope", "empty", "link", "any-link", "first-child", "last-child", "only-child", "first-of-type",
    "last-of-type", "only-of-type",
))  # fmt: skip
COUNTED = frozenset(("nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"))
LISTS = frozenset(("is", "where", "matches", "-webkit-any", "not", "has"))
DEEPEST = 8
Rank = tuple[int, int, int]
"""Specificity: ids; classes, attributes and pseudo-classes; tags."""


@dataclass(frozen=True, slots=True)
class Pseudo:
    """A pseudo-class with what stands in its brackets, read where that is a list of selectors."""

    name: str
    inner: str = ""
    selectors: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one element has to be, and how the element before it in the selector stands to it."""

    combinator: str
    tag: str = ""
    number: str = ""
    classes: frozenset[str] = frozenset()
    attributes: tuple[tuple[str, str, str, bool], ...] = ()
    """Name, how it is compared, with what, and whether large and small letters are the same."""
    pseudos: tuple[Pseudo, ...] = ()


Selector = tuple[Part, ...]
"""Rightmost part first."""


def split(text: str, by: str = ",") -> list[str]:
    """The pieces between commas (or what ``by`` is) that stand outside of brackets and quotes."""
    found, depth, begin, quote = [], 0, 0, ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == by and depth <= 0:
            found.append(text[begin:at].strip())
            begin = at + 1
    return [*found, text[begin:].strip()]


def selectors_of(text: str, depth: int = 0) -> tuple[Selector, ...] | None:
    """The selectors of a list; None where one cannot be read, which makes the whole list void."""
    found = [_selector(one, depth) for one in split(text)]
    if depth > DEEPEST or None in found:
        return None
    return tuple(one for one in found if one is not None)


def rank_of(selector: Selector) -> Rank:
    """How much a selector weighs against another one."""
    weights = [_weight(part) for part in selector]
    return sum(one[0] for one in weights), sum(one[1] for one in weights), sum(one[2] for one in weights)


def _weight(part: Part) -> Rank:
    ids, middle, tags = bool(part.number), len(part.classes) + len(part.attributes), part.tag not in ("", "*")
    total: Rank = (int(ids), middle, int(tags))
    for pseudo in part.pseudos:
        own: Rank = (0, 1, 0)
        if pseudo.name in LISTS:
            own = max((rank_of(one) for one in pseudo.selectors), default=(0, 0, 0))
            own = (0, 0, 0) if pseudo.name == "where" else own
        total = total[0] + own[0], total[1] + own[1], total[2] + own[2]
    return total


def _selector(selector: str, depth: int) -> Selector | None:
    found: list[Part] = []
    at, combinator = 0, ""
    while at < len(selector):
        part, at = _part(selector, at, combinator, depth)
        if part is None:
            return None
        found.append(part)
        between = COMBINED.match(selector, at)
        if at < len(selector) and not between:
            return None
        if between:
            combinator, at = between[1] or " ", between.end()
            if at == len(selector):
                return None
    return tuple(reversed(found)) or None


def _part(selector: str, at: int, combinator: str, depth: int) -> tuple[Part | None, int]:
    tag = number = ""
    classes: set[str] = set()
    attributes: list[tuple[str, str, str, bool]] = []
    pseudos: list[Pseudo] = []
    begin = at
    while at < len(selector) and (one := SIMPLE.match(selector, at)):
        if one["tag"] and at > begin:
            return None, at
        at = one.end()
        tag, number = plain(one["tag"] or tag), plain(one["id"] or number)
        if one["cls"]:
            classes.add(plain(one["cls"]))
        if one["attr"]:
            value = (one["value"] or "").strip("\"'")
            folds = (one["fold"] or "").lower() == "i"
            attributes.append((one["attr"].lstrip("*|").replace("|", ":"), one["how"] or "", plain(value), folds))
        if one["pseudo"]:
            pseudo = _pseudo(one["pseudo"].lower(), one["inner"], element=one["colons"] == "::", depth=depth)
            if pseudo is None:
                return None, at
            pseudos.append(pseudo)
    if at == begin:
        return None, at
    return Part(combinator, tag, number, frozenset(classes), tuple(attributes), tuple(pseudos)), at


def _of_list(name: str, told: str, depth: int) -> Pseudo | None:
    """A pseudo-class of a list of selectors; None where one of them cannot be read and the class does not forgive."""
    if name == "has":
        lists = [_selector(one.lstrip(">+~ "), depth + 1) for one in split(told)]
    else:
        lists = [_selector(one, depth + 1) for one in split(told)] if depth < DEEPEST else [None]
        if None in lists and name not in ("is", "where", "matches", "-webkit-any"):
            return None
    return Pseudo(name, told, tuple(one for one in lists if one is not None))


def _pseudo(name: str, inner: str | None, *, element: bool, depth: int) -> Pseudo | None:
    """A pseudo-class; None for one that nobody knows."""
    told = (inner or "").strip()
    if element or name in ("before", "after", "first-line", "first-letter"):
        return Pseudo("element")
    if name in LISTS and inner is not None:
        return _of_list(name, told, depth)
    known = name in PLACES or name in TOUCHED or (name in COUNTED and inner is not None)
    return Pseudo(name, told) if known else None


def plain(name: str) -> str:
    """A name without escapes (CSS Syntax 3, 4.3.7)."""
    if "\\" not in name:
        return name
    return ESCAPED.sub(lambda one: chr(min(int(one[1], 16), 0x10FFFF)) if one[1] else one[2], name)


def matches(node: Node, selector: Selector) -> bool:
    """Whether a selector means this element."""
    part, rest = selector[0], selector[1:]
    if not _is(node, part):
        return False
    if not rest:
        return True
    if part.combinator == ">":
        return node.parent is not None and matches(node.parent, rest)
    if part.combinator in ("+", "~"):
        siblings = node.parent.children if node.parent is not None else []
        last = min(node.place, len(siblings))
        first = max(0, last - 1) if part.combinator == "+" else 0
        return any(matches(siblings[place], rest) for place in range(first, last))
    above = node.parent
    while above is not None:
        if matches(above, rest):
            return True
        above = above.parent
    return False


def _is(node: Node, part: Part) -> bool:
    if part.tag not in ("", "*", node.tag) or (part.number and part.number != node.get("id")):
        return False
    if part.classes and not part.classes <= set(node.attributes.get("class", "").split()):
        return False
    return all(_has(node, *one) for one in part.attributes) and all(_stands(node, one) for one in part.pseudos)


def _has(node: Node, name: str, how: str, value: str, folds: bool) -> bool:
    found = node.attributes.get(name)
    if found is None or not how:
        return found is not None
    if folds:
        found, value = found.lower(), value.lower()
    if how == "~=":
        return value in found.split()
    if how == "|=":
        return found == value or found.startswith(f"{value}-")
    if how == "=":
        return found == value
    if not value:
        return False
    if how == "*=":
        return value in found
    return found.startswith(value) if how == "^=" else found.endswith(value)


def _place(node: Node, parent: Node, *, of_type: bool) -> tuple[int, int]:
    """Which of how many children it is; ``of_type``: among those of its kind."""
    if not of_type:
        return node.place + 1, len(parent.children)
    if parent.kinds is None:
        parent.kinds = _kinds(parent.children)
    return parent.kinds[node.place]


def _is_outermost(node: Node) -> bool:
    return node.parent is None


def _is_link(node: Node) -> bool:
    return node.tag == "a" and "href" in node.attributes


def _is_empty(node: Node) -> bool:
    return not node.children and not node.text


def _stands(node: Node, pseudo: Pseudo) -> bool:
    name = pseudo.name
    if name == "has":
        return any(_holds(node, one, pseudo.inner) for one in pseudo.selectors)
    if name in LISTS:
        return any(matches(node, one) for one in pseudo.selectors) is not (name == "not")
    if name in ALONE:
        return ALONE[name](node)
    if node.parent is None or name not in AMONG_SIBLINGS:
        return False
    holds, of_type = AMONG_SIBLINGS[name]
    return holds(pseudo.inner, *_place(node, node.parent, of_type=of_type))


def _kinds(siblings: list[Node]) -> list[tuple[int, int]]:
    """For each of them the how manieth of its tag it is, and how many there are."""
    total = Counter(one.tag for one in siblings)
    so_far: Counter[str] = Counter()
    found = []
    for one in siblings:
        so_far[one.tag] += 1
        found.append((so_far[one.tag], total[one.tag]))
    return found


def _holds(node: Node, selector: Selector, told: str) -> bool:
    """``:has()``: whether something below (or, behind ``+`` and ``~``, beside) the element is meant by the selector."""
    if told.startswith(("+", "~")) and node.parent is not None:
        behind = node.parent.children[node.place + 1 :]
        return any(matches(one, selector) for one in (behind[:1] if told.startswith("+") else behind))
    work = list(node.children)
    while work:
        one = work.pop()
        if matches(one, selector):
            return True
        if not told.startswith(">"):
            work.extend(one.children)
    return False


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


ALONE: dict[str, Callable[[Node], bool]] = {
    "root": _is_outermost, "scope": _is_outermost, "empty": _is_empty, "link": _is_link, "any-link": _is_link,
}  # fmt: skip
"""Pseudo-classes that no sibling has a part in."""
BY_PLACE: dict[str, Callable[[str, int, int], bool]] = {
    "first": lambda _formula, place, _count: place == 1,
    "last": lambda _formula, place, count: place == count,
    "only": lambda _formula, _place, count: count == 1,
    "nth": lambda formula, place, _count: _nth(formula, place),
    "nth-last": lambda formula, place, count: _nth(formula, count - place + 1),
}
"""What they say of the place among so many, from 1 on, by how their names begin."""
AMONG_SIBLINGS = {
    f"{begin}-{among}": (holds, among == "of-type")
    for begin, holds in BY_PLACE.items()
    for among in ("child", "of-type")
}
"""The others, and whether they count only the siblings of the same tag."""
