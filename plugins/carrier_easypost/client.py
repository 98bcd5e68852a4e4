"""The conversation with EasyPost: an ``EasyPostCall`` for each method of the carrier, whose requests end together.

This module imports ``easypost``; nothing imports this module before there is something to ask. Its own session repeats
requests after a lost connection, which would buy twice, so it gets ours, which never does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from easypost.easypost_client import EasyPostClient
from easypost.errors.api.api_error import ApiError
from easypost.errors.general.easypost_error import EasyPostError

from craftops.errors import CredentialsRejected, NotUnderstood, OutsideError, Refused, Unreachable, Unsure
from craftops.sdk.linked import AnswerLost
from craftops.sdk.outside import MachineSession

from .settings import EasyPostSettings, is_loopback

PAGE = 100
LABEL_LIMIT = 10_000_000


class _Timed(MachineSession):
    """Our session, whose every request has what is left of the method's time."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._over = time.monotonic() + seconds

    def request(self, method: Any, url: Any, **more: Any) -> Any:  # type: ignore[override]
        left = self._over - time.monotonic()
        if left <= 0:
            raise Unreachable("EasyPost takes too long to answer.")
        more.pop("timeout", None)
        with self.patient(left, left):
            return super().request(method, url, **more)


class _Escaped(BaseException):
    """An error of ours on its way through the client, which turns every Exception into one of its own."""

    def __init__(self, error: OutsideError) -> None:
        self.error = error


class _Passing:
    """What the client calls a session: it lets our errors through."""

    def __init__(self, session: _Timed) -> None:
        self._session = session
        self.status = 0
        """Of the newest answer: the client does not tell it of one that is no JSON."""

    def request(self, **asked: Any) -> Any:
        self.status = 0
        try:
            answer = self._session.request(asked.pop("method"), asked.pop("url"), **asked)
            self.status = answer.status_code
            return answer
        except OutsideError as error:
            raise _Escaped(error) from error


