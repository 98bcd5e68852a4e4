"""Files of orders that ended long ago: their customer is told, may keep them, and staff are asked before they go."""

from __future__ import annotations

from datetime import datetime

from itsdangerous import BadSignature, URLSafeSerializer

from craftops.domain.events import Event, EventKind
from craftops.domain.files import retention as rules
from craftops.domain.files.retention import RetentionState
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import AccessError, RuleError
from craftops.services.files import keeping
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import OrderRow, RetentionRow
from craftops.store.models.base import to_micros
from craftops.store.queries import kept_files, scoped
from craftops.store.queries.incoming import due_of_order
from craftops.store.views.files import DueFiles
from craftops.store.views.orders import OrderView

AT_ONCE = 200
"""Orders that one run of the worker tells of; the next takes the rest."""
S = RetentionState


def months(shop: Shop) -> int:
    """How many months after its end the files of an order are kept; 0 for ever."""
    return shop.keeping.keep_months


def tell_due(shop: Shop, *, at: datetime) -> int:
    """Tell the customers whose files are due within a month; how many orders. Told once for each day."""
    keep = months(shop)
    if not keep:
        return 0
    told = 0
    latest = rules.months_later(at + rules.NOTICE, -keep)
    for order in kept_files.ended_untold(latest, most=AT_ONCE):
        day = rules.due(order.stage_since, keep, at=at)
        if day is None:
            continue
        with unit_of_work() as uow:
            anything = kept_files.any_kept(kept_files.files_of_order(order))
            values = {"order": order.id, "due_at": day, "told_at": at, "state": S.TOLD.value}
            if not anything:
                values |= {"state": S.DELETED.value, "told_at": None}
            if of_order(order) is not None:
                continue
            RetentionRow.create(**values)
            if anything:
                _record(uow, order, "told", SYSTEM, at)
                told += 1
    for row in kept_files.kept_before(at + rules.NOTICE, most=AT_ONCE):
        with unit_of_work() as uow:
            same = (RetentionRow.id == row.id) & (RetentionRow.state == S.KEPT.value)
            day = max(row.due_at, at + rules.NOTICE)
            if RetentionRow.update(state=S.TOLD.value, due_at=day, told_at=at).where(same).execute():
                _record(uow, row.order, "told", SYSTEM, at)
                told += 1
    return told


def _record(uow: UnitOfWork, order: OrderRow, what: str, actor: Actor, at: datetime) -> None:
    uow.record(Event(EventKind.FILES_DUE, at, actor, order.id, order.customer_id, data={"what": what}))


def of_order(order: OrderRow | OrderView) -> DueFiles | None:
    """How it stands with the files of an order; None while nobody has been told."""
    return due_of_order(order.id)


def keep_token(shop: Shop, row: DueFiles) -> str:
    """What a mail carries so that its reader keeps the files: good for the day that it tells of, and nothing else."""
    return str(_signer(shop).dumps([row.order_id, to_micros(row.due_at)]))


def find(shop: Shop, token: str) -> tuple[DueFiles, bool]:
    """What a token is of, and whether it is still that day. Raises AccessError."""
    try:
        order_id, due_at = _signer(shop).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise AccessError from None
    row = due_of_order(order_id)
    if row is None:
        raise AccessError
    return row, row.state == S.TOLD.value and to_micros(row.due_at) == due_at


def _signer(shop: Shop) -> URLSafeSerializer:
    return URLSafeSerializer(shop.config.signing_keys(), salt="keep-files")


def keep_by_token(shop: Shop, token: str, *, at: datetime) -> None:
    """Whoever has the link keeps the files a year more; a second click changes nothing. Raises AccessError."""
    row, fresh = find(shop, token)
    if fresh:
        _keep(RetentionRow.get_by_id(row.id), SYSTEM, row.customer, at)


def keep(code: str, *, actor: Actor, at: datetime) -> None:
    """Keep the files of an order a year more. Raises AccessError; RuleError where they are gone."""
    actor.must_be_staff()
    order = scoped.order(actor, code)
    row = of_order(order)
    if row is None or row.state == S.KEPT.value:
        return
    if row.state == S.DELETED.value:
        raise RuleError("The files of this order are deleted already.")
    _keep(RetentionRow.get_by_id(row.id), actor, actor.name, at)


def _keep(row: RetentionRow, actor: Actor, by: str, at: datetime) -> None:
    with unit_of_work() as uow:
        same = (RetentionRow.id == row.id) & (RetentionRow.state == S.TOLD.value)
        day = rules.kept_until(row.due_at, at=at)
        if (
            RetentionRow.update(state=S.KEPT.value, due_at=day, decided_by=by[:200], decided_at=at)
            .where(same, RetentionRow.due_at == row.due_at)
            .execute()
        ):
            _record(uow, row.order, "kept", actor, at)


def delete(shop: Shop, code: str, *, actor: Actor, at: datetime) -> int:
    """Delete the design files of an order that are due, but for those that another order still needs; how many went.

    Twice is once. Raises AccessError; RuleError before the day that its customer was told.
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        row = of_order(order)
        if row is not None and row.state == S.DELETED.value:
            return 0
        if row is None or row.state != S.TOLD.value or row.due_at > at:
            raise RuleError("The files of this order are not due yet.", "Their customer is told a month before.")
        RetentionRow.update(state=S.DELETED.value, decided_by=actor.name[:200], decided_at=at).where(
            RetentionRow.id == row.id
        ).execute()
        gone = 0
        for file_id in kept_files.files_of_order(order):
            family = kept_files.family([file_id])
            if any(_needs(one, at) for one in kept_files.using([file.id for file in family]) if one.id != order.id):
                continue
            gone += sum(file.deleted_at is None for file in family)
            keeping.forget(shop, uow, family, actor=actor, at=at)
        _record(uow, order, "deleted", actor, at)
    return gone


def _needs(order: OrderRow, at: datetime) -> bool:
    """Whether another order still needs its files: it is open, or its own day has not come."""
    if order.stage not in kept_files.ENDED_VALUES:
        return True
    row = of_order(order)
    if row is None:
        return True
    return row.state != S.DELETED.value and (row.state == S.KEPT.value or row.due_at > at)
