"""Rush: an order that goes before all others that wait for a machine, for a share of its price.

It is tied to the shop's real capacity: both windows are projected through today's queue, and where going first brings
nearly nothing (short queues, or machines that are all busy with what has begun), there is nothing to sell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from craftops.domain.estimation.estimate import Window

LEAST_GAIN = timedelta(hours=4)
"""By how much sooner the middle must be."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """When an order that is not placed yet would be ready: in its turn, and before all that wait."""

    usual: Window | None
    first: Window | None

    @property
    def gains(self) -> bool:
        """Whether going first is worth selling."""
        if self.usual is None or self.first is None or self.usual.middle is None or self.first.middle is None:
            return False
        return self.usual.middle - self.first.middle >= LEAST_GAIN