class EasyPostCall:
    """Requests that belong together, within ``seconds``. Raises OutsideError alone."""

    def __init__(self, settings: EasyPostSettings, seconds: float) -> None:
        self._settings = settings
        self._session = _Timed(seconds)
        self._client = EasyPostClient(settings.api_key, api_base=f"{settings.api_base.rstrip('/')}/v2")
        self._passing = _Passing(self._session)
        self._client._requests_session = self._passing  # type: ignore[assignment]

    def __enter__(self) -> EasyPostCall:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def create_shipment(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._act(lambda: self._client.shipment.create(**params))

    def buy(self, shipment: str, rate: str) -> dict[str, Any]:
        return self._act(lambda: self._client.shipment.buy(shipment, rate={"id": rate}))

    def refund(self, shipment: str) -> dict[str, Any]:
        return self._act(lambda: self._client.shipment.refund(shipment))

    def shipment(self, name: str) -> dict[str, Any] | None:
        """By id or reference; None where there is none."""
        try:
            return self._look(lambda: self._client.shipment.retrieve(name))
        except NotThere:
            return None

    def shipments(self, since: str, *, purchased: bool) -> Iterator[dict[str, Any]]:
        """Newest first."""
        more: dict[str, Any] = {"start_datetime": since, "page_size": PAGE, "purchased": str(purchased).lower()}
        while True:
            page = self._look(lambda: self._client.shipment.all(**more))
            found = page.get("shipments")
            if not isinstance(found, list):
                raise NotUnderstood("EasyPost's list is none.", str(page))
            yield from found
            if not found or not page.get("has_more"):
                return
            more["before_id"] = found[-1]["id"]

    def tracker(self, number: str, carrier: str) -> dict[str, Any]:
        return self._look(lambda: self._client.tracker.create(tracking_code=number, carrier=carrier))

    def create_pickup(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._act(lambda: self._client.pickup.create(**params))

    def pickup(self, name: str) -> dict[str, Any] | None:
        try:
            return self._look(lambda: self._client.pickup.retrieve(name))
        except NotThere:
            return None

    def buy_pickup(self, pickup: str, carrier: str, service: str) -> dict[str, Any]:
        return self._act(lambda: self._client.pickup.buy(pickup, carrier=carrier, service=service))

    def file(self, url: str) -> bytes:
        """A label's bytes. Raises OutsideError."""
        parts = urlsplit(url)
        mine = self._settings.local and is_loopback(parts.hostname or "")
        if parts.scheme != "https" and not mine:
            raise NotUnderstood("EasyPost keeps the label at an address that is not safe.", url)
        self._session.body_limit = LABEL_LIMIT
        answer = self._session.request("GET", url)
        if answer.status_code != 200 or not answer.content:
            raise Unreachable("EasyPost does not hand out the label at the moment.")
        return bytes(answer.content)

    def _act(self, ask: Callable[[], Any]) -> dict[str, Any]:
        return _answer(ask, self._passing, acts=True)

    def _look(self, ask: Callable[[], Any]) -> dict[str, Any]:
        return _answer(ask, self._passing, acts=False)


class NotThere(Refused):
    """EasyPost has nothing of this id (HTTP 404)."""


class NotDone(Refused):
    """EasyPost says no; ``code`` says why."""

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.code = code


def _answer(ask: Callable[[], Any], passing: _Passing, *, acts: bool) -> dict[str, Any]:
    try:
        found = _plain(ask())
    except _Escaped as escaped:
        raise _from_the_wire(escaped.error, acts=acts) from escaped.error
    except ApiError as error:
        raise translated(error, error.http_status or passing.status, acts=acts) from error
    except (EasyPostError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise _unreadable(repr(error), acts=acts) from error
    if not isinstance(found, dict) or not (found.get("id") or "has_more" in found):
        raise _unreadable(str(found), acts=acts)
    return found


def _plain(thing: Any) -> Any:
    """The client's objects as dicts and lists."""
    return thing.to_dict() if hasattr(thing, "to_dict") else thing


def _from_the_wire(error: OutsideError, *, acts: bool) -> OutsideError:
    if isinstance(error, AnswerLost):
        return (
            Unsure("EasyPost was asked and did not answer; whether it was done is not known yet.")
            if acts
            else Unreachable(f"EasyPost does not answer. {error.sentence}")
        )
    if isinstance(error, NotUnderstood):
        return _unreadable(error.raw, acts=acts)
    if isinstance(error, Refused):  # its certificate, or where its name leads to: nothing was sent
        return Unreachable(f"EasyPost cannot be reached safely. {error.sentence}")
    if isinstance(error, Unreachable):
        return Unreachable(f"EasyPost cannot be reached. {error.sentence}")
    return error


def _unreadable(raw: str, *, acts: bool) -> OutsideError:
    if acts:
        return Unsure(
            "EasyPost was asked and gave an answer that cannot be read; whether it was done is not known yet."
        )
    return NotUnderstood("EasyPost gave an answer that cannot be read.", raw)


def translated(error: ApiError, status: int, *, acts: bool) -> OutsideError:
    """What an error of EasyPost's lets us conclude; ``acts``: it answered something that moves money or may.

    401 and 403 are judged before anything is done, and 429 had no effect; whether a 5xx or a 408 had one is not known.
    """
    if status in (401, 403):
        return CredentialsRejected("EasyPost does not accept the key, or the key does not allow this.")
    if status == 429:
        return Unreachable("EasyPost asks for patience.")
    if status == 402:
        return Refused("EasyPost cannot charge the account; see to its balance there.")
    said = str(error.message or "").strip().partition("\n")[0][:200]
    sentence = f"EasyPost says no: {said}" if said else "EasyPost says no."
    sentence = sentence if sentence.endswith(".") else f"{sentence}."
    if status == 404:
        return NotThere(sentence)
    if status in (400, 405, 422) and error.code:
        return NotDone(sentence, str(error.code))
    if status >= 500 or status == 408:
        return (
            Unsure("EasyPost had a fault; whether it was done is not known yet.")
            if acts
            else Unreachable("EasyPost has a fault at the moment.")
        )
    return _unreadable(str(error.http_body or ""), acts=acts)
