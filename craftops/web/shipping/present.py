"""Parcels in the words that portal and floor share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import url_for

from craftops.domain.shipping.carriage import TrackingState
from craftops.domain.shipping.parcels import ParcelState
from craftops.store.views.orders import LineView
from craftops.store.views.shipping import StoredEvent, StoredParcel, StoredProblem
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.views import Chip
from craftops.web.shipping import labels
from craftops.web.shipping.views import CarrierWord, ParcelView, ProblemView


def chip(table: tuple[object, str, str]) -> Chip:
    """A word of a table of chips."""
    word, tone, icon = table
    return Chip(str(word), tone, icon)


def parcel_title(row: StoredParcel, of: int) -> str:
    """ "Parcel 1 of 2"."""
    return _("Parcel %(n)s of %(all)s", n=row.position, all=of) if of > 1 else _("Your parcel")


def contents_text(row: StoredParcel, lines: Mapping[int, LineView]) -> str:
    """ "5 × bracket, 1 × lid"."""
    found = ((lines.get(int(line)), int(copies)) for line, copies in row.contents)
    return ", ".join(f"{copies} × {line.title}" for line, copies in found if line is not None)


def carrier_words(events: Sequence[StoredEvent]) -> tuple[CarrierWord, ...]:
    """What a carrier said, in its own words where it has some."""
    return tuple(
        CarrierWord(one.at, one.text or str(labels.EVENT_WORDS[TrackingState(one.state)]), one.place) for one in events
    )


def parcel_view(row: StoredParcel, of: int, events: Sequence[StoredEvent], lines: Mapping[int, LineView]) -> ParcelView:
    """A parcel for its customer."""
    state = ParcelState(row.state)
    word = chip(labels.PARCEL_CHIPS[state])
    return ParcelView(
        title=parcel_title(row, of),
        contents=contents_text(row, lines) if of > 1 else "",
        chip=word,
        since=row.state_since,
        told=row.told if row.told and row.told.casefold() != word.word.casefold() else "",
        network=row.network,
        number=row.number,
        link=row.link,
        expected=row.expected_at if state is not ParcelState.DELIVERED else None,
        signed_by=row.signed_by,
        words=carrier_words(events),
    )


def problem_view(row: StoredProblem | None) -> ProblemView | None:
    """What a customer said was wrong."""
    if row is None:
        return None
    wish = next((word for key, word in labels.WISHES.items() if key.value == row.wish), row.wish)
    return ProblemView(str(wish), row.text, row.at, row.state == "open", row.answer, row.remake)


def shipping_url(code: str) -> str:
    """The shipping page of an order."""
    return url_for("staff.order_shipping", code=code)
