"""Work on orders: declarations of people who are not known are looked at."""

from __future__ import annotations

from craftops.services.orders import withdrawals
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler


def _take_withdrawal(desk: Desk, work: Work) -> None:
    withdrawals.take(desk.shop, work.payload)


WORK: dict[str, Handler] = {"take_withdrawal": _take_withdrawal}
