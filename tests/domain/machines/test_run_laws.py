"""Laws of two runs that have no name of their own: no part is booked that nobody made, whatever old words come again."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from samples.run_books import EVERY_S, LONG, NOW, Books, words

from craftops.domain.machines.readings import Reading

NOISE_S = EVERY_S / 10
"""In which old words come between two true ones. Slower, in the tempo of the run itself, they are what it says too:
then nothing in them tells them from its own (decision 43)."""


class TwoRuns(RuleBasedStateMachine):
    """From any word of two clean runs of one name on, whatever hypothesis thinks of: the next true word, an old one, as
    live or as kept by the broker, or a restart."""

    kind = "nameless"

    @initialize(place=st.integers(0, 46), seed=st.integers(0, 3), ends=st.booleans())
    def go_there(self, place: int, seed: int, ends: bool) -> None:
        by = random.Random(seed)
        self.script = [
            word for number in (1, 2) for word in words(self.kind, number, by, number == 1 or ends, tidies=True)
        ]
        self.books, self.past = Books(waiting=3), list[Reading]()
        self.at, self.made, self.noise_s = NOW, 0, 0.0
        for _ in range(min(place, len(self.script) - 1)):
            self.go_on()

    @precondition(lambda self: self.script)
    @rule()
    def go_on(self) -> None:
        self.at += timedelta(seconds=EVERY_S - self.noise_s)
        self.noise_s = 0.0
        word = replace(self.script.pop(0), at=self.at)
        self.made += word.progress == 1.0
        self.past.append(word)
        self.books.hear(word)

    @precondition(lambda self: self.past)
    @rule(which=st.integers(0, 44), retained=st.booleans(), after_s=st.floats(0.0, NOISE_S))
    def repeat(self, which: int, retained: bool, after_s: float) -> None:
        after_s = min(after_s, NOISE_S - self.noise_s)
        self.noise_s += after_s
        self.at += timedelta(seconds=after_s)
        old = self.past[-1 - which % len(self.past)]
        self.books.hear(replace(old, at=self.at, retained=retained))

    @rule()
    def restart(self) -> None:
        self.books.restart()

    @invariant()
    def no_more_is_booked_than_was_made(self) -> None:
        assert len(self.books.booked) <= self.made


class RunsOfOneFile(TwoRuns):
    kind = "one file"


TestTwoRunsWithoutNames = TwoRuns.TestCase
TestTwoRunsOfOneFile = RunsOfOneFile.TestCase
for _law in (TestTwoRunsWithoutNames, TestTwoRunsOfOneFile):
    _law.settings = settings(max_examples=500 if LONG else 50, stateful_step_count=20, deadline=None)
del _law  # or it is found as one more of them


OLD_DONE, OLD_FULL = 21, 20
"""Where the end of the first run and its 100 % stand among the words of the second; those of the first begin at 0."""
FOUND: list[tuple[type[TwoRuns], int, int, list[tuple[float, int] | None]]] = [
    (RunsOfOneFile, 37, 0, [None, None, None, (4.0, 39), (0.0, 18), None, (0.0, OLD_DONE)]),
    (RunsOfOneFile, 36, 2, [(2.0, OLD_FULL), None, (3.1, OLD_FULL), (2.9, OLD_DONE)]),
    (RunsOfOneFile, 22, 1, [(0.0, 5), None, (3.1, OLD_FULL), (0.0, 22), (1.0, OLD_DONE)]),
    (TwoRuns, 45, 2, [(6.0, 23), None, (6.0, OLD_FULL), (0.0, OLD_DONE)]),
    (TwoRuns, 44, 0, [None, (0.0, 20), (4.0, 28), (2.0, 35), None, (4.0, 43), (2.0, OLD_DONE)]),
    (RunsOfOneFile, 36, 1, [None, (6.0, 25), (0.0, 0), (0.0, 20), (0.0, 28), (0.0, 7), None, (6.0, OLD_DONE)]),
]
"""Sequences that a search found, each by another hole: from which word on, with which seed, what comes (an old word so
many seconds later; None is the next true one)."""


@pytest.mark.parametrize(("law", "place", "seed", "said"), FOUND)
def test_what_was_found_once_is_not_booked(
    law: type[TwoRuns], place: int, seed: int, said: list[tuple[float, int] | None]
) -> None:
    runs = law()
    runs.go_there(place, seed, ends=True)
    for word in said:
        if word is None:
            runs.go_on()
        else:
            runs.repeat(len(runs.past) - 1 - word[1], retained=False, after_s=word[0])
        runs.no_more_is_booked_than_was_made()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_old_words_that_would_end_a_run_are_searched_through(seed: int) -> None:
    """Few words are the dangerous ones (an old 100 %, an old end, an old beginning), so they come often here."""
    by = random.Random(seed)
    for _ in range(5000 if LONG else 500):
        runs = by.choice((TwoRuns, RunsOfOneFile))()
        runs.go_there(by.randrange(20, 46), by.randrange(4), ends=by.random() < 0.7)
        for _ in range(by.randrange(2, 14)):
            chance = by.random()
            if chance < 0.35 and runs.script:
                runs.go_on()
            elif chance < 0.39:
                runs.restart()
            else:
                dangerous = len(runs.past) - 1 - by.choice((OLD_DONE, OLD_FULL))
                which = by.choice((0, by.randrange(45), by.randrange(10), max(0, dangerous)))
                runs.repeat(which, retained=by.random() < 0.2, after_s=by.choice((0.0, 1.0, 2.0, 2.9, 3.1, 4.0, 6.0)))
            runs.no_more_is_booked_than_was_made()
