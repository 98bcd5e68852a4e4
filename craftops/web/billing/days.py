"""Days of a form: what was typed, else this year so far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from craftops.errors import IntakeError
from craftops.services.billing.account_statements import BEGINNING
from craftops.services.billing.books import Days
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext


def read_days(args: Mapping[str, str], sight: RequestContext) -> tuple[Days, str]:
    """The days of ``?since=…&until=…``, and what is wrong with them; then they are this year so far."""
    now = sight.now.astimezone(sight.profile.zone).date()
    usual = Days(now.replace(month=1, day=1), now)
    try:
        since, until = _day(args.get("since", ""), usual.first), _day(args.get("until", ""), usual.last)
    except ValueError:
        return usual, _("Write days as 2026-11-26.")
    if not BEGINNING <= since <= until:
        return usual, _("The first day must not be after the last.")
    return Days(since, until), ""


def days_of(args: Mapping[str, str], sight: RequestContext) -> Days:
    """The same for a file. Raises IntakeError."""
    found, fault = read_days(args, sight)
    if fault:
        raise IntakeError(fault)
    return found


def _day(text: str, otherwise: date) -> date:
    return date.fromisoformat(text.strip()) if text.strip() else otherwise
