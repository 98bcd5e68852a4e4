"""Webhooks go out: each event a delivery for each endpoint that wants it, tried until it is taken or a day has passed.

At least once: a process that dies after the request is followed by one that sends the same body with the same
``webhook-id``, by which a receiver knows it again. An endpoint that has just failed is left alone for a while, and what
waits for it takes one hand of the worker at most, so that no dead endpoint keeps mails and files waiting.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import orjson

from craftops import __version__
from craftops.domain.events import Event
from craftops.domain.integrations import webhooks as rules
from craftops.domain.integrations.webhooks import DeliveryState, WebhookKind
from craftops.errors import ConfigError, OutsideError
from craftops.services.integrations.payloads import Payload, envelope, payloads_of
from craftops.services.shop import epochs
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import WebhookAttemptRow, WebhookDeliveryRow, WebhookEndpointRow

WORK = "send_webhook"
ANSWER_KEPT = 500
"""Characters of an answer that the log shows."""
ANSWER_READ = 200_000
TIME_S = 12.0
GONE = 410


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What came of one request."""

    status: int | None
    text: str
    error: str
    took_ms: int

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def plan(event: Event, *, at: datetime) -> None:
    """Write a delivery for each endpoint that wants to hear of an event, in the caller's transaction."""
    kind = rules.kind_of(event)
    if kind is None:
        return
    wanting = [one for one in WebhookEndpointRow.select().where(WebhookEndpointRow.active) if kind.value in one.kinds]
    if not wanting:
        return
    for key, data in payloads_of(kind, event):
        for endpoint in wanting:
            add_delivery(endpoint, kind, f"{kind.value}:{key}", event.at, data, event.customer_id, at=at)


def add_delivery(
    endpoint: WebhookEndpointRow, kind: WebhookKind, key: str, happened: datetime, data: Payload,
    customer_id: int | None, *, at: datetime,
) -> int | None:  # fmt: skip
    """Write a delivery down and have it sent; its id, or None where this ``key`` was told already."""
    with unit_of_work() as uow:
        known = WebhookDeliveryRow.select().where(
            WebhookDeliveryRow.endpoint == endpoint.id, WebhookDeliveryRow.key == key[:120]
        )
        if known.exists():
            return None
        values = {
            "endpoint": endpoint.id, "key": key[:120], "message_id": f"msg_{secrets.token_hex(16)}",
            "kind": kind.value, "body": orjson.dumps(envelope(kind, happened, data)).decode(),
            "customer_id": customer_id, "state": DeliveryState.WAITING.value, "next_at": at, "created_at": at,
        }  # fmt: skip
        made = int(WebhookDeliveryRow.insert(values).execute())
        _ask(uow, made, endpoint, at, at=at)
    return made


def _ask(uow: UnitOfWork, delivery: int, endpoint: WebhookEndpointRow, when: datetime, *, at: datetime) -> None:
    uow.enqueue(WORK, {"delivery": delivery}, at=at, run_after=when, rank=int(endpoint.failing_since is not None))


def send(shop: Shop, delivery_id: int, *, at: datetime) -> None:
    """Try a delivery once. Raises HeldBack in a restored copy of a shop."""
    row: WebhookDeliveryRow | None = WebhookDeliveryRow.get_or_none(WebhookDeliveryRow.id == delivery_id)
    if row is None or row.state != DeliveryState.WAITING.value:
        return
    endpoint: WebhookEndpointRow = row.endpoint
    if not endpoint.active:
        _settle(row, DeliveryState.STOPPED, at)
        return
    if endpoint.retry_at is not None and endpoint.retry_at > at and row.attempts == 0:
        with unit_of_work() as uow:
            WebhookDeliveryRow.update(next_at=endpoint.retry_at).where(WebhookDeliveryRow.id == row.id).execute()
            _ask(uow, row.id, endpoint, endpoint.retry_at, at=at)
        return
    epochs.must_be_real()
    _book(row, endpoint, _request(shop, endpoint, row, at), at)


def secrets_of(shop: Shop, endpoint: WebhookEndpointRow, at: datetime) -> list[str]:
    """The secrets that sign now, the newest first. Raises ConfigError."""
    found = [shop.sealer.open(endpoint.sealed)]
    if endpoint.sealed_before and endpoint.before_until is not None and endpoint.before_until > at:
        found.append(shop.sealer.open(endpoint.sealed_before))
    return found


