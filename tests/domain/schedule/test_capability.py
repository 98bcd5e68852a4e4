"""Why a job cannot go somewhere: always a sentence, and only when it is so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.schedule.capability import (
    Block,
    Changeover,
    MachineCapability,
    Need,
    after_change,
    change_of,
    check_block,
    warning,
    why_not,
)
from craftops.errors import IntakeError

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PRINTER = MachineCapability(1, "p", "Prusa", "fdm", bed=(250, 210, 220), materials=frozenset({"pla", "petg"}))
NEED = Need("fdm", "petg", "PETG", "Black", (100, 100, 20))


@pytest.mark.parametrize(
    ("need", "machine", "sentence"),
    [
        (NEED, PRINTER, ""),
        (NEED, replace(PRINTER, enabled=False), "Prusa is out of service."),
        (replace(NEED, process="laser"), PRINTER, "Prusa works by fdm, and this job needs laser."),
        (replace(NEED, process="laser"), replace(PRINTER, process="other"), ""),
        (replace(NEED, process="other"), PRINTER, ""),
        (replace(NEED, size_mm=(300, 300, 20)), PRINTER, "The part is 300 × 300 × 20 mm, and Prusa makes at most 250 × 210 × 220 mm."),
        (replace(NEED, size_mm=None), PRINTER, ""),
        (replace(NEED, material="abs", material_label="ABS"), PRINTER, "Prusa does not work ABS."),
        (replace(NEED, material="abs"), replace(PRINTER, materials=frozenset()), ""),
        (NEED, replace(PRINTER, blocks=(Block(NOW, None, "new nozzle"),)), "Prusa is in maintenance until further notice: new nozzle."),
        (NEED, replace(PRINTER, blocks=(Block(NOW, NOW + timedelta(days=2)),)), ""),
    ],
)  # fmt: skip
def test_it_says_why(need: Need, machine: MachineCapability, sentence: str) -> None:
    assert why_not(need, machine, NOW) == sentence


def test_another_colour_is_work_and_no_refusal() -> None:
    machine = replace(PRINTER, loaded=(("petg", "Blue"),), changeover_minutes=12)
    assert why_not(NEED, machine, NOW) == ""
    assert warning(NEED, machine) == "PETG in Black is not loaded in Prusa: 12 min of hand work to change it."
    assert warning(NEED, replace(machine, loaded=(("pla", "Black"),))).startswith("PETG is not loaded")
    assert warning(NEED, replace(machine, loaded=())) == ""


spools = st.tuples(st.sampled_from(["pla", "petg", "abs"]), st.sampled_from(["Black", "White"]))


@given(st.lists(spools, max_size=4, unique=True), spools)
def test_what_was_just_loaded_needs_no_change(loaded: list[tuple[str, str]], spool: tuple[str, str]) -> None:
    after = after_change(*spool, tuple(loaded))
    assert change_of(*spool, after) is Changeover.NONE
    assert len(after) == max(1, len(loaded))


@pytest.mark.parametrize(
    ("start", "end", "reason", "field"),
    [
        (None, None, "x", "start"),
        (NOW, NOW, "x", "end"),
        (NOW - timedelta(days=2), NOW - timedelta(days=1), "x", "end"),
        (NOW, None, "  ", "reason"),
    ],
)
def test_maintenance_that_cannot_be_is_said(
    start: datetime | None, end: datetime | None, reason: str, field: str
) -> None:
    with pytest.raises(IntakeError) as said:
        check_block(start, end, reason, NOW)
    assert set(said.value.fields) == {field}
