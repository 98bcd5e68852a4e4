"""What people hand to the composition root."""

from __future__ import annotations

from craftops.web.frame.capability import Capability, HomePanel, MenuEntry, Room, SettingsEntry
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.security import PUBLIC
from craftops.web.people import (
    lost_links,
    notices,
    portal_account,
    portal_addresses,
    portal_company,
    portal_factors,
    second,
    signin,
    staff,
    staff_team,
    vouched,
)

PEOPLE = Capability(
    "people",
    portal=(portal_account.add_to, portal_company.add_to, portal_addresses.add_to, portal_factors.add_to),
    staff=(staff.add_to, staff_team.add_to),
    rooms=(
        Room(signin.blueprint, PUBLIC),
        Room(second.blueprint, PUBLIC),
        Room(vouched.blueprint, PUBLIC),
        Room(lost_links.blueprint, PUBLIC),
        Room(portal_company.joins, PUBLIC),
        Room(portal_addresses.changes, PUBLIC),
    ),
    menu=(MenuEntry("staff.customers", _("Customers"), "users", "c", 60, ("staff.customer", "staff.add_customer")),),
    settings=(
        SettingsEntry("staff.team_page", _("People who work here"), "user", 70),
        SettingsEntry("staff.tokens", _("Tokens"), "key", 80),
    ),
    home_panels=(HomePanel("portal/_asking_home.html", portal_company.asking_panel, 8),),
    notices=notices.NOTICES,
)
