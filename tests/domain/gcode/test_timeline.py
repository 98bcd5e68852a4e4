"""The slicer's clock: monotone, bounded, agreeing with the slicer's total, and never raising."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from craftops.domain.gcode.motion import LOOK_AHEAD, Path
from craftops.domain.gcode.timeline import MAX_KNOTS, SlicerTimeline, flat, thinned
from craftops.domain.gcode.timeline_reader import TimelineReader, read_timeline

WORDS = st.sampled_from(
    [
        b"G1",
        b"G0",
        b"G2",
        b"G4",
        b"G28",
        b"G91",
        b"G90",
        b"M83",
        b"G92",
        b"M73",
        b"M204",
        b"M109",
        b"T1",
        b"N5",
        b";",
        b"\n",
        b"X10",
        b"Y-3.5",
        b"Z.2",
        b"E1",
        b"F1500",
        b"F0",
        b"P500",
        b"S1e9",
        b"I4",
        b"J-2",
        b"Xnan",
        b"Einf",
        b"*71",
        b"P200",
        b";TIME_ELAPSED:5",
        b"; estimated printing time (normal mode) = 1m 3s",
        b"\xff\x00",
        b"G20",
        b"M203",
    ]
)
CODE = st.lists(WORDS, max_size=200).map(b" ".join)


def squares(count: int, footer: str = "", side: float = 10.0) -> bytes:
    lines = ["G28", "G90", "M82", "G1 X0 Y0 F6000"]
    for n in range(count):
        x, y = ((side, 0), (side, side), (0, side), (0, 0))[n % 4]
        lines.append(f"G1 X{x} Y{y} E{n + 1} F3000")
    return ("\n".join([*lines, footer]) + "\n").encode()


@given(st.one_of(st.binary(max_size=3000), CODE), st.integers(1, 400))
@example(b"G1 X1e308 F1e-300\nG1 X-1e308\nG4 P1e308\n", 7)
@example(b"G4 S3", 1)
def test_any_bytes_give_a_rising_clock_or_none(data: bytes, size: int) -> None:
    clock = read_timeline(data[i : i + size] for i in range(0, len(data), size))
    if clock is None:
        return
    assert all(a < b for a, b in pairwise(clock.at))
    for column in (clock.motion, clock.loss, clock.dwell):
        assert all(math.isfinite(v) for v in column)
        assert all(a <= b + 1e-6 for a, b in pairwise(column))
    assert clock.size == len(data)
    assert clock.total_s > 0


@given(st.integers(1, 300))
def test_chunks_make_no_difference(size: int) -> None:
    data = squares(60, "; estimated printing time (normal mode) = 20s")
    assert read_timeline(data[i : i + size] for i in range(0, len(data), size)) == read_timeline([data])


def test_a_straight_move_is_length_by_speed_and_two_ramps() -> None:
    path = Path()
    path.add(1, 100.0, 50.0, 1000.0, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    path.stop()
    assert path.done == [(1, pytest.approx(2.0), pytest.approx(0.05))]


def test_many_pieces_of_one_line_cost_as_much_as_the_line() -> None:
    whole, pieces = Path(), Path()
    whole.add(1, 200.0, 80.0, 500.0, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    for n in range(400):
        pieces.add(n, 0.5, 80.0, 500.0, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0))
        assert len(pieces._moves) <= LOOK_AHEAD
    whole.stop()
    pieces.stop()
    assert sum(m + k for _, m, k in pieces.done) == pytest.approx(sum(m + k for _, m, k in whole.done), rel=0.02)


def test_sharp_corners_cost_more_than_none() -> None:
    straight, zigzag = Path(), Path()
    for n in range(100):
        straight.add(n, 5.0, 100.0, 3000.0, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0))
        way = (1.0, 0.0, 0.0) if n % 2 else (-1.0, 0.0, 0.0)
        zigzag.add(n, 5.0, 100.0, 3000.0, way, way)
    straight.stop()
    zigzag.stop()
    assert sum(k for _, _, k in zigzag.done) > 5 * sum(k for _, _, k in straight.done)


def test_a_total_that_knows_of_no_acceleration_is_filled_up_by_our_own() -> None:
    plain = read_timeline([squares(400)])
    assert plain
    ignorant = read_timeline([squares(400, f"; estimated printing time (normal mode) = {round(plain.motion[-1])}s")])
    assert ignorant
    assert ignorant.told_loss is None
    assert ignorant.total_s == pytest.approx(plain.total_s, rel=0.01)


def test_a_longer_total_tells_the_acceleration_that_the_slicer_believed_in() -> None:
    plain = read_timeline([squares(400)])
    assert plain
    told = round(plain.motion[-1] + 2.0 * plain.loss[-1])
    clock = read_timeline([squares(400, f"; estimated printing time (normal mode) = {told}s")])
    assert clock
    assert clock.told_loss == pytest.approx(2.0, rel=0.1)
    assert clock.motion[-1] == pytest.approx(plain.motion[-1], rel=0.02)


def test_a_total_far_below_the_motion_shrinks_the_motion_and_not_the_dwells() -> None:
    data = squares(400).replace(b"G28\n", b"G28\nG4 P30000\n") + b"; estimated printing time (normal mode) = 31s\n"
    clock = read_timeline([data])
    assert clock
    assert clock.dwell[-1] == pytest.approx(30.0)
    assert clock.motion[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("waits", [20, 400])
def test_long_dwells_do_not_hide_what_the_slicer_thinks_of_moves(waits: int) -> None:
    """A total that is the dwells' alone says that moves cost nothing, however long the dwells are."""
    clock = read_timeline([squares(20, "G4 S1\n" * waits + f"; estimated printing time (normal mode) = {waits}s\n")])
    assert clock is not None
    assert clock.total_s == pytest.approx(waits, abs=0.5)


