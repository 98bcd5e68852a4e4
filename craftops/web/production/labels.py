"""Jobs and hand work, in words."""

from __future__ import annotations

from craftops.domain.production.jobs import JobState, OperationKind
from craftops.web.frame.language.translation import lazy_gettext as _

JOB_STATES = {
    JobState.PLANNED: (_("needs a machine"), "warn"),
    JobState.QUEUED: (_("waiting"), "quiet"),
    JobState.RUNNING: (_("running"), "calm"),
    JobState.PAUSED: (_("paused"), "warn"),
    JobState.ATTENTION: (_("needs hands"), "bad"),
    JobState.DONE: (_("done"), "good"),
    JobState.FAILED: (_("failed"), "bad"),
    JobState.CANCELLED: (_("cancelled"), "quiet"),
}
OPERATIONS = {
    OperationKind.SUPPORT_REMOVAL: _("Remove supports"),
    OperationKind.CLEANING: _("Clean"),
    OperationKind.DEBURRING: _("Deburr"),
    OperationKind.SANDING: _("Sand"),
    OperationKind.POLISHING: _("Polish"),
    OperationKind.PAINTING: _("Paint"),
    OperationKind.ASSEMBLY: _("Assemble"),
    OperationKind.OTHER: _("Hand work"),
}
