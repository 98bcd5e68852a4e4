"""The API: which request does what."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from craftops.testing.stripe import checkout, objects, paying
from craftops.testing.stripe.answers import Repeated, expanded, listed, mode_of
from craftops.testing.stripe.forms import StripeFault, Tree, check, decode, metadata, missing, text, whole, wrong
from craftops.testing.stripe.ledger import VERSION, Ledger
from craftops.testing.stripe.objects import Thing

LIST_DONE = frozenset(
    {
        "limit", "starting_after", "ending_before", "expand", "created", "created.gt", "created.gte", "created.lt",
        "created.lte", "payment_intent", "customer", "status", "charge", "source", "type", "types", "email",
        "customer_details.email",
    }
)  # fmt: skip
CUSTOMER_DONE = frozenset({"email", "name", "description", "phone", "metadata.*", "preferred_locales", "expand"})
REFUND_DONE = frozenset({"amount", "charge", "payment_intent", "reason", "metadata.*", "expand"})
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
KIND_OF = {
    "checkout/sessions": ("checkout.session", "checkout.SessionListParams"),
    "payment_intents": ("payment_intent", "PaymentIntentListParams"),
    "charges": ("charge", "ChargeListParams"),
    "refunds": ("refund", "RefundListParams"),
    "disputes": ("dispute", "DisputeListParams"),
    "balance_transactions": ("balance_transaction", "BalanceTransactionListParams"),
    "customers": ("customer", "CustomerListParams"),
    "events": ("event", "EventListParams"),
    "webhook_endpoints": ("webhook_endpoint", "WebhookEndpointListParams"),
}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in."""

    ledger: Ledger
    live: bool
    given: Tree
    path: str
    base: str


class Api:
    """``keys``: the secret keys that are let in; one with ``_live_`` in it sees another world."""

    def __init__(self, ledger: Ledger, keys: tuple[str, ...], base: Callable[[], str]) -> None:
        self.ledger = ledger
        self.keys = keys
        self._base = base

    def answer(self, method: str, path: str, form: str, headers: Mapping[str, str]) -> HttpAnswer:
        """``headers`` by lower-case name; ``form`` is the query of a GET or the body of a POST."""
        told = {"Request-Id": f"req_{secrets.token_hex(7)}", "Stripe-Version": headers.get("stripe-version", VERSION)}
        with self.ledger.lock:
            checkout.expire_due(self.ledger)
            try:
                status, body = self._answer(method, path, form, headers, told)
            except StripeFault as fault:
                status, body = fault.status, json.dumps({"error": fault.body})
            self.ledger.save()
        return HttpAnswer(status, body, told)

    def _answer(
        self, method: str, path: str, form: str, headers: Mapping[str, str], told: dict[str, str]
    ) -> tuple[int, str]:
        live = mode_of(headers, self.keys)
        key = headers.get("idempotency-key", "") if method == "POST" else ""
        repeated = Repeated(self.ledger, key, live, path, form) if key else None
        if repeated is not None:
            told["Idempotency-Key"] = key
            if (before := repeated.answer()) is not None:
                told["Idempotent-Replayed"] = "true"
                return before
        given = decode(form)
        status, body = 200, {}
        try:
            made = self._dispatch(method, path, Asked(self.ledger, live, given, path, self._base()))
            body = expanded(self.ledger, made, given.get("expand"))
        except StripeFault as fault:
            status, body = fault.status, {"error": fault.body}
        if repeated is not None:
            repeated.keep(status, body)
        return status, json.dumps(body)

    def _dispatch(self, method: str, path: str, asked: Asked) -> Thing:
        for verb, pattern, act in ROUTES:
            if verb == method and (found := re.fullmatch(pattern, path)):
                return act(asked, *found.groups())
        raise StripeFault(404, f"There is no such address here: {method} {path}.")


def _list(asked: Asked, name: str) -> Thing:
    kind, params = KIND_OF[name]
    check(asked.given, params, LIST_DONE)
    return listed(asked.ledger, kind, asked.given, asked.live, asked.path)


def _one(asked: Asked, name: str, key: str) -> Thing:
    unknown = set(asked.given) - {"expand"}
    if unknown:
        name = min(unknown)
        raise StripeFault(400, f"Unknown parameter: {name}.", code="parameter_unknown", param=name)
    return _known(asked, KIND_OF[name][0], key)


def _known(asked: Asked, kind: str, key: Any, param: str = "id") -> Thing:
    return asked.ledger.get(kind, key, asked.live, param)


def _open(asked: Asked) -> Thing:
    return checkout.create(asked.ledger, asked.given, asked.live, asked.base)


def _expire(asked: Asked, key: str) -> Thing:
    check(asked.given, "checkout.SessionExpireParams", frozenset({"expand"}))
    return checkout.expire(asked.ledger, _known(asked, "checkout.session", key))


def _lines(asked: Asked, key: str) -> Thing:
    check(asked.given, "checkout.SessionListLineItemsParams", LIST_DONE)
    items = checkout.lines(asked.ledger, _known(asked, "checkout.session", key))
    return {"object": "list", "data": items, "has_more": False, "url": asked.path}


