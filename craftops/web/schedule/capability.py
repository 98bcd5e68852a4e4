"""What the schedule hand to the composition root."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from craftops.web.frame.capability import Capability, MenuEntry
from craftops.web.schedule import live, staff, staff_capabilities

SCHEDULE = Capability(
    "schedule",
    staff=(staff_capabilities.add_to, staff.add_to),
    menu=(
        MenuEntry("staff.schedule", _("Schedule"), "calendar-event", "p", 30, ("staff.schedule_job", "staff.proposal")),
    ),
    topics=live.TOPICS,
)
