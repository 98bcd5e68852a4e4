"""Every object of the local Stripe has every key, of the right type: judged by Stripe's own samples and its own package.

The samples (../shared/outside/stripe/shapes.json, from stripe/openapi) say which keys there are; where ours is null and
the sample is not, the installed ``stripe`` says whether that may be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import stripe as sdk
from samples.stripe_walk import walk

from craftops.testing.stripe import LocalStripe

SHAPES = Path(__file__).parents[3] / "shared" / "outside" / "stripe" / "shapes.json"
CLASSES = {
    "checkout.session": sdk.checkout.Session, "payment_intent": sdk.PaymentIntent, "charge": sdk.Charge,
    "refund": sdk.Refund, "dispute": sdk.Dispute, "event": sdk.Event, "balance_transaction": sdk.BalanceTransaction,
    "customer": sdk.Customer, "webhook_endpoint": sdk.WebhookEndpoint,
}  # fmt: skip
FREE = {"metadata", "fraud_details", "tip", "payment_method_options", "object"}
"""Groups whose keys are anybody's; and what an event is about, which is judged by its own kind."""


@cache
def shapes() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SHAPES.read_text())
    return found


@pytest.fixture(scope="module")
def things() -> list[dict[str, Any]]:
    with LocalStripe() as local:
        return walk(local)


def faults(ours: Any, theirs: Any, kind: Any, where: str) -> Iterator[str]:
    """Where ours is not as theirs. ``kind`` is the class of Stripe's package, or None where it knows none."""
    if theirs is None or ours is None:
        told = _annotation(kind, where.rpartition(".")[2])
        if ours is None and theirs is not None and told and not re.search("Optional|NoneType", told):
            yield f"{where} is null, and never is at Stripe"
        return
    if isinstance(ours, dict) and isinstance(theirs, str) and ours.get("id") and ours.get("object"):
        return  # it was asked to be opened up, and is judged where it stands for itself
    if type(ours) is not type(theirs):
        yield f"{where} is {type(ours).__name__}, and {type(theirs).__name__} at Stripe"
    elif isinstance(theirs, dict):
        for key, value in theirs.items():
            if theirs.get("type") == key and ours.get("type") != key:
                continue  # a debit has no card
            if key not in ours:
                yield f"{where}.{key} is missing"
            elif not (key in FREE and isinstance(value, dict)):
                yield from faults(ours[key], value, _below(kind, key), f"{where}.{key}")


def _annotation(kind: Any, key: str) -> str:
    own, name = kind if isinstance(kind, tuple) else (kind, key)
    return "" if own is None else str(own.__annotations__.get(name, ""))


def _below(kind: Any, key: str) -> Any:
    """The class that a key's value has, beside the one that it is a key of."""
    own = kind[0] if isinstance(kind, tuple) else kind
    if own is None:
        return None
    text = str(own.__annotations__.get(key, ""))
    inner = next((getattr(own, one) for one in _names(text) if hasattr(own, one)), None)
    return inner if inner is not None else (None if not text else (own, key))


def _names(text: str) -> list[str]:
    return [one for one in re.findall(r"\w+", text) if one[:1].isupper()]


@pytest.mark.skipif(not SHAPES.exists(), reason="Stripe's samples (../shared/outside/stripe) are not here")
def test_no_key_is_missing_and_no_type_is_another(things: list[dict[str, Any]]) -> None:
    met = dict.fromkeys(shapes(), 0)
    wrong: set[str] = set()
    for thing in things:
        kind = thing["object"]
        if kind in met:
            met[kind] += 1
            wrong |= set(faults(thing, shapes()[kind], CLASSES[kind], kind))
        if kind == "event" and (about := thing["data"]["object"])["object"] in met:
            wrong |= set(faults(about, shapes()[about["object"]], CLASSES[about["object"]], about["object"]))
    assert wrong == set()
    assert min(met.values()) > 0, met


@pytest.mark.skipif(not SHAPES.exists(), reason="Stripe's samples (../shared/outside/stripe) are not here")
def test_the_judge_can_say_no(things: list[dict[str, Any]]) -> None:
    """A judge that finds nothing wrong in anything proves nothing."""
    session = next(one for one in things if one["object"] == "checkout.session")
    sample = shapes()["checkout.session"]
    for key in sample:
        if key not in FREE:
            cut = {name: value for name, value in session.items() if name != key}
            assert f"checkout.session.{key} is missing" in set(
                faults(cut, sample, CLASSES["checkout.session"], "checkout.session")
            )
    for key, value in (("amount_total", "12"), ("livemode", 1), ("id", None), ("created", None), ("custom_fields", {})):
        assert any(
            key in one
            for one in faults(
                {**session, key: value}, {**sample, "amount_total": 1}, CLASSES["checkout.session"], "checkout.session"
            )
        ), key


def test_every_key_that_we_add_is_one_that_stripe_knows(things: list[dict[str, Any]]) -> None:
    """By the class of Stripe's own package; the samples show what they do not."""
    more = {"source", "default_source", "invoice_prefix", "livemode", "transaction_link_id", "secret"}
    odd = {
        f"{kind}.{key}"
        for thing in things
        if (kind := thing["object"]) in CLASSES
        for key in thing
        if key not in CLASSES[kind].__annotations__ and key not in more
    }
    assert odd - {"checkout.session.automatic_tax"} == set()
