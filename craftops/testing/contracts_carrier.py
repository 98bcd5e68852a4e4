"""What every carrier must keep to, so that a label is bought once and known afterwards.

Subclass, say which carrier and what stands on its other side, and pytest runs the rest::

    class TestMine(OnlineCarrierContract):
        def carrier(self, address=""): return MyCarrier(Settings(base=address or sandbox.address))
        def desk(self): return MyDesk(sandbox)

``craftops.testing.easypost`` and its desk in the tests of CraftOps are the example.
"""

from __future__ import annotations

import dataclasses
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from craftops.domain.billing.money import Money
from craftops.domain.people.addresses import PostalAddress
from craftops.errors import CredentialsRejected, OutsideError, Refused, Unreachable, Unsure
from craftops.sdk import carrier as sdk
from craftops.sdk.carrier import (
    Carrier,
    CarrierWordRejected,
    Consignment,
    CustomsLine,
    Label,
    LabelRequest,
    ParcelSize,
    PickupRequest,
    Rate,
    Tracking,
    TrackingState,
    VoidState,
)
from craftops.testing.contracts import LIES
from craftops.testing.liars import liar, says

Letter = tuple[bytes, Mapping[str, str]]
"""Body and headers (lower-case names) of a word."""
MEDIA = {"application/pdf": b"%PDF", "image/png": b"\x89PNG", "application/zpl": b"^XA"}
SENDER = PostalAddress("Ada Lind", "388 Townsend St", "San Francisco", "US", "94107", "CA", "Canal Works", phone="5555555555")  # fmt: skip
RECIPIENT = PostalAddress("Elizabeth Swan", "179 N Harbor Dr", "Redondo Beach", "US", "90277", "CA", phone="5555555556")
ABROAD = PostalAddress("Zoé Blanc", "17 Rue Calbairac", "Toulouse", "FR", "31000", phone="5555555557")
LINE = CustomsLine("Brackets of plastic", 2, Money(2350, "USD"), 300, "392690", "US")


