"""Links that anybody follows a parcel by."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.shipping.tracking_links import KEY, NETWORKS, Network, faults, link


@pytest.mark.parametrize("key", sorted(NETWORKS))
def test_every_network_of_the_table_can_be_used(key: str) -> None:
    network = NETWORKS[key]
    assert faults(network) == []
    found = link(network, "AB 12", "10178", "DE", "de")
    assert found.startswith("https://") == bool(network.link)
    assert ("AB12" in found) == bool(network.link)
    assert "{" not in found


def test_a_link_speaks_the_readers_language_or_the_sites_own() -> None:
    dhl = NETWORKS["dhl_paket"]
    assert "dhl.de/en/" in link(dhl, "1", language="en-GB")
    assert "dhl.de/de/" in link(dhl, "1", language="pt")


def test_where_the_postcode_is_wanted_and_nobody_knows_it_there_is_no_link() -> None:
    postnl = NETWORKS["postnl"]
    assert (
        link(postnl, "3SABC", "1234 AB", "nl", "en")
        == "https://jouw.postnl.nl/track-and-trace/3SABC-NL-1234AB?language=en"
    )
    assert link(postnl, "3SABC", "", "NL", "en") == ""
    assert link(NETWORKS["other"], "3SABC") == ""


@given(
    st.text(min_size=1, max_size=40),
    st.text(max_size=12),
    st.text(max_size=5),
    st.text(max_size=8),
    st.sampled_from(sorted(NETWORKS)),
)
def test_no_number_makes_another_site_of_it(number: str, postcode: str, country: str, language: str, key: str) -> None:
    found = link(NETWORKS[key], number, postcode, country, language)
    if found:
        wanted, made = urlsplit(NETWORKS[key].link), urlsplit(found)
        assert (made.scheme, made.netloc) == ("https", wanted.netloc)
        assert found.isascii()
        assert not set(found) & set(" \"'<>\\\n{}")
        assert found.count("/") == NETWORKS[key].link.count("/")
        assert found.count("#") == NETWORKS[key].link.count("#")
        assert found.count("&") == NETWORKS[key].link.count("&")


@pytest.mark.parametrize(
    ("key", "name", "template"),
    [
        ("Mine", "Mine", "https://x.example/{number}"),
        ("mine", " ", "https://x.example/{number}"),
        ("mine", "Mine", "http://x.example/{number}"),
        ("mine", "Mine", "javascript:alert({number})"),
        ("mine", "Mine", "https://x.example/"),
        ("mine", "Mine", "https://x.example/{number}?k={secret}"),
        ("mine", "Mine", "https://{number}.example/"),
        ("mine", "Mine", "https://me@x.example/{number}"),
        ("mine", "Mine", "https://x.example/{number}{"),
        ("mine", "Mine", "https://x.example/ {number}"),
        ("mine", "Mine", "https://x.example/<b>{number}"),
        ("mine", "Mine", "https://[x/{number}"),
        ("mine", "Mine", "https://x.example/{number}" + "a" * 400),
    ],
)  # fmt: skip
def test_a_network_that_cannot_be_used_says_why(key: str, name: str, template: str) -> None:
    [said] = faults(Network(key, name, template))
    assert said.endswith(".")
    assert faults(Network("mine", "Mine", "https://x.example/{number}/{lang}")) == []
    assert all(KEY.fullmatch(one) for one in NETWORKS)
