"""The state of a job is what ``step_job`` says: nobody writes one of their own choice past its table."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRITTEN_PAST = re.compile(r"JobRow\.update\((?:[^()]|\([^()]*\))*?\bstate=JobState\b")


def test_no_state_of_a_job_is_written_past_its_table() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "craftops").rglob("*.py")
        if "migrations" not in path.parts and WRITTEN_PAST.search(path.read_text())
    ]
    assert found == []


def test_which_jobs_wait_have_ended_or_are_at_work_is_said_once() -> None:
    """Sets of states stand in the domain, by name: two copies come to mean two things."""
    pairs = re.compile(r"\(\s*JobState\.PLANNED(?:\.value)?,\s*JobState\.QUEUED(?:\.value)?,?\s*\)")
    ends = re.compile(r"[({]\s*JobState\.DONE,\s*JobState\.FAILED,\s*JobState\.CANCELLED")
    stages = re.compile(r"[({]\s*Stage\.COMPLETED,\s*Stage\.CANCELLED,?\s*[)}]")
    found = [
        f"{path.relative_to(ROOT)}: {one[0]}"
        for path in (ROOT / "craftops").rglob("*.py")
        for one in (
            *pairs.finditer(path.read_text()),
            *ends.finditer(path.read_text()),
            *stages.finditer(path.read_text()),
        )
        if "testing" not in path.parts and "migrations" not in path.parts
    ]
    assert found == []


def test_that_a_job_has_changed_or_ended_is_told_in_one_place() -> None:
    """Who tells it by himself forgets whom it touches: a job that took longer moved its own order alone."""
    found = {
        str(path.relative_to(ROOT / "craftops" / "services"))
        for path in (ROOT / "craftops" / "services").rglob("*.py")
        if re.search(r"Event\(\s*EventKind\.JOB_(CHANGED|FINISHED)", path.read_text())
    }
    assert found == {
        "production/job_events.py",
        "machines/cameras.py",  # who sees its camera touches nobody's time
        "schedule/moving.py",  # many jobs at once, and one estimate for all of them
    }
