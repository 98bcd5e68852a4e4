"""What documents come to: the laws of both rounding rules."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.billing.tax import Buyer, Seller, Tax, TaxCategory, tax_of
from craftops.domain.billing.totals import MOST, Item, Rounding, rounded, share_out, spread, tax_on, totals

NINETEEN = Tax(TaxCategory.STANDARD, 1900)
KINDS = st.sampled_from(
    [
        NINETEEN,
        Tax(TaxCategory.STANDARD, 700),
        Tax(TaxCategory.STANDARD, 2550),
        Tax(TaxCategory.ZERO),
        Tax(TaxCategory.EXEMPT, reason="by law"),
        Tax(TaxCategory.REVERSE_CHARGE, reason="by law"),
    ]
)
ITEMS = st.lists(
    st.builds(Item, st.integers(-10_000, 5_000_000), st.integers(1, 500), KINDS, st.integers(0, 10_000)),
    min_size=1,
    max_size=60,
)


@given(ITEMS, st.sampled_from(Rounding))
def test_a_document_adds_up(items: list[Item], rule: Rounding) -> None:
    """BR-CO-10, -13, -14, -15: lines, groups and sums are the same money."""
    found = totals(items, rule)
    assert found.net == sum(found.lines) == sum(group.net for group in found.groups)
    assert found.gross == sum(group.gross for group in found.groups)
    for group in found.groups:
        assert abs(group.amount - tax_on(group.net, group.tax)) <= (1 if rule.prices_are_gross else 0)
        assert group.tax.rate or group.amount == 0


@given(ITEMS)
def test_what_a_consumer_was_told_is_what_they_pay(items: list[Item]) -> None:
    assert totals(items, Rounding.SUM_BY_NET_KEEP_GROSS).gross == sum(item.reduced for item in items)


@given(ITEMS)
def test_net_lines_are_what_they_cost(items: list[Item]) -> None:
    assert totals(items, Rounding.SUM_BY_NET).lines == tuple(item.reduced for item in items)


@given(ITEMS)
def test_a_line_moves_by_one_unit_at_most(items: list[Item]) -> None:
    lines = totals(items, Rounding.SUM_BY_NET_KEEP_GROSS).lines
    for item, net in zip(items, lines, strict=True):
        assert abs(net - Fraction(item.reduced) / (1 + item.tax.share)) < 2


def test_five_times_a_hundred_at_nineteen_per_cent() -> None:
    """Line by line it would be 420.15 + 79.85, which EN 16931 does not take."""
    found = totals([Item(10_000, 1, NINETEEN)] * 5, Rounding.SUM_BY_NET_KEEP_GROSS)
    assert (found.gross, found.tax, found.net) == (50_000, 7_983, 42_017)
    assert found.lines == (8_404, 8_404, 8_403, 8_403, 8_403)
    assert totals([Item(8_403, 1, NINETEEN)] * 5, Rounding.SUM_BY_NET).gross == 49_998


@given(st.integers(-(10**9), 10**9), st.lists(st.fractions(0, 10**6), min_size=1, max_size=40))
def test_spreading_loses_nothing(total: int, weights: list[Fraction]) -> None:
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights] if whole else [Fraction(total, len(weights))] * len(weights)
    parts = spread(total, exact)
    assert sum(parts) == total
    assert all(abs(part - value) < 1 for part, value in zip(parts, exact, strict=True))


@given(ITEMS, st.integers(0, 10**9))
def test_a_deposit_is_shared_over_the_kinds_of_tax(items: list[Item], amount: int) -> None:
    found = totals(items, Rounding.SUM_BY_NET)
    if all(group.gross > 0 for group in found.groups):
        assert sum(part for _, part in share_out(amount, found.groups)) == amount


def test_halves_are_rounded_away_from_zero() -> None:
    assert [rounded(Fraction(n, 2)) for n in (-3, -1, 0, 1, 3)] == [-2, -1, 0, 1, 2]


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="that large"):
        totals([Item(MOST, 2, NINETEEN)], Rounding.SUM_BY_NET)


@pytest.mark.parametrize(
    ("seller", "buyer", "category"),
    [
        (Seller("DE", 1900), Buyer("DE"), "S"),
        (Seller("DE", 1900), Buyer("FR"), "S"),
        (Seller("DE", 1900), Buyer("FR", is_business=True), "S"),
        (Seller("DE", 1900), Buyer("FR", is_business=True, vat_id="FR40303265045"), "AE"),
        (Seller("DE", 1900, to_eu_business=TaxCategory.INTRA_COMMUNITY), Buyer("FR", True, "FR40303265045"), "K"),
        (Seller("DE", 1900), Buyer("DE", True, "DE136695976"), "S"),
        (Seller("DE", 1900), Buyer("CH", is_business=True), "G"),
        (Seller("CH", 810), Buyer("DE"), "S"),
        (Seller("DE", 1900), Buyer("DE", certificate="4711"), "E"),
        (Seller("DE", 1900, small_business=True), Buyer("FR", True, "FR40303265045"), "E"),
        (Seller("US", 0), Buyer("US"), "Z"),
    ],
)
def test_which_tax_a_sale_has(seller: Seller, buyer: Buyer, category: str) -> None:
    tax = tax_of(seller, buyer)
    assert tax.category == category
    assert tax.reason or tax.category in (TaxCategory.STANDARD, TaxCategory.ZERO)


def test_a_rate_belongs_to_the_standard_category_alone() -> None:
    with pytest.raises(ValueError, match="standard rate"):
        Tax(TaxCategory.EXEMPT, 1900)
    with pytest.raises(ValueError, match="standard rate"):
        Tax(TaxCategory.STANDARD)
