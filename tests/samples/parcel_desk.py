"""A shop with a carrier, and orders that are ready to ship."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.settings import ShippingSettings
from craftops.services.orders import delivering
from craftops.services.shipping import packing, rating
from craftops.services.shipping.settings import save_shipping
from craftops.store.database import utcnow
from craftops.store.models import JobRow, OperationRow, OrderRow, ParcelRow, StageChangeRow
from craftops.testing import Workshop
from craftops.testing.paper_carrier import PaperCarrier, PostOffice

SHOP = PostalAddress("Workshop", "Hauptstr. 1", "Berlin", "DE", "10115")
ADA = PostalAddress("Ada Lovelace", "Lindenweg 3", "Berlin", "DE", "10969", phone="030 1234")
ZURICH = PostalAddress("Ada Lovelace", "Bahnhofstrasse 1", "Zürich", "CH", "8001")


def open_for_shipping(workshop: Workshop) -> PaperCarrier:
    """Write the sender, switch both carriers on."""
    carrier = PaperCarrier()
    workshop.shop.plugins.carriers |= {carrier.name: carrier, PostOffice.name: PostOffice()}
    save_shipping(workshop.shop, ShippingSettings(sender=SHOP), actor=workshop.actor("olga"), at=utcnow())
    return carrier


def fresh(row: ParcelRow) -> ParcelRow:
    """A parcel as it stands now."""
    found: ParcelRow = ParcelRow.get_by_id(row.id)
    return found


def ready_to_ship(
    workshop: Workshop, who: str = "ada", *, quantity: int = 1, to: PostalAddress = ADA, at: datetime | None = None
) -> OrderRow:
    """An order that is made, and has an address. The floor's part of its life is written past: other tests walk it."""
    order = workshop.place(who, quantity=quantity, at=at)
    OrderRow.update(delivery=Delivery.SHIPPING.value).where(OrderRow.id == order.id).execute()
    delivering.write_address(order, to, by=who, at=at or utcnow())
    now = at or utcnow()
    JobRow.update(state="done", finished_at=now).where(JobRow.order == order.id).execute()
    OperationRow.update(done_at=now).where(OperationRow.order == order.id).execute()
    StageChangeRow.create(
        order=order.id, before=Stage.QUALITY_CHECK.value, after=Stage.READY_TO_SHIP.value, kind="forward",
        actor_kind="staff", actor_name="Sam", at=now,
    )  # fmt: skip
    OrderRow.update(stage=Stage.READY_TO_SHIP.value, stage_since=now).where(OrderRow.id == order.id).execute()
    fresh: OrderRow = OrderRow.get_by_id(order.id)
    return fresh


def rated_parcel(workshop: Workshop, order: OrderRow) -> ParcelRow:
    """The order's first parcel, packed as proposed, with offers of the carriers."""
    made = packing.pack_all(workshop.shop, order.code, actor=workshop.actor("sam"), at=utcnow())
    rating.ask(workshop.shop, [made[0].id], actor=workshop.actor("sam"), at=utcnow())
    workshop.run_due()
    row: ParcelRow = ParcelRow.get_by_id(made[0].id)
    return row