def _refund(asked: Asked) -> Thing:
    given = asked.given
    check(given, "RefundCreateParams", REFUND_DONE)
    reason = text(given, "reason")
    if reason is not None and reason not in REASONS:
        raise wrong("reason", f"No such reason: {reason}.", "parameter_invalid_string_enum")
    if given.get("payment_intent"):
        intent = _known(asked, "payment_intent", given["payment_intent"], "payment_intent")
        if not intent["latest_charge"]:
            raise wrong("payment_intent", "Nothing was charged yet.", "payment_intent_unexpected_state")
        charge = asked.ledger.things[intent["latest_charge"]]
    elif given.get("charge"):
        charge = _known(asked, "charge", given["charge"], "charge")
    else:
        raise missing("payment_intent")
    amount = whole(given, "amount") if given.get("amount") else None
    return paying.refund(asked.ledger, charge, amount, metadata=metadata(given), reason=reason)


def _cancel_refund(asked: Asked, key: str) -> Thing:
    return paying.cancel_refund(asked.ledger, _known(asked, "refund", key))


def _retell(asked: Asked, name: str, key: str) -> Thing:
    """Metadata of a thing, changed."""
    kind = KIND_OF[name][0]
    params = {"refund": "RefundModifyParams", "payment_intent": "PaymentIntentModifyParams"}[kind]
    check(asked.given, params, frozenset({"metadata.*", "expand"}))
    thing = _known(asked, kind, key)
    thing["metadata"] = _merged(thing["metadata"], asked.given)
    return thing


def _merged(before: dict[str, str], given: Tree) -> dict[str, str]:
    told = metadata(given)
    gone = {key for key, value in (given.get("metadata") or {}).items() if value == ""}
    return {key: value for key, value in {**before, **told}.items() if key not in gone}


def _answer_dispute(asked: Asked, key: str) -> Thing:
    names = frozenset(f"evidence.{one}" for one in objects.EVIDENCE)
    check(asked.given, "DisputeModifyParams", names | {"submit", "metadata.*", "expand"})
    submit = asked.given.get("submit", "true") == "true"
    evidence = {name: str(value) for name, value in (asked.given.get("evidence") or {}).items()}
    made = _known(asked, "dispute", key)
    made["metadata"] = _merged(made["metadata"], asked.given)
    return paying.answer_dispute(asked.ledger, made, evidence, submit=submit and bool(evidence))


def _close_dispute(asked: Asked, key: str) -> Thing:
    return paying.end_dispute(asked.ledger, _known(asked, "dispute", key), won=False)


def _customer(asked: Asked, key: str = "") -> Thing:
    given = asked.given
    check(given, "CustomerModifyParams" if key else "CustomerCreateParams", CUSTOMER_DONE)
    told: Thing = {name: text(given, name) for name in ("email", "name", "description", "phone") if name in given}
    if key:
        thing = _known(asked, "customer", key)
        thing.update(told, metadata=_merged(thing["metadata"], given))
    else:
        thing = objects.customer(asked.ledger.key("customer"), asked.ledger.now, asked.live, **told)
        thing["metadata"] = metadata(given)
        asked.ledger.add(thing, asked.live)
    thing["preferred_locales"] = given.get("preferred_locales") or thing["preferred_locales"]
    asked.ledger.tell(f"customer.{'updated' if key else 'created'}", thing)
    return thing


def _endpoint(asked: Asked) -> Thing:
    check(asked.given, "WebhookEndpointCreateParams", frozenset({"url", "enabled_events", "description", "metadata.*"}))
    url, events = text(asked.given, "url"), asked.given.get("enabled_events")
    if url is None or not isinstance(events, list):
        raise missing("enabled_events" if url else "url")
    made, secret = add_endpoint(asked.ledger, url, tuple(events), asked.live)
    made.update(description=text(asked.given, "description"), metadata=metadata(asked.given))
    return {**made, "secret": secret}


def add_endpoint(ledger: Ledger, url: str, events: tuple[str, ...], live: bool, secret: str = "") -> tuple[Thing, str]:
    """A place that is told of what happens, and the secret that its words are signed with."""
    secret = secret or f"whsec_{secrets.token_urlsafe(24).replace('-', 'x').replace('_', 'y')}"
    made = objects.webhook_endpoint(
        ledger.key("webhook_endpoint"), ledger.now, live, url=url, enabled_events=list(events), api_version=VERSION
    )
    return ledger.add(made, live, secrets=[secret]), secret


def _drop_endpoint(asked: Asked, key: str) -> Thing:
    made = _known(asked, "webhook_endpoint", key)
    del asked.ledger.things[made["id"]]
    return {"id": key, "object": "webhook_endpoint", "deleted": True}


NAMES = "|".join(KIND_OF)
ONE = r"([a-z]+_[A-Za-z0-9_]+)"
ROUTES: tuple[tuple[str, str, Callable[..., Thing]], ...] = (
    ("POST", "/v1/checkout/sessions", _open),
    ("POST", f"/v1/checkout/sessions/{ONE}/expire", _expire),
    ("GET", f"/v1/checkout/sessions/{ONE}/line_items", _lines),
    ("POST", "/v1/refunds", _refund),
    ("POST", f"/v1/refunds/{ONE}/cancel", _cancel_refund),
    ("POST", f"/v1/(refunds|payment_intents)/{ONE}", _retell),
    ("POST", f"/v1/disputes/{ONE}", _answer_dispute),
    ("POST", f"/v1/disputes/{ONE}/close", _close_dispute),
    ("POST", "/v1/customers", _customer),
    ("POST", f"/v1/customers/{ONE}", _customer),
    ("POST", "/v1/webhook_endpoints", _endpoint),
    ("DELETE", f"/v1/webhook_endpoints/{ONE}", _drop_endpoint),
    ("GET", f"/v1/({NAMES})", _list),
    ("GET", f"/v1/({NAMES})/{ONE}", _one),
)
