"""Which layers (optional content) of a PDF are switched off. ISO 32000-1, 8.11."""

from __future__ import annotations

import re

REFERENCE = re.compile(rb"(\d+)\s+\d+\s+R\b")
NAME = re.compile(rb"/([^\s/<>\[\]()]+)")
MEMBERS = re.compile(rb"/Type\s*/OCMD\b")
POLICY = re.compile(rb"/P\s*/(AllOn|AnyOn|AnyOff|AllOff)\b")
PLACED = re.compile(rb"/OC\s+(\d+)\s+\d+\s+R\b")
UNPRINTED = re.compile(rb"/PrintState\s*/OFF\b")
TOKEN = re.compile(rb"\[|\]|/(?:And|Or|Not)\b|\d+\s+\d+\s+R\b")
DEEPEST = 20
Objects = dict[int, bytes]


def hidden_groups(objects: Objects, properties: bytes) -> set[int]:
    """The numbers of the groups that the default configuration switches off."""
    settings = behind(objects, properties, rb"/D")
    hidden = listed(objects, settings, rb"/OFF")
    if re.search(rb"/BaseState\s*/OFF\b", settings):
        hidden = listed(objects, properties, rb"/OCGs") - listed(objects, settings, rb"/ON")
    return hidden


def hidden_sets(objects: Objects, off: set[int]) -> tuple[frozenset[frozenset[str]], bool]:
    """The keys of membership dictionaries that are not shown, and whether others with the same keys are shown."""
    hidden: set[frozenset[str]] = set()
    shown: set[frozenset[str]] = set()
    for text in objects.values():
        if MEMBERS.search(text):
            (shown if is_shown(objects, text, off) else hidden).add(keys_of(text))
    return frozenset(hidden - shown), bool(hidden & shown)


def is_shown(objects: Objects, text: bytes, off: set[int]) -> bool:
    """Whether what belongs to this membership dictionary is shown: by its expression, else by its policy (8.11.2.2)."""
    expression = behind(objects, text, rb"/VE").lstrip()
    if expression.startswith(b"["):
        said = _evaluated([found[0] for found in TOKEN.finditer(expression)], off)
        if said is not None:
            return said
    groups = listed(objects, text, rb"/OCGs")
    if not groups:
        single = re.search(rb"/OCGs\s+(\d+)\s+\d+\s+R\b", text)
        groups = {int(single[1])} if single and int(single[1]) in objects else set()
    if not groups:
        return True
    policy = POLICY.search(text)
    word = policy[1] if policy else b"AnyOn"
    some_off, some_on = bool(groups & off), bool(groups - off)
    return {b"AllOn": not some_off, b"AnyOn": some_on, b"AnyOff": some_off, b"AllOff": not some_on}[word]


def _evaluated(tokens: list[bytes], off: set[int]) -> bool | None:
    """A visibility expression: ``[/Not [/And 3 0 R 4 0 R]]``. None where it cannot be read."""
    stack: list[list[bytes | bool]] = [[]]
    for token in tokens:
        if token == b"[":
            stack.append([])
        elif token == b"]":
            if len(stack) < 2 or len(stack) > DEEPEST:
                return None
            value = _applied(stack.pop())
            if value is None:
                return None
            stack[-1].append(value)
            if len(stack) == 1:
                return value
        else:
            stack[-1].append(token if token.startswith(b"/") else int(token.split()[0]) not in off)
    return None


def _applied(parts: list[bytes | bool]) -> bool | None:
    values = [one for one in parts[1:] if isinstance(one, bool)]
    if not parts or not values or len(values) != len(parts) - 1:
        return None
    if parts[0] == b"/Not":
        return not values[0]
    return {b"/And": all(values), b"/Or": any(values)}.get(parts[0]) if isinstance(parts[0], bytes) else None


def keys_of(text: bytes) -> frozenset[str]:
    """The keys of a membership dictionary, as far as they tell two apart."""
    return frozenset(word for word in ("OCGs", "P", "VE") if re.search(rb"/%b(?![A-Za-z])" % word.encode(), text))


def hides_forms(objects: Objects, off: set[int]) -> bool:
    """Whether a form or a picture as a whole lies on a layer that is off, which pdfium does not tell."""
    for text in objects.values():
        found = PLACED.search(text)
        if found is None or not re.search(rb"/Subtype\s*/(?:Form|Image)\b", text):
            continue
        number = int(found[1])
        named = objects.get(number, b"")
        if number in off or (MEMBERS.search(named) and not is_shown(objects, named, off)):
            return True
    return False


def behind(objects: Objects, text: bytes, key: bytes) -> bytes:
    """What follows a key: the object that it refers to, or the text there."""
    at = re.search(key + rb"(?![A-Za-z])\s*", text)
    if not at:
        return b""
    reference = REFERENCE.match(text, at.end())
    return objects.get(int(reference[1]), b"") if reference else text[at.end() :]


def listed(objects: Objects, text: bytes, key: bytes) -> set[int]:
    """The numbers of the objects that an array behind a key refers to."""
    found = behind(objects, text, key).lstrip()
    if not found.startswith(b"["):
        return set()
    return {int(number) for number in REFERENCE.findall(found[: found.find(b"]") + 1])}
