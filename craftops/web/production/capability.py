"""What production hand to the composition root."""

from __future__ import annotations

from craftops.tasks import production as tasks
from craftops.web.frame.capability import Capability
from craftops.web.production import papers, staff, staff_copies

PRODUCTION = Capability("production", staff=(staff.add_to, staff_copies.add_to, papers.add_to), work=tasks.WORK)
