"""The reducer that every driver shares: a stream of readings becomes run events, each at most once.

Readings come duplicated, late, retained or reordered. What proves that a run is a new one is in
docs/decisions/0021-evidence-of-a-run.md.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from craftops.domain.machines import course as seen
from craftops.domain.machines.course import NOTHING_SEEN, Names
from craftops.domain.machines.readings import (
    AT_WORK,
    IN_A_RUN,
    INTERRUPTED,
    RUN_ENDED,
    M,
    MachineMemory,
    MachineState,
    Reading,
    RunEvent,
    RunEventKind,
    run_key_of,
)

KEPT = 8
NAME = 200
OLD_WORD = timedelta(minutes=2)
"""So long after an end, a word of the same percent is a late or repeated one."""


def is_old_news(last: Reading | None, reading: Reading) -> bool:
    """Late, repeated or reordered: not newer than ``last``, the newest that is known of the machine.

    Not so what no earlier word can have said of a run that goes on, its end or a higher percent: then the machine's
    clock was set back.
    """
    if last is None:
        return False
    same_run = run_key_of(last) == run_key_of(reading)
    if same_run and last.seq is not None and reading.seq is not None:
        return reading.seq <= last.seq and reading.at <= last.at
    return reading.at < last.at and not (same_run and not reading.retained and _adds(last, reading))


def _adds(last: Reading, reading: Reading) -> bool:
    if last.state not in IN_A_RUN:
        return False
    if reading.state in RUN_ENDED:
        return True
    further = last.progress is not None and reading.progress is not None and reading.progress > last.progress
    return reading.state in IN_A_RUN and further


Taken = tuple[MachineMemory, tuple[RunEvent, ...]]


def interpret(memory: MachineMemory, reading: Reading) -> Taken:
    """Take one reading in; give the new memory and the events that it proves.

    Old news gives the same memory and no events, and so does an echo: what a machine still says of a run that has
    ended. Progress that falls within one run is held until a second word agrees, and so is time: a machine's clock may
    be set back under a run. Never ends a run because progress reached 1: only ``done`` (or its kin) does.
    """
    if is_old_news(memory.last, reading) or _ended_before(memory, reading):
        return memory, ()
    if memory.last is not None and reading.at < memory.last.at:
        reading = replace(reading, at=memory.last.at)
    if reading.state in (M.OFFLINE, M.UNKNOWN):
        return replace(memory, last=reading), ()
    if reading.state in RUN_ENDED:
        return _ended(memory, reading)
    if reading.state is M.IDLE:
        return _idle(memory, reading)
    return _working(memory, reading)


def _ended_before(memory: MachineMemory, reading: Reading) -> bool:
    """An end from before the run began, by the machine's clock, is not its end: unless there is no run before that it
    can be of, or it is newer than the end of that. Then the clock was set back in this one."""
    if memory.begun_at is None or reading.at >= memory.begun_at or reading.state not in RUN_ENDED:
        return False
    said_before = memory.ended_at is None or reading.at <= memory.ended_at
    return said_before and not _names_this_run(memory, reading)


def _event(kind: RunEventKind, key: str, reading: Reading, memory: MachineMemory, reason: str = "") -> RunEvent:
    heard_at = memory.last.at if memory.last else None
    return RunEvent(kind, key, reading.at, reading, reason or reading.message, course=memory.course, heard_at=heard_at)


def _over(memory: MachineMemory, reading: Reading, key: str, names: Names) -> MachineMemory:
    """No run any more: ``key`` is the one that ended last. One that we heard no end of may still be told to us."""
    high = memory.course.high if memory.course.high is not None else 1.0
    left, over = memory.left, memory.over
    if reading.state in RUN_ENDED:
        over = (*over, key)[-KEPT:]
    else:
        left = (*left, key)[-KEPT:]
    return MachineMemory(
        reading, "", reading.state, key, ended_names=names, ended_high=high, left=left, over=over, ended_at=reading.at
    )


def _no_longer_left(memory: MachineMemory, key: str) -> MachineMemory:
    """The end of a run that we had lost has come."""
    left = tuple(one for one in memory.left if one != key)
    return replace(memory, left=left, over=(*memory.over, key)[-KEPT:])


def _ended(memory: MachineMemory, reading: Reading) -> Taken:
    names = Names.of(reading)
    if names.run_id and names.run_id in (*memory.over, *memory.left) and not _has_its_id(memory, names):
        return _earlier_ended(memory, reading, names.run_id)
    if memory.run_key and names.may_be(memory.names):
        return _this_ended(memory, reading, names)
    if names.any and not names.same_as(memory.ended_names):
        return _unheard_ended(memory, reading, names)
    if memory.run_key:
        return memory, ()  # the end of the run before, once more
    return replace(memory, last=reading, run_state=reading.state), ()


def _end(memory: MachineMemory, reading: Reading, key: str) -> RunEvent:
    return _event(RunEventKind(reading.state.value), key, reading, memory, reading.error)


def _earlier_ended(memory: MachineMemory, reading: Reading, run_id: str) -> Taken:
    """The end of an earlier run: said once more, or of one that we had lost, at last."""
    # The word of the run at work stays, and time does not go back behind this one.
    at_work = replace(memory.last, at=reading.at) if memory.last and memory.run_key else reading
    calm = replace(memory, last=at_work)
    if run_id in memory.over:
        return calm, ()
    return _no_longer_left(calm, run_id), (replace(_end(memory, reading, run_id), course=NOTHING_SEEN),)


def _this_ended(memory: MachineMemory, reading: Reading, names: Names) -> Taken:
    """The end of the run at work, as far as its names tell."""
    if _is_said_again(memory, reading):
        return memory, ()
    event = _end(memory, reading, memory.run_key)
    if not _names_this_run(memory, reading):
        event = replace(event, repeated_after_s=_age_s(memory, reading))
    return _over(memory, reading, memory.run_key, memory.names.also(names)), (event,)


def _unheard_ended(memory: MachineMemory, reading: Reading, names: Names) -> Taken:
    """The end of a run whose beginning nobody has told us; one at work is lost by it."""
    lost = (_event(RunEventKind.LOST, memory.run_key, reading, memory),) if memory.run_key else ()
    key = _key(names, reading)
    unheard = replace(_end(memory, reading, key), course=NOTHING_SEEN)
    return _over(replace(memory, course=NOTHING_SEEN), reading, key, names), (*lost, unheard)


def _is_said_again(memory: MachineMemory, reading: Reading) -> bool:
    """ "Done" that names no run, in the middle of one: that of the run before, once more. If it was of this one after
    all, nobody hears its end, and staff are asked."""
    if reading.state is not M.DONE or _names_this_run(memory, reading):
        return False
    return not seen.has_time_for(memory.course, 1.0, _age_s(memory, reading))


def _names_this_run(memory: MachineMemory, reading: Reading) -> bool:
    """Whether a word cannot be of the run before: it has a name that one had not, or there was none."""
    before = {memory.ended_names.file, *(key.rpartition("@")[0] for key in (*memory.over, *memory.left))}
    other_file = bool(reading.file) and reading.file not in before and reading.file[-NAME:] not in before
    return bool(reading.run_id or reading.job_ref) or other_file or not memory.ended_key


def _age_s(memory: MachineMemory, reading: Reading) -> float:
    return max(0.0, (reading.at - memory.begun_at).total_seconds()) if memory.begun_at else 0.0


def _idle(memory: MachineMemory, reading: Reading) -> Taken:
    if not memory.run_key:
        return replace(memory, last=reading, run_state=M.IDLE), ()
    lost = _event(RunEventKind.LOST, memory.run_key, reading, memory)
    return _over(memory, reading, memory.run_key, memory.names), (lost,)


def _working(memory: MachineMemory, reading: Reading) -> Taken:
    names = Names.of(reading)
    if names.run_id and not _has_its_id(memory, names):
        if names.run_id in memory.over:
            return _echoed(memory, reading)
        if names.run_id in memory.left:
            return (memory, ()) if memory.run_key else (replace(memory, last=reading), ())
    if memory.run_key and names.may_be(memory.names) and not _is_another(memory, reading):
        return _goes_on(memory, reading)
    if not memory.run_key and _is_state_alone(memory, reading):
        return replace(memory, last=replace(reading, progress=None)), ()
    proof = _proof(memory, reading)
    if proof is None:
        return memory, ()
    return _begins(memory, reading, proven=proof)


def _has_its_id(memory: MachineMemory, names: Names) -> bool:
    """Whether this is the id of the run at work."""
    return bool(memory.run_key) and names.run_id in (memory.run_key, memory.names.run_id)


def _echoed(memory: MachineMemory, reading: Reading) -> Taken:
    """A run at work that the machine itself has said to be over: an echo, however late. Unless a percent begins low and
    grows word by word: then another run has its number, as after the machine was switched off, and staff are asked."""
    if memory.run_key or reading.retained or reading.progress is None:
        return memory, ()
    first, course = memory.begun_at or reading.at, memory.course
    if course.high is None or reading.progress < course.high:
        first, course = reading.at, NOTHING_SEEN
    age_s = max(0.0, (reading.at - first).total_seconds())
    course = seen.went_on(course, reading.progress, reading.elapsed_s, live=True, age_s=age_s)
    memory = replace(memory, begun_at=first, course=course)
    low = course.first is not None and course.first <= seen.STARTS_LOW
    if not low or course.rises <= seen.SEEN_WORDS or age_s < seen.SEEN_S:
        return memory, ()
    return _begins(memory, reading, proven=False)


def _is_another(memory: MachineMemory, reading: Reading) -> bool:
    """A new run, though nothing tells it from the one that goes on by name."""
    if reading.run_id and reading.run_id == memory.names.run_id:
        return False
    if reading.begins:
        return _age_s(memory, reading) >= seen.MOMENT_S
    if not memory.proven and not reading.retained:
        high, progress = memory.course.high, reading.progress
        return progress is not None and progress <= seen.STARTS_LOW and (high is None or progress < high)
    return not reading.retained and seen.began_anew(memory.course, reading.progress, reading.elapsed_s)


def _is_state_alone(memory: MachineMemory, reading: Reading) -> bool:
    """A machine at rest that wants somebody (its door is open, a part is to be taken out), or still tidies up: no run
    begins so, and what is said beside it has no name that is new."""
    if reading.state not in (*INTERRUPTED, M.FINISHING) or memory.run_state not in (M.IDLE, *RUN_ENDED):
        return False
    names, progress = Names.of(reading), reading.progress
    reached = progress is None or (memory.ended_high is not None and progress >= memory.ended_high - 1e-9)
    return reached and not names.run_id and (not names.any or names.same_as(memory.ended_names))


def _proof(memory: MachineMemory, reading: Reading) -> bool | None:
    """Whether a word at work, of no run that is known, proves a new one; None for an echo of what has ended."""
    names, progress = Names.of(reading), reading.progress
    if names.run_id:
        return True
    full = progress is not None and progress >= seen.FULL
    if names.any and not names.same_as(memory.ended_names):
        if full:
            return None if reading.implied else not reading.retained
        return True
    if reading.implied and (reading.retained or full or not progress):
        told_only_time = progress is None and bool(reading.remaining_s) and memory.run_state is M.UNKNOWN
        return False if told_only_time and not reading.retained else None
    return _proof_by_progress(memory, reading)


def _proof_by_progress(memory: MachineMemory, reading: Reading) -> bool | None:
    """The same of a word without a name that is new: by how far it says that it is, and since when."""
    progress, after_end = reading.progress, memory.run_state in RUN_ENDED
    reached = progress is not None and memory.ended_high is not None and progress >= memory.ended_high - 1e-9
    if reading.retained:
        return None if after_end and reached else False
    if progress is None or progress <= seen.STARTS_LOW:
        return reading.state in (M.PREPARING, M.RUNNING)
    if _time_fits(memory, reading):
        return True
    soon = memory.last is not None and reading.at - memory.last.at <= OLD_WORD
    return None if after_end and (soon or reached) else False


def _time_fits(memory: MachineMemory, reading: Reading) -> bool:
    """By the machine's own clock it began after we had last heard that it was at rest."""
    if reading.elapsed_s is None or memory.last is None or memory.run_state not in (M.IDLE, *RUN_ENDED):
        return False
    return reading.elapsed_s > 0 and reading.at - timedelta(seconds=reading.elapsed_s) >= memory.last.at


