"""Canned responses: filled by plain substitution, never half, and never as code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.messages.canned import VARIABLES, check, fill, unfilled
from craftops.domain.messages.canned_texts import SHIPPED
from craftops.errors import IntakeError

VALUES = st.dictionaries(st.sampled_from(VARIABLES), st.text(max_size=30))


@given(st.text(max_size=300), VALUES)
def test_a_text_without_variables_is_left_alone(text: str, values: dict[str, str]) -> None:
    if "{" not in text:
        assert fill(text, values).text == text


@given(st.lists(st.sampled_from(VARIABLES), max_size=8), VALUES)
def test_what_is_missing_is_told_and_nothing_else_is_left(names: list[str], values: dict[str, str]) -> None:
    filled = fill(" ".join(f"{{{name}}}" for name in names), values)
    without = {name for name in names if not values.get(name, "").strip()}
    assert set(filled.missing) == without
    braced = {name for value in values.values() for name in unfilled(value)}
    assert set(unfilled(filled.text)) - braced == without - braced


@given(st.sampled_from(VARIABLES), st.text(alphabet=st.characters(exclude_characters="{}\n\r"), max_size=40))
def test_words_instead_are_used_where_a_value_is_missing(name: str, words: str) -> None:
    filled = fill(f"{{{name}|{words}}}", {})
    assert filled.text == words
    assert filled.missing == ()


def test_a_value_with_braces_is_no_variable_of_its_own() -> None:
    assert fill("{name}, {shop_name}", {"name": "{shop_name}", "shop_name": "Werk"}).text == "{shop_name}, Werk"


@pytest.mark.parametrize("text", ["{{ 7 * 7 }}", "{% print 1 %}", "{name.__class__}", "{0}", "%(name)s", "${name!r}"])
def test_text_is_never_a_template(text: str) -> None:
    assert fill(text, {"other": "x"}).text == text


@pytest.mark.parametrize(
    ("title", "body", "field"),
    [("", "x", "title"), ("x", " ", "body"), ("x", "{nonsense}", "body"), ("x" * 101, "x", "title")],
)
def test_what_cannot_be_kept_says_why(title: str, body: str, field: str) -> None:
    with pytest.raises(IntakeError) as caught:
        check(title, body)
    assert field in caught.value.fields


def test_those_that_come_with_craftops_can_be_kept_and_come_in_both_languages() -> None:
    for one in SHIPPED:
        assert check(one.title, one.body) == (one.title, one.body)
    keys = {language: {one.key[:-3] for one in SHIPPED if one.language == language} for language in ("en", "de")}
    assert keys["en"] == keys["de"]
