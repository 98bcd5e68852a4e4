"""What the estimate's pages hand to the composition root."""

from __future__ import annotations

from craftops.tasks import estimation as tasks
from craftops.web.estimation import staff, staff_samples
from craftops.web.frame.capability import Capability, MenuEntry
from craftops.web.frame.language.translation import lazy_gettext as _

ESTIMATION = Capability(
    "estimation",
    staff=(staff.add_to, staff_samples.add_to),
    menu=(MenuEntry("staff.accuracy", _("Accuracy"), "clock", "y", 70, owner_only=True),),
    work=tasks.WORK,
)
