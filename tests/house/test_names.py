"""One name, one meaning; and no page of the documentation leads nowhere."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAME_IN_EACH = {
    # what each driver reads, in its own words; drivers do not know one another
    "Snapshot", "Rest", "Job", "Run", "Track", "Measured",
    "IncomingFile",
}  # fmt: skip
"""Names that stand for the same thing in packages that may not know one another."""


def test_no_class_name_has_two_meanings_in_the_core() -> None:
    places = defaultdict(list)
    for path in (ROOT / "craftops").rglob("*.py"):
        if "migrations" not in path.parts:
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(str(path.relative_to(ROOT)))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert twice == {}


def test_a_driver_takes_no_name_of_the_core_for_something_else() -> None:
    core = {
        node.name
        for path in (ROOT / "craftops" / "domain").rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    }
    theirs = {
        (node.name, str(path.relative_to(ROOT)))
        for folder in ("machines", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and node.name in core
    }
    assert {one for one in theirs if one[0] not in SAME_IN_EACH} == set()


def test_no_link_of_the_documentation_is_dead() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
        if not target.startswith(("http:", "https:", "mailto:")) and not (page.parent / target).exists()
    ]
    assert dead == []
