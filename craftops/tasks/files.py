"""Work on files: measured, mended, a last picture kept."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.people.access import SYSTEM
from craftops.services.files import intake, mending, photos, retention
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.work import Work
from craftops.tasks.leases import held
from craftops.tasks.worker import Desk, Handler

MOST_TRIES = 4
"""A file whose worker has gone so often while it was at it is looked at by hand. A file takes its own child down and no
worker; workers are killed for other reasons, too, on several hosts one after the other."""


def _analyse(desk: Desk, work: Work) -> None:
    given_up = work.attempt > MOST_TRIES
    with held(work):
        intake.analyse(desk.shop, work.payload["file"], desk.analyse, actor=SYSTEM, at=desk.at, given_up=given_up)


def _mend(desk: Desk, work: Work) -> None:
    given_up = work.attempt > MOST_TRIES
    with held(work):
        mending.mend(desk.shop, work.payload["file"], desk.mend, actor=SYSTEM, at=desk.at, given_up=given_up)


def _keep_last_frame(desk: Desk, work: Work) -> None:
    kept = work.payload
    photos.keep_last_frame(desk.shop, kept["job"], kept["machine"], kept["frame"], at=desk.at)


def _tell_due(desk: Desk, _work: Work) -> None:
    retention.tell_due(desk.shop, at=desk.at)


def every_minute(_shop: Shop, at: datetime) -> None:
    """Once an hour somebody looks which files are due."""
    with unit_of_work() as uow:
        uow.enqueue("tell_due_files", {}, at=at, dedupe=f"due-files:{at:%Y%m%d%H}")


WORK: dict[str, Handler] = {
    "tell_due_files": _tell_due,
    "analyse": _analyse,
    "mend": _mend,
    "keep_last_frame": _keep_last_frame,
}
