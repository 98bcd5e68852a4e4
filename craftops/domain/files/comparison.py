"""What changed between two versions of a design: measures, findings, machine time."""

from __future__ import annotations

from dataclasses import dataclass

from craftops.domain.files.designs import Analysis

NEARLY = 1e-4
"""Measures that differ by less than this share are the same."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure in both versions, in the units of the facts (mm, mm², mm³, counts, seconds); None where unknown."""

    name: str
    before: float | tuple[float, ...] | None
    after: float | tuple[float, ...] | None

    @property
    def changed(self) -> bool:
        """Whether a person would call it a change."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        one, other = _sides(self.before), _sides(self.after)
        if len(one) != len(other):
            return True
        return any(abs(a - b) > NEARLY * max(abs(a), abs(b), 1e-9) for a, b in zip(one, other, strict=True))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions side by side. ``gone`` and ``fresh`` are codes of findings."""

    differences: tuple[Difference, ...]
    gone: tuple[str, ...]
    fresh: tuple[str, ...]


MESH = ("volume_mm3", "area_mm2", "triangles", "bodies", "objects", "wall_mm", "overhang")
DRAWING = ("cut_mm", "closed", "open", "holes", "duplicates", "texts")


def compare(before: Analysis | None, after: Analysis | None) -> Comparison:
    """Everything that both tell, in the order in which people ask for it; a mesh and a drawing share their size."""
    found = [Difference("size_mm", before.size_mm if before else None, after.size_mm if after else None)]
    for part, names in (("mesh", MESH), ("drawing", DRAWING)):
        one, other = getattr(before, part, None), getattr(after, part, None)
        if one is not None or other is not None:
            found += [Difference(name, getattr(one, name, None), getattr(other, name, None)) for name in names]
    old, new = _codes(before), _codes(after)
    return Comparison(
        tuple(found),
        tuple(code for code in old if code not in new),
        tuple(code for code in new if code not in old),
    )


def _sides(value: float | tuple[float, ...]) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (float(value),)


def _codes(analysis: Analysis | None) -> list[str]:
    return list(dict.fromkeys(found.code for found in analysis.findings)) if analysis else []
