"""Machine time and material of two versions in money, by the shop's rates: for a comparison, never an offer."""

from __future__ import annotations

import re
from copy import copy
from functools import lru_cache
from typing import Protocol

from babel import Locale
from babel.numbers import NumberPattern, get_currency_symbol

from craftops.domain.billing.costing import Cost, Unsaid
from craftops.domain.billing.money import Money, exponent
from craftops.services.billing.costing import line_cost, rates_of
from craftops.services.production.planning import MeasuredFile, PlannedLine
from craftops.web.files.views import PriceChange
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext
from craftops.web.frame.request_context import RequestContext

UNSAID = {
    Unsaid.HOUR_RATE: lazy_gettext("the shop has no rate for an hour of this kind of machine"),
    Unsaid.MATERIAL_RATE: lazy_gettext("the shop has no rate for this material"),
    Unsaid.CURRENCY: lazy_gettext("the shop's rates are in another currency than its own"),
    Unsaid.REFUSED: lazy_gettext("its file cannot be made"),
    Unsaid.UNSUITABLE: lazy_gettext("it cannot be made of this material as it is"),
    Unsaid.DURATION: lazy_gettext("how long the machine takes is not known, because its file is not measured"),
    Unsaid.VOLUME: lazy_gettext("its file has no volume that can be measured"),
    Unsaid.AREA: lazy_gettext("its file has no area that can be measured"),
    Unsaid.TOO_MUCH: lazy_gettext("its measures are larger than anything that can be made"),
}
NOTHING = "–"


class VersionWithFile(Protocol):
    """A version of a line as far as it is priced."""

    @property
    def number(self) -> int: ...
    @property
    def file(self) -> MeasuredFile: ...


def money(amount: Money) -> str:
    """ "€4.50", "4,50 €": as the reader's language writes it, with all decimals that the currency has (ISO 4217)."""
    return _written(amount, labels.locale())


@lru_cache(maxsize=4096)
def _written(amount: Money, language: str) -> str:
    pattern, locale = _pattern(language, amount.currency)
    return str(pattern.apply(amount.major, locale, currency=amount.currency, currency_digits=False))


@lru_cache(maxsize=256)
def _pattern(language: str, currency: str) -> tuple[NumberPattern, Locale]:
    locale = Locale.parse(language)
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (exponent(currency),) * 2
    if get_currency_symbol(currency, locale)[-1].isalpha():  # CHF 4.50, though €4.50
        pattern.prefix = tuple(re.sub("¤$", "¤\xa0", prefix) for prefix in pattern.prefix)
    return pattern, locale


def price_change(
    line: PlannedLine, sight: RequestContext, before: VersionWithFile, after: VersionWithFile
) -> PriceChange | None:
    """Both versions of a line in money; None where the shop has no rates for it."""
    older, newer = (line_cost(sight.shop, line, row.file, sight.profile.currency) for row in (before, after))
    if older is None or newer is None:
        return None
    one, other = older.amount, newer.amount
    return PriceChange(
        before=money(one) if one else NOTHING,
        after=money(other) if other else NOTHING,
        changed=older != newer,
        change=_change(other - one) if one and other else "",
        unsaid=_reasons(before.number, older, after.number, newer),
        caption=_caption(line, sight),
    )


def _change(difference: Money) -> str:
    if difference.minor == 0:
        return _("The same for machine time and material.")
    text = money(Money(abs(difference.minor), difference.currency))
    if difference.minor > 0:
        return _("%(amount)s more for machine time and material.", amount=text)
    return _("%(amount)s less for machine time and material.", amount=text)


def _reasons(before: int, older: Cost, after: int, newer: Cost) -> tuple[str, ...]:
    """Why an amount is missing; said once where it is missing on both sides for one reason."""
    if older.unsaid is not None and older.unsaid is newer.unsaid:
        return (_("The price cannot be said: %(reason)s.", reason=UNSAID[older.unsaid]),)
    return tuple(
        _("The price of version %(n)s cannot be said: %(reason)s.", n=number, reason=UNSAID[cost.unsaid])
        for number, cost in ((before, older), (after, newer))
        if cost.unsaid is not None
    )


def _caption(line: PlannedLine, sight: RequestContext) -> str:
    sheet = line.material in rates_of(sight.shop).square_metre
    said = [
        _("These are the shop's rates for machine time and material, without hand work. This is not an offer."),
        _("Of the sheet, the rectangle around the part counts.") if sheet else _("The part is reckoned as solid."),
    ]
    if line.quantity > 1:
        said.append(_("For all %(n)s copies.", n=line.quantity))
    return " ".join(said)
