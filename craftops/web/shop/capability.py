"""What the shop's own pages hand to the composition root."""

from __future__ import annotations

from craftops.domain.events import Event, EventKind
from craftops.tasks import plugin_schedules, plugins
from craftops.tasks import shop as tasks
from craftops.web.frame.capability import Capability, MenuEntry, Room, SettingsEntry, TodoKind
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.live.topics import NOTHING, REFRESH, LiveTopic, PageChange, whole
from craftops.web.frame.security import PUBLIC, SETUP, STAFF
from craftops.web.shop import (
    handbook_pages,
    installed,
    own_pages,
    plugin_parts,
    portal,
    present_backups,
    setup,
    staff,
    staff_audit,
    staff_backups,
    staff_catalogue,
    staff_connections,
    staff_exchange,
    staff_hours,
    staff_kept,
    staff_look,
    staff_plugins,
    staff_reports,
)


def _moved(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind is EventKind.SHOP_CHANGED else NOTHING


SHOP = Capability(
    "shop",
    portal=(portal.add_to, own_pages.add_to_portal),
    staff=(
        staff.add_to,
        staff_kept.add_to,
        staff_look.add_to,
        staff_catalogue.add_to,
        staff_hours.add_to,
        staff_connections.add_to,
        staff_plugins.add_to,
        own_pages.add_to_floor,
        staff_backups.add_to,
        staff_exchange.add_to,
        staff_reports.add_to,
        staff_audit.add_to,
    ),
    rooms=(
        Room(setup.blueprint, SETUP),
        Room(installed.blueprint, PUBLIC),
        Room(handbook_pages.blueprint, STAFF),
    ),
    public=frozenset({"portal.logo"}),
    menu=(MenuEntry("staff.settings", _("Settings"), "settings", "s", 80, owner_only=True),),
    portal_panels=(plugin_parts.PORTAL,),
    staff_panels=(plugin_parts.STAFF,),
    settings=(
        SettingsEntry("staff.settings", _("Shop"), "building-store", 10),
        SettingsEntry("staff.look", _("Look"), "palette", 15, ("staff.look_parts",)),
        SettingsEntry("staff.hours", _("Hours"), "clock", 20),
        SettingsEntry(
            "staff.catalogue",
            _("Materials and finishes"),
            "stack-2",
            25,
            ("staff.catalogue_material", "staff.catalogue_finish", "staff.catalogue_import"),
        ),
        SettingsEntry("staff.connections", _("Connections"), "plug-connected", 50, ("staff.connection",)),
        SettingsEntry("staff.plugins", _("Plugins"), "cube", 55, ("staff.plugin",)),
        SettingsEntry("staff.rules", _("Customers and files"), "users", 60),
        SettingsEntry("staff.backups", _("Backups"), "archive", 80, ("staff.recovery_phrase",)),
        SettingsEntry("staff.reports", _("Reports"), "activity", 83, ("staff.report",)),
        SettingsEntry("staff.exchange", _("In and out"), "upload", 85),
        SettingsEntry("staff.audit_trail", _("Audit trail"), "list-details", 90),
    ),
    topics=(LiveTopic("staff-settings", "staff/settings", whole, _moved, for_staff=True),),
    todo={
        "backups": TodoKind(
            _("The shop itself"), "archive", _("Nothing is to be done about it."), present_backups.todo, 5
        ),
    },
    work={**plugins.WORK, **plugin_schedules.WORK, **tasks.WORK},
    every_minute=(tasks.every_minute, plugin_schedules.every_minute),
)
