"""Pieces of pages that are kept: made once of the same facts, and never shown to whoever has others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string

from craftops.testing.workshop import Workshop
from craftops.web.frame import keeping
from craftops.web.frame.keeping import Kept, StalePiece, kept


@pytest.fixture
def app(workshop: Workshop) -> Iterator[Flask]:
    with workshop.app.test_request_context():
        yield workshop.app


def test_the_same_facts_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "CHECKED", False)
    made: list[str] = []
    values: Kept[str] = Kept()

    def make() -> str:
        made.append("one")
        return "said"

    assert [values.of(("order", 7), make) for _ in range(3)] == ["said"] * 3
    assert values.of(("order", 8), make) == "said"
    assert len(made) == 2


def test_there_are_never_more_than_so_many() -> None:
    values: Kept[int] = Kept(most=3)
    for number in range(20):
        assert values.of(number, lambda number=number: number) == number  # type: ignore[misc]
        assert len(values) <= 3


def test_a_forgotten_fact_is_found_by_whoever_looks() -> None:
    """As all tests do: this is what makes a kept piece safe."""
    values: Kept[str] = Kept()
    values.of("the same", lambda: "what Ada may see")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "CHECKED", True)
        with pytest.raises(StalePiece, match="what Bob may see"):
            values.of("the same", lambda: "what Bob may see")


def test_all_tests_with_a_shop_look(workshop: Workshop) -> None:
    assert keeping.CHECKED


def test_a_piece_of_a_template_is_made_once_of_its_facts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "CHECKED", False)
    text = app.jinja_env.from_string("{% keep name, 2 %}<b>{{ name }}{{ count() }}</b>{% endkeep %}")
    asked: list[int] = []

    def count() -> str:
        asked.append(1)
        return ""

    assert [text.render(name=one, count=count) for one in ("<Ada>", "<Ada>", "Bob")] == [
        "<b>&lt;Ada&gt;</b>", "<b>&lt;Ada&gt;</b>", "<b>Bob</b>",
    ]  # fmt: skip
    assert len(asked) == 2


def test_two_texts_that_look_alike_are_two_pieces(app: Flask) -> None:
    first, second = (render_template_string(f"{{% keep 1 %}}{word}{{% endkeep %}}") for word in ("one", "two"))
    assert (first, second) == ("one", "two")


def test_readers_of_two_languages_are_told_in_theirs(workshop: Workshop) -> None:
    browser = workshop.browser("sam")
    english = browser.get("/staff/").text
    german = browser.get("/staff/", headers={"Accept-Language": "de"}).text
    assert ">Schedule</a>" in english
    assert ">Schedule</a>" not in german


def test_values_are_of_one_shop_and_one_path(workshop: Workshop) -> None:
    """Below another path every address is another one."""
    for root in ("", "/shop"):
        with workshop.app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
            assert kept("test", "facts", lambda root=root: f"{root}/orders") == f"{root}/orders"  # type: ignore[misc]


def test_nothing_is_kept_outside_of_a_request() -> None:
    assert [kept("test", "facts", lambda n=n: n) for n in (1, 2)] == [1, 2]  # type: ignore[misc]
