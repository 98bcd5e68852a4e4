"""Laws of what a machine's words prove: parts booked are parts made, however its words are repeated, replayed, mixed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples.run_books import EVERY_S, KINDS, LONG, NOW, Books, M, words

from craftops.domain.machines.course import Course, Names, doubt_in_words, doubt_of_end, went_on
from craftops.domain.machines.readings import IN_A_RUN, MachineMemory, MachineState, Reading
from craftops.domain.machines.run_detection import interpret


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=1000 if LONG else 100)
@given(st.integers(0, 2**32), st.booleans())
def test_never_more_parts_are_booked_than_were_made(kind: str, seed: int, second_ends: bool) -> None:
    """The words of two runs in the pace of a real print. Any of them comes again, soon after it or in the other run; a
    broker replays what it kept; the bridge is killed in between."""
    by, books = random.Random(seed), Books()
    at, made, past = NOW, 0, []
    for number, ends in ((1, True), (2, second_ends)):
        for word in words(kind, number, by, ends, tidies=True):
            at += timedelta(seconds=EVERY_S)
            word = replace(word, at=at)
            made += word.progress == 1.0  # an end only says so
            books.hear(word)
            past.append(word)
            if by.random() < 0.15:
                books.restart()
            for _ in range(by.choice((0, 0, 0, 1, 2))):
                at += timedelta(seconds=by.uniform(0.0, 2.0))
                old = by.choice(past[-by.choice((1, 3, 30)) :])
                retained = by.random() < 0.5
                books.hear(replace(old, at=at, retained=retained))
            assert len(books.booked) <= made
    assert len(set(books.booked)) == len(books.booked), "no run is booked twice"


@pytest.mark.parametrize("kind", ["nameless", "one file"])
@pytest.mark.parametrize("gaps_s", [(1.9, 1.9), (0.1, 5.0)])
def test_an_end_that_is_repeated_twice_before_the_last_word_is_not_this_runs(
    kind: str, gaps_s: tuple[float, float]
) -> None:
    """Found by search: the first was left out, and made the second look later than it was."""
    books, at = Books(), NOW
    for number in (1, 2):
        for word in words(kind, number, random.Random(3), ends=True)[: -2 if number == 2 else None]:
            at += timedelta(seconds=EVERY_S)
            books.hear(replace(word, at=at))
    for gap_s in gaps_s:
        at += timedelta(seconds=gap_s)
        books.hear(Reading(M.DONE, at, file=books.memory.names.file))
    assert len(books.booked) == 1


@pytest.mark.parametrize("kind", ["nameless", "one file"])
@pytest.mark.parametrize("shares", [(0.5, 0.95), (0.9, 1.0), (0.2, 0.25)])
def test_words_of_the_run_before_that_grow_are_no_run(kind: str, shares: tuple[float, ...]) -> None:
    books, at = Books(), NOW
    for number in (1, 2):
        for word in words(kind, number, random.Random(3), ends=True)[: 4 if number == 2 else None]:
            at += timedelta(seconds=EVERY_S)
            books.hear(replace(word, at=at))
    file = books.memory.names.file
    for share in shares:
        at += timedelta(seconds=1.9)
        books.hear(Reading(M.RUNNING, at, progress=share, file=file))
    books.hear(Reading(M.DONE, at + timedelta(seconds=1.9), file=file))
    assert len(books.booked) == 1


def test_the_same_file_with_another_between_is_not_told_apart_by_its_name() -> None:
    books, at = Books(waiting=3), NOW
    for number in (1, 2, 1):
        said = words("two files", number, random.Random(1), ends=True)
        for word in said if len(books.booked) < 2 else said[:12]:
            at += timedelta(seconds=EVERY_S)
            books.hear(replace(word, at=at))
    books.hear(replace(said[-1], at=at + timedelta(seconds=1)))
    assert len(books.booked) == 2


@pytest.mark.parametrize("kind", KINDS)
@given(st.integers(0, 2**32))
def test_without_trouble_every_part_is_booked(kind: str, seed: int) -> None:
    by, books, at = random.Random(seed), Books(), NOW
    for number in (1, 2):
        for word in words(kind, number, by, ends=True, tidies=True):
            at += timedelta(seconds=EVERY_S)
            for _ in range(by.choice((1, 2))):  # QoS 1
                books.hear(replace(word, at=at))
            if by.random() < 0.3:
                books.restart()
                if word.state in IN_A_RUN:
                    books.hear(replace(word, at=at, retained=True))
    assert len(books.booked) == 2
    assert books.asked == 0


@given(st.integers(0, 2**32))
def test_an_end_that_is_said_again_in_the_next_run_is_not_its_end(seed: int) -> None:
    by, books, at = random.Random(seed), Books(), NOW
    for number in (1, 2):
        for word in words("nameless", number, by, ends=True):
            at += timedelta(seconds=EVERY_S)
            books.hear(replace(word, at=at))
            if number == 2 and 0.1 < (word.progress or 0.0) < 0.95:
                books.hear(Reading(M.DONE, at + timedelta(seconds=1), retained=by.random() < 0.5))
                assert len(books.booked) == 1
    assert len(books.booked) == 2
    assert books.asked == 0


def hear(*said: Reading, every_s: float = 60.0) -> tuple[MachineMemory, list[tuple[str, bool]]]:
    memory, found = MachineMemory(), []
    for number, reading in enumerate(said):
        memory, events = interpret(memory, replace(reading, at=NOW + timedelta(seconds=number * every_s)))
        found += [(event.kind.value, event.proven) for event in events]
    return memory, found


def percent(share: float, **more: object) -> Reading:
    return Reading(M.RUNNING, NOW, progress=share, implied=True, **more)  # type: ignore[arg-type]


def test_a_percent_that_starts_low_is_a_new_run_and_another_is_asked() -> None:
    idle = Reading(M.IDLE, NOW)
    assert hear(idle, percent(0.02))[1] == [("started", True)]
    assert hear(idle, percent(0.5))[1] == [("started", False)]
    assert hear(idle, percent(1.0))[1] == []
    assert hear(idle, percent(0.0))[1] == [], "what is reset says 0 too"
    assert hear(idle, percent(0.02, retained=True))[1] == []


def test_a_run_that_was_asked_about_becomes_a_proven_one_with_the_next_that_starts() -> None:
    memory, events = hear(Reading(M.IDLE, NOW), percent(0.9), percent(0.05), percent(0.1))
    assert events == [("started", False), ("lost", True), ("started", True)]
    assert memory.course.high == 0.1


def test_a_bare_percent_says_nothing_of_the_state() -> None:
    running, paused = Reading(M.RUNNING, NOW), Reading(M.PAUSED, NOW)
    memory, events = hear(running, percent(0.1), paused, percent(0.1), percent(0.11))
    assert [kind for kind, _ in events] == ["started", "paused"]
    assert memory.run_state is M.PAUSED


def test_a_late_word_of_a_run_that_another_followed_starts_nothing_and_its_end_is_still_heard() -> None:
    first, second = (Reading(M.RUNNING, NOW, run_id=name, progress=0.3) for name in ("a", "b"))
    memory, events = hear(first, second, first, second, replace(first, state=M.DONE), second)
    assert [kind for kind, _ in events] == ["started", "lost", "started", "done"]
    assert memory.run_key == "b"


def test_a_machine_that_tells_when_it_began_proves_that_it_began_since() -> None:
    idle = Reading(M.IDLE, NOW)
    half = Reading(M.RUNNING, NOW, progress=0.5, elapsed_s=50.0)
    assert hear(idle, half)[1] == [("started", True)]
    assert hear(idle, replace(half, elapsed_s=4000.0))[1] == [("started", False)]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ((1.0, 0.0, 0.0, 0.02, 0.1), 0.1), ((0.3, 1.0, 0.31, 0.32), 0.32), ((0.6, 0.4), 0.6), ((0.3, 0.32, 0.31), 0.32),
        ((0.2, 1.0, 1.0, 0.22, 0.23), 0.23), ((0.5, 0.9, 0.4, 0.95), 0.95),
    ],
)  # fmt: skip
def test_one_wrong_percent_does_not_stick_and_a_late_one_is_not_believed(said: tuple[float, ...], shown: float) -> None:
    course = Course()
    for place, share in enumerate(said):
        course = went_on(course, share, None, live=True, age_s=place * EVERY_S)
    assert course.high == pytest.approx(shown)


@pytest.mark.parametrize("word", [M.FINISHING, M.RUNNING])
def test_an_old_percent_and_an_old_end_make_no_part_however_long_after(word: MachineState) -> None:
    """Found by the law: an old 25 % right after the end, and the end once more a minute later."""
    said = [Reading(M.RUNNING, NOW, progress=share / 20, file="a") for share in range(1, 21)]
    end, old = Reading(M.DONE, NOW, file="a"), Reading(M.RUNNING, NOW, progress=0.25, file="a")
    books = Books()
    for number, reading in enumerate([Reading(M.IDLE, NOW), *said, end]):
        books.hear(replace(reading, at=NOW + timedelta(seconds=EVERY_S * number)))
    at = NOW + timedelta(seconds=EVERY_S * 21)
    for after_s, reading in ((1.6, old), (63.0, Reading(word, NOW, file="a")), (65.0, end)):
        books.hear(replace(reading, at=at + timedelta(seconds=after_s)))
    assert (len(books.booked), books.asked) == (1, 1)


def test_a_percent_that_was_reached_too_soon_is_dated_when_it_is_said_again() -> None:
    course = Course()
    for at_s, share in ((0.0, 0.05), (60.0, 0.1), (120.0, 0.15), (121.7, 0.2), (180.0, 0.2)):
        course = went_on(course, share, None, live=True, age_s=at_s)
    assert course.marks[-1] == (0.2, 180.0)
    for at_s, share in ((240.0, 0.25), (290.0, 0.25)):
        course = went_on(course, share, None, live=True, age_s=at_s)
    assert course.marks[-1] == (0.25, 240.0), "one that it stays at is not"


def test_an_end_that_cannot_be_is_asked() -> None:
    def doubt(course: Course, took_s: float, after_s: float | None = None, **more: bool) -> bool:
        known = {"sure_which": True, "live": True, "recorded": False, **more}
        return doubt_of_end(course, took_s, 1440.0, repeated_after_s=after_s, **known)

    moved = Course(high=0.9, rises=8, words=9)
    still = Course(high=0.4, rises=1, words=1)
    assert doubt(Course(), 0.013)
    assert doubt(still, 35.0), "one old word"
    assert doubt(moved, 0.013), "whatever it told"
    assert not doubt(moved, 35.0)
    assert not doubt(still, 900.0)
    assert not doubt(replace(still, elapsed_s=1200.0), 0.02), "by its own clock it worked"
    assert not doubt(Course(), 35.0, recorded=True), "its own history has it"
    grown = Course(high=0.4, rises=9, words=9, marks=((0.05, 0.0), (0.4, 690.0)))
    assert doubt(grown, 700.0, after_s=700.0), "the rest cannot be made in no time"
    assert not doubt(grown, 700.0), "no run before it can have said so"
    assert not doubt(grown, 900.0, after_s=900.0)
    assert not doubt(Course(words=9), 30.0), "a plug tells no percent, and was heard at work all the while"
    assert "24 min were planned" in doubt_in_words(35.0, 1440.0)
    assert "35 s" in doubt_in_words(35.0, 1440.0)
    assert "less than a second" in doubt_in_words(0.01, 7300.0 * 3)
    assert "sooner than it went until then" in doubt_in_words(1140.0, 1200.0)


def test_names_are_compared_by_the_most_telling_that_both_have() -> None:
    assert Names("r1", "", "a").may_be(Names("", "", "a"))
    assert not Names("r1", "", "a").may_be(Names("r2", "", "a"))
    assert Names().may_be(Names("r2"))
    assert not Names().same_as(Names())
    assert not Names("r2", "", "a").same_as(Names("", "", "a"))
    assert Names("", "", "a").also(Names("r1", "J")) == Names("r1", "J", "a")