def _key(names: Names, reading: Reading) -> str:
    """What we call the run: by a name that no other run has, or by its name and when it began."""
    return names.run_id or names.job_ref or _dated(names.file[-NAME:] or "run", reading)


def _dated(name: str, reading: Reading) -> str:
    return f"{name}@{reading.at:%Y%m%dT%H%M%S.%f}"


def _begins(memory: MachineMemory, reading: Reading, *, proven: bool) -> Taken:
    names = Names.of(reading)
    key = _dated(names.run_id, reading) if names.run_id in memory.over else _key(names, reading)
    course = seen.went_on(NOTHING_SEEN, reading.progress, reading.elapsed_s, live=not reading.retained, age_s=0.0)
    if course.high is None:
        reading = replace(reading, progress=None)
    events: list[RunEvent] = []
    left = memory.left
    if memory.run_key:
        events.append(_event(RunEventKind.LOST, memory.run_key, reading, memory))
        left = (*left, memory.run_key)[-KEPT:]
    before = replace(memory, course=NOTHING_SEEN)
    events.append(replace(_event(RunEventKind.STARTED, key, reading, before), proven=proven))
    events.extend(_interruptions(M.RUNNING, key, reading, before))
    after = replace(before, last=reading, run_key=key, run_state=reading.state, names=names, left=left)
    return replace(after, begun_at=reading.at, proven=proven, course=course), tuple(events)


