"""What people hand to the composition root."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from craftops.web.frame.capability import Capability, MenuEntry, Room
from craftops.web.frame.security import PUBLIC
from craftops.web.people import lost_links, notices, portal_account, signin, staff

PEOPLE = Capability(
    "people",
    portal=(portal_account.add_to,),
    staff=(staff.add_to,),
    rooms=(Room(signin.blueprint, PUBLIC), Room(lost_links.blueprint, PUBLIC)),
    menu=(MenuEntry("staff.customers", _("Customers"), "users", "c", 60, ("staff.customer", "staff.add_customer")),),
    notices=notices.NOTICES,
)
