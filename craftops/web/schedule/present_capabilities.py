"""What a machine's page shows of its abilities."""

from __future__ import annotations

from craftops.domain.schedule.capability import MachineCapability
from craftops.services.schedule.capabilities import capability_of
from craftops.web.frame import labels
from craftops.web.frame.language.told import told
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice
from craftops.web.schedule.views import CanPanel, RestLine


def can_panel(key: str, sight: RequestContext) -> CanPanel:
    """The form of what a machine can do."""
    can = capability_of(sight.shop, key, sight.now)
    zone = sight.profile.zone
    offered = [m for m in sight.catalogue.materials if can.process in (m.process, "other")]
    spools = [(m, colour) for m in offered for colour in (m.colours or ("",))]
    rests = tuple(
        RestLine(
            id=block.id,
            reason=block.reason,
            when=_("from %(start)s until further notice", start=labels.moment(block.start, zone)) if block.end is None
            else f"{labels.moment(block.start, zone)} – {labels.moment(block.end, zone)}",
            now=block.start <= sight.now,
        )
        for block in can.blocks
        if block.end is None or block.end > sight.now
    )  # fmt: skip
    return CanPanel(
        key=key,
        materials=tuple(Choice(m.name, m.label, m.name in can.materials) for m in offered),
        loaded=tuple(
            Choice(f"{m.name}/{colour}", f"{m.label} {told(colour)}".strip(), (m.name, colour) in can.loaded)
            for m, colour in spools
        ),
        unattended=can.unattended,
        hours=f"{can.hours.start:%H:%M}-{can.hours.end:%H:%M}" if can.hours else "",
        changeover_minutes=f"{can.changeover_minutes:g}",
        summary=_summary(can, sight),
        rests=rests,
    )


def _summary(can: MachineCapability, sight: RequestContext) -> str:
    """The abilities in one line."""
    material_labels = {m.name: m.label for m in sight.catalogue.materials}
    parts = [", ".join(f"{material_labels.get(name, name)} {told(colour)}".strip() for name, colour in can.loaded)]
    parts.append("" if can.unattended else _("only while somebody is here"))
    parts.append(
        _("from %(start)s to %(end)s", start=f"{can.hours.start:%H:%M}", end=f"{can.hours.end:%H:%M}")
        if can.hours
        else ""
    )
    return " · ".join(part for part in parts if part) or _("Nobody has said what is loaded.")
