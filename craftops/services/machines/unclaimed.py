"""Runs that no job explains for sure: what is asked of staff about them, until somebody answers or nothing hangs on it.

One question a machine, the newest: each says which run it is about, why it is asked, and how the run ended since.
"""

from __future__ import annotations

from craftops.domain.machines.readings import RunEvent, RunEventKind
from craftops.store.models import MachineRow

UNKNOWN, BUSY, UNSEEN, UNHEARD = "unknown", "busy", "unseen", "unheard"
"""Why: it has a name that no waiting job has; the machine's last job is not settled; nobody saw it begin, so that it
may be a word of an old run; it had ended when it was first heard of."""
HANGS_ON_IT = frozenset({BUSY, UNSEEN, UNHEARD})
NONE: dict[str, object] = {
    "unclaimed_run": "", "unclaimed_at": None, "unclaimed_why": "", "unclaimed_end": "", "unclaimed_end_at": None,
}  # fmt: skip


def ask(machine: MachineRow, event: RunEvent, why: str) -> None:
    """Ask which job the run of ``event`` is."""
    ended = event.kind is RunEventKind.DONE
    values: dict[str, object] = {"unclaimed_run": event.run_key, "unclaimed_at": event.at, "unclaimed_why": why}
    values |= {"unclaimed_end": event.kind.value if ended else "", "unclaimed_end_at": event.at if ended else None}
    MachineRow.update(**values).where(MachineRow.id == machine.id).execute()


def ended(machine: MachineRow, event: RunEvent, *, may_be_a_job: bool) -> None:
    """The run in question is over. Where it was done, and may be a job that still waits, the question stays."""
    if machine.unclaimed_run != event.run_key:
        return
    if event.kind is RunEventKind.DONE and machine.unclaimed_why in HANGS_ON_IT and may_be_a_job:
        values: dict[str, object] = {"unclaimed_end": event.kind.value, "unclaimed_end_at": event.at}
        MachineRow.update(**values).where(MachineRow.id == machine.id).execute()
    elif event.kind in (RunEventKind.DONE, RunEventKind.FAILED, RunEventKind.CANCELLED, RunEventKind.LOST):
        forget(machine.id)


def forget(machine_id: int) -> None:
    """There is nothing to ask any more."""
    MachineRow.update(**NONE).where(MachineRow.id == machine_id).execute()
