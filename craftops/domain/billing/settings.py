"""What the owner keeps for money: the price list, and what invoices say of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

from craftops.domain.billing.costing import Rates
from craftops.domain.billing.documents import Party
from craftops.domain.billing.money import CURRENCY
from craftops.domain.billing.pricing import PriceList, PriceMode, QuantityBreak
from craftops.domain.billing.tax import Seller, TaxCategory
from craftops.errors import IntakeError

T = TypeVar("T")
MOST_DAYS = 365


class InvoiceMoment(StrEnum):
    """When the invoice of an order is issued."""

    ACCEPTED = "accepted"
    """As soon as the quote is accepted: paid before the work begins."""
    READY = "ready"
    """When the order is made."""
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class SellerDetails:
    """The shop as a party of contracts, and its habits."""

    legal_name: str = ""
    """Empty: the shop's name."""
    address: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    country: str = "DE"
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    rate: int = 1900
    """The standard rate in hundredths of a per cent."""
    small_business: bool = False
    to_eu_business: TaxCategory = TaxCategory.REVERSE_CHARGE
    net_days: int = 14
    quote_days: int = 30
    deposit: int = 0
    """Share of a quote that is asked for before the work begins, in hundredths of a per cent."""
    invoice_at: InvoiceMoment = InvoiceMoment.BY_HAND
    invoice_prefix: str = "R"
    terms: str = ""
    """Printed on quotes and invoices; the customer accepts what stands here at that moment."""
    remind_after_days: int = 7
    datev_adviser: int = 0
    """Number of the tax adviser at DATEV; 0 where there is none."""
    datev_client: int = 0
    datev_chart: str = "03"
    fiscal_month: int = 1
    """The month in which the fiscal year begins."""

    @property
    def seller(self) -> Seller:
        return Seller(self.country, self.rate, self.small_business, to_eu_business=self.to_eu_business)

    def party(self, name: str, email: str = "", phone: str = "", address: tuple[str, ...] = ()) -> Party:
        """As printed; ``name``, ``address`` and the rest are the shop's profile, for what is not told here."""
        return Party(
            self.legal_name or name, self.address or address, self.postcode, self.city, self.country, email=email,
            phone=phone, vat_id=self.vat_id, tax_number=self.tax_number, registration=self.registration,
        )  # fmt: skip

    @property
    def complete(self) -> bool:
        """Whether an invoice may be issued: who sells, where, under which number (Directive 2006/112/EC, Art. 226)."""
        return bool(self.address and self.city and self.country and (self.vat_id or self.tax_number))


@dataclass(frozen=True, slots=True)
class BillingSettings:
    """Both together; ``version`` is the number of the change that made them, 0 for the seed of ``shop.toml``."""

    prices: PriceList = field(default_factory=PriceList)
    seller: SellerDetails = field(default_factory=SellerDetails)
    version: int = 0


def check_settings(settings: BillingSettings) -> BillingSettings:
    """The settings themselves if they can be used. Raises IntakeError with every faulty field."""
    faults = _seller_faults(settings.seller)
    if not CURRENCY.fullmatch(settings.prices.currency):
        faults["currency"] = "Write the currency as three capital letters, such as EUR."
    faults |= _price_faults(settings.prices)
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    return settings


def _seller_faults(seller: SellerDetails) -> dict[str, str]:
    faults: dict[str, str] = {}
    if len(seller.country) != 2 or not seller.country.isalpha() or not seller.country.isupper():
        faults["country"] = "Write the country as two capital letters, such as DE."
    for name in ("rate", "deposit"):
        if not 0 <= getattr(seller, name) <= 10_000:
            faults[name] = "Write a share between 0 and 100 %."
    for name in ("net_days", "quote_days", "remind_after_days"):
        if not 0 <= getattr(seller, name) <= MOST_DAYS:
            faults[name] = f"Write a number of days from 0 to {MOST_DAYS}."
    if not (seller.datev_adviser == 0 or 1001 <= seller.datev_adviser <= 9_999_999):
        faults["datev_adviser"] = "Advisers have numbers from 1001 to 9999999."
    if not 0 <= seller.datev_client <= 99_999:
        faults["datev_client"] = "Clients have numbers from 1 to 99999."
    if seller.datev_chart not in ("03", "04"):
        faults["datev_chart"] = "Choose SKR03 or SKR04."
    if not 1 <= seller.fiscal_month <= 12:
        faults["fiscal_month"] = "Write a month from 1 to 12."
    if not seller.invoice_prefix.isalnum() or len(seller.invoice_prefix) > 8:
        faults["invoice_prefix"] = "Use up to eight letters or digits."
    return faults


def _price_faults(prices: PriceList) -> dict[str, str]:
    faults = {}
    for name in ("failure", "margin", "rush"):
        if not 0 <= getattr(prices, name) <= 100_000:
            faults[name] = "Write a share between 0 and 1000 %."
    amounts = [prices.hand_hour, prices.least_line, prices.least_order, prices.instant_up_to]
    amounts += [*prices.setup.values(), *prices.finish.values()]
    if any(amount < 0 for amount in amounts):
        faults["form"] = "A price cannot be below zero."
    if any(not 0 <= one.off < 10_000 or one.quantity < 2 for one in prices.breaks):
        faults["breaks"] = "A quantity break begins at two copies and takes off less than everything."
    return faults


def settings_to_json(settings: BillingSettings) -> dict[str, Any]:
    """As JSON values."""
    body = asdict(settings)
    del body["version"]
    return body


def settings_from_json(body: Mapping[str, Any], version: int = 0) -> BillingSettings:
    """The reverse; keys of a newer version are left out."""
    prices, seller = dict(body.get("prices") or {}), dict(body.get("seller") or {})
    rates = _known(Rates, prices.pop("rates", None) or {})
    breaks = tuple(QuantityBreak(**one) for one in prices.pop("breaks", ()))
    prices["mode"] = PriceMode(prices.get("mode", PriceMode.REVIEW))
    seller["address"] = tuple(seller.get("address") or ())
    seller["to_eu_business"] = TaxCategory(seller.get("to_eu_business", TaxCategory.REVERSE_CHARGE))
    seller["invoice_at"] = InvoiceMoment(seller.get("invoice_at", InvoiceMoment.BY_HAND))
    found = replace(_known(PriceList, prices), rates=rates, breaks=breaks)
    return BillingSettings(found, _known(SellerDetails, seller), version)


def _known(kind: type[T], values: Mapping[str, Any]) -> T:
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{key: value for key, value in values.items() if key in fields})
