"""What a killed worker had in hand is done by the next one at once, and never while another one lives."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

from craftops.store import work as store_work
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import WorkRow
from craftops.tasks import channels
from craftops.tasks.survivors import living
from craftops.testing import Workshop

LIVES = """
import sys
from pathlib import Path
from craftops.tasks.survivors import living
with living(Path(sys.argv[1]), lambda: print("alone", flush=True)):
    print("lives", flush=True)
    sys.stdin.read()
"""


def other(data: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", LIVES, data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    while process.stdout.readline().strip() != "lives":
        pass
    return process


def in_hand(kind: str, attempts: int) -> int:
    with unit_of_work() as uow:
        uow.enqueue(kind, {}, at=utcnow(), dedupe=f"{kind}:{attempts}")
    lease = utcnow() + timedelta(minutes=2)
    WorkRow.update(attempts=attempts, lease_until=lease).where(WorkRow.dedupe == f"{kind}:{attempts}").execute()
    return int(WorkRow.get(WorkRow.dedupe == f"{kind}:{attempts}").id)


def begin(workshop: Workshop) -> None:
    """A worker that ends as soon as it has begun."""
    stop = threading.Event()
    workshop.worker.run(stop, stop.set)


def test_its_leases_end_with_it(workshop: Workshop) -> None:
    process = other(workshop.shop.config.data)
    mail = in_hand("send_notice", 1)
    process.kill()
    process.communicate()
    begin(workshop)
    assert WorkRow.get_by_id(mail).lease_until is None


def test_as_long_as_another_lives_they_hold(workshop: Workshop) -> None:
    process = other(workshop.shop.config.data)
    mail = in_hand("send_notice", 1)
    begin(workshop)
    assert WorkRow.get_by_id(mail).lease_until is not None
    process.communicate("")
    begin(workshop)
    assert WorkRow.get_by_id(mail).lease_until is None


def test_what_may_have_killed_it_waits_and_what_comes_back_for_ever_does_not(workshop: Workshop) -> None:
    often, look = in_hand("analyse", 4), in_hand(channels.KIND, 4000)
    assert store_work.free(channels.KIND, 3) == 1
    assert WorkRow.get_by_id(often).lease_until is not None
    assert WorkRow.get_by_id(look).lease_until is None


def test_who_comes_second_begins_when_the_first_has_tidied_up(tmp_path: Path) -> None:
    told: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def tidy() -> None:
        inside.set()
        go_on.wait(10)
        told.append("tidied")

    def second() -> None:
        with living(tmp_path, lambda: told.append("alone too")):
            told.append("second")

    def first() -> None:
        with living(tmp_path, tidy):
            late.join(10)

    late = threading.Thread(target=second)
    early = threading.Thread(target=first)
    early.start()
    assert inside.wait(10)
    late.start()
    go_on.set()
    early.join(10)
    late.join(10)
    assert told == ["tidied", "second"]
