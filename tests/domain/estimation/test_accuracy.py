"""How the estimates are judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from craftops.domain.estimation.accuracy import OrderOutcome, RunOutcome, of_machines, of_orders

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_an_order_that_was_early_has_kept_its_window_and_one_that_was_late_has_not() -> None:
    outcomes = [
        OrderOutcome(NOW, NOW + 2 * HOUR, NOW + HOUR, NOW + hours * HOUR, moves)
        for hours, moves in ((-1, 0), (1, 1), (2, 2), (5, 9))
    ]
    found = of_orders(outcomes)
    assert found is not None
    assert (found.orders, found.inside, found.before, found.after, found.kept) == (4, 0.5, 0.25, 0.25, 0.75)
    assert (found.median_error_h, found.median_moves) == (1.5, 1.5)
    assert of_orders([]) is None


def test_machines_are_held_against_their_slicer_and_against_us() -> None:
    runs = [RunOutcome(1, 3600.0, 4400.0, 4500.0) for _ in range(40)] + [
        RunOutcome(2, 100.0, None, 80.0),
        RunOutcome(3, 100.0, 100.0, 0.0),
    ]
    first, second = of_machines(runs)
    assert (first.machine, first.runs, len(first.newest)) == (1, 40, 30)
    assert first.slicer_error == pytest.approx(0.2)
    assert first.our_error == pytest.approx(0.0222, abs=0.001)
    assert (second.machine, second.our_error, second.newest) == (2, None, ((1.25, None),))
