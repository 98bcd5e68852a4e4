"""Catalogues: what each language says for each English message, read from ``craftops/locale/<language>/*.po``.

Nothing is compiled at build time: a process reads a language when its first reader comes. English needs no catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.messages.pofile import read_po

SOURCE = "en"
"""The language that everything is written in."""
FOLDER = Path(__file__).parents[3] / "locale"
MADE: dict[str, LanguageCatalogue] = {}
"""Catalogues that were made rather than read: those of tests."""
_beside: list[Path] = []


@dataclass(frozen=True)
class LanguageCatalogue:
    """One language. Many messages know only one form; ``plurals`` has those that know a form for each number."""

    language: str
    messages: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def say(self, message: str) -> str:
        """The message in this language; in English where it is not known."""
        return self.messages.get(message) or message

    def say_number(self, one: str, many: str, number: int) -> str:
        """The form of a message for this number."""
        forms = self.plurals.get(one)
        if not forms:
            return one if number == 1 else many
        return forms[0] if len(forms) == 1 or _rule(self.language)(number) == "one" else forms[-1]


@lru_cache
def _rule(language: str) -> Callable[[int], str]:
    return Locale.parse(language).plural_form


def languages() -> tuple[str, ...]:
    """The languages that there are, English first."""
    shipped = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and any(path.glob("*.po")))
    return (SOURCE, *(one for one in shipped if one != SOURCE))


LANGUAGES = languages()


def beside(folders: Iterable[Path]) -> None:
    """Have the catalogues of plugins and themes, ``<folder>/locale/<language>/*.po``, read beside ours, which wins."""
    fresh = [one for one in folders if one not in _beside]
    _beside.extend(fresh)
    if fresh:
        catalogue.cache_clear()


@lru_cache
def catalogue(language: str) -> LanguageCatalogue:
    """The catalogue of a language; an empty one for English, and where there is none."""
    if language in MADE:
        return MADE[language]
    messages: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for folder in (*(one / "locale" for one in _beside), FOLDER):
        for path in sorted((folder / language).glob("*.po")):
            read_into(path, messages, plurals)
    return LanguageCatalogue(language, messages, plurals)


def read_into(path: Path, messages: dict[str, str], plurals: dict[str, tuple[str, ...]]) -> None:
    """Add what one file says. What is not translated yet, or only guessed, is left out."""
    with path.open("rb") as source:
        for one in read_po(source):
            if not one.id or one.fuzzy:
                continue
            if isinstance(one.id, str) and one.string:
                messages[one.id] = str(one.string)
            elif isinstance(one.string, tuple) and all(one.string):
                plurals[one.id[0]] = one.string
