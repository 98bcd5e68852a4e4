"""The schedule's own things as its page reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class PlanChangeView:
    """Who changed the plan, and whether that was taken back."""

    id: int
    kind: str
    title: str
    by_name: str
    at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """An open job with what the schedule says of its line and its order."""

    id: int
    code: str
    order_id: int
    line_id: int
    copies: int
    state: str
    planned_s: float
    gcode_sha: str
    evidence: Mapping[str, Any] | None = field(hash=False)
    """What its run has shown so far (``services.estimation.run_tracking``)."""
    title: str
    material: str
    colour: str
    made_from: dict[str, Any] | None = field(hash=False)
    file_id: int | None
    order_code: str
    order_title: str
    promise_at: datetime | None
    hold_since: datetime | None
