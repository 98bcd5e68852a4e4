"""Which amounts Stripe charges, and what it keeps of them (docs.stripe.com/currencies, docs.stripe.com/api/balance)."""

from __future__ import annotations

from craftops.testing.stripe.forms import StripeFault, wrong

CODES = frozenset(
    [
        "aed",
        "afn",
        "all",
        "amd",
        "ang",
        "aoa",
        "ars",
        "aud",
        "awg",
        "azn",
        "bam",
        "bbd",
        "bdt",
        "bhd",
        "bif",
        "bmd",
        "bnd",
        "bob",
        "brl",
        "bsd",
        "bwp",
        "byn",
        "bzd",
        "cad",
        "cdf",
        "chf",
        "clp",
        "cny",
        "cop",
        "crc",
        "cve",
        "czk",
        "djf",
        "dkk",
        "dop",
        "dzd",
        "egp",
        "etb",
        "eur",
        "fjd",
        "fkp",
        "gbp",
        "gel",
        "gip",
        "gmd",
        "gnf",
        "gtq",
        "gyd",
        "hkd",
        "hnl",
        "htg",
        "huf",
        "idr",
        "ils",
        "inr",
        "isk",
        "jmd",
        "jod",
        "jpy",
        "kes",
        "kgs",
        "khr",
        "kmf",
        "krw",
        "kwd",
        "kyd",
        "kzt",
        "lak",
        "lbp",
        "lkr",
        "lrd",
        "lsl",
        "mad",
        "mdl",
        "mga",
        "mkd",
        "mmk",
        "mnt",
        "mop",
        "mur",
        "mvr",
        "mwk",
        "mxn",
        "myr",
        "mzn",
        "nad",
        "ngn",
        "nio",
        "nok",
        "npr",
        "nzd",
        "omr",
        "pab",
        "pen",
        "pgk",
        "php",
        "pkr",
        "pln",
        "pyg",
        "qar",
        "ron",
        "rsd",
        "rub",
        "rwf",
        "sar",
        "sbd",
        "scr",
        "sek",
        "sgd",
        "shp",
        "sle",
        "sos",
        "srd",
        "szl",
        "thb",
        "tjs",
        "tnd",
        "top",
        "try",
        "ttd",
        "twd",
        "tzs",
        "uah",
        "ugx",
        "usd",
        "uyu",
        "uzs",
        "vnd",
        "vuv",
        "wst",
        "xaf",
        "xcd",
        "xcg",
        "xof",
        "xpf",
        "yer",
        "zar",
        "zmw",
    ]
)
NO_DECIMALS = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
TEN, HUNDRED = frozenset(["bhd", "jod", "kwd", "omr", "tnd"]), frozenset(("isk", "ugx"))
LEAST = {"eur": 50, "usd": 50, "gbp": 30, "chf": 50, "jpy": 50, "dkk": 250, "sek": 300, "nok": 300, "pln": 200, "czk": 1500, "huf": 17500}  # fmt: skip
MOST = 99_999_999


def check_amount(amount: int, currency: str, param: str) -> None:
    """Raises StripeFault."""
    if currency not in CODES:
        raise wrong("currency", f"Not a currency that is charged here: {currency}.", "parameter_invalid_string_enum")
    step = 10 if currency in TEN else 100 if currency in HUNDRED else 1
    if amount % step:
        raise wrong(param, f"In {currency} the amount must be a multiple of {step}.", "invalid_amount")
    if amount < LEAST.get(currency, 1):
        raise wrong(param, "The amount is too small to be charged.", "amount_too_small")
    if amount > MOST:
        raise wrong(param, "The amount is too large to be charged.", "amount_too_large")


def fee(amount: int, currency: str, method: str) -> int:
    """What Stripe keeps: 1.5 % and a quarter for a card, 35 cents for a debit."""
    quarter, debit = (0, 0) if currency in NO_DECIMALS else (25, 35)
    return debit if method == "sepa_debit" else (amount * 15 + 500) // 1000 + quarter


def shown(amount: int, currency: str) -> str:
    """For people, on the pay page: "12.50 EUR"."""
    places = 0 if currency in NO_DECIMALS else 3 if currency in TEN else 2
    if not places:
        return f"{amount} {currency.upper()}"
    whole, rest = divmod(amount, 10**places)
    return f"{whole}.{rest:0{places}d} {currency.upper()}"


def check_refund(amount: int, left: int) -> None:
    """Raises StripeFault where nothing, or less, is left to send back."""
    if left <= 0:
        raise StripeFault(400, "All of it was sent back before.", code="charge_already_refunded", param="charge")
    if amount > left or amount < 1:
        raise wrong("amount", f"The refund of {amount} is not between 1 and the {left} that are left.")
