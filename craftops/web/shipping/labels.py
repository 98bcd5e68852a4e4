"""Parcels in words."""

from __future__ import annotations

from craftops.domain.shipping.carriage import TrackingState
from craftops.domain.shipping.parcels import LabelState, ParcelState
from craftops.services.shipping.closing import ProblemWish
from craftops.web.frame.language.translation import lazy_gettext as _

P, L, T = ParcelState, LabelState, TrackingState

PARCEL_CHIPS = {
    P.PACKED: (_("Packed"), "calm", "package"),
    P.LABELLED: (_("Label made"), "calm", "tag"),
    P.HANDED_OVER: (_("Handed over"), "good", "truck"),
    P.IN_TRANSIT: (_("On its way"), "good", "truck"),
    P.HELD_UP: (_("Held up"), "warn", "alert-triangle"),
    P.OUT_FOR_DELIVERY: (_("Out for delivery"), "good", "truck-delivery"),
    P.WAITS_FOR_PICKUP: (_("Waits at a shop or locker"), "warn", "map-pin"),
    P.RETURNED: (_("Comes back to us"), "bad", "arrow-back-up"),
    P.DELIVERED: (_("Delivered"), "good", "circle-check"),
}
LABEL_CHIPS = {
    L.BUYING: (_("Being bought"), "calm", "clock"),
    L.UNKNOWN: (_("Asking the carrier"), "warn", "clock"),
    L.BOUGHT: (_("Bought"), "good", "circle-check"),
    L.FAILED: (_("Not bought"), "bad", "alert-circle"),
    L.VOID_ASKED: (_("Void asked for"), "calm", "clock"),
    L.VOIDED: (_("Voided"), "quiet", "x"),
    L.VOID_REFUSED: (_("No money back"), "warn", "alert-triangle"),
}
COLLECTION_CHIPS = {
    "asking": (_("Being asked"), "calm", "clock"),
    "unknown": (_("Asking again"), "warn", "clock"),
    "confirmed": (_("Comes"), "good", "circle-check"),
    "refused": (_("Does not come"), "bad", "alert-circle"),
}
EVENT_WORDS = {
    T.UNKNOWN: _("News"),
    T.ANNOUNCED: _("Announced to the carrier"),
    T.IN_TRANSIT: _("On its way"),
    T.OUT_FOR_DELIVERY: _("Out for delivery"),
    T.WAITS_FOR_PICKUP: _("Waits to be fetched"),
    T.EXCEPTION: _("Held up"),
    T.RETURNED: _("Comes back to us"),
    T.DELIVERED: _("Delivered"),
    T.CANCELLED: _("Cancelled"),
}
WISHES = {
    ProblemWish.REMAKE: _("Make it again"),
    ProblemWish.REFUND: _("Money back"),
    ProblemWish.CREDIT: _("A credit for the next order"),
    ProblemWish.MISSING: _("Something is missing or did not come"),
    ProblemWish.OTHER: _("Something else"),
}
