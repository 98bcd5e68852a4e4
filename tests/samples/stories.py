"""Stories of runs as machines tell them word by word, and a bad network between them and us. Everything by its seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import orjson

from craftops.services.machines import progressing
from craftops.store.database import utcnow
from craftops.store.models import EventRow, JobRow, RunSampleRow, StageChangeRow
from craftops.testing import Workshop

EVERY_S = 0.5
PHASES = {
    "done": (("running", 30), ("paused", 20), ("running", 40), ("done", 18), ("idle", 17)),
    "failed": (("preparing", 20), ("running", 40), ("paused", 16), ("running", 20), ("failed", 15), ("idle", 14)),
    "cancelled": (("running", 30), ("attention", 20), ("running", 40), ("cancelled", 18), ("idle", 17)),
    "plain": (("running", 90), ("done", 18), ("idle", 17)),
}
"""How runs end, and what is said on the way: each phase in more words than a network mixes up (``WINDOW``)."""
LONG_S = EVERY_S * 125
WINDOW = 12


@dataclass(frozen=True)
class Told:
    """A machine and all that it says of its job, in its order, from ``began`` (unix seconds) on for LONG_S. All of it
    must come within the two minutes in which a machine's clock is believed."""

    machine: str
    job: str
    ending: str
    began: float

    @property
    def topic(self) -> str:
        return f"craftops/v1/{self.machine}/status"

    def at(self, began: float) -> Told:
        return replace(self, began=began)

    @property
    def words(self) -> tuple[bytes, ...]:
        states = [state for state, count in PHASES[self.ending] for _ in range(count)]
        at_work = sum(state not in (self.ending, "done", "idle") for state in states)
        run = {"id": f"run-{self.job}", "ref": self.job}
        words = []
        for seq, state in enumerate(states):
            said = {"v": 1, "state": state, "ts": self.began + EVERY_S * seq, "seq": seq}
            if state != "idle":
                said |= {"progress": round(min(1.0, seq / at_work), 4), "job": run}
            words.append(orjson.dumps(said))
        return tuple(words)


def mixed(words: tuple[bytes, ...], by: random.Random) -> list[bytes]:
    """As a bad network delivers them: each twice, some more often, late by up to WINDOW words, and now and then one
    that is older than that."""
    late = [(place + by.uniform(0, WINDOW), word) for place, word in enumerate(words) for _ in range(2)]
    for _ in range(len(words) // 12):
        place = by.randrange(len(words))
        late.append((place + by.uniform(WINDOW, 3 * WINDOW), words[place]))
    return [word for _, word in sorted(late, key=lambda one: one[0])]


def standing(workshop: Workshop, told: Told) -> dict[str, object]:
    """What became of it all: the same, however it was delivered."""
    machine, job = workshop.machine_row(told.machine), JobRow.get(JobRow.code == told.job)
    rows = EventRow.select().where(EventRow.order_id == job.order_id).order_by(EventRow.id)
    samples = RunSampleRow.select().where(RunSampleRow.job == job.id)
    stages = StageChangeRow.select().where(StageChangeRow.order == job.order_id).order_by(StageChangeRow.id)
    return {
        "machine": (machine.state, machine.memory["run_state"], machine.unclaimed_run, machine.refused),
        "job": (job.state, job.progress if job.state == "done" else None, job.run_key.removesuffix(job.code)),
        "stages": [change.after for change in stages],
        "told": [(row.data or {}).get("what") for row in rows if row.kind == "job_changed"],
        "ends": [(row.data or {}).get("state") for row in rows if row.kind == "job_finished"],
        "samples": [(sample.planned_s, sample.failed, sample.source) for sample in samples],
    }


def took_s(told: Told) -> list[float]:
    """What its samples say it took."""
    job = JobRow.get(JobRow.code == told.job)
    return [sample.took_s for sample in RunSampleRow.select().where(RunSampleRow.job == job.id)]


def tell_cleanly(workshop: Workshop, told: Told) -> None:
    """The same words, each once and in order, without any network."""
    for word in told.words:
        workshop.say(told.machine, word)
    progressing.catch_up(workshop.shop, [told.machine], at=utcnow())
