"""What pip says when something does not fit, in a sentence for whoever reads it."""

from __future__ import annotations

import re

CONFLICT = re.compile(r"^\s+(?P<who>\S+ \S+) depends on (?P<wish>[^\n]+?)\s*$", re.MULTILINE)
PINNED = re.compile(r"^\s+The user requested \(constraint\) (?P<name>[^=\s]+)==(?P<version>\S+)\s*$", re.MULTILINE)
WISHED = re.compile(r"^\s+The user requested (?P<wish>[^(\n][^\n]*?)\s*$", re.MULTILINE)
NOWHERE = re.compile(r"No matching distribution found for ([^\n]+)")
UNREACHED = (
    "NewConnectionError",
    "ConnectTimeout",
    "NameResolutionError",
    "Connection to",
    "ProxyError",
    "Connection refused",
)
LONGEST = 600


def why_not(said: str) -> str:
    """The cause, out of everything that pip printed."""
    if said_twice := _contradiction(said):
        return said_twice
    if any(word in said for word in UNREACHED):
        return "The package index cannot be reached. Name a folder of wheels ([plugins] wheels) to go without."
    if missing := NOWHERE.search(said):
        return f"There is no wheel of {missing[1]} that fits this computer (packages that must be built are not taken)."
    return _last_words(said)


def _contradiction(said: str) -> str:
    """Which wishes cannot be fulfilled together; empty where that is not the cause."""
    pinned = {one["name"].lower(): one["version"] for one in PINNED.finditer(said)}
    wishes = [(one["who"], one["wish"]) for one in CONFLICT.finditer(said)]
    wishes += [("shop.toml", one["wish"]) for one in WISHED.finditer(said)]
    for who, wish in wishes:
        name = re.split(r"[\s<>=!~;\[(]", wish, maxsplit=1)[0].lower()
        if name in pinned:
            return f"{who} wants {wish}, and CraftOps runs with {name} {pinned[name]}."
    if len(wishes) > 1:
        return "; ".join(f"{who} wants {wish}" for who, wish in wishes) + ": both cannot be."
    return ""


def _last_words(said: str) -> str:
    """What pip calls an error, else all of it; the end of a long one."""
    lines = [line.removeprefix("ERROR: ").strip() for line in said.splitlines() if line.startswith("ERROR: ")]
    lines = lines or [line.strip() for line in said.splitlines() if line.strip()]
    return " ".join(lines)[-LONGEST:] or "pip did not say why."
