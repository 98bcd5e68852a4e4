"""What no script and no template of ours may do: laws over their text."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "craftops" / "static" / "js").rglob("*.js"))
TEMPLATES = sorted(path for tree in ("craftops", "themes", "plugins") for path in (ROOT / tree).rglob("*.html"))
STORES = re.compile(r"\b(?:localStorage|sessionStorage|indexedDB|caches|document\.cookie)\b")
GONE = re.compile(r"<(?:applet|embed|object|frameset|marquee)\b|document\.write|ActiveXObject|\bjavascript:", re.I)
PROTOTYPES = re.compile(
    r"__proto__|\.prototype\b|Object\.assign\((?![^;]*\{)|JSON\.parse\(.*reviver|\bfor\s*\(\s*\w+\s+\w+\s+in\b"
)


def test_nothing_of_a_page_stays_in_the_browser() -> None:
    """ASVS 14.3.3: no word of a page, no token, no name is kept where the next user of a computer finds it. The library
    that sends files keeps the address of one that is half sent (``urlStorage``), which only its owner can use."""
    assert not [path.name for path in (*SCRIPTS, *TEMPLATES) if STORES.search(path.read_text())]


def test_pages_need_nothing_that_browsers_have_given_up() -> None:
    """ASVS 3.7.1: modules, fetch and event streams; no plug-in, no frame set, no address that is a program."""
    assert not [path for path in (*SCRIPTS, *TEMPLATES) if GONE.search(path.read_text())]


def test_no_script_merges_what_it_was_sent_into_its_objects() -> None:
    """ASVS 15.3.6: what comes as JSON is read by the names that are known, never copied by those that it brings."""
    assert not [path.name for path in SCRIPTS if PROTOTYPES.search(path.read_text())]
