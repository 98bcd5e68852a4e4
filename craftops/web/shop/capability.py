"""What the shop's own pages hand to the composition root."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from craftops.tasks import plugins
from craftops.tasks import shop as tasks
from craftops.web.frame.capability import Capability, MenuEntry, Room, TodoKind
from craftops.web.frame.security import SETUP
from craftops.web.shop import (
    own_pages,
    portal,
    present_backups,
    setup,
    staff,
    staff_backups,
    staff_exchange,
    staff_plugins,
)

SHOP = Capability(
    "shop",
    portal=(portal.add_to, own_pages.add_to_portal),
    staff=(
        staff.add_to,
        staff_plugins.add_to,
        own_pages.add_to_floor,
        staff_backups.add_to,
        staff_exchange.add_to,
    ),
    rooms=(Room(setup.blueprint, SETUP),),
    public=frozenset({"portal.logo"}),
    menu=(
        MenuEntry(
            "staff.settings",
            _("Settings"),
            "settings",
            "s",
            80,
            ("staff.plugins", "staff.plugin", "staff.backups", "staff.recovery_phrase", "staff.exchange"),
            owner_only=True,
        ),
    ),
    todo={
        "backups": TodoKind(
            _("The shop itself"), "archive", _("Nothing is to be done about it."), present_backups.todo, 5
        ),
    },
    work={**plugins.WORK, **tasks.WORK},
    every_minute=(tasks.every_minute,),
)
