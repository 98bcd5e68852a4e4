"""Address blocks as each country writes them. The facts are a selection from OpenCageData/address-formatting (MIT) and
from the posts' own leaflets."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.address_block import AddressLayout, block, capitals
from craftops.services.shipping.address_lines import address_lines, country_name, layout

ADA = PostalAddress("Ada Lind", "Gontardstraße 7", "Berlin", "DE", "10178")


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (ADA, ["Ada Lind", "Gontardstraße 7", "10178 Berlin"]),
        (
            PostalAddress("Lee", "82 Clerkenwell Road", "London", "GB", "EC1M 5RF", company="Lokku Ltd"),
            ["Lee", "Lokku Ltd", "82 Clerkenwell Road", "LONDON", "EC1M 5RF"],
        ),
        (
            PostalAddress("Sam", "301 Hamilton Avenue", "Palo Alto", "US", "94303", region="CA", line2="Apt 4"),
            ["Sam", "301 Hamilton Avenue", "Apt 4", "PALO ALTO, CA 94303"],
        ),
        (
            PostalAddress("Zoé", "17 Rue Calbairac", "Toulouse", "FR", "31000", company="Atelier"),
            ["Atelier", "Zoé", "17 Rue Calbairac", "31000 TOULOUSE"],
        ),
        (PostalAddress("Ane", "Storgata 1", "Oslo", "NO", "0155"), ["Ane", "Storgata 1", "0155 Oslo"]),
        (
            PostalAddress("食辛房", "中区舟入通り1-2", "広島市", "JP", "730-0846", region="広島県"),
            ["〒730-0846", "広島県広島市", "中区舟入通り1-2", "食辛房"],
        ),
        (
            PostalAddress("Aki", "1-2 Funairi", "Hiroshima", "JP", "730-0846", region="Hiroshima"),
            ["Aki", "1-2 Funairi", "Hiroshima, HIROSHIMA", "730-0846"],
        ),
        (PostalAddress("Mei", "1 Fusionopolis Way", "Singapore", "SG", "138632"), ["Mei", "1 Fusionopolis Way", "SINGAPORE 138632"]),
        (PostalAddress("Νίκη", "Σκουφά 11", "Αθήνα", "GR", "106 73"), ["Νίκη", "Σκουφά 11", "106 73 Αθήνα"]),
    ],
    ids=lambda one: one.country if isinstance(one, PostalAddress) else "",
)  # fmt: skip
def test_each_country_has_its_order(address: PostalAddress, lines: list[str]) -> None:
    assert list(address_lines(address, address.country, "en")) == lines


def test_abroad_the_country_is_the_last_line_in_the_senders_words() -> None:
    assert address_lines(ADA, "FR", "fr")[-2:] == ("10178 BERLIN", "ALLEMAGNE")
    assert address_lines(ADA, "AT", "de-AT")[-1] == "DEUTSCHLAND"
    assert address_lines(ADA, "DE", "fr")[-1] == "10178 Berlin"
    assert country_name("QZ", "no such tongue") == "QZ"


def test_turkish_and_greek_capitals_are_theirs() -> None:
    assert capitals("Diyarbakır izmir", "TR") == "DİYARBAKIR İZMİR"
    assert capitals("Αθήνα", "GR") == "ΑΘΗΝΑ"


def test_where_a_field_is_missing_no_mark_is_left_over() -> None:
    american = layout("US")
    assert block(replace(ADA, country="US", city="Reno"), american)[-1] == "RENO 10178"
    assert block(replace(ADA, country="US", city=""), american)[-1] == "10178"
    assert block(ADA, AddressLayout("%N%n〒%Z%n%A", "%N%n〒%Z%n%A"))[1] == "〒10178"
    assert "〒" not in "".join(block(replace(ADA, postcode=""), AddressLayout("%N%n〒%Z%n%A", "%N%n〒%Z%n%A")))


words = st.text("abcÄé山π -", min_size=1, max_size=12).map(lambda said: f"q{said.strip()}x")


@given(
    words,
    words,
    words,
    words,
    st.sampled_from(["DE", "AT", "US", "GB", "JP", "CN", "KR", "HU", "AE", "IE", "SG", "BR", "IN", "RU", "KZ", "HK"]),
    st.booleans(),
)
def test_nothing_that_somebody_wrote_is_lost(
    name: str, street: str, city: str, postcode: str, country: str, abroad: bool
) -> None:
    address = PostalAddress(name, street, city, country, postcode, company="Firm qz", line2="Floor q9")
    lines = address_lines(address, "XA" if abroad else country, "en")
    said = "\n".join(lines).casefold()
    for wanted in (name, street, city, postcode, "Firm qz", "Floor q9"):
        assert wanted.upper().casefold() in said.upper().casefold(), (wanted, lines)
    assert all(line.strip() == line != "" for line in lines)
    assert not re.search(r"%[A-Z]", said)
