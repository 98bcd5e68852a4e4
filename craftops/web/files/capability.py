"""What files hand to the composition root."""

from __future__ import annotations

from craftops.tasks import files as tasks
from craftops.web.files import api, file_pages, live, portal, portal_uploads, portal_viewer, staff, versions
from craftops.web.frame.capability import Capability, Room
from craftops.web.frame.security import VISITOR

FILES = Capability(
    "files",
    portal=(portal.add_to, file_pages.add_to, versions.add_to, portal_viewer.add_to),
    staff=(staff.add_to,),
    api=(api.add_to,),
    rooms=(Room(portal_uploads.blueprint, VISITOR),),
    visitors=frozenset({"portal.card", "portal.mend", "portal.picture", "portal.view", "portal.model"}),
    topics=live.TOPICS,
    work=tasks.WORK,
)
