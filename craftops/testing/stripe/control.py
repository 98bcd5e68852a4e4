"""What tests and the demonstration may do to the local Stripe that nobody may do to the real one."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from craftops.testing.stripe import checkout, paying
from craftops.testing.stripe.deliveries import Deliveries, Weather
from craftops.testing.stripe.forms import StripeFault
from craftops.testing.stripe.ledger import Ledger
from craftops.testing.stripe.objects import Thing
from craftops.testing.stripe.paying import PayerSees

T = TypeVar("T")
FAULTS = {
    "drop": "it is done, and the connection breaks before the answer",
    "drop_before": "the connection breaks, and nothing is done",
    "hang": "it is done, and no answer ever comes",
    "error": "HTTP 500, and nothing is done",
    "error_after": "it is done, and HTTP 500 is answered",
    "garbage": "it is done, and the answer is no JSON",
    "busy": "HTTP 409: a request under the same key is under way",
    "rate": "HTTP 429, and nothing is done",
}


@dataclass(slots=True)
class Fault:
    """One kind of trouble for the next ``count`` requests of a method to a path that begins so."""

    kind: str
    method: str = "POST"
    path: str = "/v1/"
    count: int = 1


class Control:
    """Used directly by tests in the same process, and over HTTP below ``/_local/``."""

    def __init__(self, ledger: Ledger, deliveries: Deliveries) -> None:
        self.ledger = ledger
        self.deliveries = deliveries
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def break_next(self, kind: str, method: str = "POST", path: str = "/v1/", count: int = 1) -> None:
        """Raises ValueError for a kind that is none of ``FAULTS``."""
        if kind not in FAULTS:
            raise ValueError(f"{kind}: choose one of {', '.join(FAULTS)}")
        with self._lock:
            self._faults.append(Fault(kind, method, path, count))

    def fault(self, method: str, path: str) -> str:
        """The trouble that this request meets; empty for none."""
        with self._lock:
            for one in self._faults:
                if one.method == method and path.startswith(one.path):
                    one.count -= 1
                    if one.count <= 0:
                        self._faults.remove(one)
                    return one.kind
        return ""

    def pay(self, ref: str, card: str = "4242424242424242") -> PayerSees:
        """Pay a session by card as the page would; ``authenticate`` answers the bank."""
        return self._saved(lambda: paying.pay_by_card(self.ledger, self.ledger.things[ref], card, "payer@example.org"))

    def authenticate(self, ref: str, *, agreed: bool = True) -> PayerSees:
        return self._saved(lambda: paying.authenticate(self.ledger, self.ledger.things[ref], agreed=agreed))

    def debit(self, ref: str, iban: str = paying.GOOD_DEBIT) -> PayerSees:
        return self._saved(lambda: paying.pay_by_debit(self.ledger, self.ledger.things[ref], iban, "payer@example.org"))

    def settle(self, ref: str, *, paid: bool) -> None:
        """What came of the debit of a session."""
        intent = self.ledger.things[self.ledger.things[ref]["payment_intent"] or ""]
        self._saved(lambda: paying.settle(self.ledger, intent, paid=paid))

    def dispute(self, ref: str, amount: int | None = None, *, asks_only: bool = False) -> Thing:
        """The payer of a session asks their bank for the money."""
        status = "warning_needs_response" if asks_only else "needs_response"
        charge = self.charge(ref)
        return self._saved(
            lambda: paying.dispute(self.ledger, charge, amount or charge["amount"], "fraudulent", status)
        )

    def end_dispute(self, key: str, *, won: bool) -> Thing:
        return self._saved(lambda: paying.end_dispute(self.ledger, self.ledger.things[key], won=won))

    def refund(self, ref: str, amount: int | None = None) -> Thing:
        """Somebody refunds a session at the Dashboard."""
        return self._saved(lambda: paying.refund(self.ledger, self.charge(ref), amount))

    def settle_refund(self, key: str, *, arrived: bool) -> None:
        self._saved(lambda: paying.settle_refund(self.ledger, self.ledger.things[key], arrived=arrived))

    def charge(self, ref: str) -> Thing:
        """The latest charge of a session. Raises StripeFault where there is none."""
        intent = self.ledger.things.get(self.ledger.things[ref]["payment_intent"] or "")
        if intent is None or intent["latest_charge"] is None:
            raise StripeFault(400, "Nobody tried to pay yet.")
        return self.ledger.things[intent["latest_charge"]]

    def advance(self, seconds: int) -> None:
        """Turn the clock ahead; sessions whose time is over end."""

        def turn() -> None:
            self.ledger.ahead_s += seconds
            checkout.expire_due(self.ledger)

        self._saved(turn)

    def roll_secret(self, key: str, secret: str) -> None:
        """From now on words are signed with both secrets, the new one first."""
        self._saved(lambda: self.ledger.notes[key]["secrets"].insert(0, secret))

    def _saved(self, act: Callable[[], T]) -> T:
        with self.ledger.lock:
            try:
                return act()
            finally:
                self.ledger.save()

    def answer(self, method: str, path: str, told: dict[str, Any]) -> dict[str, Any]:
        """The same by HTTP: ``POST /_local/<what>[/<id>]`` with a JSON object of the arguments. Raises StripeFault."""
        what, _, key = path.removeprefix("/_local/").partition("/")
        if method == "GET" and what == "state":
            return self._state()
        acts: dict[str, Callable[..., Any]] = {
            "faults": self.break_next, "pay": self.pay, "authenticate": self.authenticate, "debit": self.debit,
            "settle": self.settle, "dispute": self.dispute, "end_dispute": self.end_dispute, "refund": self.refund,
            "settle_refund": self.settle_refund, "advance": self.advance, "roll_secret": self.roll_secret,
            "webhooks": self._set_weather, "release": self.deliveries.release, "again": self.deliveries.again,
        }  # fmt: skip
        if method != "POST" or what not in acts:
            raise StripeFault(404, f"Not one of: {', '.join(sorted(acts))}, or GET state.")
        try:
            found = acts[what](*([key] if key else []), **told)
        except (TypeError, ValueError, KeyError) as error:
            raise StripeFault(400, f"{what}: {error}") from error
        if isinstance(found, dict):
            return found
        return dataclasses.asdict(found) if isinstance(found, PayerSees) else {"done": found}

    def _set_weather(self, **told: Any) -> None:
        self.deliveries.weather = Weather(**told)

    def _state(self) -> dict[str, Any]:
        with self.ledger.lock:
            kinds: dict[str, int] = {}
            for one in self.ledger.things.values():
                kinds[one["object"]] = kinds.get(one["object"], 0) + 1
        return {"now": self.ledger.now, "things": kinds, "webhooks_sent": len(self.deliveries.sent)}
