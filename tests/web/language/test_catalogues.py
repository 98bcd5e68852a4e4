"""The catalogues are whole: every message that can be found is translated, and says what its English says."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from craftops.web.frame.language.catalogues import FOLDER, LANGUAGES, SOURCE, catalogue
from craftops.web.frame.language.extraction import ExtractedMessage, collect, file_of

SLOT = re.compile(r"%\(\w+\)[sdg]|</?[a-z]+\d*>")
OURS = [one for one in LANGUAGES if one != SOURCE]


@cache
def found() -> dict[str, ExtractedMessage]:
    """All messages of the source; looked for by the process that runs these tests, not by each that finds them."""
    return collect()


def test_german_is_shipped() -> None:
    assert OURS == ["de"]


@pytest.mark.parametrize("language", OURS)
def test_every_message_is_translated(language: str) -> None:
    said = catalogue(language)
    missing = [
        one.message for one in found().values() if one.message not in (said.plurals if one.many else said.messages)
    ]
    assert missing == []


@pytest.mark.parametrize("language", OURS)
def test_nothing_is_kept_that_nobody_says_any_more(language: str) -> None:
    said = catalogue(language)
    assert {*said.messages, *said.plurals} - set(found()) == set()


@pytest.mark.parametrize("language", OURS)
def test_a_translation_has_the_values_and_tags_of_its_message(language: str) -> None:
    """A sentence of the rooms below may leave out a value: the English plural "s"."""
    wrong = []
    for message, said in catalogue(language).messages.items():
        wanted, has = Counter(SLOT.findall(message)), Counter(SLOT.findall(said))
        may_leave_out = file_of(found()[message].where) in ("sentences", "plugins", "drivers")
        if wanted != has and not (may_leave_out and has < wanted):
            wrong.append(message)
    for one, forms in catalogue(language).plurals.items():
        wanted = set(SLOT.findall(one + found()[one].many))
        wrong += [one for form in forms if not set(SLOT.findall(form)) <= wanted]
    assert wrong == []


@pytest.mark.parametrize("language", OURS)
def test_a_translation_begins_and_ends_as_its_message(language: str) -> None:
    """A sentence stays a sentence, and a space at an end stays: what follows is put together with it."""
    wrong = [
        (message, said)
        for message, said in catalogue(language).messages.items()
        if not said.endswith("USt.")
        and (message[:1] == " ", message[-1:] == " ", message[-1:] == ".", message[-1:] == "?")
        != (said[:1] == " ", said[-1:] == " ", said[-1:] == ".", said[-1:] == "?")
    ]
    assert wrong == []


def test_no_translation_is_a_guess() -> None:
    for path in sorted(Path(FOLDER).rglob("*.po")):
        with path.open("rb") as source:
            assert [one.id for one in read_po(source) if one.fuzzy and one.id] == []
