"""What is another in each answer is known to whoever gives an answer again (``web.frame.microcache``)."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DRAWN = re.compile(r"\b(?:secrets\.\w+|uuid4|random\.\w+)\(")
KNOWN = {
    "craftops/web/frame/one_time.py",
    "craftops/web/frame/keeping.py",  # a mark of each compiled piece, which no page shows
    "craftops/web/orders/present_new.py",  # which line of one form is meant
    "craftops/web/shipping/portal.py",  # for a form that came without
    "craftops/web/people/vouched.py",  # goes into a cookie, and what sets one is not kept
    "craftops/web/people/known_browser.py",  # as well
}


def test_pages_draw_their_keys_where_they_are_renewed() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "craftops" / "web").rglob("*.py")
        if DRAWN.search(path.read_text())
    }
    assert found == KNOWN
