"""Work for people outside: notices and sign-in links are sent."""

from __future__ import annotations

from craftops.services.messages import notifying
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler


def _send_notice(desk: Desk, work: Work) -> None:
    notifying.send_notice(desk.shop, work.payload["notice"], desk.render, at=desk.at)


def _send_link(desk: Desk, work: Work) -> None:
    notifying.send_link(desk.shop, work.payload["account"], work.payload["next"], desk.render, at=desk.at)


WORK: dict[str, Handler] = {"send_notice": _send_notice, "send_link": _send_link}
