"""How long the books of a country have to keep an invoice: the law's least, counted from the end of the year of issue.

What it is made after stands in ``docs/operators/retention.md``. A country that is not listed gets the longest of all.
"""

from __future__ import annotations

from datetime import date

YEARS = {
    "AT": 7, "BE": 10, "BG": 10, "CH": 10, "CZ": 10, "DE": 8, "DK": 5, "ES": 6, "FI": 6, "FR": 10, "GB": 6, "IE": 6,
    "IT": 10, "LU": 10, "NL": 7, "NO": 5, "PL": 5, "PT": 10, "SE": 7, "SK": 10,
}  # fmt: skip
"""By the seller's country."""
UNKNOWN = 10


def years_kept(country: str) -> int:
    """How many full years after that of its issue an invoice is kept."""
    return YEARS.get(country.upper(), UNKNOWN)


def kept_until(issued_on: date, country: str) -> date:
    """The last day on which it has to be there."""
    return date(issued_on.year + years_kept(country), 12, 31)
