"""What shipping hands to the composition root."""

from __future__ import annotations

from craftops.tasks import shipping as tasks
from craftops.web.frame.capability import Capability

SHIPPING = Capability("shipping", work=tasks.WORK, every_minute=(tasks.every_minute,))