def _goes_on(memory: MachineMemory, reading: Reading) -> Taken:
    if reading.implied:
        reading = replace(reading, state=memory.run_state)
    ours = _names_this_run(memory, reading)
    told = reading.progress if ours or not reading.retained or not memory.course.rises else None
    age_s = _age_s(memory, reading)
    course = seen.went_on(memory.course, told, reading.elapsed_s, live=not reading.retained, age_s=age_s)
    if reading.progress is not None and reading.progress != course.high:
        reading = replace(reading, progress=course.high)
    events = _interruptions(memory.run_state, memory.run_key, reading, memory)
    names = memory.names.also(Names.of(reading))
    after = replace(memory, last=reading, run_state=reading.state, course=course, names=names)
    return after, tuple(events)


def _interruptions(before: MachineState, key: str, reading: Reading, memory: MachineMemory) -> list[RunEvent]:
    now = reading.state
    if now is M.PAUSED and before is not M.PAUSED:
        return [_event(RunEventKind.PAUSED, key, reading, memory)]
    if now is M.ATTENTION and before is not M.ATTENTION:
        return [_event(RunEventKind.ATTENTION, key, reading, memory)]
    if now in AT_WORK and before in INTERRUPTED:
        return [_event(RunEventKind.RESUMED, key, reading, memory)]
    return []
