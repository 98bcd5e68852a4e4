"""One name, one meaning; and no page of the documentation leads nowhere."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
TREES = ("craftops", "plugins", "machines", "themes")
ONE_MEANING: dict[str, str] = {}
"""Names that stand for one thing in packages that may not know one another, each with why it is the same thing."""


def test_no_class_name_has_two_meanings() -> None:
    places = defaultdict(list)
    for tree in TREES:
        for path in (ROOT / tree).rglob("*.py"):
            if "migrations" not in path.parts:
                for node in ast.parse(path.read_text()).body:
                    if isinstance(node, ast.ClassDef):
                        places[node.name].append(str(path.relative_to(ROOT)))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in twice.items() if name not in ONE_MEANING} == {}
    assert set(ONE_MEANING) <= set(twice)


def test_no_link_of_the_documentation_is_dead() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
        if not target.startswith(("http:", "https:", "mailto:")) and not (page.parent / target).exists()
    ]
    assert dead == []


def test_pages_say_their_messages_by_our_gettext() -> None:
    """flask_babel's own looks its way up anew for each message (docs/decisions/0052)."""
    own = ROOT / "craftops" / "web"
    found = [
        str(path.relative_to(ROOT))
        for path in own.rglob("*.py")
        if re.search(r"^from flask_babel import .*gettext", path.read_text(), re.M)
    ]
    assert found == []
