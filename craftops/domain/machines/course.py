"""What a run is called, and what was seen of it on its way: by this its words are told from those of another run, and
an end that can be from one that cannot. Pure; durations in seconds, progress as a fraction 0..1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

STARTS_LOW = 0.25
"""A run whose percent is at most this has just begun; one that is first heard of further on may be an old one."""
FULL = 0.995
"""Nothing is this far at its first word: it is what a machine still shows of its last run."""
JUMP = 0.25
"""A percent that grew by this much in one word, and falls again behind it, was a wrong one."""
GROWN = 2
"""Words behind the furthest that grew so often are the true ones."""
CLOSE = 1e-9

LEAST_SHARE = 0.05
"""Of its planned time. No plan is wrong by a factor of twenty, so a run that took less made nothing, or not this."""
LEAST_S = 0.5
"""Below this nothing was made, whatever else was seen."""
SEEN_TO = 0.5
"""A run whose percent was seen to grow, and past this, did run, however short it was by the plan."""
SEEN_WORDS, SEEN_S = 3, 10.0
"""The same of a machine that tells no percent: it was heard at work so often, over so many seconds."""
MOMENT_S = 10.0
NEARLY = 0.75
"""From here on an end may come with the next word."""


class Told(Protocol):
    """What a word says of the run that it is about."""

    @property
    def run_id(self) -> str: ...
    @property
    def job_ref(self) -> str: ...
    @property
    def file(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Names:
    """What a machine calls a run, the most telling first. Empty where it says nothing."""

    run_id: str = ""
    job_ref: str = ""
    file: str = ""

    @classmethod
    def of(cls, told: Told) -> Names:
        """The names in a word."""
        return cls(told.run_id, told.job_ref, told.file)

    @property
    def any(self) -> str:
        """The most telling one; empty when there is none."""
        return self.run_id or self.job_ref or self.file

    def may_be(self, other: Names) -> bool:
        """Whether both may be one run: the most telling name that both have is the same, or they share no kind."""
        pairs = ((self.run_id, other.run_id), (self.job_ref, other.job_ref), (self.file, other.file))
        return next((mine == yours for mine, yours in pairs if mine and yours), True)

    def same_as(self, other: Names) -> bool:
        """Whether both surely have one name: the most telling of these is among those, and none contradicts."""
        return bool(self.any) and self.any in (other.run_id, other.job_ref, other.file) and self.may_be(other)

    def also(self, other: Names) -> Names:
        """With what ``other`` adds."""
        return Names(self.run_id or other.run_id, self.job_ref or other.job_ref, self.file or other.file)


NAMELESS = Names()


@dataclass(frozen=True, slots=True)
class Course:
    """What was heard of one run so far. Only live words count: what a broker replays was not seen."""

    high: float | None = None
    """The furthest that is believed."""
    first: float | None = None
    """The one that it began with."""
    before: float | None = None
    """The one before it: a single wrong percent falls back to this."""
    fallen: float | None = None
    """A percent behind the furthest, which is believed when the next word agrees."""
    behind: int = 0
    """How often words behind the furthest have grown since it was reached: a second line of them is the true one."""
    rises: int = 0
    """How often the percent was live and another than before."""
    words: int = 0
    elapsed_s: float = 0.0
    """The longest time at work that the machine told."""
    leapt: bool = False
    """The furthest came sooner than the run's own pace allows: it may be a word of another run."""


NOTHING_SEEN = Course()


def went_on(
    course: Course, progress: float | None, elapsed_s: float | None, *, live: bool, in_pace: bool = True
) -> Course:
    """One more word of the run at work. ``in_pace``: its percent can have been reached since the word before."""
    if live:
        course = replace(course, words=course.words + 1, elapsed_s=max(course.elapsed_s, elapsed_s or 0.0))
    if progress is None:
        return course
    if course.high is None:
        first = None if progress >= FULL else progress
        return replace(course, high=first, first=first, rises=int(live and first is not None))
    if progress > course.high + CLOSE:
        rises = course.rises + int(live)
        moved = replace(course, high=progress, before=course.high, fallen=None, behind=0)
        return replace(moved, rises=rises, leapt=not in_pace)
    if progress >= course.high - CLOSE:
        return replace(course, fallen=None, behind=0)
    return _fell(course, progress) if live else course


