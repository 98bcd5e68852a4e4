"""The shipping desk with a carrier that has a site: bought once whatever happens, and followed to the door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from samples.easypost_desk import easypost
from samples.parcel_desk import open_for_shipping, ready_to_ship

from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.parcels import LabelState, ParcelState
from craftops.domain.shipping.settings import ShippingSettings
from craftops.errors import Unreachable
from craftops.sdk.carrier import CarrierWordRejected
from craftops.services.shipping import handing_over, labels, packing, rating, tracking
from craftops.services.shipping.settings import save_shipping
from craftops.store.database import utcnow
from craftops.store.models import LabelRow, ParcelRow
from craftops.testing import Workshop
from craftops.testing.easypost import LocalEasyPost

SHOP = PostalAddress("Canal Works", "388 Townsend St", "San Francisco", "US", "94107", "CA", phone="5555555555")
SWAN = PostalAddress("Elizabeth Swan", "179 N Harbor Dr", "Redondo Beach", "US", "90277", "CA", phone="5555555556")


@pytest.fixture
def site(workshop: Workshop) -> Iterator[LocalEasyPost]:
    open_for_shipping(workshop)
    workshop.shop.plugins.carriers.clear()
    with LocalEasyPost() as running:
        workshop.shop.plugins.carriers["easypost"] = easypost(running)
        save_shipping(workshop.shop, ShippingSettings(sender=SHOP), actor=workshop.actor("olga"), at=utcnow())
        yield running


def claimed(workshop: Workshop) -> LabelRow:
    """A label that Sam ordered, not bought yet."""
    order, sam = ready_to_ship(workshop, to=SWAN), workshop.actor("sam")
    parcel = packing.pack_all(workshop.shop, order.code, actor=sam, at=utcnow())[0]
    rating.ask(workshop.shop, [parcel.id], actor=sam, at=utcnow())
    rating.carry_out(workshop.shop, parcel.id, at=utcnow())
    offers = rating.offers_of(ParcelRow.get_by_id(parcel.id)).offers
    assert [one.rate.title for one in offers] == ["USPS GroundAdvantage", "USPS Priority", "USPS Express"]
    assert all(one.test_mode for one in offers)
    return labels.order_label(workshop.shop, parcel.id, "easypost", offers[0].rate.service, actor=sam, at=utcnow())


@pytest.mark.parametrize("trouble", ["drop", "error_after", "garbage", "timeout", "rate", "drop_before"])
def test_a_worker_that_hears_nothing_buys_one_label(workshop: Workshop, site: LocalEasyPost, trouble: str) -> None:
    label = claimed(workshop)
    site.control.break_next(trouble, ends="/buy")
    with pytest.raises(Unreachable):
        labels.carry_out(workshop.shop, label.id, at=utcnow(), again=False)
    labels.carry_out(workshop.shop, label.id, at=utcnow(), again=True)
    row = LabelRow.get_by_id(label.id)
    assert row.state == LabelState.BOUGHT.value
    assert len(site.control.bought(label.intent)) == 1
    assert row.parcel.number == site.control.bought(label.intent)[0]["tracking_code"]
    assert row.parcel.link.startswith("https://track.easypost.com/")
    assert [kind for kind, _ in row.files] == ["application/pdf"]


def test_a_parcel_is_followed_to_the_door_by_words_in_any_order(workshop: Workshop, site: LocalEasyPost) -> None:
    label = claimed(workshop)
    labels.carry_out(workshop.shop, label.id, at=utcnow(), again=False)
    parcel = LabelRow.get_by_id(label.id).parcel
    assert handing_over.scan(
        workshop.shop, f"420{SWAN.postcode}{parcel.number}", actor=workshop.actor("sam"), at=utcnow()
    ).good
    for status in ("in_transit", "out_for_delivery", "delivered"):
        site.control.move(parcel.number, status, city="REDONDO BEACH")
    letters = site.letters()
    for body, headers in (*reversed(letters), *letters):
        tracking.take(workshop.shop, "easypost", body, headers, at=utcnow())
        workshop.run_due()
    assert ParcelRow.get_by_id(parcel.id).state == ParcelState.DELIVERED.value
    assert ParcelRow.get_by_id(parcel.id).signed_by == "J Doe"
    with pytest.raises(CarrierWordRejected):
        tracking.take(workshop.shop, "easypost", *site.letters("guessed")[0], at=utcnow())


def test_money_of_an_unused_label_comes_back_after_days(workshop: Workshop, site: LocalEasyPost) -> None:
    label, sam = claimed(workshop), workshop.actor("sam")
    labels.carry_out(workshop.shop, label.id, at=utcnow(), again=False)
    labels.void(workshop.shop, label.id, actor=sam, at=utcnow())
    labels.carry_out_void(workshop.shop, label.id, at=utcnow())
    assert LabelRow.get_by_id(label.id).state == LabelState.VOID_ASKED.value
    site.control.settle_refund(LabelRow.get_by_id(label.id).ref, paid=True)
    labels.ask_about_voids(utcnow() + timedelta(days=1))
    workshop.run_due()
    labels.carry_out_void(workshop.shop, label.id, at=utcnow())
    assert LabelRow.get_by_id(label.id).state == LabelState.VOIDED.value