def _request(shop: Shop, endpoint: WebhookEndpointRow, row: WebhookDeliveryRow, at: datetime) -> HookAnswer:
    from craftops.sdk.outside import MachineSession  # HTTP libraries: 5 MB in each process, for whoever sends something

    body = row.body.encode()
    began = monotonic()

    def answer(status: int | None, text: str = "", error: str = "") -> HookAnswer:
        return HookAnswer(status, text, error[:300], int((monotonic() - began) * 1000))

    try:
        headers = rules.signed_headers(secrets_of(shop, endpoint, at), row.message_id, at, body)
        headers |= {"content-type": "application/json", "user-agent": f"CraftOps/{__version__}"}
        with closing(MachineSession(public_only=not endpoint.inside)) as session:
            session.total_s, session.body_limit = TIME_S, ANSWER_READ
            said = session.request("POST", endpoint.url, data=body, headers=headers)
    except (OutsideError, ConfigError) as error:
        return answer(None, error=error.sentence)
    shown = "" if endpoint.inside else said.content[: ANSWER_KEPT * 4].decode("utf-8", "replace")[:ANSWER_KEPT]
    text = "".join(one if one.isprintable() or one in "\n\t" else "�" for one in shown)
    return answer(said.status_code, text, "" if said.ok else _why(said.status_code))


def _why(status: int) -> str:
    if status == GONE:
        return "It says that it is gone for good (HTTP 410)."
    if 300 <= status < 400:
        return f"It sends us to another address (HTTP {status}), which we do not follow."
    return f"It did not take it (HTTP {status})."


def _book(row: WebhookDeliveryRow, endpoint: WebhookEndpointRow, answer: HookAnswer, at: datetime) -> None:
    """Write an attempt down, and what follows from it."""
    tries = row.attempts + 1
    with unit_of_work() as uow:
        WebhookAttemptRow.create(
            delivery=row, at=at, status=answer.status, answer=answer.text, error=answer.error, took_ms=answer.took_ms
        )
        WebhookDeliveryRow.update(attempts=tries).where(WebhookDeliveryRow.id == row.id).execute()
        if answer.taken:
            _settle(row, DeliveryState.DELIVERED, at)
            _mark(endpoint, failing_since=None, retry_at=None)
            return
        since = endpoint.failing_since or at
        _mark(endpoint, failing_since=since, retry_at=at + rules.pause(tries))
        again = None if answer.status == GONE else rules.next_try(tries, at)
        if again is None:
            _settle(row, DeliveryState.FAILED, at)
        else:
            WebhookDeliveryRow.update(next_at=again).where(WebhookDeliveryRow.id == row.id).execute()
            endpoint.failing_since = since
            _ask(uow, row.id, endpoint, again, at=at)
        if answer.status == GONE or (again is None and rules.is_lost(since, at)):
            _mark(endpoint, active=False, off_why=answer.error or "It has not answered for a day.")


def _mark(endpoint: WebhookEndpointRow, **values: object) -> None:
    WebhookEndpointRow.update(values).where(WebhookEndpointRow.id == endpoint.id).execute()


def _settle(row: WebhookDeliveryRow, state: DeliveryState, at: datetime) -> None:
    with unit_of_work():
        WebhookDeliveryRow.update(state=state.value, done_at=at, next_at=None).where(
            WebhookDeliveryRow.id == row.id
        ).execute()


def send_again(delivery: WebhookDeliveryRow, *, at: datetime) -> None:
    """Have a delivery sent once more, with the same id and body, from its first attempt on."""
    with unit_of_work() as uow:
        WebhookDeliveryRow.update(state=DeliveryState.WAITING.value, attempts=0, next_at=at, done_at=None).where(
            WebhookDeliveryRow.id == delivery.id
        ).execute()
        _mark(delivery.endpoint, retry_at=None)
        _ask(uow, delivery.id, delivery.endpoint, at, at=at)


def tidy(*, at: datetime) -> None:
    """Forget what was delivered, or given up, a month ago."""
    with unit_of_work():
        WebhookDeliveryRow.delete().where(
            WebhookDeliveryRow.created_at < at - rules.KEPT, WebhookDeliveryRow.state != DeliveryState.WAITING.value
        ).execute()
