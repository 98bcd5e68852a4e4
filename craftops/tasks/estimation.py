"""Work for the estimate: learning from what has ended."""

from __future__ import annotations

from craftops.services.estimation import learning
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler


def _learn(_desk: Desk, work: Work) -> None:
    learning.learn_again(work.payload["machine"])


WORK: dict[str, Handler] = {"learn": _learn}
