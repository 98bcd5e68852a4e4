"""Work on the shop itself: its backups."""

from __future__ import annotations

from datetime import datetime

from craftops.services.shop import audit, backups
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.work import Work
from craftops.tasks.leases import held
from craftops.tasks.worker import Desk, Handler

KIND = "backup"
BY_CLOCK = "the clock"


def _backup(desk: Desk, work: Work) -> None:
    by = str(work.payload.get("by", ""))
    if by == BY_CLOCK and not backups.due(desk.shop, at=desk.at):
        return
    with held(work):
        backups.try_to_make(desk.shop, at=desk.at, by="" if by == BY_CLOCK else by)


def ask(by: str, at: datetime) -> None:
    """Have one made now; two that are asked for in the same minute are one."""
    with unit_of_work() as uow:
        uow.enqueue(KIND, {"by": by}, at=at, dedupe=f"backup:{at:%Y%m%d%H%M}")


def every_minute(shop: Shop, at: datetime) -> None:
    """When the time has come, a backup is made; once a day old sign-ins are forgotten."""
    with unit_of_work() as uow:
        uow.enqueue(audit.FORGET, {}, at=at, dedupe=f"{audit.FORGET}:{at:%Y%m%d}")
    if backups.due(shop, at=at):
        with unit_of_work() as uow:
            uow.enqueue(KIND, {"by": BY_CLOCK}, at=at, dedupe=f"backup-due:{at:%Y%m%d%H}:{at.minute // 15}")


def _forget_sign_ins(desk: Desk, _work: Work) -> None:
    audit.forget_sign_ins(at=desk.at)


WORK: dict[str, Handler] = {KIND: _backup, audit.FORGET: _forget_sign_ins}
