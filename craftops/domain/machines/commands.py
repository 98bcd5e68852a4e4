"""Which commands of staff may still be passed on to a machine."""

from __future__ import annotations

from datetime import datetime, timedelta

GIVE_UP_AFTER = timedelta(minutes=2)
"""A machine that cannot be reached does not start when it comes back: hands may be in it by then."""
TOO_LATE = "The machine could not be reached within two minutes. Nothing was passed on."
NO_JOB = "The job does not wait for this machine any more. Nothing was passed on."
NOT_RUNNING = "The job is not running on this machine any more. Nothing was passed on."
STOPPED = "The order does not go on. Nothing was passed on."


def why_void(*, starts: bool, asked_at: datetime, job_fits: bool, order_goes_on: bool, now: datetime) -> str:
    """Why a command that nobody has begun is not passed on any more, as a sentence; empty when it still is.

    ``starts``: it would begin a run, so the job must wait for this machine (``job_fits``) and its order go on; any
    other command is about a run, so the job must be at it. Instants are aware UTC.
    """
    if now - asked_at > GIVE_UP_AFTER:
        return TOO_LATE
    if starts and not order_goes_on:
        return STOPPED
    if not job_fits:
        return NO_JOB if starts else NOT_RUNNING
    return ""
