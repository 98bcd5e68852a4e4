"""Value added tax of a sale: its category, its rate, and which of them a sale has.

Categories are those of EN 16931 (UNTDID 5305): S standard, Z zero, E exempt, AE reverse charge, K supply within the EU,
G export, O outside the scope. A rate is in hundredths of a per cent: 1900 is 19 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

EU = frozenset(
    (
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU",
        "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    )
)  # fmt: skip
"""ISO 3166-1 codes of the member states; Greece has the VAT prefix EL."""


class TaxCategory(StrEnum):
    """UNTDID 5305, as far as EN 16931 allows it."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXPORT = "G"
    OUTSIDE_SCOPE = "O"


@dataclass(frozen=True, slots=True, order=True)
class Tax:
    """One kind of tax on a line. ``rate`` in hundredths of a per cent, 0 unless STANDARD; ``reason`` says why there is
    none, as the invoice must print it (BT-120)."""

    category: TaxCategory
    rate: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.category is TaxCategory.STANDARD) != (self.rate > 0):
            raise ValueError("A standard rate is above zero, and every other category has none.")

    @property
    def share(self) -> Fraction:
        """The rate as a share of the net amount: 19/100."""
        return Fraction(self.rate, 10_000)


@dataclass(frozen=True, slots=True)
class Seller:
    """What of the shop decides the tax. ``country`` ISO 3166-1; ``rate``: its standard rate."""

    country: str
    rate: int
    small_business: bool = False
    """It charges no tax at all (in Germany § 19 UStG)."""
    exempt_reason: str = ""
    to_eu_business: TaxCategory = TaxCategory.REVERSE_CHARGE
    """How a sale to a business of another member state is taxed: REVERSE_CHARGE for work (Art. 196), INTRA_COMMUNITY
    for goods (Art. 138). Which of them a part made to order is, the shop's tax adviser says."""


NO_TAX = {
    TaxCategory.REVERSE_CHARGE: "Reverse charge: the recipient owes the tax (Article 196 of Directive 2006/112/EC).",
    TaxCategory.INTRA_COMMUNITY: "Intra-community supply, exempt under Article 138 of Directive 2006/112/EC.",
    TaxCategory.EXPORT: "Export, exempt under Article 146 of Directive 2006/112/EC.",
}


@dataclass(frozen=True, slots=True)
class Buyer:
    """What of a customer decides the tax."""

    country: str
    is_business: bool = False
    vat_id: str = ""
    """As it was checked; empty for none."""
    certificate: str = ""
    """Number of a certificate of exemption that staff have seen; empty for none."""


def tax_of(seller: Seller, buyer: Buyer) -> Tax:
    """Which tax a sale of goods made here carries when they go to the buyer's country.

    Consumers of other member states are taxed at home: a shop above the threshold of Directive 2006/112/EC, Art. 59c,
    sets their rates by hand.
    """
    if seller.small_business:
        return Tax(TaxCategory.EXEMPT, reason=seller.exempt_reason or "Small business, no VAT is charged.")
    if buyer.certificate:
        return Tax(TaxCategory.EXEMPT, reason=f"Exempt by certificate {buyer.certificate}.")
    without = _without_tax(seller, buyer)
    if without is not None:
        return Tax(without, reason=NO_TAX[without])
    return Tax(TaxCategory.STANDARD, seller.rate) if seller.rate else Tax(TaxCategory.ZERO)


def _without_tax(seller: Seller, buyer: Buyer) -> TaxCategory | None:
    """The category of a sale that leaves the country untaxed; None for one that is taxed at home."""
    if buyer.country == seller.country or seller.country not in EU:
        return None
    if buyer.country not in EU:
        return TaxCategory.EXPORT
    return seller.to_eu_business if buyer.is_business and buyer.vat_id else None
