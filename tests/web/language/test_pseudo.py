"""A made-up language that marks every word it is asked for: what a page says without marks went past the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from zoneinfo import available_timezones

import pytest
from babel import Locale

from craftops.testing import Workshop
from craftops.web.frame.language import catalogues, choice

CODE = "eo"
MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_]{3,}")
OUTSIDE = frozenset(
    {
        *Locale(CODE).territories.values(),
        *available_timezones(),
        *(one.replace("_", " ") for one in available_timezones()),
    }
)
"""Names of countries and time zones, which others translate."""
SAID_ATTRIBUTES = ("placeholder", "title", "aria-label", "alt")


def pseudo() -> catalogues.LanguageCatalogue:
    """Says "⟦message⟧" for every message that German has."""
    known = catalogues.catalogue("de")
    return catalogues.LanguageCatalogue(
        CODE,
        {message: f"⟦{message}⟧" for message in known.messages},
        {message: tuple(f"⟦{form}⟧" for form in forms) for message, forms in known.plurals.items()},
    )


class Words(HTMLParser):
    """What people read on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "code", "kbd", "svg", "template")
        self.found += [value for name, value in attrs if name in SAID_ATTRIBUTES and value and not self.silent]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "code", "kbd", "svg", "template")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


@pytest.fixture
def eo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    catalogues.catalogue.cache_clear()
    monkeypatch.setattr(choice, "LANGUAGES", (*catalogues.LANGUAGES, CODE))
    monkeypatch.setitem(catalogues.MADE, CODE, pseudo())
    catalogues.catalogue.cache_clear()
    yield
    catalogues.catalogue.cache_clear()


DATA = re.compile(
    r"(bracket|Order again: bracket|Printer-1) · Testwerk|(craftops/v1/)?printer-1(/status)?|(analyzer|channel|notify|theme|shop)_\w+|bracket\.stl|[\d.,]+ [a-zµ]+[²³]?|Printer-1|MQTT \(craftops/v1\)|Ada|Bob|Sam|Olga|Testwerk|bracket|Hafenstraße 1(, 20457 Hamburg)?|20457 Hamburg|English|Deutsch"  # what we made
    r"|[\w.-]+@example\.org( ·)?|[0-9A-HJ-NP-Z]{6}|/[\w/.-]+"  # addresses, codes, folders
    r"|(\w+ )?\d{1,2} \w+(, \d\d:\d\d)?:?|\w+ \d{4}"  # dates
    r"|machine_\w+|starttls|tls|none|\(auto\)|SKR0[34]|pla|petg|plywood|aluminium|as_made|sanded|polished|painted"  # keys
)
"""What is no word of ours."""
OWN_TEXTS = (
    "/staff/messages/canned", "/staff/settings/look/parts", "/staff/settings/catalogue", "/staff/settings/catalogue/material",
    "/staff/backups/phrase", "/staff/exchange", "/staff/settings/audit", "/staff/settings/webhooks",
    "/docs",
)  # fmt: skip
"""Texts and samples of the shop itself, as its owner changes them; words to write down; columns, fields, an example; the handbook, which is in English."""


def unmarked(page: str) -> list[str]:
    words = Words()
    words.feed(page)
    text = "\n".join(words.found)
    while MARKED.search(text):
        text = MARKED.sub("", text)
    lines = {line.strip(" ·,:–") for line in text.splitlines() if WORD.search(line)}
    return sorted(line for line in lines - OUTSIDE if line and WORD.search(line) and not DATA.fullmatch(line))


@pytest.mark.parametrize("who", ["", "ada", "sam", "olga"], ids=["visitor", "customer", "staff", "owner"])
def test_every_word_of_every_page_is_asked_for(workshop: Workshop, eo: None, who: str) -> None:
    order = workshop.place("ada")
    workshop.machine("printer-1")
    browser = workshop.browser(who)
    browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = CODE
    paths = [rule.rule for rule in workshop.app.url_map.iter_rules() if not rule.arguments and "GET" in rule.methods]
    paths += {"ada": [f"/orders/{order.code}", f"/orders/{order.code}/reorder"],
              "sam": ["/staff/machines/printer-1"]}.get(who, [])  # fmt: skip
    seen, faults = 0, {}
    for path in paths:
        answer = browser.get(path)
        if answer.status_code != 200 or answer.mimetype != "text/html" or path in OWN_TEXTS:
            continue
        page = answer.get_data(as_text=True)
        assert f'lang="{CODE}"' in page
        seen += page.count("⟦")
        if lines := unmarked(page):
            faults[path] = lines
    assert seen > 50
    assert faults == {}
