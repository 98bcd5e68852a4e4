"""Stages and moves, in words."""

from __future__ import annotations

from craftops.domain.orders.workflow import Stage
from craftops.web.frame.language.translation import lazy_gettext as _

STAGE_TITLES = {
    Stage.RECEIVED: _("Received"),
    Stage.IN_REVIEW: _("In review"),
    Stage.QUEUED: _("Queued"),
    Stage.IN_PRODUCTION: _("In production"),
    Stage.POST_PROCESSING: _("Post-processing"),
    Stage.QUALITY_CHECK: _("Quality check"),
    Stage.READY_FOR_PICKUP: _("Ready for pickup"),
    Stage.READY_TO_SHIP: _("Ready to ship"),
    Stage.SHIPPED: _("Shipped"),
    Stage.COMPLETED: _("Completed"),
    Stage.CANCELLED: _("Cancelled"),
}
STAGE_SENTENCES = {
    Stage.RECEIVED: _("We have your order"),
    Stage.IN_REVIEW: _("We are looking at your files"),
    Stage.QUEUED: _("Accepted, waiting for a machine"),
    Stage.IN_PRODUCTION: _("Being made now"),
    Stage.POST_PROCESSING: _("Being finished by hand"),
    Stage.QUALITY_CHECK: _("Being checked"),
    Stage.READY_FOR_PICKUP: _("Ready for you to pick up"),
    Stage.READY_TO_SHIP: _("Packed and ready to ship"),
    Stage.SHIPPED: _("On its way to you"),
    Stage.COMPLETED: _("Done. Thank you for your order"),
    Stage.CANCELLED: _("This order was cancelled"),
}
STAGE_ICONS = {
    Stage.RECEIVED: "mail",
    Stage.IN_REVIEW: "eye",
    Stage.QUEUED: "hourglass",
    Stage.IN_PRODUCTION: "printer",
    Stage.POST_PROCESSING: "tools",
    Stage.QUALITY_CHECK: "clipboard-check",
    Stage.READY_FOR_PICKUP: "building-store",
    Stage.READY_TO_SHIP: "package",
    Stage.SHIPPED: "truck",
    Stage.COMPLETED: "circle-check",
    Stage.CANCELLED: "ban",
}
MAKING = {
    "fdm": _("Printing"),
    "sla": _("Printing"),
    "laser": _("Cutting"),
    "cnc": _("Milling"),
    "other": _("Being made"),
}
LEFT = {
    "fdm": _("about %(time)s of printing left"),
    "sla": _("about %(time)s of printing left"),
    "laser": _("about %(time)s of cutting left"),
    "cnc": _("about %(time)s of milling left"),
    "other": _("about %(time)s at the machine left"),
}
STAGE_MOVES = {
    Stage.IN_REVIEW: _("Start review"),
    Stage.QUEUED: _("Accept"),
    Stage.IN_PRODUCTION: _("Into production"),
    Stage.POST_PROCESSING: _("Machine work done"),
    Stage.QUALITY_CHECK: _("To quality check"),
    Stage.READY_FOR_PICKUP: _("Passed: ready for pickup"),
    Stage.READY_TO_SHIP: _("Passed: ready to ship"),
    Stage.SHIPPED: _("Shipped"),
    Stage.COMPLETED: _("Handed over"),
    Stage.CANCELLED: _("Cancel order"),
}

WAY_SENTENCES = {
    "held_up": _("Held up on its way"),
    "delivered": _("Delivered"),
    "waits_for_pickup": _("Waits for you at a shop or locker"),
    "out_for_delivery": _("Comes today"),
}
"""Of an order that has left, by ``OrderRow.way``."""
