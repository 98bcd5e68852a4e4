"""The counter, as staff read it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import url_for

from craftops.domain.billing.money import Money
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.shipping.pickup import LONG_AFTER, PickupState, Unpaid, objection
from craftops.services.shipping import pickup
from craftops.services.shipping.settings import shipping_settings
from craftops.store.queries import order_lines, orders
from craftops.store.queries import pickup as rows
from craftops.store.queries import pickup_pages as pages
from craftops.store.views.orders import OrderView
from craftops.store.views.shipping import PickupPass, PickupView
from craftops.web.billing.present import money
from craftops.web.files.present import photo_cards_of, picture_url
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Chip, TodoItem
from craftops.web.orders.present_parts import specification
from craftops.web.shipping.views_pickup import (
    CounterPage,
    HandOverPart,
    PickupLine,
    PickupsPage,
    StaffPickupPanel,
)

MOST_PHOTOS = 3


def pickups_page(sight: RequestContext, *, fault: str = "", said: str = "") -> PickupsPage:
    """What lies at the counter, longest first."""
    pickup.lay_ready(sight.now)
    found = pages.waiting()
    proxies = rows.proxies_of(row.id for row in found)
    unpaid = rows.unpaid_of(row.order_id for row in found)
    pictures = orders.first_files(row.order_id for row in found)
    return PickupsPage(
        tuple(
            PickupLine(
                url=url_for("staff.pickup", pickup_id=row.id),
                code=row.code,
                title=row.title,
                customer=row.customer,
                proxies=tuple(proxies.get(row.id, ())),
                since=row.since,
                bin=row.bin,
                chips=_chips(row, unpaid.get(row.order_id, {}), sight),
                picture_url=picture_url(pictures.get(row.order_id)),
            )
            for row in found
        ),
        fault,
        said,
    )


def _chips(row: PickupView, unpaid: Mapping[str, int], sight: RequestContext) -> tuple[Chip, ...]:
    found = []
    if row.hold_since is not None:
        found.append(Chip(_("On hold"), "warn", "player-pause"))
    if unpaid:
        found.append(Chip(_("To pay"), "warn", "cash"))
    if sight.now - row.since > LONG_AFTER:
        found.append(Chip(_("Long here"), "bad", "hourglass"))
    return tuple(found)


def hand_over_page(
    row: PickupView, sight: RequestContext, shown: PickupPass | None, values: dict[str, str], errors: dict[str, str]
) -> CounterPage:
    """One order, before and after."""
    unpaid = rows.unpaid_of([row.order_id]).get(row.order_id, {})
    handed = row.state == PickupState.HANDED.value
    setting = Unpaid(shipping_settings(sight.shop).pickup_unpaid)
    why = "" if handed else objection(unpaid, setting, on_hold=row.hold_since is not None)
    if not handed and row.stage != Stage.READY_FOR_PICKUP.value:
        why = _("The order does not wait at the counter any more.")
    by = ""
    if shown is not None:
        by = _("%(name)s, sent by the customer", name=shown.name) if shown.name else row.customer
    return CounterPage(
        id=row.id,
        code=row.code,
        title=row.title,
        order_url=url_for("staff.order", code=row.code),
        customer=row.customer,
        proxies=tuple(pickup.names(pages.passes(row.id))),
        since=row.since,
        bin=row.bin,
        parts=tuple(
            HandOverPart(line.title, line.quantity, specification(line, sight.catalogue), picture_url(line.file))
            for line in order_lines.lines_of(row.order_id)
        ),
        photos=tuple((card.small_url, card.said) for card in photo_cards_of(row.order_id, row.code)[:MOST_PHOTOS]),
        unpaid=tuple(money(Money(amount, currency)) for currency, amount in sorted(unpaid.items())),
        why_not=why,
        shown=shown.code if shown is not None else "",
        shown_by=by,
        values=values,
        errors=errors,
        handed_at=row.handed_at if handed else None,
        handed_by=row.handed_by,
        given_to=row.given_to,
        proof=proof_words(row),
        signature_url=url_for("staff.pickup_signature", pickup_id=row.id) if row.signature_sha else "",
    )


def proof_words(row: PickupView) -> str:
    """What was shown at the counter."""
    if row.proof == "code":
        return _("with the customer's code")
    return _("with the code of somebody sent") if row.proof == "proxy" else _("without a code")


def order_panel(order: OrderView, sight: RequestContext, _actor: Actor) -> StaffPickupPanel | None:
    """On the order's page: where it lies and the way to the hand-over, afterwards who has it."""
    if order.delivery != "pickup" or order.stage not in (Stage.READY_FOR_PICKUP.value, Stage.COMPLETED.value):
        return None
    ticket = pickup.ticket_of(order, at=sight.now)
    row = ticket.pickup if ticket is not None else pages.of_order(order.id)
    if row is None or (ticket is None and row.state != PickupState.HANDED.value):
        return None
    return StaffPickupPanel(
        url_for("staff.pickup", pickup_id=row.id), row.bin, row.since,
        row.handed_at if row.state == PickupState.HANDED.value else None, row.handed_by, row.given_to, proof_words(row),
    )  # fmt: skip


def long_here_todo(sight: RequestContext) -> list[TodoItem]:
    """What has lain here for two weeks, whatever was written to its customer."""
    found = pages.waiting_longer(LONG_AFTER, sight.now)
    return [
        TodoItem(
            url=url_for("staff.pickup", pickup_id=row.id),
            code=row.code,
            title=row.title,
            note=" · ".join(filter(None, (row.customer, row.customer_phone, row.bin))),
            since=row.since,
            picture_url="",
            chip=Chip(_("Call them"), "warn", "phone"),
        )
        for row in found
    ]
