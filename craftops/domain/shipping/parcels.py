"""The life of a parcel, and of the label that is bought for it, as tables and pure steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from craftops.domain.shipping.carriage import TrackingState
from craftops.errors import IllegalMove


class ParcelState(StrEnum):
    """Where a parcel is. The carrier's words move it from HANDED_OVER on, and only forward."""

    PACKED = "packed"
    LABELLED = "labelled"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    HELD_UP = "held_up"
    OUT_FOR_DELIVERY = "out_for_delivery"
    WAITS_FOR_PICKUP = "waits_for_pickup"
    RETURNED = "returned"
    DELIVERED = "delivered"


P = ParcelState

IN_THE_SHOP = frozenset({P.PACKED, P.LABELLED})
ARRIVED = frozenset({P.DELIVERED, P.RETURNED})
ON_THE_WAY = frozenset(set(ParcelState) - IN_THE_SHOP - ARRIVED)

OF_TRACKING: Mapping[TrackingState, ParcelState] = {
    TrackingState.IN_TRANSIT: P.IN_TRANSIT,
    TrackingState.EXCEPTION: P.HELD_UP,
    TrackingState.OUT_FOR_DELIVERY: P.OUT_FOR_DELIVERY,
    TrackingState.WAITS_FOR_PICKUP: P.WAITS_FOR_PICKUP,
    TrackingState.RETURNED: P.RETURNED,
    TrackingState.DELIVERED: P.DELIVERED,
}
"""What the carrier's words make of a parcel; the others say nothing about where it is."""


def after_tracking(state: ParcelState, told: TrackingState) -> ParcelState:
    """The state of a parcel after its carrier's newest word.

    A parcel that has left never comes back into the shop by a word, and one that is delivered stays so, but for a
    delivery that turns out to be a return.
    """
    found = OF_TRACKING.get(told)
    if found is None or state is P.PACKED:
        return state
    if state is P.DELIVERED:
        return P.RETURNED if found is P.RETURNED else state
    return state if state is P.RETURNED and found is not P.DELIVERED else found


def order_way(states: Iterable[ParcelState]) -> str:
    """Where an order is that has left, by its parcels: the word of the one that needs attention, else of the farthest
    that all have reached; empty where there is nothing to say but that it is on its way."""
    found = set(states)
    if found & {P.HELD_UP, P.RETURNED}:
        return P.HELD_UP.value
    if found == {P.DELIVERED}:
        return P.DELIVERED.value
    for one in (P.WAITS_FOR_PICKUP, P.OUT_FOR_DELIVERY):
        if one in found:
            return one.value
    return ""


class LabelState(StrEnum):
    """How a label stands. A parcel has one at a time that is alive."""

    BUYING = "buying"
    """Written down before the carrier is asked."""
    UNKNOWN = "unknown"
    """The carrier may have sold it; it is asked before anything else is done."""
    BOUGHT = "bought"
    FAILED = "failed"
    """The carrier provably sold nothing."""
    VOID_ASKED = "void_asked"
    VOIDED = "voided"
    VOID_REFUSED = "void_refused"
    """It was asked for and paid; the money does not come back."""


L = LabelState

ALIVE = frozenset({L.BUYING, L.UNKNOWN, L.BOUGHT})
"""Nobody buys another label for the parcel while one stands so."""

_STEPS: Mapping[LabelState, frozenset[LabelState]] = {
    L.BUYING: frozenset({L.UNKNOWN, L.BOUGHT, L.FAILED}),
    L.UNKNOWN: frozenset({L.BOUGHT, L.FAILED}),
    L.BOUGHT: frozenset({L.VOID_ASKED, L.VOIDED, L.VOID_REFUSED}),
    L.VOID_ASKED: frozenset({L.VOIDED, L.VOID_REFUSED}),
    L.FAILED: frozenset(),
    L.VOIDED: frozenset(),
    L.VOID_REFUSED: frozenset(),
}


def label_step(before: LabelState, after: LabelState) -> LabelState:
    """One step of a label; the same again changes nothing. Raises IllegalMove."""
    if after is before or after in _STEPS[before]:
        return after
    raise IllegalMove(f"A label that is {before.value.replace('_', ' ')} cannot become {after.value}.")


def copies_packed(parcels: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Line id -> copies that lie in these parcels."""
    found: dict[int, int] = {}
    for one in parcels:
        for line, copies in one.items():
            found[line] = found.get(line, 0) + copies
    return found


def copies_left(ordered: Mapping[int, int], parcels: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Line id -> copies that lie in no parcel yet; lines that are packed whole are left out."""
    packed = copies_packed(parcels)
    return {line: n - packed.get(line, 0) for line, n in ordered.items() if n > packed.get(line, 0)}


def may_pack(ordered: Mapping[int, int], others: Iterable[Mapping[int, int]], wanted: Mapping[int, int]) -> str:
    """Why a parcel cannot hold ``wanted``, as one sentence; empty when it can."""
    if not any(copies > 0 for copies in wanted.values()):
        return "A parcel needs something in it."
    if any(copies < 0 for copies in wanted.values()):
        return "Copies cannot be fewer than none."
    left = copies_left(ordered, others)
    if any(copies > left.get(line, 0) for line, copies in wanted.items()):
        return "That is more than this order has left to pack."
    return ""
