"""How long a machine takes for a path: straight pieces, each sped up and braked, with a look-ahead over the corners.

Time is told in two parts. ``motion`` is length ÷ asked speed, which is what a slicer without acceleration counts.
``loss`` is what speeding up and braking add at the acceleration asked for. A machine with another acceleration has,
very nearly, the same loss times one number of its own (0.5 … 4, measured within 3 % on curves and infill), so that
number can be learned without the path.

The corner speed is the usual approximation by centripetal acceleration: a corner may be taken as fast as a circle
that leaves it by a set deviation, which is chosen so that a square corner is taken at ``SQUARE_CORNER`` mm/s
(Klipper, "Kinematics"; GRBL, "junction deviation").
"""

from __future__ import annotations

import math

ACCELERATION = 3000.0
"""mm/s² when neither file nor machine says better: Klipper's sample configurations, and the middle of today's
printers."""
SQUARE_CORNER = 5.0
"""mm/s through a corner of 90°."""
LOOK_AHEAD = 96
"""Moves that are looked over before the first half of them is final. Machines look over 16 to 200."""
Direction = tuple[float, float, float]
ENDPOINT: Direction = (0.0, 0.0, 0.0)
"""The direction of what has none (a move of the extruder alone): it begins and ends at rest."""
_DEVIATION = SQUARE_CORNER * SQUARE_CORNER * (math.sqrt(2.0) - 1.0)


def corner(before: Direction, after: Direction, asked_sq: float) -> float:
    """The squared speed (mm²/s²) at which two directions may follow one another, at most ``asked_sq``."""
    if before is ENDPOINT or after is ENDPOINT:
        return 0.0
    turn = -(before[0] * after[0] + before[1] * after[1] + before[2] * after[2])
    if turn > 0.999999:
        return 0.0
    if turn < -0.999999:
        return asked_sq
    half = math.sqrt(0.5 * (1.0 - turn))
    return min(asked_sq, _DEVIATION * half / (1.0 - half))


class Path:
    """A streaming planner. ``add`` moves, ``stop`` where the machine stands still; ``done`` gives what is final.

    Holds at most ``LOOK_AHEAD`` moves, whatever the length of the path.
    """

    def __init__(self) -> None:
        self._moves: list[tuple[int, float, float, float]] = []
        self._entry: list[float] = []
        self._direction: Direction = ENDPOINT
        self._speed_sq = 0.0
        self._carried = 0.0
        self.done: list[tuple[int, float, float]] = []
        """(mark, motion s, loss s) of finished moves; the reader empties it."""

    def add(
        self, mark: int, length: float, speed: float, acceleration: float, start: Direction, end: Direction
    ) -> None:
        """One move of ``length`` mm at ``speed`` mm/s; directions are units, or ``ENDPOINT``."""
        speed_sq = speed * speed
        limit = corner(self._direction, start, min(speed_sq, self._speed_sq)) if self._moves else self._carried
        self._moves.append((mark, length, speed_sq, acceleration))
        self._entry.append(limit)
        self._direction, self._speed_sq = end, speed_sq
        if len(self._moves) >= LOOK_AHEAD:
            self._settle(LOOK_AHEAD // 2)

    def stop(self) -> None:
        """The machine comes to rest here: everything before is final."""
        if self._moves:
            self._settle(len(self._moves))
        self._direction, self._speed_sq, self._carried = ENDPOINT, 0.0, 0.0

    def _settle(self, count: int) -> None:
        """Make the first ``count`` moves final: brake backwards from rest at the end, then drive forwards."""
        moves, entry = self._moves, self._entry
        leaving = 0.0
        leave = [0.0] * len(moves)
        for index in range(len(moves) - 1, -1, -1):
            leave[index] = leaving
            _, length, _, acceleration = moves[index]
            leaving = min(entry[index], leaving + 2.0 * acceleration * length)
        speed_sq = min(self._carried, leaving)
        for index in range(count):
            mark, length, asked_sq, acceleration = moves[index]
            out = min(leave[index], speed_sq + 2.0 * acceleration * length)
            self.done.append((mark, *_seconds(length, asked_sq, acceleration, speed_sq, out)))
            speed_sq = out
        self._carried = speed_sq
        del moves[:count], entry[:count]
        if entry:
            entry[0] = speed_sq


def _seconds(length: float, asked_sq: float, acceleration: float, entry: float, leave: float) -> tuple[float, float]:
    """(motion, loss) of one move between two squared speeds: a trapezoid, or a triangle when it is too short."""
    peak_sq = min(asked_sq, (entry + leave + 2.0 * acceleration * length) / 2.0)
    peak = math.sqrt(peak_sq)
    ramps = (2.0 * peak_sq - entry - leave) / (2.0 * acceleration)
    ramp_s = (2.0 * peak - math.sqrt(entry) - math.sqrt(leave)) / acceleration
    motion = length / math.sqrt(asked_sq)
    cruise = max(0.0, length - ramps) / peak if peak > 0.0 else 0.0
    return motion, max(0.0, ramp_s + cruise - motion)
