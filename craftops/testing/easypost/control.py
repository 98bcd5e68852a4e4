"""What tests and the demonstration may do to the local EasyPost that nobody may do to the real one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from craftops.testing.easypost import desk
from craftops.testing.easypost.deliveries import PostDeliveries, PostWeather
from craftops.testing.easypost.faults import EasyPostFault
from craftops.testing.easypost.ledger import PostLedger
from craftops.testing.easypost.objects import Thing

FAULTS = {
    "drop": "it is done, and the connection breaks before the answer",
    "drop_before": "the connection breaks, and nothing is done",
    "hang": "it is done, and no answer ever comes",
    "error": "HTTP 500, and nothing is done",
    "error_after": "it is done, and HTTP 500 is answered",
    "garbage": "it is done, and the answer is no JSON",
    "rate": "HTTP 429, and nothing is done",
    "timeout": "HTTP 504, and it is done",
}


@dataclass(slots=True)
class PostTrouble:
    """One kind of trouble for the next ``count`` requests of a method whose path begins and ends so."""

    kind: str
    method: str = "POST"
    path: str = "/v2/"
    ends: str = ""
    count: int = 1


class PostControl:
    """Used directly by tests in the same process, and over HTTP below ``/_local/``."""

    def __init__(self, ledger: PostLedger, deliveries: PostDeliveries) -> None:
        self.ledger = ledger
        self.deliveries = deliveries
        self._troubles: list[PostTrouble] = []
        self._lock = threading.Lock()

    def break_next(self, kind: str, method: str = "POST", path: str = "/v2/", ends: str = "", count: int = 1) -> None:
        """Raises ValueError for a kind that is none of ``FAULTS``."""
        if kind not in FAULTS:
            raise ValueError(f"{kind}: choose one of {', '.join(FAULTS)}")
        with self._lock:
            self._troubles.append(PostTrouble(kind, method, path, ends, count))

    def fault(self, method: str, path: str) -> str:
        """The trouble that this request meets; empty for none."""
        with self._lock:
            for one in self._troubles:
                if one.method == method and path.startswith(one.path) and path.endswith(one.ends):
                    one.count -= 1
                    if one.count <= 0:
                        self._troubles.remove(one)
                    return one.kind
        return ""

    def bought(self, reference: str) -> list[Thing]:
        """Shipments of a reference that have postage."""
        with self.ledger.lock:
            found = [one for one in self.ledger.things.values() if one["object"] == "Shipment"]
            return [one for one in found if one["reference"] == reference and one["postage_label"]]

    def all_bought(self) -> list[Thing]:
        """Every shipment that has postage."""
        with self.ledger.lock:
            return [one for one in self.ledger.things.values() if one["object"] == "Shipment" and one["postage_label"]]

    def move(self, number: str, status: str, message: str = "", city: str | None = None) -> Thing:
        """The carrier scans the parcel of a number."""
        moved: Thing = self._saved(lambda: desk.move(self.ledger, self._tracker(number), status, message, city))
        return moved

    def settle_refund(self, shipment: str, *, paid: bool) -> None:
        self._saved(lambda: desk.settle_refund(self.ledger, self.ledger.things[shipment], paid=paid))

    def advance(self, seconds: int) -> None:
        self.ledger.ahead_s += seconds

    def _tracker(self, number: str) -> Thing:
        for one in self.ledger.things.values():
            if one["object"] == "Tracker" and one["tracking_code"] == number:
                return one
        raise EasyPostFault(404, "NOT_FOUND", f"Nobody follows {number}.")

    def _saved(self, act: Callable[[], Any]) -> Any:
        with self.ledger.lock:
            try:
                return act()
            finally:
                self.ledger.save()

    def answer(self, method: str, path: str, told: dict[str, Any]) -> dict[str, Any]:
        """The same by HTTP: ``POST /_local/<what>`` with a JSON object of the arguments. Raises EasyPostFault."""
        what = path.removeprefix("/_local/")
        if method == "GET" and what == "state":
            kinds = [one["object"] for one in self.ledger.things.values()]
            return {"things": {kind: kinds.count(kind) for kind in kinds}, "webhooks_sent": len(self.deliveries.sent)}
        acts: dict[str, Callable[..., Any]] = {
            "faults": self.break_next, "move": self.move, "settle_refund": self.settle_refund, "advance": self.advance,
            "webhooks": self._set_weather, "release": self.deliveries.release,
        }  # fmt: skip
        if method != "POST" or what not in acts:
            raise EasyPostFault(404, "NOT_FOUND", f"Not one of: {', '.join(sorted(acts))}, or GET state.")
        try:
            found = acts[what](**told)
        except (TypeError, ValueError, KeyError) as error:
            raise EasyPostFault(400, "BAD_REQUEST", f"{what}: {error}") from error
        return found if isinstance(found, dict) else {"done": found}

    def _set_weather(self, **told: Any) -> None:
        self.deliveries.weather = PostWeather(**told)
