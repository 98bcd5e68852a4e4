"""The fields of a postal address in a form, wherever one is asked for; ``prefix`` tells several of a page apart."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from babel import Locale

from craftops.domain.people.addresses import LENGTHS, Addressed, PostalAddress
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.views import Choice, FormField
from craftops.web.people.forms import AddressForm

NOT_PLACES = ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ")
"""Two letters of the list of territories that are no country to send to."""
COMPLETE = {
    "name": "name", "company": "organization", "line1": "address-line1", "line2": "address-line2",
    "postcode": "postal-code", "city": "address-level2", "region": "address-level1", "phone": "tel",
}  # fmt: skip


@lru_cache(maxsize=8)
def _countries(locale: str) -> dict[str, str]:
    names = Locale.parse(locale).territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()]
    return dict(sorted(((code, name) for code, name in found if code not in NOT_PLACES), key=lambda one: one[1]))


def countries() -> dict[str, str]:
    """ISO codes with their names in the reader's language, by name."""
    return _countries(labels.locale())


@lru_cache(maxsize=512)
def _choices(locale: str, none: str, chosen: str) -> tuple[Choice, ...]:
    """The countries to choose from; the same value for each page that asks the same."""
    known = (Choice(code, name, code == chosen) for code, name in _countries(locale).items())
    return (Choice("", none, False), *known)


def sent_address(prefix: str = "") -> PostalAddress:
    """What was typed, unchecked."""
    return PostalAddress(**dict(AddressForm.prefixed(prefix)))


def address_values(row: Addressed) -> dict[str, str]:
    """An address as the values of its fields."""
    return {name: getattr(row, name) for name in LENGTHS}


def address_fields(
    values: Mapping[str, str], errors: Mapping[str, str], prefix: str = "", *, required: bool = True
) -> tuple[FormField, ...]:
    """The fields with what stands in them. ``required`` is for the browser alone: not where they may stay hidden."""
    words = {
        "name": _("Name"), "company": _("Company"), "line1": _("Street and number"), "line2": _("Second line"),
        "postcode": _("Postcode"), "city": _("City"), "region": _("State or region"), "phone": _("Telephone"),
    }  # fmt: skip
    hints = {"region": _("Where the country has them, like California."), "phone": _("For the one who delivers.")}
    chosen = values.get("country", "")
    country = FormField(
        prefix + "country", _("Country"), "select", values.get("country", ""), "", errors.get("country", ""), required,
        _choices(labels.locale(), _("Choose …"), chosen if chosen in countries() else ""), "country",
    )  # fmt: skip
    fields = [
        FormField(
            prefix + name, label, "tel" if name == "phone" else "text", values.get(name, ""), hints.get(name, ""),
            errors.get(name, ""), required and name in ("name", "line1"), (), COMPLETE[name],
        )
        for name, label in words.items()
    ]  # fmt: skip
    return (*fields[:-1], country, fields[-1])


def address_lines(address: Addressed) -> tuple[str, ...]:
    """As a page shows it; labels are written as their country wants them."""
    names = countries()
    place = " ".join(part for part in (address.postcode, address.city) if part)
    parts = (
        address.name, address.company, address.line1, address.line2, place, address.region,
        names.get(address.country, address.country),
    )  # fmt: skip
    return tuple(part for part in (*parts, address.phone) if part)
