"""Parcels of an order: proposed from what its parts measure and weigh, corrected by whoever packs."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from craftops.domain.billing.money import Money
from craftops.domain.events import Event, EventKind
from craftops.domain.files.designs import analysis_from_json
from craftops.domain.files.weight import mass_g
from craftops.domain.orders.order import CODE_ALPHABET
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.shipping.carriage import CustomsLine, ParcelSize
from craftops.domain.shipping.customs import check_lines
from craftops.domain.shipping.packing import PackedBox, PackItem, propose
from craftops.domain.shipping.parcels import IN_THE_SHOP, ParcelState, copies_left, copies_packed, may_pack
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.shipping.settings import shipping_settings
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import LabelRow, OrderLineRow, OrderRow, ParcelRow
from craftops.store.queries import scoped
from craftops.store.views.orders import LineView
from craftops.store.views.shipping import StoredParcel

PACKABLE = frozenset({Stage.POST_PROCESSING, Stage.QUALITY_CHECK, Stage.READY_TO_SHIP})
UNKNOWN_SIDE_MM = 100.0
"""Of a part that nobody could measure: whoever packs it corrects the box."""
SIZES = {"weight_g": 200_000, "length_mm": 5_000, "width_mm": 5_000, "height_mm": 5_000}


@dataclass(frozen=True, slots=True)
class ParcelDraft:
    """A parcel as somebody packs it, unchecked."""

    contents: Mapping[int, int]
    """Line id -> copies."""
    size: ParcelSize


def contents_of(row: ParcelRow | StoredParcel) -> dict[int, int]:
    """Line id -> copies."""
    return {int(line): int(copies) for line, copies in row.contents}


def copies_packed_in(rows: Iterable[ParcelRow]) -> dict[int, int]:
    """Line id -> copies that lie in these parcels."""
    return copies_packed(map(contents_of, rows))


def size_of_id(parcel_id: int) -> ParcelSize:
    """As the parcel of this id is packed. Raises AccessError."""
    row = ParcelRow.get_or_none(ParcelRow.id == parcel_id)
    if row is None:
        raise AccessError
    return size_of(row)


def size_of(row: ParcelRow | StoredParcel) -> ParcelSize:
    """As it is packed."""
    return ParcelSize(row.weight_g, row.length_mm, row.width_mm, row.height_mm)


def lines_of(order: OrderRow) -> list[OrderLineRow]:
    """The lines of an order in their order."""
    return list(order.lines.order_by(OrderLineRow.position))


def items_of(shop: Shop, lines: Sequence[OrderLineRow], left: Mapping[int, int]) -> list[PackItem]:
    """What is left to pack, with the size and the mass of one copy as its file and material tell them."""
    return [
        PackItem(line.id, left[line.id], sides_of(line), copy_mass_g(shop, line)) for line in lines if line.id in left
    ]


def sides_of(line: OrderLineRow | LineView) -> tuple[float, float, float]:
    """The box of one copy in mm; a drawing is as thick as a sheet of 3 mm where nothing else is known."""
    analysis = analysis_from_json(line.file.analysis) if line.file and line.file.analysis else None
    size = analysis.size_mm if analysis else None
    if not size:
        return (UNKNOWN_SIDE_MM,) * 3
    a, b, c = (*size, 0.0, 0.0, 0.0)[:3]
    return max(a, 1.0), max(b, 1.0), max(c, 3.0)


def copy_mass_g(shop: Shop, line: OrderLineRow | LineView) -> float:
    """Grams of one copy as if it were solid; of what has no volume, the sheet that its drawing fills; 0: unknown."""
    analysis = analysis_from_json(line.file.analysis) if line.file and line.file.analysis else None
    material = shop.catalogue.material_of(line)
    if analysis is None or material is None:
        return 0.0
    if analysis.mesh is not None and analysis.mesh.volume_mm3:
        return mass_g(analysis.mesh.volume_mm3, material.density)
    if not analysis.size_mm:
        return 0.0
    a, b, c = sides_of(line)
    return mass_g(a * b * c, material.density)


def left_of(lines: Iterable[OrderLineRow | LineView], parcels: Iterable[ParcelRow | StoredParcel]) -> dict[int, int]:
    """Line id -> copies that lie in none of these parcels; lines that are in them whole are left out."""
    return copies_left({line.id: line.quantity for line in lines}, map(contents_of, parcels))


def proposal(shop: Shop, order: OrderRow) -> tuple[PackedBox, ...]:
    """Boxes for all that lies in none yet."""
    lines = lines_of(order)
    left = left_of(lines, parcels_of(order))
    return propose(items_of(shop, lines, left), shipping_settings(shop).boxes)


def parcels_of(order: OrderRow) -> list[ParcelRow]:
    """In their order."""
    return list(ParcelRow.select().where(ParcelRow.order == order.id).order_by(ParcelRow.position))


def pack_all(shop: Shop, code: str, *, actor: Actor, at: datetime) -> list[ParcelRow]:
    """Pack what is left as it is proposed. Asked again, nothing is left and nothing happens. Raises AccessError,
    RuleError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        order = _locked(actor, code)
        return [_create(uow, order, ParcelDraft(box.contents, box.size), actor, at) for box in proposal(shop, order)]


