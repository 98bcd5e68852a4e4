"""Nobody's work keeps all others waiting, and nothing is left undone or done twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from craftops.services.files import intake
from craftops.store import work
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import DesignFileRow, WorkRow
from craftops.testing import Workshop


def ask(share: str | None, count: int, *, rank: int = 0, after: float = 0) -> None:
    now = utcnow() - timedelta(minutes=10) + timedelta(seconds=after)
    with unit_of_work() as uow:
        for _ in range(count):
            uow.enqueue("analyse", {"whose": share or ""}, at=now, rank=rank, share=share)


def served(now_after: float = 0) -> list[work.Work]:
    return work.claim(utcnow() + timedelta(seconds=now_after))


def test_one_file_waits_for_few_of_four_hundred(workshop: Workshop) -> None:
    ask("files:1", 400)
    ask("files:2", 1, after=5)
    ask(None, 3, after=9)
    first = served()
    assert Counter(one.share for one in first) == {"files:1": work.IN_HAND_OF_ONE, "files:2": 1, "": 3}
    assert served() == [], "the rest of the first waits until one of theirs is done"
    work.done(first[0].id, utcnow())
    assert [one.share for one in served()] == ["files:1"]


def test_strangers_take_turns(workshop: Workshop) -> None:
    ask("files:7", 3, rank=1)
    ask("files:8", 2, rank=1, after=3)
    order = []
    for step in range(5):
        [one] = served(step)
        order.append(one.share)
        assert served(step) == [], "one at a time"
        work.done(one.id, utcnow() + timedelta(seconds=step))
    assert order == ["files:7", "files:8", "files:7", "files:8", "files:7"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(1, 12), st.integers(0, 1)), max_size=6
    ),
    limit=st.integers(1, 25),
)
def test_everything_is_done_once_and_none_has_more_than_its_share_in_hand(
    workshop: Workshop, asked: list[tuple[str | None, int, int]], limit: int
) -> None:
    WorkRow.delete().execute()
    for after, (share, count, rank) in enumerate(asked):
        ask(share, count, rank=rank, after=after)
    wanted, done = sum(count for _, count, _ in asked), list[int]()
    hand: list[work.Work] = []
    while True:
        hand += work.claim(utcnow(), limit)
        if not hand:
            break
        ranked = {row.id: row.rank for row in WorkRow.select()}
        mine = Counter(one.share for one in hand if one.share and not ranked[one.id])
        assert all(count <= work.IN_HAND_OF_ONE for count in mine.values())
        assert sum(ranked[one.id] for one in hand) <= 1
        for one in hand[::2]:
            work.done(one.id, utcnow())
            done.append(one.id)
        hand = hand[1::2]
    assert len(done) == len(set(done)) == wanted


def test_files_of_one_customer_share_and_too_many_at_a_time_are_refused(workshop: Workshop) -> None:
    for number in range(6):
        workshop.upload("ada", f"part-{number}.stl")
    workshop.upload("bob", "mine.stl")
    owners = Counter(
        DesignFileRow.get_by_id(one.payload["file"]).owner.name for one in served() if "file" in one.payload
    )
    assert owners == {workshop.people["ada"].name: work.IN_HAND_OF_ONE, workshop.people["bob"].name: 1}
    row = DesignFileRow.get(DesignFileRow.owner == workshop.people["ada"].id)
    copies = [
        {
            "owner": row.owner_id,
            "blob": row.blob_id,
            "name": f"{n}.stl",
            "size": 84,
            "uploaded_at": utcnow(),
            "format": "stl",
        }
        for n in range(intake.MOST_WAITING)
    ]
    DesignFileRow.insert_many(copies).execute()
    refused = workshop.browser("ada").drop("one-more.stl", b"solid x\nendsolid x\n")
    assert refused.status_code in (409, 413, 422), refused.text
    assert "being looked at right now" in refused.text
    assert workshop.browser("bob").drop("his.stl", b"solid x\nendsolid x\n").status_code < 400
