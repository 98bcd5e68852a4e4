"""What the forms of shipping and pick-up send."""

from __future__ import annotations

from typing import Annotated

from craftops.web.frame.sent_form import (
    Line,
    Number,
    NumberedCounts,
    Numbers,
    SentForm,
    Ticked,
    at_most,
    cut,
    otherwise,
)
from craftops.web.messages.forms import FilesForm

MOST = 100
"""Parcels or orders that one click is about."""
NO_NUMBER = -1
"""In the place of one that cannot be read: the rules say what there may be."""
Days = Annotated[Number, otherwise(NO_NUMBER)]
Count = Annotated[Number, otherwise(0)]
Boxes = Annotated[tuple[Line, ...], at_most(40)]
Lines = Annotated[tuple[Line, ...], at_most(20)]


# The desk


class OrdersForm(SentForm):
    """The orders that are ticked."""

    order: Annotated[Numbers, at_most(MOST)] = ()


class ParcelsForm(SentForm):
    """The parcels that are ticked, and the click's own key."""

    parcel: Annotated[Numbers, at_most(MOST)] = ()
    token: Annotated[str, cut(40)] = ""


class HandOverForm(SentForm):
    """A code that was scanned, or the parcels that are ticked."""

    code: Annotated[Line, cut(200)] = ""
    parcel: Annotated[Numbers, at_most(MOST)] = ()


class FetchForm(SentForm):
    """Which carrier is to come, and when."""

    carrier: str = ""
    earliest: str = ""
    latest: str = ""
    note: str = ""


# One order


class ParcelForm(SentForm):
    """A parcel: copies by line, weight, and its sides or those of a ``box``, as 200,150,100."""

    how: str = ""
    copies: NumberedCounts = {}
    weight_g: Count = 0
    length_mm: Count = 0
    width_mm: Count = 0
    height_mm: Count = 0
    box: str = ""


class OfferForm(SentForm):
    """An offer, as carrier:service."""

    offer: str = ""


class NumberForm(SentForm):
    """A tracking number, and where it is from as carrier:network."""

    number: str = ""
    network: str = ""


class CustomsForm(SentForm):
    """The lines of a customs declaration, column by column."""

    customs_description: Lines = ()
    customs_quantity: Lines = ()
    customs_value: Lines = ()
    customs_weight_g: Lines = ()
    customs_hs_code: Lines = ()
    customs_origin: Lines = ()


class RemakeForm(SentForm):
    """What is made again, by line, and what the customer reads."""

    copies: NumberedCounts = {}
    answer: Line = ""


class SettleForm(SentForm):
    """What the customer reads about their problem."""

    answer: str = ""


class ProblemForm(FilesForm):
    """What is wrong with what came, and what the customer wishes."""

    wish: str = ""
    text: str = ""
    token: Annotated[str, cut(60)] = ""


# Pick-up


class ScanForm(SentForm):
    """A code that was scanned or typed."""

    code: Annotated[Line, cut(200)] = ""


class GiveOutForm(SentForm):
    """Into whose hands it is given, by which code, and their signature."""

    given_to: str = ""
    shown: str = ""
    signature: str = ""


class BinForm(SentForm):
    """Where it lies."""

    bin: str = ""


class ProxyForm(SentForm):
    """Who else may fetch it."""

    name: str = ""


# Settings


class ShippingForm(SentForm):
    """Boxes, column by column, and habits; the sender is an address."""

    box_name: Boxes = ()
    box_length_mm: Boxes = ()
    box_width_mm: Boxes = ()
    box_height_mm: Boxes = ()
    box_most_g: Boxes = ()
    box_own_g: Boxes = ()
    hs_code: str = ""
    origin: Line = ""
    tell_email: Ticked = False
    closes_after_days: Days = NO_NUMBER
    problem_days: Days = NO_NUMBER
    pickup_unpaid: str | None = None