def pack(code: str, draft: ParcelDraft, *, actor: Actor, at: datetime) -> ParcelRow:
    """One more parcel. Raises AccessError, RuleError, IntakeError with the faulty fields."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        order = _locked(actor, code)
        _check(order, draft, None)
        return _create(uow, order, draft, actor, at)


def repack(parcel_id: int, draft: ParcelDraft, *, actor: Actor, at: datetime) -> ParcelRow:
    """Other contents or measures of a parcel without a label. Raises AccessError, RuleError, IntakeError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = open_parcel(parcel_id)
        order = _locked(actor, row.order.code)
        _check(order, draft, row.id)
        values = _values(draft)
        ParcelRow.update(**values, rates=None, rated_at=None).where(ParcelRow.id == row.id).execute()
        record(uow, order, row.id, "packed", actor, at)
    fresh: ParcelRow = ParcelRow.get_by_id(row.id)
    return fresh


def unpack(parcel_id: int, *, actor: Actor, at: datetime) -> None:
    """Take a parcel apart. One that ever had a label stays, for the books. Raises AccessError, RuleError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = open_parcel(parcel_id)
        order = _locked(actor, row.order.code)
        if LabelRow.select().where(LabelRow.parcel == row.id, LabelRow.state != "failed").exists():
            raise RuleError("This parcel had a label, and stays in the books.", "Change what is in it instead.")
        ParcelRow.delete().where(ParcelRow.id == row.id).execute()
        record(uow, order, row.id, "packed", actor, at)


def declare(shop: Shop, parcel_id: int, lines: Sequence[CustomsLine], *, actor: Actor, at: datetime) -> None:
    """Keep what customs are told of a parcel. Raises IntakeError with the faulty fields, AccessError, RuleError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = open_parcel(parcel_id)
        checked = check_lines(lines, size_of(row))
        ParcelRow.update(customs=[customs_to_json(one) for one in checked], rates=None, rated_at=None).where(
            ParcelRow.id == row.id
        ).execute()
        record(uow, row.order, row.id, "packed", actor, at)


def customs_to_json(line: CustomsLine) -> dict[str, object]:
    """A line of a declaration as JSON values."""
    return {
        "description": line.description, "quantity": line.quantity, "value": line.value.minor,
        "currency": line.value.currency, "weight_g": line.weight_g, "hs_code": line.hs_code, "origin": line.origin,
    }  # fmt: skip


def customs_of(row: ParcelRow | StoredParcel) -> tuple[CustomsLine, ...]:
    """What stands on a parcel's declaration."""
    return tuple(
        CustomsLine(
            one["description"], one["quantity"], Money(one["value"], one["currency"]), one["weight_g"],
            one["hs_code"], one["origin"],
        )
        for one in row.customs or ()
    )  # fmt: skip


def open_parcel(parcel_id: int) -> ParcelRow:
    """A parcel in the shop without a live label, locked. Raises AccessError, RuleError."""
    ParcelRow.update(state=ParcelRow.state).where(ParcelRow.id == parcel_id).execute()
    row: ParcelRow | None = ParcelRow.get_or_none(ParcelRow.id == parcel_id)
    if row is None:
        raise AccessError
    if ParcelState(row.state) not in IN_THE_SHOP:
        raise RuleError("This parcel has left already.")
    if row.state == ParcelState.LABELLED.value or alive_label(row) is not None:
        raise RuleError("This parcel has a label.", "Void it first; then it can change.")
    return row


def alive_label(row: ParcelRow) -> LabelRow | None:
    """The label that this parcel goes with, or that is being bought for it."""
    found: LabelRow | None = LabelRow.get_or_none(LabelRow.parcel == row.id, LabelRow.alive == True)  # noqa: E712
    return found


def _locked(actor: Actor, code: str) -> OrderRow:
    order = scoped.order(actor, code)
    OrderRow.update(version=OrderRow.version).where(OrderRow.id == order.id).execute()
    if Stage(order.stage) not in PACKABLE:
        raise RuleError("Parcels are packed once an order is made, and before it has left.")
    if order.delivery != "shipping":
        raise RuleError("This order is to be picked up, not shipped.")
    return order


def _check(order: OrderRow, draft: ParcelDraft, without: int | None) -> None:
    others = [contents_of(row) for row in parcels_of(order) if row.id != without]
    ordered = {line.id: line.quantity for line in lines_of(order)}
    if why := may_pack(ordered, others, draft.contents):
        raise RuleError(why)
    faults = {
        name: f"Write a whole number from 1 to {most:,}."
        for name, most in SIZES.items()
        if not 1 <= getattr(draft.size, name) <= most
    }
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)


def _values(draft: ParcelDraft) -> dict[str, object]:
    return {
        "contents": [[line, copies] for line, copies in draft.contents.items() if copies > 0],
        **{name: getattr(draft.size, name) for name in SIZES},
    }


def _create(uow: UnitOfWork, order: OrderRow, draft: ParcelDraft, actor: Actor, at: datetime) -> ParcelRow:
    known = [row.position for row in parcels_of(order)]
    row: ParcelRow = ParcelRow.create(
        order=order.id, position=max(known, default=0) + 1, code=_free_code(), state=ParcelState.PACKED.value,
        state_since=at, created_at=at, **_values(draft),
    )  # fmt: skip
    record(uow, order, row.id, "packed", actor, at)
    return row


def _free_code() -> str:
    while True:
        code = "P" + "".join(secrets.choice(CODE_ALPHABET) for _ in range(8))
        if not ParcelRow.select().where(ParcelRow.code == code).exists():
            return code


def record(uow: UnitOfWork, order: OrderRow, parcel: int | None, what: str, actor: Actor, at: datetime) -> None:
    """Tell that a parcel changed."""
    data = {"parcel": parcel, "what": what}
    uow.record(Event(EventKind.PARCEL_CHANGED, at, actor, order.id, order.customer_id, data=data))
