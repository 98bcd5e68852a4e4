"""What a child may use."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Bounds of one analysis. Sizes in bytes, times in seconds.

    What a file may cost is processor time, which is the same beside other work. ``wall_s`` only ends a child that
    waits for something that never comes.
    """

    memory: int = 4_000_000_000
    cpu_s: int = 22
    wall_s: float = 220.0
    written: int = 64_000_000
    files: int = 64
    picture: int = 4_000_000
    """A larger picture is thrown away."""
    model: int = 6_000_000
    """So is a larger model."""


DEFAULT = SandboxLimits()
MENDING = replace(DEFAULT, written=512_000_000)
"""A mended copy may be as large as the file itself."""
MAIL = replace(MENDING, cpu_s=2, wall_s=20.0, memory=1_500_000_000)
"""A mail is read at once, or not at all; the wall is only a guard for a busy computer."""
MENDED = "mended"
"""The mended copy's name in the child's folder."""
