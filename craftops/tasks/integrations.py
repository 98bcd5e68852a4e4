"""Work for other programs: webhooks go out."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.events import Event
from craftops.services.integrations import webhooks
from craftops.services.shop.context import Shop
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler


def _send(desk: Desk, work: Work) -> None:
    webhooks.send(desk.shop, int(work.payload["delivery"]), at=desk.at)


def on_event(_shop: Shop, event: Event, at: datetime) -> None:
    """Endpoints are told of what happened."""
    webhooks.plan(event, at=at)


def every_minute(_shop: Shop, at: datetime) -> None:
    """The log forgets what is old."""
    webhooks.tidy(at=at)


WORK: dict[str, Handler] = {webhooks.WORK: _send}
