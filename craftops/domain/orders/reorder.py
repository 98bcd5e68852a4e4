"""The same again: what of a past order can be made today, line by line.

Every line of the past order gets exactly one answer: the same, changed (why, by how much), or not possible, with the
nearest choices that exist today. Nothing is left out, and nothing is put in the place of something else unasked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Protocol

MOST_NEAREST = 3


class AgainOutcome(StrEnum):
    """What a past line is today."""

    SAME = "same"
    CHANGED = "changed"
    IMPOSSIBLE = "impossible"


class WhyNotSame(StrEnum):
    """Why a line is not quite the same, or cannot be had."""

    FILE_GONE = "file_gone"
    """Its file was deleted, or never there."""
    FILE_REFUSED = "file_refused"
    """Nothing can be made of its file by today's rules."""
    FILE_ELSEWHERE = "file_elsewhere"
    """Its file belongs to a company by now, and this order does not."""
    MATERIAL_GONE = "material_gone"
    COLOUR_GONE = "colour_gone"
    FINISH_GONE = "finish_gone"
    COLOUR_NOT_ASKED = "colour_not_asked"
    """The material has no colours to choose from any more."""
    FINISH_NOT_ASKED = "finish_not_asked"
    PRICE_UP = "price_up"
    PRICE_DOWN = "price_down"


class FileStanding(StrEnum):
    """Whether a file can be made again."""

    GOOD = "good"
    GONE = "gone"
    REFUSED = "refused"
    ELSEWHERE = "elsewhere"


FILE_REASONS = {
    FileStanding.GONE: WhyNotSame.FILE_GONE,
    FileStanding.REFUSED: WhyNotSame.FILE_REFUSED,
    FileStanding.ELSEWHERE: WhyNotSame.FILE_ELSEWHERE,
}


class OfferedMaterial(Protocol):
    """A material as the shop's catalogue has it today."""

    @property
    def name(self) -> str: ...
    @property
    def process(self) -> str: ...
    @property
    def colours(self) -> tuple[str, ...]: ...
    @property
    def finishes(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class LineChoice:
    """What can be ordered in the place of a line: the shop's own names, and the number of a version of its design."""

    material: str
    colour: str
    finish: str
    revision: int


@dataclass(frozen=True, slots=True)
class PastLine:
    """A line as it was ordered."""

    id: int
    was: LineChoice
    process: str
    """By which it was made; empty where nobody knows any more."""
    versions: tuple[tuple[int, FileStanding], ...]
    """Number of each version of its design that there is, and whether it can be made."""

    @property
    def standing(self) -> FileStanding:
        """That of the version that was made."""
        return dict(self.versions).get(self.was.revision, FileStanding.GONE)


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What a past line is today."""

    line_id: int
    outcome: AgainOutcome
    reasons: tuple[WhyNotSame, ...]
    choice: LineChoice | None
    """What would be ordered; None where the customer has to choose first."""
    nearest: tuple[LineChoice, ...] = ()
    """At most three, the nearest first; only of a line that is not possible."""
    newer: int | None = None
    """A newer version of its design, which is not the one that was made."""
    difference: int | None = None
    """How much more its price is (negative: less), in minor units; None where one of the two is not known."""


def answer_line(line: PastLine, offered: Sequence[OfferedMaterial]) -> LineAnswer:
    """What of one line can be had today, prices left aside."""
    today, reasons = _specification(line.was, offered)
    gone = tuple(one for one in reasons if one in MUST_CHOOSE)
    newest = max((number for number, standing in line.versions if standing is FileStanding.GOOD), default=0)
    newer = newest if newest > line.was.revision else None
    if line.standing is not FileStanding.GOOD:
        why = (FILE_REASONS[line.standing], *reasons)
        specified = [today] if not gone else list(nearest_choices(line, offered))[:1]
        nearest = tuple(replace(one, revision=n) for one in specified for n in _other_versions(line))
        return LineAnswer(line.id, AgainOutcome.IMPOSSIBLE, why, None, nearest)
    if gone:
        return LineAnswer(line.id, AgainOutcome.IMPOSSIBLE, reasons, None, nearest_choices(line, offered), newer)
    outcome = AgainOutcome.CHANGED if reasons else AgainOutcome.SAME
    return LineAnswer(line.id, outcome, reasons, today, (), newer)


MUST_CHOOSE = (WhyNotSame.MATERIAL_GONE, WhyNotSame.COLOUR_GONE, WhyNotSame.FINISH_GONE)
"""What nobody but the customer can find a substitute for."""


def _specification(was: LineChoice, offered: Sequence[OfferedMaterial]) -> tuple[LineChoice, tuple[WhyNotSame, ...]]:
    """What was specified, by today's catalogue, and what of it is another."""
    material = next((one for one in offered if one.name == was.material), None)
    if material is None:
        return was, (WhyNotSame.MATERIAL_GONE,)
    reasons, today = [], was
    if material.colours and was.colour not in material.colours:
        reasons.append(WhyNotSame.COLOUR_GONE)
    elif not material.colours and was.colour:
        reasons.append(WhyNotSame.COLOUR_NOT_ASKED)
        today = replace(today, colour="")
    if material.finishes and was.finish not in material.finishes:
        reasons.append(WhyNotSame.FINISH_GONE)
    elif not material.finishes and was.finish:
        reasons.append(WhyNotSame.FINISH_NOT_ASKED)
        today = replace(today, finish="")
    return today, tuple(reasons)


def nearest_choices(line: PastLine, offered: Sequence[OfferedMaterial]) -> tuple[LineChoice, ...]:
    """At most three that exist today: of the same process where there is one, then the same material, colour, finish.

    What is equally near stands in the order of the catalogue, names alike first.
    """
    was = line.was
    process = next((one.process for one in offered if one.name == was.material), line.process)
    same = [one for one in offered if one.process == process]
    found: list[tuple[tuple[bool | float | int, ...], LineChoice]] = []
    for place, material in enumerate(same or offered):
        likeness = SequenceMatcher(None, material.name.casefold(), was.material.casefold()).ratio()
        for colour in material.colours or ("",):
            for finish in material.finishes or ("",):
                other = (
                    material.name != was.material,
                    bool(colour) and colour.casefold() != was.colour.casefold(),
                    bool(finish) and finish != was.finish,
                )
                choice = LineChoice(material.name, colour, finish, was.revision)
                found.append(((*other, -likeness, place, len(found)), choice))
    return tuple(choice for _key, choice in sorted(found, key=lambda one: one[0])[:MOST_NEAREST])


def _other_versions(line: PastLine) -> list[int]:
    """The versions that can be made instead, the nearest by number first, of two as near the newer."""
    good = [number for number, standing in line.versions if standing is FileStanding.GOOD]
    return sorted(good, key=lambda n: (abs(n - line.was.revision), -n))[:MOST_NEAREST]


def answer_order(lines: Iterable[PastLine], offered: Sequence[OfferedMaterial]) -> tuple[LineAnswer, ...]:
    """An answer for each line, in their order."""
    return tuple(answer_line(line, offered) for line in lines)


def with_price(answer: LineAnswer, was: int | None, now: int | None) -> LineAnswer:
    """The answer with its price beside the price then, both for all copies in minor units of one currency."""
    if was is None or now is None or answer.outcome is AgainOutcome.IMPOSSIBLE:
        return answer
    if was == now:
        return replace(answer, difference=0)
    why = WhyNotSame.PRICE_UP if now > was else WhyNotSame.PRICE_DOWN
    reasons = (*answer.reasons, why)
    return replace(answer, outcome=AgainOutcome.CHANGED, reasons=reasons, difference=now - was)
