"""Figures and words of papers are written fast, and come out as the slow ways would write them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pytest
from babel import Locale
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.billing.money import Money, exponent
from craftops.papers.fonts import printable, printable_json
from craftops.papers.typesetting import _folder, as_json
from craftops.papers.words import REGIONS, Words

PLACES = [(language, territory) for language, known in REGIONS.items() for territory in sorted(known)]
CURRENCIES = ("EUR", "USD", "CHF", "GBP", "JPY", "INR", "KWD")


@given(
    st.sampled_from(PLACES), st.sampled_from(CURRENCIES), st.integers(-99_999, 99_999) | st.integers(-(10**12), 10**12)
)
def test_an_amount_is_written_as_its_region_writes_it(place: tuple[str, str], currency: str, minor: int) -> None:
    locale, words, money = Locale(place[0], place[1]), Words(*place), Money(minor, currency)
    digits = "#,##,##0" if place[1] == "IN" else "#,##0"
    pattern = digits + ("." + "0" * exponent(currency) if exponent(currency) else "")
    if place[1] == "CH":  # the library takes the marks between Swiss thousands for quotes, and drops them in pairs
        plain = format_decimal(money.major, pattern, "en_US").replace(",", "'")
    else:
        plain = format_decimal(money.major, pattern, locale)
        told = format_currency(money.major, currency, locale=locale, currency_digits=True)
        if exponent(currency) == 2:
            assert words.money(money) == told.replace("-", "−")
    assert words.amount(money) == plain.replace("-", "−")
    assert plain.lstrip("-") in words.money(money)


@pytest.mark.parametrize("value", [0, 7, 999, 1000, -1, 12_345])
def test_a_count_is_written_as_its_region_writes_it(value: int) -> None:
    assert Words("de", "DE").number(value) == format_decimal(value, locale="de_DE")


def test_millions_of_swiss_francs_keep_their_marks() -> None:
    assert Words("de", "CH").amount(Money(123_456_780, "CHF")) == "1'234'567.80"


@dataclass(frozen=True, slots=True)
class Told:
    name: str
    rows: tuple[tuple[str, str], ...]
    hero: tuple[str, str] | None = None


@given(st.text(), st.text(), st.sampled_from(["", "\ud800", "\x07", "\t", "漢", '\\t"\\n', "\u0300", "\u2028"]))
def test_fields_are_cleaned_whatever_stands_in_them(name: str, cell: str, odd: str) -> None:
    told = Told(name + odd, ((cell, odd),), (odd, name))
    assert printable_json(as_json(told).encode(), "DE") == printable(asdict(told), "DE")


def test_no_words_of_a_paper_stay_behind() -> None:
    from datetime import date

    from craftops.papers.typesetting import compiled

    with pytest.raises(Exception, match="key"):
        compiled("paper.typ", '{"nothing": "of use"}', "DE", date(2026, 3, 4))
    assert [path.name for path in _folder().iterdir() if path.suffix not in (".typ", ".png")] == []