def _fell(course: Course, progress: float) -> Course:
    """Behind the furthest: late, or the furthest was wrong. That takes two words that agree behind a leap, and three
    that grow wherever they stand."""
    high, before = course.high or 0.0, course.before or 0.0
    if course.fallen is None or progress < course.fallen - CLOSE:
        return replace(course, fallen=progress, behind=0)
    behind = course.behind + int(progress > course.fallen + CLOSE)
    if behind >= GROWN or (high - before >= JUMP and progress >= before - CLOSE):
        true = replace(course, high=progress, before=min(before, course.fallen), fallen=None, behind=0)
        first = min(course.first if course.first is not None else progress, course.fallen)
        return replace(true, first=first, rises=max(1, course.rises - 1), leapt=False)
    return replace(course, fallen=progress, behind=behind)


def began_anew(course: Course, progress: float | None, elapsed_s: float | None) -> bool:
    """Whether a word that names no run is of another one: the percent had grown over several words, and is at its
    beginning again, and so is the machine's clock, where it tells one."""
    if progress is None or course.high is None or course.rises < SEEN_WORDS or course.high < SEEN_TO:
        return False
    by_clock = elapsed_s is not None and elapsed_s < course.elapsed_s / 2
    return by_clock and progress <= STARTS_LOW


def has_time_for(course: Course, progress: float, so_far_s: float, since_last_s: float) -> bool:
    """Whether ``progress`` can have been reached ``since_last_s`` after the last word of a run that took ``so_far_s``
    until then: at no more than twenty times its own pace. Where no pace is known yet it can, unless it would be more
    than half of the run in a moment."""
    high = course.before if course.leapt else course.high
    if high is None or course.first is None:
        return True
    if high - course.first < LEAST_SHARE:
        return since_last_s >= MOMENT_S or progress - high < SEEN_TO
    needed_s = so_far_s * (progress - high) / (high - course.first)
    return since_last_s >= needed_s * LEAST_SHARE


def doubt_of_end(
    course: Course,
    took_s: float,
    planned_s: float,
    since_last_s: float,
    *,
    sure_which: bool,
    live: bool,
    recorded: bool,
) -> bool:
    """Whether it must be asked if a run that is said to be done was made.

    ``took_s`` at work by our clock; ``since_last_s`` since it was heard last. ``sure_which``: the end names the run by
    a name that no other run has. ``live``: nobody replayed it. ``recorded``: it stands in the machine's own books.
    """
    least = planned_s * LEAST_SHARE
    at_work = max(took_s, course.elapsed_s)
    if at_work < min(LEAST_S, least):
        return True
    if not sure_which and _is_of_another(course, since_last_s, least, live=live):
        return True
    if recorded or at_work >= least:
        return False
    if not sure_which and (not live or course.rises < SEEN_WORDS):
        return True  # two words may be of the run before
    if course.high is not None:
        return course.rises < 2 or course.high < SEEN_TO
    return course.words < SEEN_WORDS or at_work < SEEN_S


def _is_of_another(course: Course, since_last_s: float, least_s: float, *, live: bool) -> bool:
    """There was no time to make what was left: such an end is that of the run before, said once more."""
    if course.high is None or (live and course.high >= NEARLY):
        return False
    return since_last_s < least_s * (1.0 - course.high)


def doubt_in_words(took_s: float, planned_s: float) -> str:
    """What staff are asked then, as sentences."""
    took, planned = _spell(took_s), _spell(planned_s)
    return f"It says that it is done after {took}, and {planned} were planned. Look at the machine: was it made?"


def _spell(seconds: float) -> str:
    if seconds < 1.0:
        return "less than a second"
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7200.0 else f"{seconds / 3600.0:.1f} h"
