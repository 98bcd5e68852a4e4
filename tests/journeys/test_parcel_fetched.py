"""Sam asks the carrier to come; it is asked once, whatever becomes of its answer."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from samples.parcel_desk import open_for_shipping, rated_parcel, ready_to_ship

from craftops.errors import Unreachable
from craftops.services.shipping import collecting, labels
from craftops.store.database import utcnow
from craftops.store.models import CollectionRow, LabelRow, ParcelRow
from craftops.testing import Workshop
from craftops.testing.paper_carrier import PaperCarrier


@pytest.fixture
def carrier(workshop: Workshop) -> PaperCarrier:
    return open_for_shipping(workshop)


def labelled(workshop: Workshop) -> ParcelRow:
    parcel = rated_parcel(workshop, ready_to_ship(workshop))
    labels.order_label(workshop.shop, parcel.id, "paper", "standard", actor=workshop.actor("sam"), at=utcnow())
    workshop.run_due()
    return parcel


def asked(workshop: Workshop) -> CollectionRow:
    at = utcnow()
    return collecting.ask(
        workshop.shop, "paper", earliest=at, latest=at + timedelta(hours=4), note="Ring twice",
        actor=workshop.actor("sam"), at=at,
    )  # fmt: skip


def test_all_that_lies_here_is_asked_for_once(workshop: Workshop, carrier: PaperCarrier) -> None:
    sam = workshop.browser("sam")
    for _ in range(2):
        labelled(workshop)
    page = "/staff/shipping/hand-over"
    assert "2 parcels" in sam.see(page)
    form = {"carrier": "paper", "earliest": "2099-01-05T09:00", "latest": "2099-01-05T09:20", "note": ""}
    assert sam.send("/staff/shipping/fetch", form, on=page).status_code == 422
    assert sam.send("/staff/shipping/fetch", {**form, "latest": "soon"}, on=page).status_code == 422
    assert sam.send("/staff/shipping/fetch", {**form, "latest": "2099-01-05T13:00"}, on=page).status_code == 303
    workshop.run_due()
    (told,) = carrier.fetched.values()
    assert len(told.refs) == 2
    shown = sam.see(page)
    assert "PE-77" in shown
    assert "Ask them to come" not in shown


@pytest.mark.parametrize(
    "wrong",
    [{"latest": "2099-01-05T09:20"}, {"latest": "soon"}, {"earliest": "9999-12-31T10:00"}, {"note": "x" * 201}],
)
def test_what_is_refused_is_asked_again_as_it_was_typed(
    workshop: Workshop, carrier: PaperCarrier, wrong: dict[str, str]
) -> None:
    other = PaperCarrier()
    other.name = "another"  # type: ignore[misc]
    workshop.shop.plugins.carriers = {"another": other, **workshop.shop.plugins.carriers}
    for _ in range(2):
        parcel = labelled(workshop)
    LabelRow.update(carrier="another").where(LabelRow.parcel == parcel).execute()
    sam, page = workshop.browser("sam"), "/staff/shipping/hand-over"
    form = {"carrier": "paper", "earliest": "2099-01-05T09:00", "latest": "2099-01-05T13:00", "note": 'Ring "twice"'}
    sent = {**form, **wrong}
    answer = sam.send("/staff/shipping/fetch", sent, on=page)
    assert answer.status_code == 422
    fields = dict(re.findall(r'name="(earliest|latest|note)"[^>]*? value="([^"]*)"', answer.text))
    assert {name: unescape(text) for name, text in fields.items()} == {k: v for k, v in sent.items() if k != "carrier"}
    assert re.findall(r'<option value="(\w+)" selected>', answer.text) == ["paper"]
    (name,) = wrong
    assert f'id="{name}-error"' in answer.text
    assert not CollectionRow.select().exists()


def test_a_lost_answer_is_asked_for_under_the_same_key(workshop: Workshop, carrier: PaperCarrier) -> None:
    labelled(workshop)
    row = asked(workshop)
    carrier.trouble = "lost"
    with pytest.raises(Unreachable):
        collecting.carry_out(workshop.shop, row.id)
    collecting.carry_out(workshop.shop, row.id)
    assert CollectionRow.get_by_id(row.id).state == "confirmed"
    assert list(carrier.fetched) == [row.intent]


def test_who_does_not_come_may_be_asked_again(workshop: Workshop, carrier: PaperCarrier) -> None:
    labelled(workshop)
    row = asked(workshop)
    carrier.trouble = "refused"
    workshop.run_due()
    assert CollectionRow.get_by_id(row.id).state == "refused"
    assert "does not come on that day" in workshop.browser("sam").see("/staff/shipping/hand-over")
    asked(workshop)
    workshop.run_due()
    assert len(carrier.fetched) == 1
