"""What the shop's own pages hand to the composition root."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from craftops.tasks import plugins
from craftops.web.frame.capability import Capability, MenuEntry, Room
from craftops.web.frame.security import SETUP
from craftops.web.shop import own_pages, portal, setup, staff, staff_plugins

SHOP = Capability(
    "shop",
    portal=(portal.add_to, own_pages.add_to_portal),
    staff=(staff.add_to, staff_plugins.add_to, own_pages.add_to_floor),
    rooms=(Room(setup.blueprint, SETUP),),
    public=frozenset({"portal.logo"}),
    work=plugins.WORK,
    menu=(
        MenuEntry(
            "staff.settings", _("Settings"), "settings", "s", 80, ("staff.plugins", "staff.plugin"), owner_only=True
        ),
    ),
)
