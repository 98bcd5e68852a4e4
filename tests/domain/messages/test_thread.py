"""Who waits for whom, and what a message may hold: laws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.messages.thread import LONGEST, Side, Turn, clean_text, excerpt, waiting_after, waiting_since
from craftops.errors import IntakeError

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SIDES = st.lists(st.sampled_from(list(Side)), max_size=30)


def turns_of(sides: list[Side]) -> list[Turn]:
    return [Turn(number + 1, side, START + timedelta(hours=number)) for number, side in enumerate(sides)]


@given(SIDES, st.integers(0, 30))
def test_somebody_waits_exactly_when_the_customer_spoke_last(sides: list[Side], settled: int) -> None:
    turns = turns_of(sides)
    since = waiting_since(turns, settled)
    open_ = [turn for turn in turns if turn.id > settled]
    assert (since is not None) == bool(open_ and open_[-1].side is Side.CUSTOMER)
    if since is not None:
        later = [turn for turn in open_ if turn.at >= since]
        assert all(turn.side is Side.CUSTOMER for turn in later)
        before = [turn for turn in open_ if turn.at < since]
        assert not before or before[-1].side is Side.SHOP


@given(SIDES, st.integers(0, 30))
def test_one_message_at_a_time_comes_to_the_same(sides: list[Side], settled: int) -> None:
    since = None
    for turn in turns_of(sides):
        since = waiting_after(since, turn, settled)
    assert since == waiting_since(turns_of(sides), settled)


@given(st.text(max_size=500))
def test_a_cleaned_message_stays_as_it_is(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\r" not in once
    assert "\n\n\n\n" not in once


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"]), max_size=200))
def test_no_word_is_lost(text: str) -> None:
    assert clean_text(text).split() == text.split()


def test_a_text_that_turns_its_direction_is_straightened() -> None:
    assert clean_text("invoice\u202efdp.exe") == "invoicefdp.exe"


def test_a_book_is_no_message() -> None:
    with pytest.raises(IntakeError, match="Send the rest as a file"):
        clean_text("x" * (LONGEST + 1))


@given(st.text(max_size=400), st.integers(2, 60))
def test_an_excerpt_is_one_line(text: str, length: int) -> None:
    short = excerpt(text, length)
    assert len(short) <= length
    assert "\n" not in short
