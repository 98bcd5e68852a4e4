"""Work on files: measured, mended, a last picture kept."""

from __future__ import annotations

from craftops.domain.people.access import SYSTEM
from craftops.services.files import intake, mending, photos
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler

MOST_TRIES = 2
"""A file that has taken its child down so often is looked at by hand."""


def _analyse(desk: Desk, work: Work) -> None:
    given_up = work.attempt > MOST_TRIES
    intake.analyse(desk.shop, work.payload["file"], desk.analyse, actor=SYSTEM, at=desk.at, given_up=given_up)


def _mend(desk: Desk, work: Work) -> None:
    given_up = work.attempt > MOST_TRIES
    mending.mend(desk.shop, work.payload["file"], desk.mend, actor=SYSTEM, at=desk.at, given_up=given_up)


def _keep_last_frame(desk: Desk, work: Work) -> None:
    kept = work.payload
    photos.keep_last_frame(desk.shop, kept["job"], kept["machine"], kept["frame"], at=desk.at)


WORK: dict[str, Handler] = {"analyse": _analyse, "mend": _mend, "keep_last_frame": _keep_last_frame}
