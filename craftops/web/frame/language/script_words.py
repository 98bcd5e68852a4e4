"""What the scripts of a page say: ``words("Draft kept.")``, in the reader's language."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import orjson

from craftops.web.frame.language.catalogues import SOURCE, catalogue

SCRIPTS = Path(__file__).parents[3] / "static" / "js"
SAID = re.compile(r'\bwords\(\s*"((?:[^"\\]|\\.)+)"')


@lru_cache(maxsize=1)
def messages() -> tuple[str, ...]:
    """All that the scripts say."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(SCRIPTS.glob("*.js")))
    return tuple(dict.fromkeys(message for text in texts for message in SAID.findall(text)))


@lru_cache
def words_of_scripts(language: str) -> str:
    """The translations that ``words.js`` looks up, as JSON; empty for English, which needs none."""
    if language == SOURCE:
        return ""
    known = catalogue(language).messages
    return orjson.dumps({one: known[one] for one in messages() if one in known}).decode()
