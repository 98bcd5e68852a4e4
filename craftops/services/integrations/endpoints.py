"""The owner's endpoints: added, changed, switched, given a new secret."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from craftops.domain.events import Event, EventKind
from craftops.domain.integrations import webhooks as rules
from craftops.domain.integrations.webhooks import CHOOSABLE, DeliveryState, WebhookKind
from craftops.domain.people.access import Actor
from craftops.domain.people.audit import Deed, differences
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.sdk.outside_address import check_address, is_forbidden, is_inside
from craftops.services.integrations import webhooks
from craftops.services.integrations.payloads import trial_payload
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import WebhookDeliveryRow, WebhookEndpointRow
from craftops.store.queries import integrations as queries
from craftops.store.views.integrations import DeliveryView, EndpointView

MOST_ENDPOINTS = 20
SAMPLE = "https://example.org/hooks/craftops"


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """What the owner writes of an endpoint."""

    url: str
    title: str = ""
    kinds: tuple[str, ...] = ()
    inside: bool = False
    """This host and port stand in the shop's own network."""


def check_url(text: str, *, inside: bool) -> str:
    """The address of an endpoint. Raises IntakeError with a sentence for the field ``url``."""
    text = text.strip()
    if "://" not in text or len(text) > 500 or "#" in text or any(not 32 < ord(one) < 127 for one in text):
        raise _wrong(f"Write the whole address, like {SAMPLE}.")
    base, mark, query = text.partition("?")
    try:
        clean = check_address(base, ("https", "http"))
    except IntakeError:
        raise _wrong(f"Write the whole address, like {SAMPLE}, without a password in it.") from None
    slash = "/" if base.endswith("/") else ""
    parts = urlsplit(clean)
    host = parts.hostname or ""
    if is_forbidden(host):
        raise _wrong("Nothing is ever sent to this address.")
    if not inside and (is_inside(host) or f".{host}".endswith((".localhost", ".local", ".internal"))):
        raise _wrong("This stands in a network of your own. Tick that below, if it is meant.")
    if not inside and parts.scheme != "https":
        raise _wrong("What goes through the internet goes through https://.")
    return clean + slash + mark + query


def _wrong(sentence: str) -> IntakeError:
    return IntakeError(sentence, {"url": sentence})


def _checked(draft: EndpointDraft) -> dict[str, object]:
    url = check_url(draft.url, inside=draft.inside)
    kinds = [kind.value for kind in CHOOSABLE if kind.value in draft.kinds]
    if not kinds:
        raise IntakeError("Choose what it is told.", {"kinds": "Choose at least one."})
    return {"url": url, "title": draft.title.strip()[:100], "kinds": kinds, "inside": draft.inside}


def _tell(actor: Actor, row: WebhookEndpointRow, what: str, at: datetime, *, before: str = "", after: str = "") -> None:
    with unit_of_work() as uow:
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor, data={"webhook": row.id, "what": what}))
        note(Deed.WEBHOOK_CHANGED, actor=actor, at=at, subject=row.title or _host(row.url), before=before, after=after)


