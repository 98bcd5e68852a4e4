"""Work on money: what providers told is looked at, ways to pay are closed, money is sent back."""

from __future__ import annotations

from craftops.errors import AccessError, OutsideError, Unreachable
from craftops.services.billing import paying, provider_events, refunding
from craftops.store.models import PaymentRow
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler


def _provider_event(desk: Desk, work: Work) -> None:
    try:
        provider_events.act(desk.shop, work.payload["event"], at=desk.at)
    except (OutsideError, AccessError) as error:
        raise Unreachable(error.sentence) from error


def _close_payment(desk: Desk, work: Work) -> None:
    row = PaymentRow.get_or_none(PaymentRow.id == work.payload["payment"])
    if row is None:
        return
    try:
        paying.close(desk.shop, row, at=desk.at)
    except (OutsideError, AccessError) as error:
        raise Unreachable(error.sentence) from error


def _refund(desk: Desk, work: Work) -> None:
    refunding.carry_out(desk.shop, work.payload["refund"], at=desk.at)


WORK: dict[str, Handler] = {
    "provider_event": _provider_event,
    "close_payment": _close_payment,
    "refund": _refund,
}
