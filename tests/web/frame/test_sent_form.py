"""What a form has sent, read by the types of its fields."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from werkzeug.datastructures import MultiDict

from craftops.errors import IntakeError
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.numbers import is_number
from craftops.web.frame.sent_form import (
    Line,
    MaybeNumber,
    Number,
    NumberedCounts,
    NumberedTexts,
    NumberIfAny,
    Numbers,
    Says,
    SentForm,
    Texts,
    Ticked,
    at_most,
    cut,
    otherwise,
)

WORDS = st.text(max_size=12)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Lenient(SentForm):
    """Everything here has a default, and takes whatever comes."""

    title: Line = ""
    note: Annotated[str, cut(5)] = ""
    machine: MaybeNumber = None
    rush: Ticked = False
    files: Numbers = ()
    finishes: Annotated[Texts, at_most(2)] = ()
    copies: NumberedCounts = {}
    names: NumberedTexts = {}
    before: MaybeNumber = Field(default=None, alias="from")
    words: NumberedTexts = Field(default={}, alias="word_")


class Strict(SentForm):
    """Nothing here can be left out."""

    colour: Colour
    size: Literal["s", "m"]
    count: Number
    line: Annotated[Number, Says(__("Say which part."))]


GOOD = {"colour": "red", "size": "s", "count": "3", "line": "4"}


def sent(*pairs: tuple[str, str]) -> MultiDict[str, str]:
    return MultiDict(pairs)


def test_a_form_is_read_by_its_types() -> None:
    form = Lenient.read(
        sent(
            ("title", "  Bracket "), ("note", "as it was typed"), ("machine", " 7 "), ("rush", "on"), ("files", "1"),
            ("files", "two"), ("files", "3"), ("finishes", "a"), ("finishes", "b"), ("finishes", "c"),
            ("copies-7", "2"), ("copies-8", "many"), ("copies-x", "2"), ("names-9", "lid"), ("from", "5"),
            ("unknown", "x"),
        )
    )  # fmt: skip
    assert form == Lenient(
        title="Bracket", note="as it", machine=7, rush=True, files=(1, 3), finishes=("a", "b"), copies={7: 2},
        names={9: "lid"}, **{"from": 5},
    )  # fmt: skip
    assert (Lenient.read(sent()).title, Lenient.read(sent()).machine, Lenient.read(sent()).files) == ("", None, ())


def test_one_of_several_on_a_page_has_its_key_behind_the_names() -> None:
    both = sent(("title-a", "first"), ("title-b", "second"), ("files-b", "2"), ("title", "of none"))
    assert [Lenient.read(both, key).title for key in ("a", "b", "c", "", None)] == [
        "first",
        "second",
        "",
        "",
        "of none",
    ]
    assert Lenient.read(both, "b").files == (2,)


def test_names_may_begin_alike() -> None:
    pairs = {
        "title": "of none",
        "one_title": " first ",
        "one_files": ["1", "2"],
        "two_title": "second",
        "word_3": "lid",
    }
    with Flask(__name__).test_request_context(method="POST", data=pairs):
        assert [Lenient.prefixed(prefix).title for prefix in ("one_", "two_", "three_", "")] == [
            "first", "second", "", "of none",
        ]  # fmt: skip
        assert Lenient.prefixed("one_").files == (1, 2)
        assert (Lenient.sent().words, Lenient.sent().names) == ({3: "lid"}, {})


@pytest.mark.parametrize("text", ["", "0", "no"])
def test_a_box_is_ticked_or_not(text: str) -> None:
    assert not Lenient.read(sent(("rush", text))).rush
    assert all(Lenient.read(sent(("rush", word))).rush for word in ("1", "on", "yes", "true"))


@given(st.dictionaries(st.sampled_from(["title", "note", "machine", "rush", "copies-1", "from", "copies-"]), WORDS))
def test_what_may_be_left_out_never_refuses(fields: dict[str, str]) -> None:
    form = Lenient.read(MultiDict(fields))
    assert len(form.note) <= 5
    assert (form.machine is not None) == is_number(fields.get("machine", "").strip())


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, WORDS)))
def test_every_field_that_cannot_be_read_is_named(fields: dict[str, str]) -> None:
    right = {
        "colour": fields.get("colour") in {"red", "blue"}, "size": fields.get("size") in {"s", "m"},
        "count": is_number(fields.get("count", "").strip()), "line": is_number(fields.get("line", "").strip()),
    }  # fmt: skip
    try:
        Strict.read(MultiDict(fields))
    except IntakeError as error:
        assert set(error.fields) == {name for name, good in right.items() if not good}
        assert all(error.fields.values())
    else:
        assert all(right.values())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"line": "x"}, "Say which part."),
        ({"line": None}, "Say which part."),
        ({"colour": "green"}, "Choose one of them."),
        ({"size": "xl"}, "Choose one of them."),
        ({"count": "²"}, "Write a whole number."),
        ({"count": None}, "This is needed."),
        ({"count": "", "colour": ""}, "Some answers cannot be used yet."),
    ],
)
def test_it_says_what_is_wrong(change: dict[str, str | None], sentence: str) -> None:
    fields = {name: text for name, text in {**GOOD, **change}.items() if text is not None}
    with pytest.raises(IntakeError) as refused:
        Strict.read(MultiDict(fields))
    assert refused.value.sentence == sentence
    assert set(refused.value.fields) == set(change)


@pytest.mark.parametrize(("text", "found"), [(" 7 ", 7), ("0", 0), ("", None), (" ", None), (None, None)])
def test_a_number_may_be_left_out(text: str | None, found: int | None) -> None:
    class Days(SentForm):
        days: NumberIfAny = None

    assert Days.read(sent() if text is None else sent(("days", text))).days == found
    with pytest.raises(IntakeError):
        Days.read(sent(("days", "many")))


def test_a_choice_that_is_none_may_count_as_another() -> None:
    class Paint(SentForm):
        colour: Annotated[Colour, otherwise(Colour.BLUE)] = Colour.RED
        size: Annotated[Literal["s", "m"], otherwise("m")] = "s"

    assert Paint.read(sent(("colour", "red"), ("size", "s"))) == Paint(colour=Colour.RED, size="s")
    assert Paint.read(sent(("colour", "green"), ("size", ""))) == Paint(colour=Colour.BLUE, size="m")
    assert Paint.read(sent()) == Paint()


def test_a_form_is_built_when_it_is_first_sent() -> None:
    class Unsent(SentForm):
        title: Line = ""

    assert not Unsent.__pydantic_complete__
    assert Unsent.read(sent(("title", "x"))).title == "x"
