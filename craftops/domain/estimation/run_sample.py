"""What is kept of a run that has ended well, for the machine's next ones to be told by."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from craftops.domain.gcode.timeline import Columns, TimelineKind

COLD_UNEVEN = 0.012
"""Unevenness of a clock from code: standard deviation of a whole job's seconds, as a share, from its parts' scatter."""
COLD_JITTER = 0.4
"""Seconds by which a place is uncertain."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One place of a run, known afterwards."""

    done_kb: float
    """Kilobytes of code that the machine had read."""
    ahead: Columns
    """Planned columns that were still ahead."""
    left_s: float
    """Seconds at work that were really left, stalls not among them."""


@dataclass(frozen=True, slots=True)
class RunSample:
    """One finished run. Seconds at work; ``columns`` effective planned seconds, both from where pace is measured."""

    machine: str
    file: str
    part: str
    seconds: float
    columns: Columns
    lead_s: float
    start_s: float
    heats: bool
    whole_s: float
    """Of the whole run, from its first reading to its end."""
    planned_s: float
    uneven: float = COLD_UNEVEN
    kind: TimelineKind = TimelineKind.CODE
    """What the clock of that run rested on."""
    scores: tuple[float, ...] = ()
    """(truth − P50) ÷ standard deviation at the checkpoints after the last change by hands."""
    words: tuple[tuple[str, float], ...] = ()
    """(origin, log(told ÷ truth)) at the checkpoints."""
    stalled_s: float = 0.0
    """Seconds that the machine stood still; they are in none of the others."""
    scatter_s: float = COLD_JITTER
    """Seconds by which what was told scattered about its own course."""
    course: tuple[Passed, ...] = ()
    """Where it was at the checkpoints."""
    began_s: float | None = None
    """Seconds at work less planned ones, where pace began to be measured; None of runs before this was kept."""

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RunSample:
        """What ``to_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        motion, loss, dwell, read = data["columns"]
        words = tuple((str(origin), float(error)) for origin, error in data["words"])
        return cls(
            **{
                **data,
                "columns": (motion, loss, dwell, read),
                "kind": TimelineKind(data["kind"]),
                "scores": tuple(data["scores"]),
                "course": tuple(_passed(**one) for one in data.get("course", ())),
                "words": words,
            }
        )


def _passed(done_kb: float, ahead: Any, left_s: float) -> Passed:
    motion, loss, dwell, read = ahead
    return Passed(done_kb, (motion, loss, dwell, read), left_s)
