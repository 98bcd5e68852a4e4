"""When an order that nobody has placed yet would be ready, by today's queue: in its turn, and as a rush."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from craftops.domain.estimation.estimate import CHECK, REVIEW, Floor, OrderWork, Waiting, Window
from craftops.domain.estimation.rush import Foreseen
from craftops.domain.production.jobs import Job, JobState
from craftops.services.estimation import estimating, learning
from craftops.services.production import planning
from craftops.services.production.planning import PlannedLine
from craftops.services.shop.context import Shop

NOBODYS = -1
"""The id of the order that is not placed yet; its jobs count down from here."""


def foresee(shop: Shop, lines: Sequence[PlannedLine], *, at: datetime, rush: bool) -> Foreseen:
    """Project lines that were never saved through the floor as it stands; as a rush only where that is asked.

    Windows are aware UTC; None without lines.
    """
    if not lines:
        return Foreseen(None, None)
    # numpy comes with the first of these, so that the web starts without it.
    from craftops.domain.estimation.queue_simulation import QueueSimulation

    calendar, known = shop.profile().calendar, learning.usuals()
    review = estimating.step(REVIEW, known, 0.0)
    mine = [
        Waiting(
            Job(
                id=NOBODYS - number, code="", order_id=NOBODYS, line_id=0, machine_id=None, copies=line.quantity,
                state=JobState.PLANNED, planned_s=(found := planning.line_seconds(shop, line))[0],
                duration_source=found[1],
            ),
            planning.process_of(shop, line),
            review,
        )
        for number, line in enumerate(lines)
    ]  # fmt: skip
    hand = [(row, line) for line in lines for row in planning.hand_work(shop, line)]
    work = OrderWork(
        NOBODYS,
        jobs=tuple(one.job for one in mine),
        review=review,
        hand=estimating.hand_step(hand, known, 0.0),
        check=estimating.step(CHECK, known, 0.0),
    )
    queues = estimating.machine_queues(shop, at, known)
    others = estimating.waiting(shop, known, at, calendar)
    rushes = sum(one.rush for one in others)

    def window(place: int) -> Window | None:
        floor = Floor(queues, [*others[:place], *mine, *others[place:]])
        return QueueSimulation(floor, at, calendar).estimates([work])[0].window

    return Foreseen(window(len(others)), window(rushes) if rush and rushes < len(others) else None)
