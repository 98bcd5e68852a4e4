"""What files hand to the composition root."""

from __future__ import annotations

from craftops.tasks import files as tasks
from craftops.web.files import (
    api,
    due_pages,
    file_pages,
    live,
    portal,
    portal_uploads,
    portal_viewer,
    present_due,
    staff,
    versions,
)
from craftops.web.frame.capability import Capability, OrderPanel, Room, TodoKind
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.security import PUBLIC, VISITOR

FILES = Capability(
    "files",
    portal=(portal.add_to, file_pages.add_to, versions.add_to, portal_viewer.add_to),
    staff=(staff.add_to, due_pages.add_to_staff),
    api=(api.add_to,),
    rooms=(Room(portal_uploads.blueprint, VISITOR), Room(due_pages.blueprint, PUBLIC)),
    visitors=frozenset({"portal.card", "portal.mend", "portal.picture", "portal.view", "portal.model"}),
    portal_panels=(OrderPanel("portal/_due.html", present_due.portal_panel, 6),),
    staff_panels=(OrderPanel("staff/_due.html", present_due.staff_panel, 6),),
    todo={
        "files_due": TodoKind(_("Files that may be deleted"), "trash", _("No files are due."), present_due.todo, 98),
    },
    topics=live.TOPICS,
    notices=present_due.NOTICES,
    notice_of=present_due.notice_of,
    work=tasks.WORK,
    every_minute=(tasks.every_minute,),
)
