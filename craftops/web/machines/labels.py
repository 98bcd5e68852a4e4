"""Machines, their states, their commands, in words."""

from __future__ import annotations

from craftops.domain.production.jobs import DurationSource
from craftops.web.frame.language.translation import lazy_gettext as _

PROCESS_ICONS = {"fdm": "printer", "sla": "printer", "laser": "wand", "cnc": "tool", "other": "cpu"}
PROCESSES = {
    "fdm": _("3D printing (FDM)"),
    "sla": _("3D printing (resin)"),
    "laser": _("Laser cutting"),
    "cnc": _("CNC milling"),
    "other": _("Other"),
}
MACHINE_STATES = {
    "idle": (_("idle"), "quiet"),
    "preparing": (_("preparing"), "calm"),
    "running": (_("running"), "calm"),
    "paused": (_("paused"), "warn"),
    "attention": (_("needs hands"), "bad"),
    "finishing": (_("finishing"), "calm"),
    "done": (_("done"), "good"),
    "cancelled": (_("cancelled"), "quiet"),
    "failed": (_("failed"), "bad"),
    "offline": (_("offline"), "bad"),
    "unknown": (_("not heard of yet"), "quiet"),
}
LINK_STATES = {
    "connecting": (_("connecting"), "quiet"),
    "connected": (_("connected"), "good"),
    "waiting": (_("trying again"), "warn"),
    "rejected": (_("refused"), "bad"),
    "off": (_("not called"), "quiet"),
}
COMMAND_STATES = {
    "waiting": (_("waiting"), "quiet"),
    "begun": (_("being passed on"), "quiet"),
    "sent": (_("passed on"), "calm"),
    "confirmed": (_("confirmed"), "good"),
    "refused": (_("refused"), "bad"),
}
SOURCES = {
    DurationSource.MACHINE: _("says the machine"),
    DurationSource.STAFF: _("set by staff"),
    DurationSource.SLICER: _("from the slicer"),
    DurationSource.MACHINE_CODE: _("worked out from its machine code"),
    DurationSource.HISTORY: _("from earlier runs"),
    DurationSource.MEASURED_FILE: _("rough, from the file's size"),
    DurationSource.DEFAULT: _("a guess"),
}
COMMANDS = {
    "start": (_("Start next"), "player-play"),
    "pause": (_("Pause"), "player-pause"),
    "resume": (_("Resume"), "player-play"),
    "cancel": (_("Stop job"), "player-stop"),
    "finish": (_("Done"), "check"),
    "fail": (_("Failed"), "alert-triangle"),
}
