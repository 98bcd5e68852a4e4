"""One bridge at a time: who waits, who takes over, and who ends because of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from craftops.bridges import standby
from craftops.bridges.standby import NAME, LeaseKeeper, alone
from craftops.errors import LeaseLost
from craftops.store import leases
from craftops.store.database import connected, guard_writes, unit_of_work, utcnow
from craftops.store.models import LeaseRow
from craftops.testing import Workshop

LASTS = timedelta(seconds=30)
WAIT_S = 30.0


@pytest.fixture(autouse=True)
def unguarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(standby, "end_at_once", lambda: pytest.fail("a bridge that holds its lease goes on"))
    yield
    guard_writes(None)


def taken_over() -> None:
    """Its time runs out, and another bridge is there."""
    with connected():
        LeaseRow.update(until_at=utcnow() - timedelta(hours=1)).where(LeaseRow.name == NAME).execute()
        assert leases.take(NAME, "another", LASTS) is not None


def test_the_standby_begins_when_the_bridge_ends(workshop: Workshop) -> None:
    began, over, stop = threading.Event(), threading.Event(), threading.Event()

    def second() -> None:
        with alone(workshop.bell, stop, LASTS) as mine:
            assert mine
            began.set()
            assert over.wait(WAIT_S)

    with alone(workshop.bell, stop, LASTS) as mine:
        assert mine
        thread = threading.Thread(target=second)
        thread.start()
        with unit_of_work():
            pass  # what the bridge writes is proven
        assert not began.is_set()
    assert began.wait(WAIT_S)
    with connected():
        assert LeaseRow.get_by_id(NAME).epoch == 2
    over.set()
    thread.join(WAIT_S)


def test_a_standby_that_is_stopped_never_was_the_bridge(workshop: Workshop) -> None:
    assert leases.take(NAME, "another", LASTS) is not None
    stop = threading.Event()
    stop.set()
    with alone(workshop.bell, stop, LASTS) as mine:
        assert not mine
    assert leases.holder_of(NAME) == ("another", True)


def test_a_bridge_that_was_taken_over_ends(workshop: Workshop) -> None:
    lease = leases.take(NAME, "mine", LASTS)
    assert lease is not None
    keeper, ended = LeaseKeeper(lease, timedelta(seconds=0.3)), threading.Event()
    keeper.lost = ended.set
    taken_over()
    keeper.start()
    assert ended.wait(WAIT_S)
    keeper.stop()
    assert leases.holder_of(NAME)[0] == "another"


def test_a_bridge_that_does_not_reach_the_database_ends_in_time(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = leases.take(NAME, "mine", LASTS)
    assert lease is not None
    away = threading.Event()

    def hangs(_lease: leases.Lease, _lasts: timedelta) -> bool:
        return away.wait(WAIT_S)

    monkeypatch.setattr(leases, "keep", hangs)
    keeper, ended = LeaseKeeper(lease, timedelta(seconds=0.3)), threading.Event()
    keeper.lost = ended.set
    keeper.start()
    assert ended.wait(WAIT_S), "the clock runs beside the question"
    away.set()
    keeper.stop()


def test_the_first_transaction_after_a_sleep_ends_the_sleeper(workshop: Workshop) -> None:
    lease = leases.take(NAME, "mine", LASTS)
    assert lease is not None
    keeper, ended = LeaseKeeper(lease, LASTS), threading.Event()
    keeper.lost = ended.set
    guard_writes(keeper.prove)
    with unit_of_work():
        pass
    guard_writes(None)
    taken_over()
    guard_writes(keeper.prove)
    with pytest.raises(LeaseLost), unit_of_work():
        pytest.fail("nothing is written any more")
    assert ended.is_set(), "before a word is acknowledged that was not stored"
