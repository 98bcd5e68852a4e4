"""What other programs' pages hand to the composition root."""

from __future__ import annotations

from craftops.tasks import integrations as tasks
from craftops.web.frame.capability import Capability, SettingsEntry, TodoKind
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.integrations import present, staff, staff_proposals
from craftops.web.integrations.payload_schema import WEBHOOKS

INTEGRATIONS = Capability(
    "integrations",
    webhooks=WEBHOOKS,
    staff=(staff.add_to, staff_proposals.add_to),
    settings=(SettingsEntry("staff.webhooks", _("Webhooks"), "link", 81, ("staff.webhook", "staff.webhook_delivery")),),
    todo={
        "proposals": TodoKind(
            _("Proposals of an assistant"), "wand", _("Nothing is proposed."), staff_proposals.todo, 17
        ),
        "webhooks": TodoKind(
            _("Programs that do not listen"), "link", _("Every program takes what it is told."), present.todo, 90
        ),
    },
    work=tasks.WORK,
    on_event=tasks.on_event,
    every_minute=(tasks.every_minute,),
)
