"""What an estimate rests on, why it moved, and whether it is kept, in words."""

from __future__ import annotations

from craftops.domain.estimation.estimate import Basis, Cause, Punctuality
from craftops.web.frame.language.translation import lazy_gettext as _

PUNCTUALITY = {
    Punctuality.ON_TRACK: (_("on track"), "good", "check"),
    Punctuality.AT_RISK: (_("at risk"), "warn", "alert-triangle"),
    Punctuality.LATE: (_("late"), "bad", "alert-circle"),
    Punctuality.WAITING_FOR_YOU: (_("waiting for you"), "warn", "hand-stop"),
    Punctuality.PAUSED: (_("paused"), "warn", "player-pause"),
}
PUNCTUALITY_FOR_STAFF = {Punctuality.WAITING_FOR_YOU: (_("waits for the customer"), "warn", "hand-stop")}
BASES = {
    Basis.MACHINE: _("from the machine"),
    Basis.SCHEDULE: _("from the schedule"),
    Basis.HAND_WORK: _("from the hand work that is left"),
    Basis.OPENING_HOURS: _("from our opening hours"),
    Basis.REVIEW: _("a first guess, until we have looked at it"),
    Basis.WAITING: "",
    Basis.DONE: "",
}
CAUSES = {
    Cause.MACHINE_PAUSED: _("Moved because the machine paused."),
    Cause.MACHINE_RESUMED: _("Moved because the machine goes on."),
    Cause.MACHINE_ATTENTION: _("Moved because the machine waits for a hand."),
    Cause.JOB_STARTED: _("Moved because a machine has started."),
    Cause.JOB_FINISHED: _("Moved because a part is done."),
    Cause.JOB_FAILED: _("Moved because a part has to be made again."),
    Cause.MACHINE_SLOWER: _("Moved because the machine says so."),
    Cause.MACHINE_FASTER: _("Moved because the machine is faster than planned."),
    Cause.MACHINE_RESTS: _("Moved because the times at which a machine works have changed."),
    Cause.QUEUE_CHANGED: _("Moved because the machines' queue changed."),
    Cause.HAND_WORK: _("Moved because of the hand work."),
    Cause.STAGE: _("Moved because the order went on."),
    Cause.HOLD: _("Moved because of a hold."),
    Cause.SILENT: _("Wider because the machine has been silent."),
    Cause.FIRST: "",
    Cause.TIME_PASSED: _("Moved because things take longer than planned."),
}