@contextmanager
def hurried(seconds: float = 3.0) -> Iterator[None]:
    """Methods of carriers may block for so long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sdk, "BLOCKS_S", seconds)
        yield


class CarrierDesk(ABC):
    """The other side of an online carrier in its tests: what happens there, and trouble on the way."""

    @abstractmethod
    def bought(self, intent: str) -> int:
        """How many labels were sold under an intent."""

    @abstractmethod
    def move(self, number: str, state: TrackingState) -> None:
        """The parcel is scanned so."""

    @abstractmethod
    def settle_void(self, ref: str, *, paid: bool) -> None:
        """What came of asking for the money of a label back."""

    @abstractmethod
    def lose_next_answer(self) -> None:
        """The label is sold that is asked for next, and the answer is lost on the way."""

    @abstractmethod
    def letters(self, *, wrong_secret: bool = False) -> list[Letter]:
        """Every word so far, the oldest first, signed by the carrier, or by somebody who knows no secret."""


class CarrierContract:
    """Any carrier."""

    def carrier(self, address: str = "") -> Carrier:
        """The carrier, or the same one if its site were at ``address``."""
        raise NotImplementedError

    def consignment(self) -> Consignment:
        """A parcel that it takes."""
        return Consignment(SENDER, RECIPIENT, ParcelSize(420, 250, 200, 100), "elizabeth@example.org")

    def asked(self) -> LabelRequest:
        """A new intent: what a person typed where the carrier takes numbers and has no rates, else the cheapest."""
        carrier, parcel = self.carrier(), self.consignment()
        intent = f"label-{uuid.uuid4().hex}"
        rates = carrier.rates(parcel)
        if rates:
            return LabelRequest(intent, "K7RCX3-2", parcel, rates[0])
        network = next(iter(carrier.networks))
        typed = Rate(network, "typed", Money(0, "EUR"))
        return LabelRequest(intent, "K7RCX3-2", parcel, typed, "RB123456785DE", network)

    def test_it_introduces_itself(self) -> None:
        carrier = self.carrier()
        assert carrier.name.isidentifier()
        assert carrier.title
        assert carrier.ready is True
        assert bool(carrier.networks) == carrier.takes_numbers
        assert all(key.isidentifier() and name for key, name in carrier.networks.items())

    def test_rates_come_cheapest_first_and_can_be_told_apart(self) -> None:
        rates = self.carrier().rates(self.consignment())
        assert [one.price.minor for one in rates] == sorted(one.price.minor for one in rates)
        assert len({one.service for one in rates}) == len(rates)
        assert all(one.title and one.price.minor >= 0 for one in rates)
        assert len({one.price.currency for one in rates}) <= 1
        assert all(one.days is None or one.days >= 0 for one in rates)

    def test_the_same_intent_is_the_same_label(self) -> None:
        carrier, request = self.carrier(), self.asked()
        first = carrier.buy(request)
        again = carrier.buy(request)
        assert (first.ref, first.number, first.price) == (again.ref, again.number, again.price)
        assert carrier.buy(self.asked()).ref != first.ref

    def test_a_label_is_whole(self) -> None:
        label = self.carrier().buy(self.asked())
        assert 0 < len(label.ref) <= 255
        assert label.network
        assert label.price is None or label.price.minor >= 0
        assert not label.link or label.link.startswith("https://")
        for file in label.files:
            assert file.content.startswith(MEDIA[file.media_type])

    def test_a_link_is_safe_or_there_is_none(self) -> None:
        carrier = self.carrier()
        label = carrier.buy(self.asked())
        for number in (label.number, 'x" onclick=', "javascript:alert(1)", "ä/../?#&\n", ""):
            for network in (label.network, *carrier.networks, "nobody", ""):
                link = carrier.link(number, network, "90277", "US", "en")
                assert not link or (link.startswith("https://") and link.isascii() and not set(link) & set(" \"'<>\n"))

    def test_a_void_is_answered_and_may_be_asked_again(self) -> None:
        carrier = self.carrier()
        label = carrier.buy(self.asked())
        assert carrier.void(label.ref) in (VoidState.ASKED, VoidState.VOIDED)
        assert carrier.void(label.ref) in (VoidState.ASKED, VoidState.VOIDED)

    def test_a_word_that_nobody_signed_is_not_believed(self) -> None:
        for body, headers in ((b"", {}), (b"{}", {}), (b"\xff\x00", {"x-hmac-signature": "hmac-sha256-hex="})):
            with pytest.raises(CarrierWordRejected):
                self.carrier().receive(body, headers)

    def test_a_carrier_that_does_not_come_says_so(self) -> None:
        carrier = self.carrier()
        if not carrier.collects:
            now = datetime.now(UTC)
            with pytest.raises(Refused) as caught:
                carrier.request_pickup(PickupRequest("pickup-1", SENDER, ("x",), now, now))
            assert caught.value.sentence.endswith(".")

    def test_a_number_that_it_cannot_follow_is_none_or_says_nothing(self) -> None:
        found = self.carrier().track("0", "nobody")
        assert found is None or isinstance(found, Tracking)


class OnlineCarrierContract(CarrierContract):
    """One with a site of its own, where postage costs money."""

    customs_matter: ClassVar[bool] = True
    """Whether it takes parcels out of the customs area, with their lines."""
    voids_at_once: ClassVar[bool] = False
    """Whether a label's money is back as soon as it is asked for."""

    def desk(self) -> CarrierDesk:
        """What stands on its other side; the same one for a whole test."""
        raise NotImplementedError

    def sold(self) -> tuple[Carrier, CarrierDesk, LabelRequest, Label]:
        carrier, desk, request = self.carrier(), self.desk(), self.asked()
        return carrier, desk, request, carrier.buy(request)

    def test_a_label_costs_what_was_said_and_can_be_printed(self) -> None:
        _, desk, request, label = self.sold()
        assert label.price == request.rate.price
        assert label.number
        assert label.files
        assert desk.bought(request.intent) == 1

    def test_bought_again_it_is_still_one(self) -> None:
        carrier, desk, request, label = self.sold()
        assert carrier.buy(request) == label
        assert desk.bought(request.intent) == 1

    def test_four_at_once_under_one_intent_are_one(self) -> None:
        carrier, desk, request = self.carrier(), self.desk(), self.asked()
        found: list[str | OutsideError] = []

        def one() -> None:
            try:
                found.append(carrier.buy(request).ref)
            except (Unsure, Unreachable) as error:
                found.append(error)

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(sdk.BLOCKS_S)
        assert len(found) == 4, "a thread raised something else, or never came back"
        assert len({one for one in found if isinstance(one, str)}) == 1
        assert desk.bought(request.intent) == 1

    def test_a_lost_answer_is_found_and_not_bought_again(self) -> None:
        carrier, desk, request = self.carrier(), self.desk(), self.asked()
        since = datetime.now(UTC)
        desk.lose_next_answer()
        with pytest.raises(Unsure):
            carrier.buy(request)
        found = carrier.find(request.intent, since)
        assert found is not None
        assert found.price == request.rate.price
        assert carrier.buy(request) == found
        assert desk.bought(request.intent) == 1

    def test_what_was_never_bought_is_not_found(self) -> None:
        carrier, _, _, _ = self.sold()
        assert carrier.find(f"label-{uuid.uuid4().hex}", datetime.now(UTC) - timedelta(hours=1)) is None

    def test_a_service_that_is_not_there_any_more_is_refused_and_costs_nothing(self) -> None:
        request = self.asked()
        gone = dataclasses.replace(request, rate=dataclasses.replace(request.rate, service="Pony Express", ref=""))
        cheaper = Money(request.rate.price.minor - 1, request.rate.price.currency)
        risen = dataclasses.replace(request, rate=dataclasses.replace(request.rate, price=cheaper))
        for wrong in (gone, risen):
            with pytest.raises(Refused) as caught:
                self.carrier().buy(wrong)
            assert caught.value.sentence.endswith(".")
        assert self.desk().bought(request.intent) == 0

    def test_a_parcel_abroad_has_rates_when_customs_know_what_is_in_it(self) -> None:
        if self.customs_matter:
            parcel = dataclasses.replace(self.consignment(), recipient=ABROAD)
            assert self.carrier().rates(parcel) == ()
            assert self.carrier().rates(dataclasses.replace(parcel, customs=(LINE,)))

    def test_money_comes_back_or_does_not(self) -> None:
        for paid, state in ((True, VoidState.VOIDED), (False, VoidState.REFUSED)):
            carrier, desk, _, label = self.sold()
            assert carrier.void(label.ref) is (VoidState.VOIDED if self.voids_at_once else VoidState.ASKED)
            if not self.voids_at_once:
                desk.settle_void(label.ref, paid=paid)
                assert carrier.void(label.ref) is state

    def test_a_used_label_is_not_paid_back(self) -> None:
        carrier, desk, _, label = self.sold()
        desk.move(label.number, TrackingState.IN_TRANSIT)
        assert carrier.void(label.ref) is VoidState.REFUSED

    def test_a_parcel_is_followed(self) -> None:
        carrier, desk, _, label = self.sold()
        for state in (TrackingState.IN_TRANSIT, TrackingState.OUT_FOR_DELIVERY, TrackingState.DELIVERED):
            desk.move(label.number, state)
            found = carrier.track(label.number, label.network)
            assert found is not None
            assert (found.number, found.state) == (label.number, state)
            assert found.events[-1].state is state
            assert all(one.at.utcoffset() == timedelta(0) and one.text for one in found.events)
            assert [one.at for one in found.events] == sorted(one.at for one in found.events)

    def test_a_word_tells_which_parcel_and_is_the_same_when_it_comes_again(self) -> None:
        carrier, desk, _, label = self.sold()
        desk.move(label.number, TrackingState.IN_TRANSIT)
        events = [carrier.receive(*letter) for letter in desk.letters()]
        mine = [one for one in events if one.number == label.number]
        assert mine
        assert mine[-1].ref == label.ref
        assert mine[-1].tracking is not None
        assert mine[-1].tracking.state is TrackingState.IN_TRANSIT
        assert len({one.id for one in events}) == len(events)
        assert [carrier.receive(*letter) for letter in desk.letters()] == events

    def test_a_word_of_somebody_else_is_not_believed(self) -> None:
        carrier, desk, _, label = self.sold()
        desk.move(label.number, TrackingState.DELIVERED)
        body, headers = desk.letters()[-1]
        for forged in (desk.letters(wrong_secret=True)[-1], (body + b" ", headers), (body, {}), (b"", headers)):
            with pytest.raises(CarrierWordRejected):
                carrier.receive(*forged)

    def test_it_comes_once_for_the_same_parcels(self) -> None:
        carrier, _, _, label = self.sold()
        if carrier.collects:
            begin = datetime.now(UTC) + timedelta(days=1)
            ask = PickupRequest(f"pickup-{uuid.uuid4().hex}", SENDER, (label.ref,), begin, begin + timedelta(hours=4))
            first = carrier.request_pickup(ask)
            assert first.ref
            assert carrier.request_pickup(ask) == first

    def test_where_nobody_is_nothing_was_bought(self) -> None:
        request = self.asked()
        with liar(says(b"")) as site:
            address = site.address
        away = self.carrier(address)
        for ask in (lambda: away.buy(request), lambda: away.rates(request.consignment), lambda: away.void("shp_1")):
            with pytest.raises(Unreachable):
                ask()

    @pytest.mark.parametrize("kind", LIES)
    def test_a_lying_site_sells_nothing_that_we_believe_in_time(self, kind: str) -> None:
        request = self.asked()
        with hurried(), liar(LIES[kind]) as site:
            carrier = self.carrier(site.address)
            asks: dict[str, Callable[[], object]] = {
                "buy": lambda: carrier.buy(request),
                "rates": lambda: carrier.rates(request.consignment),
                "track": lambda: carrier.track("1Z5R89390357567127", "UPS"),
                "find": lambda: carrier.find(request.intent, datetime.now(UTC)),
            }
            for name, ask in asks.items():
                began = time.monotonic()
                with pytest.raises(OutsideError) as caught:
                    ask()
                assert time.monotonic() - began < sdk.BLOCKS_S + 1, name
                assert caught.value.sentence.endswith(".")
                if kind == "a refusal":
                    assert caught.type is CredentialsRejected
