"""What links have heard, on its way to the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from craftops.bridges.inbox import Inbox, News
from craftops.domain.machines.readings import MachineState, Reading
from craftops.store.database import utcnow


def taken(*words: Reading) -> list[News]:
    found: list[News] = []
    inbox = Inbox(lambda _key, word: found.append(word))
    for word in words:
        inbox.put("printer-1", word)
    inbox.start()
    inbox.stop(5)
    return found


def test_of_two_words_of_one_state_the_newer_counts_and_of_an_end_the_first() -> None:
    at = utcnow()
    going = Reading(MachineState.RUNNING, at, run_id="r", progress=0.1)
    further = replace(going, progress=0.2, at=at + timedelta(seconds=1))
    end = Reading(MachineState.DONE, at - timedelta(hours=2), run_id="r", elapsed_s=600.0, recorded=True)
    still = Reading(MachineState.DONE, at, run_id="r")
    assert taken(going, further) == [further]
    assert taken(end, still) == [end], "its date and its length are not lost"
    assert taken(going, end, still) == [going, end]
