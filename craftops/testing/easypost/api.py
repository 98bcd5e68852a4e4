"""The API: which request does what."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from craftops.testing.easypost import desk, objects
from craftops.testing.easypost.faults import EasyPostFault, Tree, check, missing, wrong
from craftops.testing.easypost.ledger import PostLedger
from craftops.testing.easypost.objects import Thing

KINDS = {"shipments": "Shipment", "trackers": "Tracker", "pickups": "Pickup", "events": "Event", "webhooks": "Webhook"}


@dataclass(frozen=True, slots=True)
class PostAsked:
    """A request that was let in."""

    ledger: PostLedger
    mode: str
    given: Tree


class PostApi:
    """``keys``: mode -> the key that is let in for it."""

    def __init__(self, ledger: PostLedger, keys: Mapping[str, str], base: Callable[[], str]) -> None:
        self.ledger = ledger
        self._modes = {key: mode for mode, key in keys.items()}
        self._base = base

    def answer(self, method: str, path: str, query: str, body: str, headers: Mapping[str, str]) -> tuple[int, str]:
        """Status and JSON. ``headers`` by lower-case name."""
        with self.ledger.lock:
            try:
                mode = self._mode(headers)
                given = dict(parse_qsl(query)) if method in ("GET", "DELETE") else _json(body)
                for verb, pattern, status, act in ROUTES:
                    if verb == method and (found := re.fullmatch(pattern, path)):
                        made = act(PostAsked(self.ledger, mode, given), *found.groups())
                        return status, json.dumps(made).replace(desk.HERE, self._base())
                raise missing()
            except EasyPostFault as fault:
                return fault.status, json.dumps(fault.body)
            finally:
                self.ledger.save()

    def _mode(self, headers: Mapping[str, str]) -> str:
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            rest = base64.b64decode(rest + "==").decode("utf-8", "replace").partition(":")[0]
        if rest.strip() not in self._modes:
            raise EasyPostFault(401, "APIKEY.INVALID", "The API key is not known.")
        return self._modes[rest.strip()]


def _json(body: str) -> Tree:
    try:
        found = json.loads(body or "{}")
    except ValueError:
        raise EasyPostFault(400, "BAD_REQUEST", "The body is no JSON.") from None
    if not isinstance(found, dict):
        raise EasyPostFault(400, "BAD_REQUEST", "The body is no group of parameters.")
    return found


def _group(asked: PostAsked, what: str, name: str) -> Tree:
    check(asked.given, what)
    found = asked.given.get(name)
    if not isinstance(found, dict):
        raise wrong(name, f"The group {name} is missing.", "PARAMETER.REQUIRED")
    return found


def _beyond(asked: PostAsked, found: list[Thing]) -> list[Thing]:
    """Those that are older, or newer, than the one that was asked from."""
    given, notes = asked.given, asked.ledger.notes
    edge = given.get("before_id") or given.get("after_id")
    if not edge:
        return found
    nr, newer = notes.get(edge, {}).get("nr", -1), bool(given.get("after_id"))
    return [one for one in found if (notes[one["id"]]["nr"] > nr) is newer and one["id"] != edge]


def _listed(asked: PostAsked, name: str) -> Thing:
    check(asked.given, f"list {name}")
    given, ledger = asked.given, asked.ledger
    try:
        size = int(given.get("page_size", 20))
        since, until = (_moment(given.get(one)) for one in ("start_datetime", "end_datetime"))
    except ValueError:
        raise wrong("page_size", "A list is asked for by numbers and moments.") from None
    if not 1 <= size <= 100:
        raise wrong("page_size", "A page has between 1 and 100 things.")
    found = [one for one in ledger.of(KINDS[name], asked.mode) if _fits(one, given, since, until)]
    found = _beyond(asked, found)
    page = found[-size:] if given.get("after_id") else found[:size]
    if name == "events":
        hidden = ("result", "previous_attributes", "pending_urls", "completed_urls", "updated_at")
        page = [{key: value for key, value in one.items() if key not in hidden} for one in page]
    return {name: page} if name == "webhooks" else {name: page, "has_more": len(found) > size}


def _fits(one: Thing, given: Tree, since: datetime | None, until: datetime | None) -> bool:
    if one["object"] == "Shipment" and given.get("purchased", "true").lower() == "true" and not one["postage_label"]:
        return False
    at = datetime.fromisoformat(one["created_at"].replace("Z", "+00:00"))
    if (since and at < since.replace(microsecond=0)) or (until and at > until):
        return False
    return all(given.get(name) in (None, "", one.get(name)) for name in ("tracking_code", "carrier"))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def _one(asked: PostAsked, name: str, key: str) -> Thing:
    check(asked.given, "one")
    return asked.ledger.get(KINDS[name], key, asked.mode)


def _shipment(asked: PostAsked, key: str) -> Thing:
    return asked.ledger.get("Shipment", key, asked.mode)


def _create(asked: PostAsked) -> Thing:
    return desk.create(asked.ledger, _group(asked, "create shipment", "shipment"), asked.mode)


def _buy(asked: PostAsked, key: str) -> Thing:
    check(asked.given, "buy shipment")
    return desk.buy(asked.ledger, _shipment(asked, key), asked.given)


def _refund(asked: PostAsked, key: str) -> Thing:
    check(asked.given, "refund shipment")
    return desk.refund(asked.ledger, _shipment(asked, key))


def _label(asked: PostAsked, key: str) -> Thing:
    check(asked.given, "label")
    return desk.convert(asked.ledger, _shipment(asked, key), str(asked.given.get("file_format", "")))


def _track(asked: PostAsked) -> Thing:
    return desk.track(asked.ledger, _group(asked, "create tracker", "tracker"), asked.mode)


def _fetch(asked: PostAsked) -> Thing:
    return desk.fetch(asked.ledger, _group(asked, "create pickup", "pickup"), asked.mode)


def _buy_pickup(asked: PostAsked, key: str) -> Thing:
    check(asked.given, "buy pickup")
    return desk.buy_pickup(asked.ledger, asked.ledger.get("Pickup", key, asked.mode), asked.given)


def _cancel_pickup(asked: PostAsked, key: str) -> Thing:
    check(asked.given, "cancel pickup")
    return desk.cancel_pickup(asked.ledger, asked.ledger.get("Pickup", key, asked.mode))


def _webhook(asked: PostAsked) -> Thing:
    given = _group(asked, "create webhook", "webhook")
    made = objects.webhook(given, asked.ledger.now, asked.mode)
    return asked.ledger.add(made, secret=str(given.get("webhook_secret") or ""))


def _drop_webhook(asked: PostAsked, key: str) -> Thing:
    del asked.ledger.things[asked.ledger.get("Webhook", key, asked.mode)["id"]]
    return {}


ONE = r"([A-Za-z0-9_-]{1,80})"
ROUTES: tuple[tuple[str, str, int, Callable[..., Thing]], ...] = (
    ("POST", "/v2/shipments", 201, _create),
    ("POST", f"/v2/shipments/{ONE}/buy", 200, _buy),
    ("POST", f"/v2/shipments/{ONE}/refund", 200, _refund),
    ("GET", f"/v2/shipments/{ONE}/label", 200, _label),
    ("POST", "/v2/trackers", 200, _track),
    ("POST", "/v2/pickups", 200, _fetch),
    ("POST", f"/v2/pickups/{ONE}/buy", 200, _buy_pickup),
    ("POST", f"/v2/pickups/{ONE}/cancel", 200, _cancel_pickup),
    ("POST", "/v2/webhooks", 201, _webhook),
    ("DELETE", f"/v2/webhooks/{ONE}", 200, _drop_webhook),
    ("GET", "/v2/(shipments|trackers|pickups|events|webhooks)", 200, _listed),
    ("GET", f"/v2/(shipments|trackers|pickups|webhooks)/{ONE}", 200, _one),
)
