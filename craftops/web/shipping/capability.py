"""What shipping hands to the composition root."""

from __future__ import annotations

from craftops.tasks import shipping as tasks
from craftops.web.frame.capability import Capability, MenuEntry, OrderPanel, Room, SettingsEntry, TodoKind
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.security import PUBLIC
from craftops.web.shipping import (
    api,
    live,
    portal,
    portal_pickup,
    present_counter,
    present_desk,
    present_pickup,
    present_portal,
    public,
    public_pickup,
    staff,
    staff_parcels,
    staff_pickup,
    staff_settings,
)
from craftops.web.shipping.notices import NOTICES, notice_of

SHIPPING = Capability(
    "shipping",
    portal=(portal.add_to, portal_pickup.add_to),
    staff=(staff.add_to, staff_parcels.add_to, staff_settings.add_to, staff_pickup.add_to),
    api=(api.add_to,),
    rooms=(Room(public.hooks, PUBLIC), Room(public_pickup.blueprint, PUBLIC)),
    menu=(
        MenuEntry(
            "staff.shipping", _("Shipping"), "truck", "v", 46,
            ("staff.order_shipping", "staff.hand_over", "staff.pickups", "staff.pickup"),
        ),
    ),
    settings=(SettingsEntry("staff.shipping_settings", _("Sender and boxes"), "package", 35),),
    portal_panels=(
        OrderPanel("portal/_delivery.html", present_portal.delivery_panel, 3),
        OrderPanel("portal/_pickup.html", present_pickup.panel, 4, first=True),
        OrderPanel("portal/_problem.html", present_portal.problem_panel, 5),
    ),
    staff_panels=(
        OrderPanel("staff/_shipping.html", present_desk.staff_panel, 14),
        OrderPanel("staff/_pickup.html", present_counter.order_panel, 13),
    ),
    todo={
        "to_ship": TodoKind(
            _("Ready to ship"), "truck", _("Nothing waits for its parcel."), present_desk.to_ship_todo, 95
        ),
        "held_up": TodoKind(
            _("Parcels held up"), "alert-triangle", _("Every parcel moves."), present_desk.held_up_todo, 42
        ),
        "pickups": TodoKind(
            _("Not picked up for two weeks"), "hourglass", _("Nothing has been forgotten here."),
            present_counter.long_here_todo, 96,
        ),
        "problems": TodoKind(
            _("Problems after delivery"), "flag", _("Nobody complains."), present_desk.problems_todo, 41
        ),
    },
    topics=live.TOPICS,
    notices=NOTICES,
    notice_of=notice_of,
    work=tasks.WORK,
    every_minute=(tasks.every_minute,),
)  # fmt: skip
