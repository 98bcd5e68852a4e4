"""What orders hand to the composition root."""

from __future__ import annotations

from craftops.domain.orders.notices import notice_of
from craftops.tasks import orders as tasks
from craftops.web.frame.capability import Capability, HomePanel, MenuEntry, OrderPanel, Room, TodoKind
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.security import PUBLIC
from craftops.web.orders import (
    api,
    first_order,
    history_pages,
    live,
    notices,
    portal,
    portal_new,
    portal_reorder,
    present_first,
    present_floor,
    present_made_before,
    present_record,
    present_withdrawal,
    share,
    staff,
    staff_newcomers,
    staff_scan,
    staff_withdrawals,
    withdrawal_pages,
)

ORDERS = Capability(
    "orders",
    portal=(portal.add_to, portal_new.add_to, portal_reorder.add_to, share.add_to, history_pages.add_to_portal),
    staff=(
        staff.add_to,
        share.add_to,
        staff_newcomers.add_to,
        staff_scan.add_to,
        history_pages.add_to_staff,
        staff_withdrawals.add_to,
    ),
    rooms=(Room(first_order.blueprint, PUBLIC), Room(withdrawal_pages.blueprint, PUBLIC)),
    api=(api.add_to,),
    menu=(
        MenuEntry("staff.home", _("To do"), "home", "h", 10, ("staff.todo", "staff.incoming", "staff.newcomer")),
        MenuEntry("staff.board", _("Board"), "layout-kanban", "b", 20, ("staff.scan", "staff.scan_any")),
        MenuEntry("staff.orders", _("Orders"), "list-details", "o", 40, ("staff.order",)),
        MenuEntry("staff.history", _("History"), "history", "i", 42),
    ),
    portal_panels=(
        OrderPanel("portal/_record.html", present_record.record_card, 35),
        OrderPanel("portal/_share.html", share.card, 60),
        OrderPanel("portal/_withdrawal.html", present_withdrawal.portal_panel, 70),
    ),
    staff_panels=(
        OrderPanel("staff/_withdrawals.html", present_withdrawal.staff_panel, 4),
        OrderPanel("staff/_made_before.html", present_made_before.made_before, 5),
        OrderPanel("portal/_record.html", present_record.record_card, 35),
        OrderPanel("portal/_share.html", share.card, 60),
    ),
    home_panels=(HomePanel("portal/_waiting_home.html", first_order.waiting_panel, 5),),
    topics=live.TOPICS,
    notices=notices.NOTICES,
    notice_of=notice_of,
    todo=present_floor.LISTS
    | {
        "newcomers": TodoKind(_("New customers who ask"), "user", _("Nobody asks."), present_first.todo, 12),
        "withdrawals": TodoKind(
            _("Withdrawals"), "arrow-back-up", _("Nobody has withdrawn."), present_withdrawal.todo, 40
        ),
    },
    work=tasks.WORK,
)
