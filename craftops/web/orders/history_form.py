"""The search of the history, read from the address. A fault is told at its field, and loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from craftops.domain.hours.days import begin_of, end_of
from craftops.domain.orders.history import MOST_WORDS, EndedAs, HistoryPlace, HistoryQuestion, words_of
from craftops.errors import IntakeError
from craftops.web.billing.amounts import read_money
from craftops.web.frame.language.translation import gettext as _

LONGEST = 200
FIELDS = ("q", "material", "stage", "from", "to", "least", "most", "customer")


@dataclass(frozen=True, slots=True)
class SentSearch:
    """What was asked. ``question`` is None where nothing can fit, or a field cannot be understood."""

    typed: dict[str, str]
    question: HistoryQuestion | None
    errors: dict[str, str]
    after: HistoryPlace | None


def read_search(args: Mapping[str, str], zone: ZoneInfo, currency: str) -> SentSearch:
    """The search of an address. Days are in ``zone``, sums in ``currency``."""
    typed = {name: args.get(name, "").strip()[:LONGEST] for name in FIELDS}
    errors: dict[str, str] = {}
    since = _day(typed, "from", errors)
    until = _day(typed, "to", errors)
    least, most = (_money(typed, name, currency, errors) for name in ("least", "most"))
    words = tuple(words_of(typed["q"])[:MOST_WORDS])
    stages = [one.value for one in EndedAs]
    question = HistoryQuestion(
        words=words,
        material=typed["material"],
        ended_as=EndedAs(typed["stage"]) if typed["stage"] in stages else EndedAs.ENDED,
        since=begin_of(since, zone) if since is not None else None,
        until=end_of(until, zone) if until is not None else None,
        least=least,
        most=most,
        customer=typed["customer"],
    )
    nothing = bool(errors) or bool(typed["q"] and not words)
    return SentSearch(typed, None if nothing else question, errors, HistoryPlace.read(args.get("after", "")))


def _day(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> date | None:
    if not typed[name]:
        return None
    try:
        return date.fromisoformat(typed[name])
    except ValueError:
        errors[name] = _("Write the day as 2026-11-26.")
        return None


def _money(typed: Mapping[str, str], name: str, currency: str, errors: dict[str, str]) -> int | None:
    if not typed[name]:
        return None
    try:
        return read_money(typed[name], currency)
    except IntakeError as error:
        errors[name] = error.sentence
        return None
