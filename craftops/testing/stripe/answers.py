"""What every answer shares: which key asks, lists in pages, objects opened up, the same answer for the same key."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import operator
import re
from collections.abc import Mapping
from typing import Any

from craftops.testing.stripe.forms import StripeFault, Tree, whole, wrong
from craftops.testing.stripe.ledger import KINDS, Ledger
from craftops.testing.stripe.objects import Thing

ID = re.compile(r"([a-z]+)_[A-Za-z0-9_]+")
KEY = re.compile(r"(?:sk|rk)_(test|live)_[A-Za-z0-9_]+")
DEEPEST_EXPANSION = 4
FILTERS = {
    "checkout.session": ("payment_intent", "customer", "status"),
    "payment_intent": ("customer",),
    "charge": ("payment_intent", "customer"),
    "refund": ("charge", "payment_intent"),
    "dispute": ("charge", "payment_intent"),
    "balance_transaction": ("source", "type"),
    "customer": ("email",),
    "event": ("type",),
    "webhook_endpoint": (),
}
"""By which keys each kind can be listed, besides its age."""
AGES = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
"""How the second of a creation can be asked for."""


def mode_of(headers: Mapping[str, str], keys: tuple[str, ...]) -> bool:
    """Whether the key is a live one. Raises StripeFault for none, a wrong one, or a publishable one."""
    given = headers.get("authorization", "")
    scheme, _, rest = given.partition(" ")
    if scheme.lower() == "basic":
        try:
            rest = base64.b64decode(rest).decode().partition(":")[0]
        except ValueError:
            rest = ""
    key = rest.strip()
    if not key:
        raise StripeFault(401, "No API key came with the request. Send it as a bearer.")
    if key.startswith("pk_"):
        raise StripeFault(401, "A publishable key may not do this; use the secret one.", code="secret_key_required")
    if key not in keys or not KEY.fullmatch(key):
        raise StripeFault(401, f"This API key is not known: {key[:8]}****{key[-4:]}", code="api_key_invalid")
    return "_live_" in key[:8]


def listed(ledger: Ledger, kind: str, given: Tree, live: bool, url: str) -> Thing:
    """One page of a kind, the newest first. Raises StripeFault."""
    limit = whole(given, "limit", 10)
    if not 1 <= limit <= 100:
        raise wrong("limit", "A page has between 1 and 100 objects.", "parameter_invalid_integer")
    found = [one for one in ledger.of(kind, live) if _fits(one, kind, given)]
    after, before = given.get("starting_after"), given.get("ending_before")
    for key, name in ((after, "starting_after"), (before, "ending_before")):
        if key:
            ledger.get(kind, key, live, name)
    nr = {one["id"]: ledger.notes[one["id"]]["nr"] for one in found}
    if before:
        newer = [one for one in found if nr[one["id"]] > ledger.notes[before]["nr"]]
        page, more = newer[-limit:], len(newer) > limit
    else:
        rest = [one for one in found if not after or nr[one["id"]] < ledger.notes[after]["nr"]]
        page, more = rest[:limit], len(rest) > limit
    return {"object": "list", "data": [copy.deepcopy(one) for one in page], "has_more": more, "url": url}


def _fits(one: Thing, kind: str, given: Tree) -> bool:
    if any(given.get(name) not in (None, "", one.get(name)) for name in FILTERS[kind]):
        return False
    if kind == "event" and given.get("types") and one["type"] not in given["types"]:
        return False
    if kind == "checkout.session" and given.get("customer_details"):
        asked = given["customer_details"].get("email")
        if (one["customer_details"] or {}).get("email") != asked:
            return False
    return _is_of_age(one, given)


def _is_of_age(one: Thing, given: Tree) -> bool:
    """Whether it was made when ``created`` says: in one second, or before and after some."""
    created = given.get("created")
    if isinstance(created, str):
        return bool(one["created"] == whole(given, "created"))
    return not isinstance(created, dict) or all(AGES[name](one["created"], whole(created, name)) for name in created)


def expanded(ledger: Ledger, thing: Thing, paths: Any) -> Thing:
    """The thing with the objects that ``paths`` name in the place of their ids. Raises StripeFault."""
    thing = copy.deepcopy(thing)
    if not paths:
        return thing
    if not isinstance(paths, list) or not all(isinstance(one, str) for one in paths):
        raise wrong("expand", "expand is a list of names.")
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST_EXPANSION + (steps[0] == "data"):
            raise wrong("expand", f"Nothing is expanded deeper than {DEEPEST_EXPANSION} levels: {path}.")
        _expand(ledger, thing, steps, path)
    return thing


def _expand(ledger: Ledger, at: Any, steps: list[str], path: str) -> None:
    if isinstance(at, list):
        for one in at:
            _expand(ledger, one, steps, path)
        return
    step, rest = steps[0], steps[1:]
    _open_list(ledger, at, step)
    if not isinstance(at, dict) or step not in at:
        raise wrong("expand", f"This cannot be expanded: {path}.")
    value = at[step]
    if isinstance(value, str):
        prefix = ID.fullmatch(value)
        if prefix is None or prefix[1] not in KINDS or value not in ledger.things:
            raise wrong("expand", f"This cannot be expanded: {path}.")
        at[step] = value = copy.deepcopy(ledger.things[value])
    if isinstance(value, int):
        raise wrong("expand", f"This cannot be expanded: {path}.")
    if rest and value is not None:
        _expand(ledger, value, rest, path)


def _open_list(ledger: Ledger, at: Any, step: str) -> None:
    """The two lists that are shown only when asked for."""
    if not isinstance(at, dict):
        return
    if at.get("object") == "charge" and step == "refunds" and at["refunds"] is None:
        live = at["livemode"]
        at["refunds"] = listed(ledger, "refund", {"charge": at["id"]}, live, f"/v1/charges/{at['id']}/refunds")
    if at.get("object") == "checkout.session" and step == "line_items" and "line_items" not in at:
        url = f"/v1/checkout/sessions/{at['id']}/line_items"
        items = copy.deepcopy(ledger.notes[at["id"]]["items"])
        at["line_items"] = {"object": "list", "data": items, "has_more": False, "url": url}


class Repeated:
    """One request under an idempotency key: its first answer is kept for a day, and given again."""

    def __init__(self, ledger: Ledger, key: str, live: bool, path: str, form: str) -> None:
        if len(key) > 255:
            raise StripeFault(400, "An idempotency key has at most 255 characters.", kind="idempotency_error")
        self._ledger = ledger
        self._name = f"{'live' if live else 'test'} {key}"
        self._of = hashlib.sha256(f"{path}\n{form}".encode()).hexdigest()

    def answer(self) -> tuple[int, str] | None:
        """The first answer. Raises StripeFault where the request was another one."""
        kept = self._ledger.answers.get(self._name)
        if kept is None or kept["at"] + 86_400 < self._ledger.now:
            return None
        if kept["of"] != self._of:
            raise StripeFault(
                400,
                "This idempotency key came before with other parameters, or to another address.",
                kind="idempotency_error",
            )
        return kept["status"], kept["body"]

    def keep(self, status: int, body: Thing) -> None:
        """What failed before it began (no right key, wrong parameters) is not kept."""
        if status < 400 or status == 402 or status >= 500:
            kept = {"of": self._of, "at": self._ledger.now, "status": status, "body": json.dumps(body)}
            self._ledger.answers[self._name] = kept