def test_marks_bend_a_shape_that_strays() -> None:
    half = squares(200)
    data = half + b"M73 P80 R1\n" + squares(200).replace(b"G28\n", b"") + b";TIME:200\n"
    clock = read_timeline([data])
    assert clock
    assert clock.seconds(len(half) + 11) == pytest.approx(0.8 * clock.total_s, rel=0.02)


def test_waits_for_heat_are_places_and_not_seconds() -> None:
    data = b"M190 S60\nM109 S210\n" + squares(40) + b"M600\n" + squares(40)
    clock = read_timeline([data])
    assert clock
    assert clock.heats
    assert clock.start_at > len(b"M190 S60\nM109 S210\n")
    assert len(clock.waits) == 1


def test_a_large_file_stays_small_and_true() -> None:
    reader = TimelineReader()
    line = 0
    for _ in range(60):
        text = []
        for _ in range(500):
            line += 1
            text.append(f"G1 X{(line * 7) % 113} Y{(line * 13) % 89} E{line} F{3000 if line % 900 else 300}")
        reader.feed(("\n".join(text) + "\n").encode())
    clock = reader.finish()
    assert clock
    assert len(clock.at) <= MAX_KNOTS + 1
    assert len(json.dumps(clock.to_json())) < 150_000
    assert clock.seconds(clock.size / 2) == pytest.approx(clock.total_s / 2, rel=0.02)


def test_thinning_keeps_what_bends_and_the_ends() -> None:
    knots = [(n * 10, float(n if n < 50 else 50), 0.0, 0.0) for n in range(101)]
    kept = thinned(list(knots), 5)
    assert kept[0] == knots[0]
    assert kept[-1] == knots[-1]
    assert knots[50] in kept


@given(st.integers(10, 200))
def test_json_gives_the_same_clock_back(count: int) -> None:
    clock = read_timeline([squares(count)])
    assert clock
    again = SlicerTimeline.from_json(json.loads(json.dumps(clock.to_json())))
    assert again.at == clock.at
    assert again.start_at == clock.start_at
    assert again.total_s == pytest.approx(clock.total_s, abs=0.02)


def test_a_clock_without_code_is_even() -> None:
    clock = flat(3600.0)
    assert clock.seconds(clock.size / 4) == pytest.approx(900.0)
    assert clock.seconds(-5) == 0.0
    assert clock.seconds(clock.size * 2) == pytest.approx(3600.0)


def laser(*, spaces: bool, modal: bool, numbers: bool = False) -> bytes:
    lines = ["G00 G17 G40 G21 G54", "G90", "M4", "G0 X10 Y10"]
    for n in range(40):
        move = ("X110", "Y60", "X10", "Y10")[n % 4]
        lines.append(f"{'' if modal and n else 'G1 '}{move}{' S800 F600' if not n else ''}")
    lines = [line if spaces else line.replace(" ", "") for line in [*lines, "M5", "G0 X0 Y0", "M2"]]
    return "\n".join(f"N{i}{' ' if spaces else ''}{line}" if numbers else line for i, line in enumerate(lines)).encode()


@pytest.mark.parametrize("spaces", [True, False])
@pytest.mark.parametrize("modal", [True, False])
@pytest.mark.parametrize("numbers", [True, False])
def test_code_without_spaces_and_names_takes_as_long(spaces: bool, modal: bool, numbers: bool) -> None:
    clock = read_timeline([laser(spaces=spaces, modal=modal, numbers=numbers)])
    assert clock is not None
    assert clock.total_s == pytest.approx(300, rel=0.03)


def test_several_commands_in_a_line_and_remarks() -> None:
    spaced = b"G21\nG91\nG1 X1 F600\nG1 X100\nG90\nG0 X0\n"
    joined = b"(a remark) G21 G91 (and another) G1 X1 F600\nG1X100\nG90 G0 X0 (back\n"
    one, other = read_timeline([spaced]), read_timeline([joined])
    assert one is not None
    assert other is not None
    assert other.total_s == pytest.approx(one.total_s)


def test_a_drilling_cycle_ends_what_held() -> None:
    assert read_timeline([b"G1 X0 F600\nG80\nX100\n"]) is None
    assert read_timeline([b"M117 Go X100\nX0\nX100\n"]) is None


def test_grbl_dwells_in_seconds() -> None:
    clock = read_timeline([b"; GRBL device profile\nG0 X0\nG1 X1 F600\nG4 P2\n"])
    assert clock is not None
    assert clock.dwell[-1] == pytest.approx(2.0)


@pytest.mark.parametrize(
    "code",
    [
        b"G21 G90\nG0 X 0 Y 0\nG1 X 100 F 600\n", b"g21\ng90\ng0x0y0\ng1x100f600\n", b"/G21\nG0X0Y0\nF600\nG1X100\n",
        b"G21\tG90\nG0\tX0\nG1\tX100\tF600\n",
    ],
)  # fmt: skip
def test_every_way_to_write_a_move_takes_as_long(code: bytes) -> None:
    clock = read_timeline([code])
    assert clock is not None
    assert clock.total_s == pytest.approx(10, rel=0.02)


def test_a_whole_circle_is_as_long_as_it_is_round() -> None:
    clock = read_timeline([b"G21G90\nG0X0Y0\nG2I10J0F600\nG3X0Y0I0J10\n"])
    assert clock is not None
    assert clock.total_s == pytest.approx(2 * math.tau, rel=0.02)
