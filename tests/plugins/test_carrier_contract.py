"""The bundled carriers keep to the contract, and carriers that are broken on purpose do not."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import pytest
from craftops_plugins.carrier_easypost import messages, webhooks
from craftops_plugins.carrier_easypost.carrier import EasyPost
from craftops_plugins.carrier_flat_rate import FlatRates
from craftops_plugins.carrier_flat_rate.settings import Band, FlatRateSettings, Service, Zone
from craftops_plugins.carrier_manual import ByHand, ManualSettings
from samples.easypost_desk import EasyPostDesk
from samples.easypost_desk import easypost as at_easypost

from craftops.errors import OutsideError, Unreachable, Unsure
from craftops.sdk.carrier import Carrier, CarrierEvent, Label, LabelRequest, VoidState
from craftops.testing.contracts_carrier import CarrierContract, CarrierDesk, OnlineCarrierContract
from craftops.testing.easypost import LocalEasyPost
from craftops.testing.paper_carrier import PaperCarrier, PostOffice


@pytest.fixture(scope="module")
def easypost() -> Iterator[LocalEasyPost]:
    with LocalEasyPost() as running:
        yield running


class TestByHand(CarrierContract):
    def carrier(self, address: str = "") -> Carrier:
        return ByHand(ManualSettings())


class TestFlatRates(CarrierContract):
    def carrier(self, address: str = "") -> Carrier:
        parcel = Service("parcel", "Parcel", (Band(1000, "5.49"), Band(5000, "7.90")), "usps", 2)
        express = Service("express", "Express", (Band(5000, 19),), "fedex", 1)
        return FlatRates(FlatRateSettings("USD", (Zone("Home", ("US",), (express, parcel)),)))


class TestPaperCarrier(CarrierContract):
    """The carrier of other tests."""

    paper = PaperCarrier()

    def carrier(self, address: str = "") -> Carrier:
        return self.paper


class TestPostOffice(CarrierContract):
    def carrier(self, address: str = "") -> Carrier:
        return PostOffice()


class TestEasyPost(OnlineCarrierContract):
    @pytest.fixture(autouse=True)
    def at_the_desk(self, easypost: LocalEasyPost) -> None:
        self.site = easypost

    def carrier(self, address: str = "") -> Carrier:
        return at_easypost(self.site, address)

    def desk(self) -> CarrierDesk:
        return EasyPostDesk(self.site)


class BuysAnew(EasyPost):
    """Forgets that it was asked before."""

    def buy(self, request: LabelRequest) -> Label:
        return super().buy(dataclasses.replace(request, intent=f"{request.intent[:30]}-{uuid.uuid4().hex[:8]}"))


class BuysWhatItMakes(EasyPost):
    """Does not look for what another caller made."""

    def buy(self, request: LabelRequest) -> Label:
        with self._call() as call:
            params = messages.shipment(request.consignment, self.settings, request.intent)
            made = call.create_shipment(params)
            return self._label(call, call.buy(made["id"], self._rate(made, request.rate)), acted=True)


class NeverFinds(EasyPost):
    def find(self, intent: str, since: datetime) -> Label | None:
        return None


class FindsWhatIsNotBought(EasyPost):
    def find(self, intent: str, since: datetime) -> Label | None:
        return super().find(intent, since) or Label("shp_0", "", "USPS", None)


class NeverInDoubt(EasyPost):
    """Says "not reached" of what may have happened."""

    def buy(self, request: LabelRequest) -> Label:
        try:
            return super().buy(request)
        except Unsure as error:
            raise Unreachable(error.sentence) from error


class PaysAnyPrice(EasyPost):
    def buy(self, request: LabelRequest) -> Label:
        dear = dataclasses.replace(request.rate.price, minor=10**9)
        return super().buy(dataclasses.replace(request, rate=dataclasses.replace(request.rate, price=dear)))


class VoidsByWord(EasyPost):
    def void(self, ref: str) -> VoidState:
        super().void(ref)
        return VoidState.VOIDED


class TrustsAnybody(EasyPost):
    def receive(self, body: bytes, headers: Mapping[str, str]) -> CarrierEvent:
        empty = {"object": "Event", "mode": "test", "id": "evt_1", "description": "", "result": {}}
        return webhooks._event(json.loads(body or json.dumps(empty)), self.settings)


class CountsEachWord(EasyPost):
    def receive(self, body: bytes, headers: Mapping[str, str]) -> CarrierEvent:
        return dataclasses.replace(super().receive(body, headers), id=str(datetime.now(UTC).timestamp()))


BROKEN: list[tuple[type[EasyPost], str, tuple[str, ...]]] = [
    (BuysAnew, "test_the_same_intent_is_the_same_label", ()),
    (BuysAnew, "test_bought_again_it_is_still_one", ()),
    (BuysWhatItMakes, "test_four_at_once_under_one_intent_are_one", ()),
    (BuysWhatItMakes, "test_bought_again_it_is_still_one", ()),
    (BuysWhatItMakes, "test_a_lost_answer_is_found_and_not_bought_again", ()),
    (NeverFinds, "test_a_lost_answer_is_found_and_not_bought_again", ()),
    (FindsWhatIsNotBought, "test_what_was_never_bought_is_not_found", ()),
    (NeverInDoubt, "test_a_lost_answer_is_found_and_not_bought_again", ()),
    (PaysAnyPrice, "test_a_service_that_is_not_there_any_more_is_refused_and_costs_nothing", ()),
    (VoidsByWord, "test_a_used_label_is_not_paid_back", ()),
    (VoidsByWord, "test_money_comes_back_or_does_not", ()),
    (TrustsAnybody, "test_a_word_of_somebody_else_is_not_believed", ()),
    (TrustsAnybody, "test_a_word_that_nobody_signed_is_not_believed", ()),
    (CountsEachWord, "test_a_word_tells_which_parcel_and_is_the_same_when_it_comes_again", ()),
]


@pytest.mark.parametrize(("kind", "law", "of"), BROKEN, ids=[f"{kind.__name__}-{law[5:30]}" for kind, law, _ in BROKEN])
def test_a_broken_carrier_is_caught(
    easypost: LocalEasyPost, kind: type[EasyPost], law: str, of: tuple[str, ...]
) -> None:
    class Broken(OnlineCarrierContract):
        def carrier(self, address: str = "") -> Carrier:
            return kind(at_easypost(easypost, address).settings)

        def desk(self) -> CarrierDesk:
            return EasyPostDesk(easypost)

    check: Callable[..., None] = getattr(Broken(), law)
    with pytest.raises((AssertionError, pytest.fail.Exception, OutsideError)):
        check(*of)
