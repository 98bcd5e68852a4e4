"""Which parcels leave the customs area: the traps of the map."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.customs import APART, EU, WITH, customs_area, needs_customs


def at(place: str) -> PostalAddress:
    country, _, postcode = place.partition(" ")
    return PostalAddress("Ada", "1", "Somewhere", country, postcode)


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [
        *(("DE 10115", one) for one in (
            "ES 35001", "ES 38760", "ES 51001", "ES 52001", "DE 27498", "DE D-27498", "DE 78266", "IT 23041", "IT 22061",
            "FI 22100", "FI AX-22100", "AX 22100", "GR 630 86", "FR 97110", "FR 97200", "FR 98714", "GP 97110", "DK 3900",
            "GL 3900", "FO 100", "GB SW1A 1AA", "IM IM1 1AA", "JE JE2 3AB", "CH 8001", "LI 9490", "NO 0150", "SM 47890",
            "VA 00120", "AD AD500", "GI GX11 1AA", "US 10001", "TR 34000", "RS 11000", "UA 01001", "IS 101",
        )),
        ("ES 28001", "ES 35001"), ("ES 35001", "ES 28001"), ("ES 35001", "ES 51001"), ("FI 00100", "FI 22100"),
        ("FR 75001", "FR 97400"), ("FR 97200", "FR 97400"), ("DK 1050", "DK 3900"), ("CH 8001", "DE 10115"),
        ("CH 8001", "IT 22061"), ("GB SW1A 1AA", "IE D02 X285"), ("GB SW1A 1AA", "GB JE2 3AB"),
        ("GB SW1A 1AA", "GG GY1 1AA"), ("JE JE2 3AB", "GG GY1 1AA"), ("GB BT1 1AA", "US 10001"),
        ("US 10001", "GB BT1 1AA"), ("US 10001", "CA K1A 0B1"), ("US 10001", "US 09012"), ("US 10001", "US 34002"),
        ("US 10001", "US 96910-1234"), ("US 10001", "US 00802"), ("US 10001", "GU 96910"), ("NO 0150", "SE 11122"),
    ],
)  # fmt: skip
def test_it_leaves_the_area(sender: str, recipient: str) -> None:
    assert needs_customs(at(sender), at(recipient))


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [
        *(("DE 10115", one) for one in (
            "DE 25859", "DE 78224", "ES 28001", "ES 07001", "PT 9000-001", "PT 9500-001", "FI 00100", "IT 23100", "IT 22100",
            "FR 20000", "FR 98000", "MC 98000", "GR 63077", "IE D02 X285", "MT VLT 1117", "CY 1010", "HR 10000",
            "GB BT1 1AA", "XI BT1 1AA", "DK 3700",
        )),
        ("GB SW1A 1AA", "GB BT1 1AA"), ("GB BT1 1AA", "GB EC1A 1BB"), ("IE D02 X285", "GB BT48 6AA"),
        ("GB SW1A 1AA", "IM IM1 1AA"), ("GB SW1A 1AA", "GB IM1 1AA"), ("JE JE2 3AB", "GB JE2 4AB"),
        ("CH 8001", "LI 9490"), ("CH 8001", "DE 78266"), ("DE 78266", "CH 8200"), ("ES 35001", "ES 38760"),
        ("FI 22100", "AX 22150"), ("FR 97110", "GP 97120"), ("DK 3900", "GL 3905"), ("US 10001", "PR 00901"),
        ("US 10001", "US 00901"), ("US 10001", "US 96801"), ("CA K1A 0B1", "CA V6B 1A1"), ("NO 0150", "NO 9170"),
    ],
)  # fmt: skip
def test_it_stays(sender: str, recipient: str) -> None:
    assert not needs_customs(at(sender), at(recipient))


PLACES = st.builds(
    lambda country, code: at(f"{country} {code}"),
    st.sampled_from(sorted({*EU, *WITH, *APART, "NO", "JE", "GG", "AX", "XI"})),
    st.sampled_from(["", "10115", "27498", "35001", "97110", "22100", "BT1 1AA", "JE2 3AB", "39", "96910", "²", "(", "D-1"]),
)  # fmt: skip


@given(PLACES, PLACES)
def test_it_is_the_same_both_ways_and_nobody_declares_to_themselves(one: PostalAddress, other: PostalAddress) -> None:
    assert needs_customs(one, other) == needs_customs(other, one)
    assert not needs_customs(one, one)
    assert customs_area(one)
