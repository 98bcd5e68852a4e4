"""However a network doubles and mixes up what a machine says, the same comes of it: a law, without any network."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples.stories import LONG_S, PHASES, Told, mixed, standing, tell_cleanly

from craftops.bridges.stale_readings import StaleReadingFilter
from craftops.domain.machines.readings import MachineMemory, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.sdk import mqtt_contract
from craftops.services.machines import progressing
from craftops.store.database import utcnow
from craftops.store.models import MachineRow
from craftops.testing import Workshop

seeds = st.integers(0, 2**32)


def read(told: Told, words: list[bytes]) -> list[Reading]:
    found = [mqtt_contract.read(told.machine, told.topic, word, retained=False, received_at=utcnow()) for word in words]
    assert all(isinstance(one, Reading) for one in found)
    return found


def outcome(readings: list[Reading]) -> tuple[object, ...]:
    memory, events = MachineMemory(), []
    for reading in readings:
        memory, fresh = interpret(memory, reading)
        events += [event.kind for event in fresh]
    return events, memory.run_state, memory.ended_key, memory.run_key, memory.last


@given(st.sampled_from(sorted(PHASES)), seeds)
def test_the_reducer_makes_the_same_of_any_mixing(ending: str, seed: int) -> None:
    told = Told("printer-1", "J-1", ending, time.time() - LONG_S)
    assert outcome(read(told, mixed(told.words, random.Random(seed)))) == outcome(read(told, list(told.words)))


@pytest.mark.ci
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(PHASES)), min_size=4, max_size=4), seeds)
def test_the_shop_makes_the_same_of_any_mixing(workshop: Workshop, endings: list[str], seed: int) -> None:
    """Three times four machines at once, taken in by portions of any size: three thousand words."""
    by, count = random.Random(seed), MachineRow.select().count()
    clean, machines = [], []
    for number, ending in enumerate(endings):
        for made, name in ((clean, f"clean-{count}-{number}"), (machines, f"mixed-{count}-{number}")):
            workshop.machine(name)
            job = workshop.accept(workshop.place("ada"), name)
            made.append(Told(name, job.code, ending, time.time() - LONG_S))
    for told in clean:
        tell_cleanly(workshop, told)
    said = [(place, told.machine, one) for told in machines
            for place, one in enumerate(read(told, mixed(told.words, by)))]  # fmt: skip
    said.sort(key=lambda one: one[0])
    words, hearsay = [(machine, one) for _, machine, one in said], StaleReadingFilter()
    while words:
        many = by.randint(1, 200)
        worth = hearsay.sift(words[:many])
        progressing.take(workshop.shop, worth, at=utcnow())
        hearsay.stored(worth)
        words = words[many:]
    assert [standing(workshop, told) for told in machines] == [standing(workshop, told) for told in clean]
