"""What staff are asked about a machine's runs, in sentences."""

from __future__ import annotations

from craftops.domain.machines.readings import MachineState
from craftops.services.machines import unclaimed
from craftops.store.mapping import to_memory
from craftops.store.queries import production
from craftops.store.views.machines import JobForHands, MachineView
from craftops.web.frame.language.translation import gettext as _


def sentence(machine: MachineView) -> str:
    """What is asked about a run that no job explains; empty when nothing is."""
    if not machine.unclaimed_run:
        return ""
    run = name_of_run(machine)
    if machine.unclaimed_why == unclaimed.UNHEARD:
        return _("It finished “%(run)s” while nobody listened. Which job was that?", run=run)
    if machine.unclaimed_end and run:
        return _("It has finished “%(run)s”, which nobody saw begin. Which job was that?", run=run)
    if machine.unclaimed_end:
        return _("It has finished a run that nobody saw begin. Which job was that?")
    if machine.unclaimed_why == unclaimed.BUSY:
        return _("It runs again, and nobody has said yet how its last job ended. Which job is it now?")
    if machine.unclaimed_why == unclaimed.UNSEEN:
        return _("It says that it runs, but nobody saw it begin: this may be an old word. Which job is it?")
    return _("It runs “%(run)s”, and no waiting job has that name.", run=run or machine.unclaimed_run)


def name_of_run(machine: MachineView) -> str:
    """What the machine calls the run in question; empty when it gave it no name."""
    memory = to_memory(machine)
    names = memory.names if memory.run_key == machine.unclaimed_run else memory.ended_names
    about = machine.unclaimed_run in (memory.run_key, memory.ended_key)
    return (names.file or names.any) if about else ""


def needs_hands(machine: MachineView, waits: JobForHands | None) -> str:
    """Why somebody must go to the machine, as a note in a list; empty when nobody must. ``waits`` is its job that waits
    for hands, if any (``production.waiting_for_hands``)."""
    job = waits if waits is not None and _is_lost(machine, waits) else None
    if job is not None:
        return f"{job.code}: {job.reason}" if job.reason else job.code
    if machine.unclaimed_run and machine.unclaimed_why in (unclaimed.UNKNOWN, ""):
        return _("runs something that no job explains")
    return sentence(machine)


def _is_lost(machine: MachineView, job: JobForHands) -> bool:
    """Whether nobody heard the job's end, or it cannot have been made so soon."""
    return production.is_lost(machine, job) and machine.state != MachineState.OFFLINE.value