def _host(url: str) -> str:
    """What an audit trail may say of an address: those of many services are secrets behind their host."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _noted(row: WebhookEndpointRow) -> dict[str, object]:
    """Of an endpoint, what is compared there."""
    return {"host": _host(row.url), "kinds": row.kinds, "inside": row.inside, "title": row.title}


def _said(row: WebhookEndpointRow) -> str:
    return differences({}, _noted(row))[1]


def add(shop: Shop, draft: EndpointDraft, *, actor: Actor, at: datetime) -> tuple[WebhookEndpointRow, str]:
    """A new endpoint and its secret, shown this once. Raises AccessError, IntakeError."""
    actor.must_be_owner()
    values = _checked(draft)
    if WebhookEndpointRow.select().count() >= MOST_ENDPOINTS:
        raise IntakeError(f"There are {MOST_ENDPOINTS} endpoints, the most there can be. Remove one first.")
    secret = _fresh()
    with unit_of_work():
        row: WebhookEndpointRow = WebhookEndpointRow.create(
            **values, sealed=shop.sealer.seal(secret), created_at=at, by_name=actor.name[:200]
        )
        _tell(actor, row, "added", at, after=_said(row))
    return row, secret


def _fresh() -> str:
    return rules.secret_of(secrets.token_bytes(rules.SECRET_BYTES))


def endpoint_of(endpoint_id: int, actor: Actor) -> WebhookEndpointRow:
    """Raises AccessError."""
    actor.must_be_owner()
    row: WebhookEndpointRow | None = WebhookEndpointRow.get_or_none(WebhookEndpointRow.id == endpoint_id)
    if row is None:
        raise AccessError
    return row


def endpoint_shown(endpoint_id: int, actor: Actor) -> EndpointView:
    """The same for its page. Raises AccessError."""
    actor.must_be_owner()
    found = queries.endpoint(endpoint_id)
    if found is None:
        raise AccessError
    return found


def delivery_shown(endpoint_id: int, delivery_id: int, actor: Actor) -> DeliveryView:
    """One delivery of an endpoint for its page. Raises AccessError."""
    actor.must_be_owner()
    found = queries.delivery(endpoint_id, delivery_id)
    if found is None:
        raise AccessError
    return found


def change(endpoint_id: int, draft: EndpointDraft, *, actor: Actor, at: datetime) -> None:
    """Another address, another choice. Raises AccessError, IntakeError."""
    row = endpoint_of(endpoint_id, actor)
    values = _checked(draft)
    with unit_of_work():
        WebhookEndpointRow.update(values).where(WebhookEndpointRow.id == row.id).execute()
        fresh = endpoint_of(endpoint_id, actor)
        was, now = differences(_noted(row), _noted(fresh))
        if fresh.url != row.url and _host(fresh.url) == _host(row.url):
            now = f"{now}\naddress: (changed)".strip()
        _tell(actor, fresh, "changed", at, before=was, after=now)


def switch(endpoint_id: int, *, on: bool, actor: Actor, at: datetime) -> None:
    """On or off. What waits for an endpoint that is off is not sent. Raises AccessError."""
    row = endpoint_of(endpoint_id, actor)
    with unit_of_work():
        fresh = {"active": on, "off_why": "", "failing_since": None, "retry_at": None}
        WebhookEndpointRow.update(fresh).where(WebhookEndpointRow.id == row.id).execute()
        _tell(actor, row, "on" if on else "off", at, after="on" if on else "off")


def new_secret(shop: Shop, endpoint_id: int, *, actor: Actor, at: datetime) -> str:
    """Another secret, shown this once; the old one signs beside it for a day. Raises AccessError."""
    row = endpoint_of(endpoint_id, actor)
    secret = _fresh()
    with unit_of_work():
        WebhookEndpointRow.update(
            sealed=shop.sealer.seal(secret), sealed_before=row.sealed, before_until=at + rules.BOTH_GOOD
        ).where(WebhookEndpointRow.id == row.id).execute()
        _tell(actor, row, "secret", at, after="secret: (secret)")
    return secret


def end_old_secret(endpoint_id: int, *, actor: Actor, at: datetime) -> None:
    """The secret of before signs no more. Raises AccessError."""
    row = endpoint_of(endpoint_id, actor)
    with unit_of_work():
        WebhookEndpointRow.update(sealed_before="", before_until=None).where(WebhookEndpointRow.id == row.id).execute()
        _tell(actor, row, "secret", at, before="secret: (secret)")


def remove(endpoint_id: int, *, actor: Actor, at: datetime) -> None:
    """An endpoint goes, and its log with it. Raises AccessError."""
    row = endpoint_of(endpoint_id, actor)
    with unit_of_work():
        WebhookEndpointRow.delete().where(WebhookEndpointRow.id == row.id).execute()
        _tell(actor, row, "removed", at, before=_said(row))


def send_trial(endpoint_id: int, *, actor: Actor, at: datetime) -> int:
    """Send a test event; the id of its delivery. Raises AccessError, RuleError for an endpoint that is off."""
    row = endpoint_of(endpoint_id, actor)
    if not row.active:
        raise RuleError("This endpoint is switched off.", "Switch it on first.")
    with unit_of_work():
        WebhookEndpointRow.update(retry_at=None).where(WebhookEndpointRow.id == row.id).execute()
        key = f"{WebhookKind.TEST.value}:{secrets.token_hex(8)}"
        made = webhooks.add_delivery(row, WebhookKind.TEST, key, at, trial_payload(), None, at=at)
    if made is None:
        raise RuleError("This test is on its way already.")
    return made


def delivery_of(endpoint_id: int, delivery_id: int, actor: Actor) -> WebhookDeliveryRow:
    """Raises AccessError."""
    row = endpoint_of(endpoint_id, actor)
    found: WebhookDeliveryRow | None = WebhookDeliveryRow.get_or_none(
        WebhookDeliveryRow.id == delivery_id, WebhookDeliveryRow.endpoint == row.id
    )
    if found is None:
        raise AccessError
    return found


def send_again(endpoint_id: int, deliveries: Iterable[int] | None, *, actor: Actor, at: datetime) -> int:
    """Send these once more, or, for None, all that did not arrive; how many. Raises AccessError, RuleError."""
    row = endpoint_of(endpoint_id, actor)
    if not row.active:
        raise RuleError("This endpoint is switched off.", "Switch it on first.")
    if deliveries is None:
        lost = (DeliveryState.FAILED.value, DeliveryState.STOPPED.value)
        rows = list(row.deliveries.where(WebhookDeliveryRow.state.in_(lost)).order_by(WebhookDeliveryRow.id))
    else:
        rows = [delivery_of(endpoint_id, one, actor) for one in deliveries]
    with unit_of_work():
        for one in rows:
            webhooks.send_again(one, at=at)
    return len(rows)
