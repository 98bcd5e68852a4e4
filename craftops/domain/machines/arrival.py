"""Words in the order in which they came, where the clock that stamped them was set back: the machine's own, its
broker's, or that of our host.

A word that is older than one heard before is late or repeated, and no news. But where two in a row are, and as far
apart by their stamps as they came, no word was late: it is the clock that went back, further than anything that could
be told by what was said. From then on its words count by when they came. Words that their own count (``seq``) knows as
old, or that were heard before, prove nothing: a broker that stumbles may repeat them at any pace. Seconds of arrival
are of a clock that is never set (``time.monotonic``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from craftops.domain.machines.readings import Reading, run_key_of

APART_S = 2.5
"""So far apart two words must have come: late ones come in a heap."""
SLACK_S, SLACK_SHARE = 1.0, 0.05
"""Stamps may be whole seconds, and words on their way."""
LEAST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Stamped:
    """A word's stamp, and when it came."""

    at: datetime
    came_s: float

    def steady(self, later: Stamped) -> bool:
        """Whether a later word is as far behind as this one."""
        came = later.came_s - self.came_s
        return abs((later.at - self.at).total_seconds() - came) <= SLACK_S + SLACK_SHARE * came


@dataclass(frozen=True, slots=True)
class ArrivalClock:
    """What is known of the clock behind one machine's words."""

    newest: Stamped
    run: str = ""
    seq: int | None = None
    """Of the newest word, where it has them."""
    late: Stamped | None = None
    """The last word, if it was behind."""
    back: Stamped | None = None
    """The newest by a clock that is known to have been set back, as it stamped it."""


def in_order(
    clock: ArrivalClock | None, reading: Reading, came_s: float, *, repeated: bool = False
) -> tuple[ArrivalClock, Reading]:
    """A live word, stamped by when it came if its clock was set back; late and repeated words stay as they are.

    ``repeated``: the very same word was heard before."""
    word, run = Stamped(reading.at, came_s), run_key_of(reading)
    if clock is None or word.at >= clock.newest.at:
        return ArrivalClock(word, run, reading.seq), reading
    if repeated or (
        clock.seq is not None and reading.seq is not None and run == clock.run and reading.seq <= clock.seq
    ):
        return clock, reading
    if clock.back is None or not clock.back.steady(word):
        late = clock.late
        if late is None or came_s - late.came_s < APART_S or not late.steady(word):
            kept = late if late is not None and late.steady(word) else word
            return replace(clock, late=kept), reading
    passed = timedelta(seconds=max(0.0, came_s - clock.newest.came_s))
    at = clock.newest.at + max(LEAST, passed)
    return ArrivalClock(Stamped(at, came_s), run, reading.seq, back=word), replace(reading, at=at)
