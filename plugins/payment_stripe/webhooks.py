"""Words that come in: believed when their signature, age, mode and account are right. Pure.

The signature is ``t=<seconds>,v1=<hex>``: HMAC-SHA256 of ``<seconds>.<body>`` under the endpoint's secret; while a
secret is rolled there are several (docs.stripe.com/webhooks). The body is believed only as far as which payment to look
at.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from craftops.sdk.payment import ProviderEvent, WebhookRejected

from .messages import INTENT, PAYMENT, moment
from .settings import StripeSettings

TOLERANCE_S = 300
STAMP = re.compile(r"[0-9]{1,12}")
"""How old a signature may be, and how far ahead of our clock."""
HEADER = "stripe-signature"


def believed(body: bytes, headers: Mapping[str, str], settings: StripeSettings, now: datetime) -> ProviderEvent:
    """Raises WebhookRejected."""
    if not settings.webhook_secrets:
        raise WebhookRejected("no signing secret is set, so no webhook can be believed")
    _check_signature(body, headers.get(HEADER, ""), settings.webhook_secrets, now)
    try:
        event = json.loads(body)
        return _event(event, settings)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise WebhookRejected(f"it is signed, and no event: {error!r}") from error


def _check_signature(body: bytes, header: str, secrets: tuple[str, ...], now: datetime) -> None:
    parts = [one.strip().partition("=") for one in header.split(",")]
    stamps = [value for key, _, value in parts if key == "t"]
    given = [value for key, _, value in parts if key == "v1"]
    if len(stamps) != 1 or not given or not STAMP.fullmatch(stamps[0]):
        raise WebhookRejected("it has no signature")
    signed = stamps[0].encode() + b"." + body
    right = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets]
    if not any(hmac.compare_digest(mine, theirs.encode()) for mine in right for theirs in given):
        raise WebhookRejected("its signature is wrong")
    age = now.astimezone(UTC).timestamp() - int(stamps[0])
    if abs(age) > TOLERANCE_S:
        raise WebhookRejected(f"it was signed {age:.0f} seconds ago")


def _event(event: Any, settings: StripeSettings) -> ProviderEvent:
    if event["object"] != "event":
        raise WebhookRejected("it is a thin event; let the endpoint send snapshots")
    if event["livemode"] is not settings.live:
        raise WebhookRejected("it is of the other mode: test and live are apart")
    of = event.get("account") or ""
    if of and of != settings.account:
        raise WebhookRejected(f"it is of another account, {of}")
    thing = event["data"]["object"]
    ref, intent, charge = _about(thing)
    return ProviderEvent(
        id=str(event["id"]), kind=str(event["type"]), ref=ref, at=moment(event["created"]), intent=intent, charge=charge
    )


def _about(thing: Mapping[str, Any]) -> tuple[str, str, str]:
    """The payment that a thing belongs to: session, intent, payment intent; what it does not tell is empty."""
    told = thing.get("metadata") or {}
    kind = thing.get("object")
    charge = _id(thing.get("payment_intent"))
    if kind == "checkout.session":
        return str(thing["id"]), told.get(INTENT, ""), charge
    if kind == "payment_intent":
        return "", told.get(INTENT, ""), str(thing["id"])
    if kind == "charge":
        return "", told.get(INTENT, ""), charge
    if kind == "refund":
        return told.get(PAYMENT, ""), "", charge
    if kind == "dispute":
        return "", "", charge
    return "", "", ""


def _id(value: Any) -> str:
    return str(value.get("id", "")) if isinstance(value, dict) else value or ""


def concerned(event: Mapping[str, Any]) -> tuple[str, str]:
    """The session of ours, or else the payment intent of anybody, that an event of Stripe's list is about.

    Both are empty for what belongs to another program that sells through the same account, as far as that can be told
    without asking; a refund that was made by hand is told by its charge as well, which carries our metadata.
    """
    thing = event["data"]["object"]
    ref, intent, charge = _about(thing)
    foreign = thing.get("object") in ("checkout.session", "charge") and not intent
    return ("", "") if foreign or (event["type"] == "refund.created" and not ref) else (ref, charge)
