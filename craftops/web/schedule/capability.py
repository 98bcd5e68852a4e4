"""What the schedule hand to the composition root."""

from __future__ import annotations

from craftops.web.frame.capability import Capability, MenuEntry, Room
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.security import PUBLIC
from craftops.web.schedule import calendar_feed, live, staff, staff_capabilities

SCHEDULE = Capability(
    "schedule",
    portal=(calendar_feed.add_to,),
    rooms=(Room(calendar_feed.blueprint, PUBLIC),),
    staff=(staff_capabilities.add_to, staff.add_to),
    menu=(
        MenuEntry("staff.schedule", _("Schedule"), "calendar-event", "p", 30, ("staff.schedule_job", "staff.proposal")),
    ),
    topics=live.TOPICS,
)
