"""Words that come in: believed when their signature and mode are right. Pure.

The signature is ``hmac-sha256-hex=<hex>`` of the whole body under the webhook's secret in Unicode's form NFKD, as the
official client checks it. There is no time in it, so an old word can come again: it only tells what to look at.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from craftops.errors import NotUnderstood
from craftops.sdk.carrier import CarrierEvent, CarrierWordRejected

from .messages import tracking
from .settings import EasyPostSettings

HEADER = "x-hmac-signature"


def believed(body: bytes, headers: Mapping[str, str], settings: EasyPostSettings) -> CarrierEvent:
    """Raises CarrierWordRejected."""
    if not settings.webhook_secret:
        raise CarrierWordRejected("no webhook secret is set, so no word can be believed")
    key = unicodedata.normalize("NFKD", settings.webhook_secret).encode()
    right = "hmac-sha256-hex=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), headers.get(HEADER, "").encode()):
        raise CarrierWordRejected("its signature is wrong")
    try:
        return _event(json.loads(body), settings)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NotUnderstood) as error:
        raise CarrierWordRejected(f"it is signed, and no event: {error!r}") from error


def _event(event: Any, settings: EasyPostSettings) -> CarrierEvent:
    if event["object"] != "Event":
        raise CarrierWordRejected("it is no event")
    if (event["mode"] == "production") is not settings.live:
        raise CarrierWordRejected("it is of the other mode: test and production are apart")
    thing = event["result"]
    kind = thing.get("object")
    if kind == "Tracker":
        ref, number, found = thing.get("shipment_id"), thing.get("tracking_code"), tracking(thing)
    elif kind == "Shipment":
        ref, number, found = thing.get("id"), thing.get("tracking_code"), None
    elif kind == "Refund":
        ref, number, found = thing.get("shipment_id"), thing.get("tracking_code"), None
    else:
        ref, number, found = "", "", None
    return CarrierEvent(str(event["id"]), str(event["description"]), str(number or ""), str(ref or ""), found)
