"""The counter: a code is scanned, the part is given, and it is written down to whom. Once, whoever clicks how often."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from craftops.domain.orders.order import normalise_code
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.shipping.pickup import PickupState, Unpaid, check_person, objection, said_code
from craftops.errors import AccessError, IllegalMove, IntakeError, RuleError, TooManyTries
from craftops.services.files.pictures import PictureLimits, redraw, unpack
from craftops.services.orders import ordering
from craftops.services.people import limits
from craftops.services.shipping import pickup
from craftops.services.shipping.settings import shipping_settings
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import BlobRow, OrderRow, PickupPassRow, PickupRow
from craftops.store.queries import pickup as rows

SIGNATURE = PictureLimits(800, 60_000)
MOST_SIGNATURE = 300_000
"""Characters of a drawn signature as it is sent."""
MOST_MISSES = 30
"""Codes that do not exist, of one person within a quarter of an hour."""
DATA_URL = "data:image/png;base64,"
INK = 128
"""A signature has at least one pixel darker than this."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a scanned code leads to."""

    pickup_id: int
    code: str
    """Empty where the number of the order was typed, which proves nothing."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """What is written down of a hand-over."""

    given_to: str
    signature: str = ""
    """A PNG as a data URL, empty where nobody signed."""
    code: str = ""


def find(shop: Shop, text: str, *, actor: Actor, at: datetime) -> Shown:
    """The pickup behind what was scanned or typed. Raises AccessError for no staff; RuleError with what is wrong;
    TooManyTries for somebody who tries many."""
    actor.must_be_staff()
    tries = f"pickup:{actor.id}"
    if limits.is_over(tries, MOST_MISSES, at=at):
        raise TooManyTries
    code = said_code(text)
    found = rows.by_code(code) if code else None
    if found is not None:
        if found.revoked_at is not None:
            raise RuleError(
                f"The customer has taken the code of {found.name} back.", "Hand the order to somebody else only."
            )
        return Shown(found.pickup_id, found.code)
    order: OrderRow | None = OrderRow.get_or_none(OrderRow.code == normalise_code(text))
    ticket = pickup.ticket_of(order, at=at) if order is not None else None
    if ticket is not None:
        return Shown(ticket.pickup.id, "")
    limits.count(tries, MOST_MISSES, at=at)
    raise RuleError("No order that waits here has this code.")


def hand_over(shop: Shop, pickup_id: int, said: HandOver, *, actor: Actor, at: datetime) -> bool:
    """The order is given away and complete; whether that was new. A second time changes nothing of the first.

    Raises AccessError; IntakeError without a name and a signature; RuleError, IllegalMove with what stands in the way.
    """
    actor.must_be_staff()
    row = pickup.staff_row(pickup_id)
    if row.state == PickupState.HANDED.value:
        return False
    signature = _signature(said.signature)
    if not said.given_to.strip() and not signature:
        sentence = "Write who takes it, or let them sign."
        raise IntakeError(sentence, {"given_to": sentence})
    person = check_person(said.given_to, "given_to") if said.given_to.strip() else ""
    sha256 = shop.files.put_bytes(signature) if signature else ""
    with unit_of_work() as uow:
        order = pickup.locked(row.order_id)
        row = pickup.staff_row(pickup_id)
        if row.state == PickupState.HANDED.value:
            return False
        if order.stage != Stage.READY_FOR_PICKUP.value:
            raise IllegalMove("The order does not wait at the counter any more.")
        unpaid = rows.unpaid_of([order.id]).get(order.id, {})
        setting = Unpaid(shipping_settings(shop).pickup_unpaid)
        if why := objection(unpaid, setting, on_hold=order.hold_since is not None):
            raise RuleError(why)
        proof, name = _proof(row, said.code)
        person = person or name or order.customer.name[:100]
        if sha256:
            BlobRow.insert(sha256=sha256, size=len(signature), created_at=at).on_conflict_ignore().execute()
        PickupRow.update(
            state=PickupState.HANDED.value, handed_at=at, handed_by=actor.name[:200], given_to=person, proof=proof,
            signature_sha=sha256,
        ).where(PickupRow.id == row.id).execute()  # fmt: skip
        rows.drop_notices(order.id)
        ordering.step(shop, uow, order, Stage.COMPLETED, actor=actor, at=at, note="picked up")
        pickup.record(uow, order, "handed", actor, at)
    return True


def _proof(row: PickupRow, code: str) -> tuple[str, str]:
    """What was shown and whose name it carries. Raises RuleError for a code that was taken back meanwhile."""
    shown = said_code(code)
    if not shown:
        return "", ""
    found: PickupPassRow | None = PickupPassRow.get_or_none(PickupPassRow.code == shown, PickupPassRow.pickup == row.id)
    if found is None:
        return "", ""
    if found.revoked_at is not None:
        raise RuleError(f"The customer has taken the code of {found.name} back.")
    return ("proxy", found.name) if found.name else ("code", "")


def _signature(sent: str) -> bytes:
    """A drawn signature as a picture of ours; empty for none and for an empty sheet. Raises IntakeError."""
    if not sent:
        return b""
    sentence = "The signature cannot be read. Let them sign again, or write the name."
    if not sent.startswith(DATA_URL) or len(sent) > MOST_SIGNATURE:
        raise IntakeError(sentence, {"signature": sentence})
    try:
        raw = base64.b64decode(sent[len(DATA_URL) :], validate=True)
    except (binascii.Error, ValueError):
        raise IntakeError(sentence, {"signature": sentence}) from None
    try:
        inked = min(unpack(raw, SIGNATURE.side).convert("L").tobytes(), default=INK) < INK
        return redraw(raw, SIGNATURE).content if inked else b""
    except IntakeError:
        raise IntakeError(sentence, {"signature": sentence}) from None


def signature_path(shop: Shop, pickup_id: int, *, actor: Actor) -> str:
    """Where the picture of a signature lies. Raises AccessError where there is none, and for anybody but staff."""
    actor.must_be_staff()
    row = pickup.staff_row(pickup_id)
    if not row.signature_sha:
        raise AccessError
    return str(shop.files.path(row.signature_sha).resolve())
