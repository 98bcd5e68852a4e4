"""Numbers of carriers. The examples are a selection from jkeen/tracking_number_data (MIT) and from the rules named in
the module; every checked shape has one that is right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.shipping.tracking_links import NETWORKS
from craftops.domain.shipping.tracking_numbers import SHAPES, Doubt, doubts, normal, whose

RIGHT = [
    ("royal_mail", "RB123456785GB"), ("usps", "RB 123 456 785 US"), ("dhl_paket", "RB123456785DE"),
    ("ups", "1Z5R89390357567127"), ("ups", "1Z 410 E7W 03 9275 1591"), ("ups", "K1506235620"),
    ("usps", "9400 1112 0108 0805 4830 16"), ("usps", "420787459400111206206406260787"), ("usps", "7196 9010 7560 0307 7385"),
    ("usps", "420 22153 9101026837331000039521"), ("usps", "0307 1790 0005 2348 3741"),
    ("fedex", "986578788855"), ("fedex", "1001921334250001000300779017972697"), ("fedex", "0414 4176 0228 964"),
    ("fedex", "9611020987654312345672"), ("fedex", "32971514560102447849175802862014"),
    ("dhl_express", "3318810025"), ("dhl_express", "JJD0099999999"), ("dhl_ecommerce", "GM2951173225174494"),
    ("dpd", "0998 0000 0200 33F"), ("dpd", "008182709980000020033350276C"), ("canada_post", "7035114477138472"),
    ("purolator", "320595463938"), ("yodel", "JJD0002257639032011"), ("dhl_paket", "00340434161094042557"),
]  # fmt: skip
"""Network and a number of it."""


@pytest.mark.parametrize(("network", "number"), RIGHT, ids=[f"{one}-{n}" for n, (one, _) in enumerate(RIGHT)])
def test_a_right_number_is_not_doubted(network: str, number: str) -> None:
    assert doubts(number, network) is None
    assert whose(number) in ("", network)


@pytest.mark.parametrize(
    ("network", "number"),
    [
        ("royal_mail", "RB123456786GB"), ("ups", "1Z5R89390357567128"), ("ups", "K1506235622"), ("usps", "9434611306206407667222"),
        ("fedex", "996578788855"), ("fedex", "1001901781990001000300617767839438"), ("dhl_express", "3318810010"),
        ("dpd", "09980000020033D"), ("canada_post", "0073938000549292"), ("purolator", "320595463939"),
    ],
)  # fmt: skip
def test_a_wrong_digit_is_told(network: str, number: str) -> None:
    warned = doubts(number, network)
    assert warned is not None
    assert warned.doubt is Doubt.CHECK_DIGIT
    assert NETWORKS[network].name in warned.sentence


def test_somebody_elses_number_names_them() -> None:
    warned = doubts("1Z5R89390357567127", "dpd")
    assert warned is not None
    assert (warned.doubt, warned.network) == (Doubt.OTHER, "ups")
    assert doubts("hello", "dpd") is not None
    assert doubts("hello", "dpd").doubt is Doubt.SHAPE  # type: ignore[union-attr]


def test_of_a_carrier_that_nobody_knows_only_what_is_surely_anothers_is_told() -> None:
    assert doubts("12345", "my_courier") is None
    assert doubts("12345", "other") is None
    assert doubts("1Z5R89390357567127", "my_courier") is not None


@given(
    st.sampled_from(
        [one for one in RIGHT if one[0] in ("ups", "fedex", "royal_mail", "dpd", "canada_post", "purolator")]
    ),
    st.data(),
)
def test_most_slips_of_one_digit_are_seen(example: tuple[str, str], data: st.DataObject) -> None:
    """A slip in the check digit itself is always seen."""
    network, number = example[0], normal(example[1])
    if not number[-1].isdigit() or len(number) in (32, 13):
        return
    other = data.draw(st.sampled_from([one for one in "0123456789" if one != number[-1]]))
    assert doubts(number[:-1] + other, network) is not None


@given(st.text(max_size=60), st.sampled_from(sorted(NETWORKS)))
def test_whatever_is_typed_there_is_an_answer(number: str, network: str) -> None:
    warned = doubts(number, network)
    assert warned is None or (warned.sentence.endswith(".") and warned.network != network)


def test_every_shape_belongs_to_a_network_of_the_table() -> None:
    assert {one for shape in SHAPES for one in shape.networks} <= set(NETWORKS)
