"""Code of mills, lasers and routers: arcs, planes, dwells, drilling, and how such machines travel."""

from __future__ import annotations

import math

import pytest

from craftops.domain.gcode.slicer_time import span_s
from craftops.domain.gcode.timeline_reader import read_timeline

BEGIN = "G21 G90\nG1 X0 Y0 Z0 F600\n"
AROUND = 2 * math.pi * 50


def seconds(code: str) -> float:
    clock = read_timeline([code.encode()])
    assert clock is not None
    return clock.total_s


LENGTHS = {
    "G2 X100 Y0 I50 J0": AROUND / 2, "G2 X100 Y0 R50": AROUND / 2, "G3 X50 Y50 R50": AROUND / 4, "G3 X50 Y50 R-50": AROUND * 3 / 4,
    "G02 X0 Y0 I50": AROUND, "G2 I50 P3": 3 * AROUND, "G2 X0 Y0 Z-100 I50 J0": math.hypot(AROUND, 100),
    "G2 Z-100 I50 P5": math.hypot(5 * AROUND, 100), "G18\nG2 X100 Z0 I50 K0": AROUND / 2, "G19\nG3 Y100 Z0 J50": AROUND / 2,
    "G90.1\nG1 X100 Y100\nG2 X200 Y100 I150 J100": math.hypot(100, 100) + AROUND / 2, "G90.1\nG91.1\nG2 X100 Y0 I50": AROUND / 2,
    "G5 X600 Y0 I200 J0 P-200 Q0": 600, "G5 X100 Y0 I0 J100 P0 Q100": 200, "G2 X100 Y0": 100, "G20\nG2 X4 Y0 R2 F23.622": 4 * 25.4 / 2 * math.pi,
    "G92 X100\nG92.1\nG1 X100": 100, "G1 X10\nG92 X0\nG1 X10": 20,
}  # fmt: skip


@pytest.mark.parametrize("code", LENGTHS)
def test_a_way_takes_its_length_at_the_speed_asked(code: str) -> None:
    assert seconds(f"{BEGIN}{code}\n") == pytest.approx(LENGTHS[code] / 10, rel=0.02)


def test_relative_code_moves_from_wherever_it_stands() -> None:
    assert seconds("G21\nG91\nG1X60F600\n" + "X60\n" * 9) == pytest.approx(60, rel=0.02)


DWELLS = {
    "G4 P30000": 30, "G4 S30": 30, "G04 S30": 30, "G4 P30.": 30, "G04 P.5": 0.5, "G04 X30.": 30, "; GRBL\nG4P30": 30, "G4 P0": 0,
}  # fmt: skip


@pytest.mark.parametrize("code", DWELLS)
def test_a_dwell_is_told_in_milliseconds_or_with_a_point_in_seconds(code: str) -> None:
    assert seconds(f"{BEGIN}G1 X300\n{code}\n") == pytest.approx(30 + DWELLS[code], rel=0.02)


def test_inverse_time_says_how_long_each_move_takes() -> None:
    assert seconds(f"{BEGIN}G93\nG1 X300 F2\nG1 X400 F.5\nG94\nG1 X500 F600\n") == pytest.approx(
        30 + 120 + 10, rel=0.02
    )


def test_each_hole_of_a_cycle_is_drilled() -> None:
    holes = "".join(f"X{10 * hole}\n" for hole in range(1, 4))
    drilled = seconds(f"G21 G90\nG0 X0 Y0 Z5\nG81 X0 Y0 Z-5 R5 F60\n{holes}G80\nX500\n")
    assert drilled == pytest.approx(4 * 10 + 4 * 0.2 + 3 * 0.2, rel=0.05)


@pytest.mark.parametrize(("code", "took"), [
    ("G0 X1000\nG1 X1010", 20 + 1), ("G0 X1000 F600", 100), ("G1 E1\nG0 X1000", 100), ("G1 F6000\nG0 X1000", 10),
])  # fmt: skip
def test_what_does_not_print_travels_at_its_own_speed(code: str, took: float) -> None:
    assert seconds(f"{BEGIN}M83\n{code}\n") == pytest.approx(took, rel=0.03)


@pytest.mark.parametrize(("text", "right"), [
    ("1 day, 2:03:04", 93_784), ("2h11", 7_860), ("5m07", 307), ("2 days", 172_800), ("1h 5 of 7", 3_600), ("12:30", None),
])  # fmt: skip
def test_spans_in_two_ways_at_once(text: str, right: float | None) -> None:
    assert span_s(text) == right
