"""What orders hand to the composition root."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from craftops.domain.orders.notices import notice_of
from craftops.web.frame.capability import Capability, MenuEntry, OrderPanel
from craftops.web.orders import api, live, notices, portal, portal_new, present_floor, share, staff

ORDERS = Capability(
    "orders",
    portal=(portal.add_to, portal_new.add_to, share.add_to),
    staff=(staff.add_to, share.add_to),
    api=(api.add_to,),
    menu=(
        MenuEntry("staff.home", _("To do"), "home", "h", 10, ("staff.todo", "staff.incoming")),
        MenuEntry("staff.board", _("Board"), "layout-kanban", "b", 20),
        MenuEntry("staff.orders", _("Orders"), "list-details", "o", 40, ("staff.order",)),
    ),
    portal_panels=(OrderPanel("portal/_share.html", share.card, 60),),
    staff_panels=(OrderPanel("portal/_share.html", share.card, 60),),
    topics=live.TOPICS,
    notices=notices.NOTICES,
    notice_of=notice_of,
    todo=present_floor.LISTS,
)
