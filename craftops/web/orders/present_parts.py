"""Parts of an order that portal and floor show alike."""

from __future__ import annotations

from collections.abc import Sequence

from craftops.domain.orders.workflow import StageChange
from craftops.domain.people.access import ActorKind
from craftops.domain.shop.catalogue import Catalogue, Specified
from craftops.store.queries.order_lists import ListedOrder
from craftops.store.queries.orders import PartPicture
from craftops.web.files.present import picture_url
from craftops.web.frame.keeping import kept
from craftops.web.frame.language.told import told
from craftops.web.frame.language.translation import gettext as _
from craftops.web.orders import labels as order_labels
from craftops.web.orders.views import TimelineEntry


def listed_picture(order: ListedOrder) -> str:
    """The picture of its first line."""
    file, _sep, mark = (order.picture or "").partition(":")
    return picture_url(PartPicture(int(file), mark)) if mark else ""


def specification(line: Specified, catalogue: Catalogue) -> str:
    material, finish = catalogue.material_of(line), catalogue.finish_of(line)
    parts = [material.label if material else line.material, told(line.colour), finish.label if finish else line.finish]
    return ", ".join(part for part in parts if part)


def timeline(changes: Sequence[StageChange], *, for_staff: bool) -> tuple[TimelineEntry, ...]:
    """What happened, newest first."""
    facts = (tuple(changes), for_staff)
    return kept("timeline", facts, lambda: _timeline(changes, for_staff=for_staff))


def _timeline(changes: Sequence[StageChange], *, for_staff: bool) -> tuple[TimelineEntry, ...]:
    entries = []
    for change in reversed(changes):
        if for_staff or change.actor.kind is ActorKind.CUSTOMER:
            who = change.actor.name
        else:
            who = _("A machine") if change.actor.kind is ActorKind.MACHINE else _("The shop")
        what = str(order_labels.STAGE_TITLES[change.after])
        if change.kind.value == "undo":
            what = _("Back to: %(stage)s", stage=what)
        note = change.note if for_staff and change.note != "undone" else ""
        entries.append(TimelineEntry(change.at, who, what, note, order_labels.STAGE_ICONS[change.after]))
    return tuple(entries)
