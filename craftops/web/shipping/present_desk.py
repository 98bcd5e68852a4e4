"""The shipping desk: what is to be packed, labelled, handed over, looked after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from craftops.domain.people.access import Actor
from craftops.domain.shipping.parcels import IN_THE_SHOP, LabelState, ParcelState
from craftops.services.orders.delivering import as_address
from craftops.services.shipping import collecting, packing, rating
from craftops.services.shipping.carriers import ready_carriers
from craftops.services.shipping.settings import shipping_settings
from craftops.store.queries import shipping
from craftops.store.views.orders import OrderView
from craftops.store.views.shipping import (
    ListedParcel,
    Shipment,
    ShippedOrder,
    StoredAddress,
    StoredCollection,
    StoredParcel,
)
from craftops.web.billing.present import money
from craftops.web.frame import labels as frame_labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.one_time import one_time_key
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.shown_part import ShownPart
from craftops.web.frame.views import Chip, TodoItem
from craftops.web.people.address_fields import address_lines
from craftops.web.shipping import labels
from craftops.web.shipping.forms import FetchForm
from craftops.web.shipping.present import chip, contents_text, problem_view, shipping_url
from craftops.web.shipping.views import (
    BatchProgress,
    ComingDriver,
    DeskLine,
    DeskPage,
    FetchChoice,
    HandOverPage,
    StaffShippingPanel,
)


def _to(address: StoredAddress | None) -> str:
    return f"{address.city}, {address.country}" if address is not None else ""


def _missing(one: Shipment) -> dict[int, int]:
    return packing.left_of(one.lines, one.parcels)


def _pack_line(one: Shipment) -> DeskLine:
    left = sum(_missing(one).values())
    what = _("%(n)s to pack", n=left)
    if one.address is None:
        return _order_line(one, what, Chip(_("No address"), "warn", "map-pin"))
    return _order_line(one, what, Chip(_("To pack"), "calm", "box"), selectable=True)


def _order_line(one: Shipment, what: str, word: Chip, *, selectable: bool = False) -> DeskLine:
    order = one.order
    return DeskLine(
        order.id, shipping_url(order.code), order.code, order.title, order.customer, _to(one.address), what, word,
        order.stage_since, selectable=selectable,
    )  # fmt: skip


def _label_line(one: Shipment, row: StoredParcel) -> DeskLine:
    offers, label = rating.offers_of(row), next(iter(one.labels.get(row.id, ())), None)
    word, price = chip(labels.PARCEL_CHIPS[ParcelState(row.state)]), ""
    if label is not None and label.alive:
        word = chip(labels.LABEL_CHIPS[LabelState(label.state)])
    elif label is not None and label.state == LabelState.FAILED.value:
        word = chip(labels.LABEL_CHIPS[LabelState.FAILED])
    elif offers.asking:
        word = Chip(_("Asking for prices"), "calm", "clock")
    elif offers.offers:
        best = offers.offers[0]
        price = f"{money(best.rate.price)} · {best.rate.title}"
    elif offers.faults:
        word = Chip(_("No price"), "warn", "alert-triangle")
    lines = {line.id: line for line in one.lines}
    order = one.order
    return DeskLine(
        row.id, shipping_url(order.code), order.code, order.title, order.customer, _to(one.address),
        _("Parcel %(n)s: %(what)s", n=row.position, what=contents_text(row, lines)), word, row.state_since, price,
        selectable=label is None or not label.alive,
    )  # fmt: skip


def _listed(row: ListedParcel) -> DeskLine:
    """A parcel of a list."""
    return parcel_line(row, row.order_code, row.order_title, row.customer)


def parcel_line(row: ListedParcel | StoredParcel, code: str, title: str, customer: str) -> DeskLine:
    """A parcel of this order."""
    return DeskLine(
        row.id, shipping_url(code), code, title, customer, "",
        row.told or _("Parcel %(n)s", n=row.position), chip(labels.PARCEL_CHIPS[ParcelState(row.state)]),
        row.state_since, selectable=row.state == ParcelState.LABELLED.value, link=row.link,
        number=f"{row.network} {row.number}".strip(),
    )  # fmt: skip


def desk_page(sight: RequestContext, batch: str) -> DeskPage:
    """The whole desk, in a fixed number of queries."""
    waiting = shipping.with_parcels(shipping.waiting_to_ship())
    packed = [(one, row) for one in waiting for row in one.parcels if row.state == ParcelState.PACKED.value]
    left = [one for one in waiting if _missing(one)]
    away = shipping.on_the_way()
    trouble = [row for row in away if row.state == ParcelState.HELD_UP.value]
    trouble += shipping.parcels_in((ParcelState.RETURNED,))
    return DeskPage(
        to_pack=tuple(_pack_line(one) for one in left),
        to_label=tuple(_label_line(one, row) for one, row in packed),
        to_hand_over=tuple(_listed(row) for row in shipping.to_hand_over()),
        held_up=tuple(_listed(row) for row in trouble),
        on_the_way=tuple(_listed(row) for row in away if row.state != ParcelState.HELD_UP.value),
        batch=BatchProgress(batch, *shipping.batch_progress(batch)) if batch else None,
        token=one_time_key(),
        sender_missing=shipping_settings(sight.shop).sender is None,
        carriers=len(ready_carriers(sight.shop)),
    )


def hand_over_page(
    sight: RequestContext, sent: FetchForm | None = None, errors: dict[str, str] | None = None
) -> HandOverPage:
    """What lies ready for the driver, and who can be asked to come; what was ``sent`` stands there again."""
    asked = sent or _proposed_fetch(sight)
    return HandOverPage(
        tuple(_listed(row) for row in shipping.to_hand_over()),
        tuple(FetchChoice(one.name, one.title, count, one.name == asked.carrier)
              for one, count in collecting.waiting_for(sight.shop)),
        tuple(_coming(row, sight) for row in collecting.coming(sight.now)),
        asked.earliest, asked.latest, asked.note, errors or {},
    )  # fmt: skip


def _proposed_fetch(sight: RequestContext) -> FetchForm:
    """Four hours from when the shop is open next."""
    begins = sight.profile.calendar.next_open(sight.now + timedelta(hours=1)).astimezone(sight.profile.zone)
    ends = begins + timedelta(hours=4)
    return FetchForm(earliest=f"{begins:%Y-%m-%dT%H:%M}", latest=f"{ends:%Y-%m-%dT%H:%M}")


def _coming(row: StoredCollection, sight: RequestContext) -> ComingDriver:
    carrier = sight.shop.plugins.carriers.get(row.carrier)
    zone = sight.profile.zone
    when = f"{frame_labels.moment(row.earliest, zone)} – {frame_labels.clock(row.latest, zone)}"
    word = chip(labels.COLLECTION_CHIPS[row.state])
    return ComingDriver(carrier.title if carrier else row.carrier, word, when, row.number, row.reason)


def staff_panel(order: OrderView, _sight: RequestContext, _actor: Actor) -> StaffShippingPanel | None:
    """Shipping on the order's page on the floor."""
    problem = shipping.newest_problem(order.id) if order.stage in ("shipped", "completed") else None
    if order.delivery != "shipping" and problem is None:
        return None
    one = shipping.shipment_of(order)
    return StaffShippingPanel(
        address_lines(as_address(one.address)) if one.address is not None else (),
        tuple(parcel_line(row, order.code, order.title, order.customer.name) for row in one.parcels),
        shipping_url(order.code), order.stage == "ready_to_ship",
        problem_view(problem), order.delivery == "shipping",
    )  # fmt: skip


