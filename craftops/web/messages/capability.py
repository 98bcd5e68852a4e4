"""What messages hand to the composition root."""

from __future__ import annotations

from craftops.tasks import messages as tasks
from craftops.web.frame.capability import Capability

MESSAGES = Capability("messages", work=tasks.WORK)
