"""Commands of a plugin's own: ``craftops x <plugin> <command> …``, run beside the shop with its settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnCommand:
    """One command."""

    name: str
    """Small letters, digits and _."""
    summary: str
    """What it does, in a sentence; ``craftops x`` shows it."""
    run: Callable[[Sequence[str]], str]
    """Gets the words behind the command, gives what is printed. Raises any CraftOpsError, whose sentence is shown and
    which ends it with 1."""
