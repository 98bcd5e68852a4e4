"""Postage of a hundred carriers by EasyPost.

EasyPost knows no idempotency keys. What is bought stands in a shipment that carries the intent as its reference, and a
shipment sells its label once; so whoever buys under an intent first makes sure of the one shipment that is meant: the
oldest of that reference. Two callers that make one each at the same moment both see the older and buy that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from craftops.errors import NotUnderstood, OutsideError, Refused, Unreachable, Unsure
from craftops.sdk import carrier as sdk
from craftops.sdk.carrier import (
    Carrier,
    CarrierEvent,
    Consignment,
    Label,
    LabelFile,
    LabelRequest,
    PickupConfirmation,
    PickupRequest,
    Rate,
    Tracking,
    VoidState,
)

from . import messages
from .settings import EasyPostSettings
from .webhooks import believed

if TYPE_CHECKING:
    from .client import EasyPostCall

MARGIN_S = 2.0
CLOCKS = timedelta(minutes=10)
"""How far EasyPost's clock and ours may be apart, and how long two callers of one intent may be."""


class EasyPost(Carrier):
    """One account at EasyPost."""

    name: ClassVar[str] = "easypost"
    title: ClassVar[str] = "EasyPost"
    collects: ClassVar[bool] = True

    def __init__(self, settings: EasyPostSettings) -> None:
        self.settings = settings

    @property
    def ready(self) -> bool:
        return bool(self.settings.api_key)

    @property
    def test_mode(self) -> bool:
        return not self.settings.live

    def rates(self, consignment: Consignment) -> tuple[Rate, ...]:
        with self._call() as call:
            made = self._made(call, messages.shipment(consignment, self.settings))
        return messages.rates(made)

    def buy(self, request: LabelRequest) -> Label:
        with self._call() as call:
            meant = self._meant(call, request)
            if not messages.is_bought(meant):
                meant = self._bought(call, meant, request)
            return self._label(call, meant, acted=True)

    def _meant(self, call: EasyPostCall, request: LabelRequest) -> dict[str, Any]:
        """The one shipment of an intent, made where there is none. Raises OutsideError: nothing was bought."""
        try:
            known = call.shipment(request.intent)
        except NotUnderstood as error:
            raise Unsure(error.sentence) from error
        if known is not None and messages.is_bought(known):
            return known
        if known is None:
            params = messages.shipment(request.consignment, self.settings, request.intent, request.reference)
            known = self._made(call, params)
        since = datetime.now(UTC) - CLOCKS
        try:
            others = [*call.shipments(_iso(since), purchased=True), *call.shipments(_iso(since), purchased=False)]
        except OutsideError as error:
            raise Unsure("EasyPost does not say whether this was bought before.") from error
        same = [one for one in [*others, known] if one.get("reference") == request.intent]
        sold = [one for one in same if messages.is_bought(one)]
        return _oldest(sold or [one for one in others if one.get("reference") == request.intent] or same)

    @staticmethod
    def _made(call: EasyPostCall, params: dict[str, Any]) -> dict[str, Any]:
        """A shipment, which alone costs nothing. Raises OutsideError but Unsure."""
        try:
            return call.create_shipment(params)
        except Unsure as error:
            raise Unreachable("EasyPost does not answer at the moment.") from error

    def _bought(self, call: EasyPostCall, meant: dict[str, Any], request: LabelRequest) -> dict[str, Any]:
        """Raises OutsideError, Refused where the price went up since it was shown."""
        from .client import NotDone

        rate = self._rate(meant, request.rate)
        try:
            return call.buy(str(meant["id"]), rate)
        except NotDone as error:
            if error.code != "SHIPMENT.POSTAGE.EXISTS":
                raise
        with _acted():
            found = call.shipment(str(meant["id"]))
        if found is None or not messages.is_bought(found):
            raise Unsure("EasyPost sold this label before, and shows nothing of it yet.")
        return found

    def _rate(self, meant: Mapping[str, Any], wanted: Rate) -> str:
        for one in messages.listed(meant.get("rates")):
            if messages.service_key(one) == wanted.service:
                price = messages.money(one.get("rate"), one.get("currency"))
                if price.currency != wanted.price.currency or price.minor > wanted.price.minor:
                    raise Refused(f"The price went up to {price.major} {price.currency}. Ask for the rates again.")
                return str(one.get("id") or "")
        raise Refused(f"{wanted.title} does not take this parcel any more. Ask for the rates again.")

    def _label(self, call: EasyPostCall, made: Mapping[str, Any], *, acted: bool) -> Label:
        """The label with its file. Raises Unsure (``acted``) or Unreachable where the file does not come: it is bought,
        and whoever asks again gets it."""
        try:
            url, within = messages.label_place(made)
            content = within or call.file(url)
            media = messages.media_type(content)
            selected = made.get("selected_rate") or {}
            price = messages.money(selected.get("rate"), selected.get("currency"))
        except OutsideError as error:
            if acted:
                raise Unsure("EasyPost sold the label and does not hand it out yet.") from error
            raise Unreachable("EasyPost does not hand out the label at the moment.") from error
        carrier = str(selected.get("carrier") or "")
        tracker = made.get("tracker") or {}
        link = str(tracker.get("public_url") or "")
        return Label(
            ref=str(made["id"]),
            number=str(made.get("tracking_code") or ""),
            network=messages.NAMES.get(carrier, carrier),
            price=price,
            files=(LabelFile(media, content),),
            link=link if link.startswith("https://") else "",
        )

    def find(self, intent: str, since: datetime) -> Label | None:
        with self._call() as call:
            found = call.shipment(intent)
            if found is None or not messages.is_bought(found):
                after = _iso(since - CLOCKS)
                sold = [one for one in call.shipments(after, purchased=True) if one.get("reference") == intent]
                found = _oldest(sold) if sold else None
            return self._label(call, found, acted=False) if found else None

    def void(self, ref: str) -> VoidState:
        from .client import NotDone

        with self._call() as call:
            found = call.shipment(ref)
            if found is None:
                raise Refused("EasyPost knows nothing of this label.")
            if not found.get("refund_status"):
                try:
                    found = call.refund(ref)
                except NotDone:
                    return VoidState.REFUSED
        status = str(found.get("refund_status") or "")
        known = {"submitted": VoidState.ASKED, "refunded": VoidState.VOIDED}
        return known.get(status, VoidState.REFUSED if status else VoidState.ASKED)

    def track(self, number: str, network: str) -> Tracking | None:
        theirs = {name: code for code, name in reversed(messages.NAMES.items())}
        with self._call() as call:
            try:
                return messages.tracking(call.tracker(number, theirs.get(network, network)))
            except Refused:
                return None

    def receive(self, body: bytes, headers: Mapping[str, str]) -> CarrierEvent:
        return believed(body, headers, self.settings)

    def request_pickup(self, request: PickupRequest) -> PickupConfirmation:
        if not request.refs:
            raise Refused("There is no parcel to fetch.")
        params = {
            "address": messages.address(request.sender), "reference": request.intent,
            "min_datetime": _iso(request.earliest), "max_datetime": _iso(request.latest),
            "instructions": request.note or None, "is_account_address": False, "shipment": {"id": request.refs[0]},
        }  # fmt: skip
        with self._call() as call:
            made = call.pickup(request.intent) or call.create_pickup(params)
            if not made.get("confirmation"):
                made = self._ordered(call, made)
        rates = messages.listed(made.get("pickup_rates"))
        price = messages.money(rates[0].get("rate"), rates[0].get("currency")) if rates else None
        return PickupConfirmation(str(made["id"]), str(made.get("confirmation") or ""), price)

    def _ordered(self, call: EasyPostCall, made: Mapping[str, Any]) -> dict[str, Any]:
        rates = messages.listed(made.get("pickup_rates"))
        if not rates:
            raise Refused("No carrier comes to this address at that time.")
        best = min(rates, key=lambda one: messages.money(one.get("rate"), one.get("currency")).minor)
        return call.buy_pickup(str(made["id"]), str(best.get("carrier")), str(best.get("service")))

    def _call(self) -> EasyPostCall:
        from .client import EasyPostCall  # the web starts without easypost

        return EasyPostCall(self.settings, sdk.BLOCKS_S - MARGIN_S)


@contextmanager
def _acted() -> Iterator[None]:
    """For a look after an act: where it fails, "nothing happened" would not be true."""
    try:
        yield
    except Unsure:
        raise
    except OutsideError as error:
        raise Unsure("EasyPost sold this label; its answer is not known yet.") from error


def _oldest(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """By when it was made; of those of one second, the one that EasyPost lists last."""
    made = list(found)
    return min(enumerate(made), key=lambda one: (str(one[1].get("created_at") or ""), -one[0]))[1]


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
