"""Work on parcels: prices asked for, labels bought and voided, carriers asked where things are."""

from __future__ import annotations

from datetime import datetime, timedelta

from craftops.domain.shipping.parcels import LabelState
from craftops.services.shipping import closing, collecting, labels, pickup, rating, tracking
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import LabelRow
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler

FORGOTTEN = timedelta(minutes=30)
"""A label that is being bought for so long is asked about again each hour, whatever became of its work."""


def _rate(desk: Desk, work: Work) -> None:
    rating.carry_out(desk.shop, work.payload["parcel"], at=desk.at)


def _buy(desk: Desk, work: Work) -> None:
    label = LabelRow.get_or_none(LabelRow.id == work.payload["label"])
    begun = work.attempt > 1 or work.payload.get("again") or (label and label.state == LabelState.UNKNOWN.value)
    labels.carry_out(desk.shop, work.payload["label"], at=desk.at, again=bool(begun))


def _void(desk: Desk, work: Work) -> None:
    labels.carry_out_void(desk.shop, work.payload["label"], at=desk.at)


def _track(desk: Desk, work: Work) -> None:
    tracking.ask(desk.shop, work.payload["parcel"], at=desk.at)


def _word(desk: Desk, work: Work) -> None:
    tracking.act(desk.shop, work.payload["word"], at=desk.at)


def _collect(desk: Desk, work: Work) -> None:
    collecting.carry_out(desk.shop, work.payload["collection"])


def _close(desk: Desk, _work: Work) -> None:
    closing.close_delivered(desk.shop, at=desk.at)


def every_minute(_shop: Shop, at: datetime) -> None:
    """Carriers are asked in turn, orders close, what is not fetched is told of, and nothing claimed is forgotten."""
    tracking.poll(at=at)
    labels.ask_about_voids(at)
    pickup.lay_ready(at)
    pickup.remind(at=at)
    hour = f"{at:%Y%m%d%H}"
    with unit_of_work() as uow:
        uow.enqueue("close_delivered", {}, at=at, dedupe=f"close-delivered:{hour}")
        open_ones = [LabelState.BUYING.value, LabelState.UNKNOWN.value]
        for row in LabelRow.select(LabelRow.id).where(
            LabelRow.state.in_(open_ones), LabelRow.changed_at < at - FORGOTTEN
        ):
            key = f"buy-label:{row.id}:{hour}"
            uow.enqueue("buy_label", {"label": row.id, "again": True}, at=at, dedupe=key)


WORK: dict[str, Handler] = {
    "rate_parcel": _rate,
    "buy_label": _buy,
    "void_label": _void,
    "track_parcel": _track,
    "carrier_word": _word,
    "close_delivered": _close,
    "collect": _collect,
}
