"""What the page behind a scanned code gets."""

from __future__ import annotations

from dataclasses import dataclass

from craftops.web.orders.views import LineCard, Move
from craftops.web.production.views import OperationLine


@dataclass(frozen=True, slots=True)
class ScanPage:
    """``staff/scan.html``."""

    code: str
    title: str
    customer: str
    stage: str
    picture: str
    on_hold: bool
    moves: tuple[Move, ...]
    undo: str
    lines: tuple[LineCard, ...]
    operations: tuple[OperationLine, ...]
    bin: str
    """Where it lies, once it waits to be fetched."""
    bin_url: str
