"""Words from payment providers: kept as they came, each acted on once, and what nobody told of looked for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from craftops.domain.billing.payments import UNSETTLED
from craftops.domain.people.access import Actor
from craftops.errors import AccessError, NotUnderstood, OutsideError
from craftops.sdk.payment import OnlineProvider, PaymentState, ProviderPayment, WebhookRejected
from craftops.services.billing import paying
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import PaymentRow, ProviderEventRow
from craftops.store.queries import payment_pages
from craftops.store.viewing import view_of
from craftops.store.views.billing import PaymentView, StrangePayment

log = logging.getLogger("craftops.billing")
LONGEST = 200_000
QUIET = timedelta(minutes=2)
"""A payment that nobody told of for so long is asked about."""
FORGET = timedelta(days=3)
"""An unsettled payment older than this is asked about once a day only."""
RECONCILED = timedelta(days=2)
"""How far back the nightly comparison looks."""


def take(shop: Shop, provider_name: str, body: bytes, headers: Mapping[str, str], *, at: datetime) -> bool:
    """Keep a word of a provider and have it acted on; whether it was new. Raises AccessError, WebhookRejected."""
    provider = paying.online_provider(shop, provider_name)
    if len(body) > LONGEST:
        raise AccessError
    event = shop.plugins.use(
        provider, "receive", lambda: provider.receive(body, headers, at), passing=(WebhookRejected,)
    )
    ref = event.ref or _ref_by_charge(provider.name, event.charge)
    with unit_of_work() as uow:
        values = {
            "provider": provider.name, "event_id": event.id[:255], "kind": event.kind[:100], "ref": ref[:255],
            "intent": event.intent[:64], "said": body.decode("utf-8", "replace"), "came_at": at,
        }  # fmt: skip
        key = ProviderEventRow.insert(values).on_conflict_ignore().as_rowcount().execute()
        known = (ProviderEventRow.provider == provider.name) & (ProviderEventRow.event_id == event.id[:255])
        row = ProviderEventRow.get(known)
        uow.enqueue("provider_event", {"event": row.id}, at=at, dedupe=f"provider-event:{row.id}")
    return bool(key)


def _ref_by_charge(provider: str, charge: str) -> str:
    """The ref of the payment that a dispute or a refund names by its money only."""
    row = PaymentRow.get_or_none(PaymentRow.provider == provider, PaymentRow.charge == charge) if charge else None
    return (row.ref or "") if row is not None else ""


def act(shop: Shop, event_id: int, *, at: datetime) -> None:
    """Look at the payment that a word was about. Raises OutsideError, so that it is tried again."""
    row: ProviderEventRow | None = ProviderEventRow.get_or_none(ProviderEventRow.id == event_id)
    if row is None or row.applied_at is not None:
        return
    payment = payment_of(row.provider, row.ref, row.intent)
    if payment is not None:
        if not payment.ref and row.ref:
            PaymentRow.update(ref=row.ref).where(PaymentRow.id == payment.id, PaymentRow.ref.is_null()).execute()
            payment = PaymentRow.get_by_id(payment.id)
        paying.look(shop, payment, at=at)
    ProviderEventRow.update(applied_at=at).where(ProviderEventRow.id == row.id).execute()


def payment_of(provider: str, ref: str, intent: str) -> PaymentRow | None:
    """Our payment that a provider speaks of; None for what is not ours."""
    mine = PaymentRow.provider == provider
    found: PaymentRow | None = PaymentRow.get_or_none(mine & (PaymentRow.ref == ref)) if ref else None
    if found is None and intent:
        found = PaymentRow.get_or_none(mine & (PaymentRow.intent == intent))
    return found


def come_back(shop: Shop, provider: str, ref: str, *, at: datetime) -> PaymentView:
    """The payment of somebody who comes back from a provider, as it is now. Where the provider is out of reach, as we
    know it. Raises AccessError for one that is not ours."""
    row = payment_of(provider, ref, "")
    if row is None:
        raise AccessError
    try:
        return paying.look(shop, row, at=at)
    except (OutsideError, AccessError) as error:
        log.warning("payment %s: %s", row.id, error.sentence)
    return view_of(PaymentView, row)


def sweep(shop: Shop, *, at: datetime) -> int:
    """Ask about every unsettled payment that nobody has told of for a while; how many were asked about.

    A provider that is out of reach is passed over until the next time.
    """
    states = [state.value for state in UNSETTLED]
    quiet = (PaymentRow.looked_at.is_null()) | (PaymentRow.looked_at < at - QUIET)
    rows = list(PaymentRow.select().where(PaymentRow.state.in_(states), PaymentRow.created_at < at - QUIET, quiet))
    asked = 0
    for row in rows:
        old = at - row.created_at > FORGET
        if old and row.looked_at is not None and at - row.looked_at < timedelta(days=1):
            continue
        try:
            paying.look(shop, row, at=at)
        except (OutsideError, AccessError) as error:
            log.warning("payment %s: %s", row.id, error.sentence)
        except Exception:  # counted where it is asked (``held_back``); the others are asked about all the same
            log.exception("payment %s could not be looked at", row.id)
        PaymentRow.update(looked_at=at).where(PaymentRow.id == row.id).execute()
        asked += 1
    return asked


MISMATCH = "mismatch"
"""Kind of the rows in which a comparison of books is kept for staff."""


def reconcile(shop: Shop, *, at: datetime) -> None:
    """Compare our books with each provider's of the last days; what only the provider has is somebody's to-do.

    What both have is looked at again, so that a lost word does no harm. Raises OutsideError of the first provider that
    could not be compared, once all the others are.
    """
    online = [one for one in shop.plugins.payment_providers.values() if isinstance(one, OnlineProvider) and one.ready]
    faults: list[OutsideError] = []
    for provider in online:
        try:
            _compare(shop, provider, at)
        except OutsideError as error:
            faults.append(error)
        except Exception:  # counted where it is asked (``held_back``)
            log.exception("the books of %s could not be compared", provider.name)
            faults.append(NotUnderstood(f"{provider.title} does not work."))
    if faults:
        raise faults[0]


def _compare(shop: Shop, provider: OnlineProvider, at: datetime) -> None:
    for ref in provider.changed_since(at - RECONCILED):
        row = payment_of(provider.name, ref, "")
        if row is None:
            told = provider.look(ref)
            row = payment_of(provider.name, ref, told.intent)
            if row is None:
                _strange(provider, told, at)
                continue
        paying.look(shop, row, at=at)


def _strange(provider: OnlineProvider, told: ProviderPayment, at: datetime) -> None:
    """Keep what the provider has and our books have not, once; an unpaid page of somebody else's is nothing."""
    if told.state is not PaymentState.SUCCEEDED:
        return
    amount = f"{told.received.major:f} {told.received.currency}"
    ProviderEventRow.insert(
        provider=provider.name, event_id=f"{MISMATCH}:{told.ref}"[:255], kind=MISMATCH, ref=told.ref[:255],
        said=f"{provider.title}: {amount} for “{told.reference}” is not in our books.", came_at=at,
    ).on_conflict_ignore().execute()  # fmt: skip


def mismatches() -> list[StrangePayment]:
    """Those that nobody has looked at yet."""
    return payment_pages.unlooked_events(MISMATCH)


def settle_mismatch(event_id: int, *, actor: Actor, at: datetime) -> None:
    """Somebody has looked at it. Raises AccessError."""
    actor.must_be_staff()
    ours = (ProviderEventRow.id == event_id) & (ProviderEventRow.kind == MISMATCH)
    if not ProviderEventRow.update(applied_at=at).where(ours).execute():
        raise AccessError
