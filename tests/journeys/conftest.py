"""What the stories share."""

from __future__ import annotations

import pytest
from letterbox import Mailbox, enable

from craftops.testing import Workshop


@pytest.fixture
def mailbox(workshop: Workshop) -> Mailbox:
    made = Mailbox()
    enable(workshop, made)
    return made
