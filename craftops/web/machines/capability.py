"""What machines hand to the composition root."""

from __future__ import annotations

from craftops.web.frame.capability import Capability, MenuEntry, SettingsEntry
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.machines import api, live, portal, staff, staff_broker, staff_cameras, staff_hand, staff_links

PAGES = ("staff.machine", "staff.add_machine", "staff.change_link", "staff.hand", "staff.sign")
MACHINES = Capability(
    "machines",
    portal=(portal.add_to,),
    staff=(staff.add_to, staff_hand.add_to, staff_links.add_to, staff_cameras.add_to, staff_broker.add_to),
    api=(api.add_to,),
    menu=(MenuEntry("staff.machines", _("Machines"), "cpu", "m", 50, PAGES),),
    settings=(SettingsEntry("staff.broker", _("Broker"), "activity", 90),),
    topics=live.TOPICS,
)
