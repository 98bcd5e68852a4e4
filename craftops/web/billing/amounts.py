"""Amounts and shares as people type them into forms."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from craftops.domain.billing.money import minor_units, read_amount
from craftops.errors import IntakeError
from craftops.web.frame.language.translation import gettext as _


def _with_point(text: str) -> str:
    """A comma for the decimals is a point; spaces between thousands go. Both signs at once are not guessed about."""
    bare = text.strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("'", "")
    return bare.replace(",", ".") if bare.count(",") == 1 and "." not in bare else bare


def read_money(text: str, currency: str, *, signed: bool = False) -> int:
    """ "4.50" or "4,50" in minor units; below zero only where ``signed``. Raises IntakeError."""
    bare = _with_point(text)
    below = signed and bare.startswith(("-", "−"))
    amount = minor_units(read_amount(bare[1:] if below else bare), currency)
    return -amount if below else amount


def read_share(text: str, *, most: int = 10_000) -> int:
    """ "12.5" or "12,5 %" in hundredths of a per cent; empty is 0. Raises IntakeError."""
    bare = _with_point(text.strip().removesuffix("%"))
    if not bare:
        return 0
    try:
        value = Decimal(bare) * 100
    except InvalidOperation:
        raise IntakeError(_('Write a share as "12.5", in per cent.')) from None
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value <= most:
        raise IntakeError(_('Write a share as "12.5", from 0 to %(most)s per cent.', most=most // 100))
    return int(value)
