"""A job by its id."""

from __future__ import annotations

from craftops.errors import RuleError
from craftops.store.models import JobRow


def job_of(job_id: int) -> JobRow:
    row: JobRow | None = JobRow.get_or_none(JobRow.id == job_id)
    if row is None:
        raise RuleError("There is no such job.")
    return row
