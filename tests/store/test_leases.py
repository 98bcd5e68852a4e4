"""What one process at a time may do: taken, kept, lost, and proven by every transaction of its holder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import SYSTEM
from craftops.errors import LeaseLost
from craftops.store import leases
from craftops.store.database import guard_writes, unit_of_work, utcnow
from craftops.store.models import EventRow, LeaseRow
from craftops.testing import Workshop

LASTS = timedelta(seconds=30)
OVER = timedelta(seconds=-1)


@pytest.fixture
def unguarded() -> Iterator[None]:
    yield
    guard_writes(None)


def test_one_has_it_until_its_time_is_over(workshop: Workshop) -> None:
    first = leases.take("bridge", "a", LASTS)
    assert first is not None
    assert leases.take("bridge", "b", LASTS) is None
    assert leases.take("another", "b", LASTS) is not None, "each name is a lease of its own"
    assert leases.keep(first, OVER)
    second = leases.take("bridge", "b", LASTS)
    assert second is not None
    assert second.epoch == first.epoch + 1
    assert leases.holder_of("bridge") == ("b", True)
    assert not leases.keep(first, LASTS), "it is somebody else's"
    assert leases.holder_of("bridge") == ("b", True)


def test_one_that_ran_out_and_was_taken_by_nobody_is_still_ours(workshop: Workshop) -> None:
    mine = leases.take("bridge", "a", OVER)
    assert mine is not None
    assert leases.holder_of("bridge") == ("a", False)
    assert leases.keep(mine, LASTS)
    assert leases.take("bridge", "b", LASTS) is None


def test_what_is_given_back_is_taken_at_once_and_rung_for(workshop: Workshop) -> None:
    mine = leases.take("bridge", "a", LASTS)
    assert mine is not None
    workshop.bell.drain()
    leases.leave(mine)
    assert workshop.bell.wait(5), "the standby need not look"
    assert leases.take("bridge", "b", LASTS) is not None


def test_who_has_lost_it_writes_nothing(workshop: Workshop, unguarded: None) -> None:
    mine = leases.take("bridge", "a", OVER)
    assert mine is not None
    guard_writes(partial(leases.must_hold, mine))
    with unit_of_work() as uow:
        uow.record(Event(EventKind.SHOP_CHANGED, utcnow(), SYSTEM))
    before = EventRow.select().count()
    guard_writes(None)
    assert leases.take("bridge", "b", LASTS) is not None
    guard_writes(partial(leases.must_hold, mine))
    with pytest.raises(LeaseLost), unit_of_work() as uow:
        uow.record(Event(EventKind.SHOP_CHANGED, utcnow(), SYSTEM))
    with pytest.raises(LeaseLost):
        leases.keep(mine, LASTS)
    assert EventRow.select().count() == before
    assert LeaseRow.get_by_id("bridge").holder == "b"


def test_minutely_duties_are_done_by_one_worker_a_minute(workshop: Workshop) -> None:
    worker, did = workshop.worker, []
    for _ in range(3):
        with worker._alone("minutely duties", timedelta(seconds=55)) as mine:
            did.append(mine)
    assert did == [True, False, False]
    LeaseRow.update(until_at=utcnow() - timedelta(seconds=1)).where(LeaseRow.name == "minutely duties").execute()
    with worker._alone("minutely duties", timedelta(seconds=55)) as mine:
        assert mine, "a minute later, or because its holder has gone"
