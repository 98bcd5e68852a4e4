"""What a run is called, and what was seen of it on its way: by this its words are told from those of another run, and
an end that can be from one that cannot. Pure; durations in seconds, progress as a fraction 0..1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
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
MOST_FALLS = 8
"""So many percents behind the furthest are kept of a run, the newest."""
PACE_SHARE = 0.05
"""A pace is known once so much of the run was seen; so far apart are the marks that are kept of it."""
HASTE, HASTE_AT_FIRST = 1 / 8, 1 / 15
"""No run does what is left in less than this share of the time that it takes at its pace; or, while no pace was seen,
of the time that the plan gives it. What seems to may be the last words of the run before, which has no other name."""


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
    falls: tuple[tuple[float, float], ...] = ()
    """Percents that were said behind the furthest, and when, in seconds after the beginning: any of them may be how far
    it had come, and the furthest of a run before. Without those that a lower one followed."""
    behind: int = 0
    """How often words behind the furthest have grown since it was reached: a second line of them is the true one."""
    leapt: bool = False
    """The furthest was reached sooner than can be: the word may be of another run, and counts once it is said again."""
    rises: int = 0
    """How often the percent was live and another than before."""
    words: int = 0
    elapsed_s: float = 0.0
    """The longest time at work that the machine told."""
    marks: tuple[tuple[float, float], ...] = ()
    """How far it had come, and how many seconds after its beginning: about every twentieth, and the furthest."""


NOTHING_SEEN = Course()


def went_on(course: Course, progress: float | None, elapsed_s: float | None, *, live: bool, age_s: float) -> Course:
    """One more word of the run at work, ``age_s`` after its beginning."""
    if live:
        course = replace(course, words=course.words + 1, elapsed_s=max(course.elapsed_s, elapsed_s or 0.0))
    if progress is None:
        return course
    if course.high is None:
        if progress >= FULL:
            return course
        return replace(course, high=progress, first=progress, rises=int(live), marks=((progress, age_s),))
    if progress > course.high + CLOSE:
        return _rose(course, progress, age_s, live=live)
    if progress >= course.high - CLOSE:
        return _stayed(course, course.high, age_s, live=live)
    return _fell(course, progress, age_s) if live else course


def _rose(course: Course, progress: float, age_s: float, *, live: bool) -> Course:
    """Further than ever; what was replayed is no mark of the pace."""
    rises = course.rises + int(live)
    leapt = live and not has_time_for(course, progress, age_s, HASTE)
    moved = replace(course, high=progress, before=course.high, fallen=None, behind=0, rises=rises, leapt=leapt)
    return replace(moved, marks=_marked(course.marks, progress, age_s)) if live else moved


def _stayed(course: Course, high: float, age_s: float, *, live: bool) -> Course:
    """The furthest, said again: behind a lower percent or a leap it has only now come so far, if it can have by now."""
    if not live or not (course.fallen is not None or course.leapt):
        return replace(course, fallen=None, behind=0)
    before = course.marks[:-1]
    leapt = course.leapt and not has_time_for(replace(course, marks=before), high, age_s, HASTE)
    marks = (*before, (high, age_s)) if course.marks else ()
    return replace(course, fallen=None, behind=0, marks=marks, leapt=leapt)


def _fell(course: Course, progress: float, age_s: float) -> Course:
    """Behind the furthest: late, or the furthest was wrong. That takes two words that agree behind a leap, and three
    that grow wherever they stand."""
    high, before = course.high or 0.0, course.before or 0.0
    falls = (*(fall for fall in course.falls if fall[0] < progress - CLOSE), (progress, round(age_s, 1)))
    course = replace(course, falls=falls[-MOST_FALLS:])
    if course.fallen is None or progress < course.fallen - CLOSE:
        return replace(course, fallen=progress, behind=0)
    behind = course.behind + int(progress > course.fallen + CLOSE)
    if behind >= GROWN or (high - before >= JUMP and progress >= before - CLOSE):
        true = replace(course, high=progress, before=min(before, course.fallen), fallen=None, behind=0)
        first = min(course.first if course.first is not None else progress, course.fallen)
        marks = (*(mark for mark in course.marks if mark[0] < progress), (progress, age_s))
        return replace(true, first=first, rises=max(1, course.rises - 1), marks=marks)
    return replace(course, fallen=progress, behind=behind)


def began_anew(course: Course, progress: float | None, elapsed_s: float | None) -> bool:
    """Whether a word that names no run is of another one: the percent had grown over several words, and is at its
    beginning again, and so is the machine's clock, where it tells one."""
    if progress is None or course.high is None or course.rises < SEEN_WORDS or course.high < SEEN_TO:
        return False
    by_clock = elapsed_s is not None and elapsed_s < course.elapsed_s / 2
    return by_clock and progress <= STARTS_LOW


