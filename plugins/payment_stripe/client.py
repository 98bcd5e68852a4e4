"""The conversation with Stripe: a ``StripeCall`` for each method of the provider, whose requests end together.

This module imports ``stripe``; nothing imports this module before there is something to ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import stripe

from craftops.errors import (
    CredentialsRejected,
    NotUnderstood,
    OutsideError,
    Refused,
    Unreachable,
    Unsure,
)
from craftops.sdk.linked import AnswerLost
from craftops.sdk.outside import MachineSession

from .settings import StripeSettings

T = TypeVar("T")
PAGE = 100
stripe.enable_telemetry = False  # it writes an id of this computer into a file, and sends it with every request


class Transport(stripe.HTTPClient):
    """Stripe's client over our own session: a deadline over all, no redirects, bodies of a limited size."""

    name = "craftops"

    def __init__(self, seconds: float) -> None:
        super().__init__(verify_ssl_certs=True)
        self._over = time.monotonic() + seconds
        self._session = MachineSession()

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[Any, int, Mapping[str, str]]:
        left = self._over - time.monotonic()
        if left <= 0:
            raise Unreachable("Stripe takes too long to answer.")
        with self._session.patient(left, left):
            answer = self._session.request(method, url, headers=headers, data=post_data)
        return answer.content, answer.status_code, answer.headers

    def close(self) -> None:
        self._session.close()


class StripeCall:
    """Requests that belong together, within ``seconds``. Raises OutsideError alone."""

    def __init__(self, settings: StripeSettings, seconds: float) -> None:
        self._transport = Transport(seconds)
        self._client = stripe.StripeClient(
            settings.secret_key,
            base_addresses={"api": settings.api_base},
            http_client=self._transport,
            max_network_retries=0,
        )

    def __enter__(self) -> StripeCall:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def create_session(self, params: dict[str, Any], key: str) -> dict[str, Any]:
        return self._act(lambda: self._client.v1.checkout.sessions.create(params, {"idempotency_key": key}))  # type: ignore[arg-type]

    def expire_session(self, ref: str) -> dict[str, Any]:
        return self._act(lambda: self._client.v1.checkout.sessions.expire(ref))

    def session(self, ref: str, expand: list[str]) -> dict[str, Any]:
        return self._look(lambda: self._client.v1.checkout.sessions.retrieve(ref, {"expand": expand}))

    def sessions(self, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        return self._pages(lambda more: self._client.v1.checkout.sessions.list({**params, **more}))  # type: ignore[arg-type]

    def create_refund(self, params: dict[str, Any], key: str) -> dict[str, Any]:
        return self._act(lambda: self._client.v1.refunds.create(params, {"idempotency_key": key}))  # type: ignore[arg-type]

    def refunds(self, payment_intent: str) -> Iterator[dict[str, Any]]:
        return self._pages(lambda more: self._client.v1.refunds.list({"payment_intent": payment_intent, **more}))  # type: ignore[arg-type]

    def disputes(self, payment_intent: str) -> Iterator[dict[str, Any]]:
        return self._pages(lambda more: self._client.v1.disputes.list({"payment_intent": payment_intent, **more}))  # type: ignore[arg-type]

    def events(self, since: int, kinds: list[str]) -> Iterator[dict[str, Any]]:
        params: dict[str, Any] = {"created": {"gte": since}, "types": kinds}
        return self._pages(lambda more: self._client.v1.events.list({**params, **more}))  # type: ignore[arg-type]

    def _pages(self, one: Callable[[dict[str, Any]], Any]) -> Iterator[dict[str, Any]]:
        after: dict[str, Any] = {}
        while True:
            page = self._look(lambda: one({"limit": PAGE, **after}))  # noqa: B023 - it is called at once
            found = page.get("data")
            if not isinstance(found, list):
                raise NotUnderstood("Stripe's list is none.", str(page))
            yield from found
            if not found or not page.get("has_more"):
                return
            after = {"starting_after": found[-1]["id"]}

    def _act(self, ask: Callable[[], Any]) -> dict[str, Any]:
        return _answer(ask, acts=True)

    def _look(self, ask: Callable[[], Any]) -> dict[str, Any]:
        return _answer(ask, acts=False)


def _answer(ask: Callable[[], Any], *, acts: bool) -> dict[str, Any]:
    try:
        found = ask().to_dict()
    except stripe.StripeError as error:
        raise translated(error, acts=acts) from error
    except OutsideError as error:
        raise _from_the_wire(error, acts=acts) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # its client met an answer of another shape
        raise _unreadable(repr(error), acts=acts) from error
    if not isinstance(found, dict) or "object" not in found:
        raise _unreadable(str(found), acts=acts)
    return found


def _from_the_wire(error: OutsideError, *, acts: bool) -> OutsideError:
    if isinstance(error, AnswerLost):
        return Unsure("Stripe was asked and did not answer; whether it was done is not known yet.")
    if isinstance(error, NotUnderstood):
        return _unreadable(error.raw, acts=acts)
    if isinstance(error, Refused):  # its certificate, or where its name leads to: nothing was sent
        return Unreachable(f"Stripe cannot be reached safely. {error.sentence}")
    if isinstance(error, Unreachable):
        return Unreachable(f"Stripe cannot be reached. {error.sentence}")
    return error


def _unreadable(raw: str, *, acts: bool) -> OutsideError:
    if acts:
        return Unsure("Stripe was asked and gave an answer that cannot be read; whether it was done is not known yet.")
    return NotUnderstood("Stripe gave an answer that cannot be read.", raw)


class Mismatch(Unsure):
    """The key was used before, with other parameters: something was made under it."""


class NotTaken(Refused):
    """Stripe says that one parameter will not do; ``param`` names it, ``code`` says why."""

    def __init__(self, sentence: str, param: str, code: str) -> None:
        super().__init__(sentence)
        self.param = param
        self.code = code


def _not_taken(error: stripe.StripeError) -> NotTaken:
    said = (error.user_message or "").strip().partition("\n")[0][:200]
    param = getattr(error, "param", None) or ""
    return NotTaken(f"Stripe says no: {said}" if said else "Stripe says no.", str(param), error.code or "")


def translated(error: stripe.StripeError, *, acts: bool) -> OutsideError:
    """What an error of Stripe's lets us conclude; ``acts``: it answered something that moves money or may.

    401 and 403 are judged before anything is done; 429 (a rate, or a lock) had no effect; 409 says that a request under
    the same key is under way; whether a 5xx had an effect is not known (docs.stripe.com/error-low-level).
    """
    status = error.http_status or 0
    if isinstance(error, stripe.IdempotencyError):
        if status == 409 or not acts:
            return Unsure("Stripe is still at work on the same request.")
        return Mismatch("Stripe was asked the same before in other words.")
    if status in (401, 403):
        return CredentialsRejected("Stripe does not accept the key, or the key does not allow this.")
    if status == 429:
        return Unreachable("Stripe asks for patience.")
    if status == 409:
        return Unsure("Stripe is still at work on the same request.")
    if status in (400, 402, 404) and isinstance(error, stripe.InvalidRequestError | stripe.CardError):
        return _not_taken(error)
    if status >= 500:
        return (
            Unsure("Stripe had a fault; whether it was done is not known yet.")
            if acts
            else Unreachable("Stripe has a fault at the moment.")
        )
    return _unreadable(error.http_body or "", acts=acts)