# To-do lists


def _item(code: str, title: str, note: str, since: datetime | None, word: Chip | None = None) -> TodoItem:
    return TodoItem(shipping_url(code), code, title, note, since, "", word)


def to_ship_todo(_sight: RequestContext) -> Sequence[TodoItem]:
    """Orders that are ready to ship and not handed over."""
    return ShownPart(shipping.waiting_to_ship(), _to_ship_items)


def _to_ship_items(orders: Sequence[ShippedOrder]) -> list[TodoItem]:
    found = []
    for one in shipping.with_parcels(orders):
        parcels = [row for row in one.parcels if ParcelState(row.state) in IN_THE_SHOP]
        word = Chip(_("To hand over"), "good", "truck")
        if one.address is None:
            word = Chip(_("No address"), "warn", "map-pin")
        elif _missing(one) or not parcels:
            word = Chip(_("To pack"), "calm", "box")
        elif any(row.state == ParcelState.PACKED.value for row in parcels):
            word = Chip(_("To label"), "calm", "tag")
        note = f"{one.order.customer} · {_to(one.address)}".rstrip(" ·")
        found.append(_item(one.order.code, one.order.title, note, one.order.stage_since, word))
    return found


def held_up_todo(_sight: RequestContext) -> list[TodoItem]:
    """Parcels that their carrier holds or brings back, and labels that nobody knows about."""
    found = [
        _item(
            row.order_code,
            row.order_title,
            row.told,
            row.state_since,
            chip(labels.PARCEL_CHIPS[ParcelState(row.state)]),
        )
        for row in shipping.held_up()
    ]
    unknown = chip(labels.LABEL_CHIPS[LabelState.UNKNOWN])
    return found + [
        _item(row.order_code, row.order_title, row.reason, row.created_at, unknown)
        for row in shipping.troubled_labels()
        if row.reason
    ]


def problems_todo(_sight: RequestContext) -> list[TodoItem]:
    """What customers say is wrong."""
    return [
        _item(row.order_code, row.order_title, f"{row.customer}: {row.text[:160]}", row.at)
        for row in shipping.open_problems()
    ]
