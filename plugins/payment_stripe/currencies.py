"""Stripe's own minor units, which are not ISO's, and the amounts that it takes (docs.stripe.com/currencies).

ISK and UGX have no decimals, and are told with two, which must be zero; MGA is told without any; amounts with three
decimals end in 0. HUF and TWD are charged with two decimals as others are: only payouts of them are whole.
"""

from __future__ import annotations

from craftops.domain.billing.money import Money, exponent
from craftops.errors import NotUnderstood, Refused

_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE "
    "CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES KGS KHR KYD "
    "KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS "
    "WST XCD XCG YER ZAR ZMW"
)
_NONE = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
THREE = ("BHD", "JOD", "KWD", "OMR", "TND")
DECIMALS = {**dict.fromkeys(_TWO.split(), 2), **dict.fromkeys(_NONE.split(), 0), **dict.fromkeys(THREE, 3)}
"""Decimals by which Stripe counts each currency that it takes."""
STEPS = {**dict.fromkeys(("ISK", "UGX"), 100), **dict.fromkeys(THREE, 10)}
"""What an amount of Stripe's must be a multiple of, where that is not 1."""
LEAST = {
    **dict.fromkeys(("AUD", "BRL", "CAD", "CHF", "EUR", "INR", "JPY", "NZD", "SGD", "USD"), 50),
    **dict.fromkeys(("AED", "MYR", "PLN", "RON"), 200),
    **dict.fromkeys(("NOK", "SEK"), 300),
    **dict.fromkeys(("MXN", "THB"), 1000),
    "GBP": 30, "DKK": 250, "HKD": 400, "CZK": 1500, "HUF": 17500,
}  # fmt: skip
"""The smallest charge, in Stripe's minor units, of currencies that Stripe names one for."""
MOST = 99_999_999
"""The largest charge: eight digits."""
MORE_DIGITS = frozenset(("COP", "HUF", "IDR", "INR", "JPY", "KRW", "LBP", "VND"))
"""Of which Stripe may take larger ones; there its own answer counts."""


def why_not(amount: Money) -> str:
    """One sentence why Stripe cannot charge this amount; empty when it can."""
    if amount.currency not in DECIMALS:
        return f"Cards cannot be charged in {amount.currency}."
    units = _units(amount)
    if units is None:
        return f"In {amount.currency} cards can be charged round amounts only; {amount.major} is too fine."
    least = LEAST.get(amount.currency, 1)
    if units < least:
        return f"The smallest amount that a card can be charged is {_shown(least, amount.currency)}."
    if units > MOST and amount.currency not in MORE_DIGITS:
        return f"The largest amount that a card can be charged is {_shown(MOST, amount.currency)}."
    return ""


def to_stripe(amount: Money) -> int:
    """An amount in Stripe's minor units. Raises Refused with a sentence where there is no such amount there."""
    units = _units(amount)
    if units is None:
        raise Refused(f"Stripe cannot move {amount.major} {amount.currency}.")
    return units


def from_stripe(units: int, currency: str) -> Money:
    """An amount of Stripe's, exact, in ISO minor units. Raises NotUnderstood."""
    code = currency.upper()
    if code not in DECIMALS:
        raise NotUnderstood(
            f"Stripe tells an amount in {code}, whose minor units we do not know.", f"{units} {currency}"
        )
    finer = exponent(code) - DECIMALS[code]
    if finer >= 0:
        return Money(units * 10**finer, code)
    whole, rest = divmod(units, 10**-finer)
    if rest:
        raise NotUnderstood(f"Stripe tells an amount in {code} that has a fraction.", f"{units} {currency}")
    return Money(whole, code)


def _units(amount: Money) -> int | None:
    decimals = DECIMALS.get(amount.currency)
    if decimals is None:
        return None
    finer = decimals - exponent(amount.currency)
    units, rest = (amount.minor * 10**finer, 0) if finer >= 0 else divmod(amount.minor, 10**-finer)
    return None if rest or units % STEPS.get(amount.currency, 1) else units


def _shown(units: int, currency: str) -> str:
    amount = from_stripe(units - units % STEPS.get(currency, 1), currency)
    return f"{amount.major} {currency}"