def _marked(marks: tuple[tuple[float, float], ...], progress: float, age_s: float) -> tuple[tuple[float, float], ...]:
    near = len(marks) > 1 and progress - marks[-2][0] < PACE_SHARE and progress < FULL
    return (*(marks[:-1] if near else marks), (progress, round(age_s, 1)))


def _pace(marks: tuple[tuple[float, float], ...], place: int) -> float | None:
    """Seconds for the whole run, as it went until that mark, at last or over all of it, whichever is quicker; None
    where too little was seen."""
    there, at_s = marks[place]
    far = [(there - share, at_s - age_s) for share, age_s in marks[:place] if there - share >= PACE_SHARE - CLOSE]
    return min(far[0][1] / far[0][0], far[-1][1] / far[-1][0]) if far else None


def has_time_for(course: Course, progress: float, age_s: float, least: float = LEAST_SHARE) -> bool:
    """Whether ``progress`` can have been reached so long after the beginning: from no mark on in less than ``least`` of
    the time that it takes at the pace until then, which is a twentieth. Where no pace is known yet it can, unless it
    would be more than half of the run in a moment."""
    for place, (share, at_s) in enumerate(course.marks):
        pace, since_s = _pace(course.marks, place), age_s - at_s
        if pace is not None and since_s < pace * (progress - share) * least:
            return False
    if course.marks and _pace(course.marks, len(course.marks) - 1) is None:
        share, at_s = course.marks[-1]
        return age_s - at_s >= MOMENT_S or progress - share < SEEN_TO
    return True


def is_hasty(course: Course, age_s: float, planned_s: float) -> bool:
    """Whether the end came much sooner than what was seen until then lets expect, from some mark on.

    By the plan, or by the run's own pace where that is known and quicker. Fewer than three percents, apart from those
    that came in no time, are no course: they may all be of another run, and it must have taken more of the plan.
    """
    if any(age_s - at_s < planned_s * (1.0 - share) * HASTE for share, at_s in course.falls):
        return True
    marks = course.marks or ((0.0, 0.0),)
    slow = sum(
        later_s - at_s >= planned_s * (further - share) * LEAST_SHARE
        for (share, at_s), (further, later_s) in pairwise(marks)
    )
    at_first = HASTE if course.rises and slow + 1 < SEEN_WORDS else HASTE_AT_FIRST
    for place, (share, at_s) in enumerate(marks):
        pace = _pace(marks, place)
        least_s = planned_s * at_first if pace is None else min(pace, planned_s) * HASTE
        if age_s - at_s < least_s * (1.0 - share):
            return True
    return False


def doubt_of_end(
    course: Course,
    took_s: float,
    planned_s: float,
    *,
    sure_which: bool,
    live: bool,
    recorded: bool,
    repeated_after_s: float | None = None,
) -> bool:
    """Whether it must be asked if a run that is said to be done was made.

    ``took_s`` at work by our clock. ``sure_which``: the end names the run by a name that no other run has. ``live``:
    nobody replayed it. ``recorded``: it stands in the machine's own books. ``repeated_after_s``: how long after the
    beginning of the run, where it may be the end of one before, which was called the same.
    """
    least = planned_s * LEAST_SHARE
    at_work = max(took_s, course.elapsed_s)
    if at_work < min(LEAST_S, least):
        return True
    if repeated_after_s is not None and (_is_still(course) or is_hasty(course, repeated_after_s, planned_s)):
        return True
    if recorded or at_work >= least:
        return False
    if not sure_which and (not live or course.rises < SEEN_WORDS):
        return True  # two words may be of the run before
    if course.high is not None:
        return course.rises < 2 or course.high < SEEN_TO
    return course.words < SEEN_WORDS or at_work < SEEN_S


def _is_still(course: Course) -> bool:
    """A percent was told, and hardly seen to grow: a few old words tell no more."""
    return course.high is not None and course.rises < SEEN_WORDS and course.high <= SEEN_TO


def doubt_in_words(took_s: float, planned_s: float) -> str:
    """What staff are asked then, as sentences."""
    if took_s >= planned_s * LEAST_SHARE:
        return "It says that it is done, much sooner than it went until then. Look at the machine: was it made?"
    took, planned = _spell(took_s), _spell(planned_s)
    return f"It says that it is done after {took}, and {planned} were planned. Look at the machine: was it made?"


def _spell(seconds: float) -> str:
    if seconds < 1.0:
        return "less than a second"
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7200.0 else f"{seconds / 3600.0:.1f} h"
