"""What finished work has taught, as staff look it over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SampleView:
    """One run that has ended, ours or of the machine's own history."""

    id: int
    at: datetime
    part: str
    planned_s: float
    took_s: float
    failed: bool
    struck_at: datetime | None
    struck_by: str
    job_code: str | None
    order_code: str | None
