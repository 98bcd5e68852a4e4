"""Verdicts, findings, fixes, versions, in words."""

from __future__ import annotations

from craftops.domain.files.designs import Severity, Verdict
from craftops.domain.files.remedies import Remedy
from craftops.web.frame.language.translation import lazy_gettext as _

VERDICTS = {
    Verdict.WAITING: _("We are measuring your file…"),
    Verdict.ACCEPTED: _("Looks good"),
    Verdict.FINDINGS: _("Please have a look"),
    Verdict.REFUSED: _("We cannot make this file"),
    Verdict.BY_HAND: _("We will check it by hand"),
    Verdict.COMPANION: _("Rides along"),
}
FINDING_ICONS = {Severity.ERROR: "alert-circle", Severity.WARNING: "alert-triangle", Severity.NOTE: "info-circle"}
REMEDIES = {
    Remedy.REPAIR: _("Close the holes"),
    Remedy.CENTRE: _("Put it on the bed"),
    Remedy.CLOSE_GAPS: _("Close the small gaps"),
    Remedy.MERGE_DUPLICATES: _("Take doubled lines out"),
    Remedy.DROP_EMPTY: _("Take empty layers out"),
}
UNITS = {
    "mm": _("millimetres"),
    "cm": _("centimetres"),
    "m": _("metres"),
    "in": _("inches"),
    "µm": _("micrometres"),
    "px": _("pixels, 96 to an inch"),
    "px90": _("pixels, 90 to an inch"),
    "pt": _("points, 72 to an inch"),
}
MEASURES = {
    "size_mm": _("Size"),
    "volume_mm3": _("Volume"),
    "area_mm2": _("Surface"),
    "triangles": _("Triangles"),
    "bodies": _("Bodies"),
    "objects": _("Parts"),
    "wall_mm": _("Thinnest wall"),
    "overhang": _("Overhangs"),
    "cut_mm": _("Lines"),
    "closed": _("Closed contours"),
    "open": _("Open contours"),
    "holes": _("Holes"),
    "duplicates": _("Doubled lines"),
    "texts": _("Texts"),
}
REVISIONS = {
    "proposed": (_("waits for our word"), "warn"),
    "approved": (_("this one is made"), "good"),
    "replaced": (_("replaced"), "quiet"),
    "declined": (_("not taken"), "bad"),
}
INCOMING = {
    "held": (_("waits for you"), "warn", "hand-stop"),
    "taken": (_("taken in"), "good", "check"),
    "refused": (_("refused"), "bad", "ban"),
    "thrown": (_("thrown away"), "quiet", "trash"),
}
