"""Machine code → clock, in one streaming pass: ``TimelineReader`` takes chunks of bytes of any size, and never raises.

Understood, with or without spaces between the words, and with the last move taken on where a line names none: G0–G3,
G4, G5, G17–G19, G20/G21, G28/G29, drilling cycles (G73, G81–G89), G90/G91 (and .1), G92, G93/G94, M82/M83, M201, M203,
M204, M73, heating waits, tool changes, stops for a person, Cura's ``;TIME_ELAPSED``, line numbers and checksums (RepRap
wiki and LinuxCNC, "G-code"). Everything else takes no planned time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from craftops.domain.gcode.curves import PLANES, Point, arc_mm, bezier_mm
from craftops.domain.gcode.motion import ACCELERATION, ENDPOINT, Direction, Path
from craftops.domain.gcode.slicer_time import WINDOW, slicer_time
from craftops.domain.gcode.timeline import MAX_KNOTS, Knot, Mark, SlicerTimeline, TimelineKind, calibrated, thinned

LONGEST_LINE = 4096
MOST_MARKS = 4000
PERCENT = re.compile(rb"\bP(\d+(?:\.\d+)?)")
LIMIT = re.compile(rb"ACCEL=(\d+(?:\.\d+)?)", re.IGNORECASE)
HEAT = frozenset({b"M109", b"M190", b"M191", b"M116", b"TEMPERATURE_WAIT"})
WAIT = HEAT | {b"G28", b"G29", b"M600", b"M0", b"M1", b"M25", b"M226", b"PAUSE", b"START_PRINT", b"PRINT_START"}
MOVES = frozenset({b"G0", b"G1", b"G2", b"G3", b"G5"})
DRILLS = frozenset({b"G73", b"G81", b"G82", b"G83", b"G84", b"G85", b"G86", b"G89"})
HOLDS = MOVES | DRILLS
"""Commands that go on where a line names none."""
PADDED = re.compile(rb"([GM])0+(?=\d)")
RAPID = 50.0
"""mm/s of a G0 where nothing is printed: as fast as it can be, whatever F was; the slow end of hobby mills."""
REMARK = re.compile(rb"\([^)]*\)?")
WORD = re.compile(rb"[A-Za-z][-+]?(?:\d+\.?\d*|\.\d+)")
WRITTEN_TOGETHER = re.compile(rb"(?:[A-Z][-+]?(?:\d+\.?\d*|\.\d+))+")
COMMANDS = frozenset((b"G", b"M", b"T", b"g", b"m", b"t"))
AXES = frozenset((b"X", b"Y", b"Z", b"E", b"F", b"I", b"J", b"R"))
XYZE = (88, 89, 90, 69)
GRBL = re.compile(rb"\bGRBL\b", re.IGNORECASE)
LONGEST_S = 30 * 86_400.0
"""One move or dwell longer than this is garbage."""


class TimelineReader:
    """Feed it the file from its beginning; ``finish`` gives the clock, or None when there is no motion in it."""

    def __init__(self) -> None:
        self._rest = b""
        self._place = 0
        self._head = b""
        self._tail = b""
        self._path = Path()
        self._knots: list[Knot] = [(0, 0.0, 0.0, 0.0)]
        self._marks: list[Mark] = []
        self._elapsed: list[tuple[int, float]] = []
        self._waits: list[int] = []
        self._heat_at = 0
        self._position: list[float | None] = [None, None, None, 0.0]
        self._speed = 25.0
        self._unit = 1.0
        self._relative = False
        self._relative_e = False
        self._print_acceleration = self._travel_acceleration = ACCELERATION
        self._most_acceleration = self._most_speed = math.inf
        self._start_at = self._first_feed = 0
        self._plane = b"G17"
        self._absolute_arcs = self._inverse = self._extrudes = False
        self._shifted = [0.0, 0.0, 0.0]
        """By how much G92 has moved the origin."""
        self._drilled: dict[int, float] = {}
        """What a drilling cycle was told last: depth, retreat, feed."""
        self._modal = b""
        """The move that still holds where a line names none."""

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the file."""
        if len(self._head) < WINDOW:
            self._head += chunk[: WINDOW - len(self._head)]
        self._tail = (self._tail + chunk)[-WINDOW:]
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._place += len(line) + 1
            self._line(line)
        if len(self._rest) > LONGEST_LINE:
            self._place += len(self._rest)
            self._rest = b""

    def finish(self) -> SlicerTimeline | None:
        """The table of everything fed so far."""
        if self._rest:
            self._place += len(self._rest)
            self._line(self._rest)
            self._rest = b""
        self._path.stop()
        self._take()
        told = slicer_time(self._head, self._tail)
        slicer_s = told.seconds if told else (self._elapsed[-1][1] if self._elapsed else None)
        knots = self._knots
        if sum(knots[-1][1:]) <= 0.0:
            return None
        if knots[-1][0] < self._place:
            knots.append((self._place, *knots[-1][1:]))
        knots, told_loss = calibrated(knots, slicer_s, self._told(slicer_s))
        knots = thinned(knots, MAX_KNOTS)
        start = self._start_at or self._first_feed
        at, motion, loss, dwell = zip(*knots, strict=True)
        return SlicerTimeline(
            size=self._place,
            at=at,
            motion=motion,
            loss=loss,
            dwell=dwell,
            start_at=start,
            heats=0 < self._heat_at <= start,
            waits=tuple(place for place in self._waits if place > start)[:MOST_MARKS],
            kind=TimelineKind.CODE,
            slicer_s=slicer_s,
            told_loss=told_loss,
        )

    def _told(self, slicer_s: float | None) -> list[Mark]:
        if len(self._elapsed) >= 3 and slicer_s:
            last = max(slicer_s, self._elapsed[-1][1])
            return [Mark(at, seconds / last) for at, seconds in self._elapsed]
        return self._marks

    def _take(self) -> None:
        """Move what the planner has finished into the table."""
        done = self._path.done
        if not done:
            return
        _, motion, loss, dwell = self._knots[-1]
        for mark, more, lost in done:
            motion, loss = motion + more, loss + lost
            self._knot(mark, motion, loss, dwell)
        done.clear()

    def _knot(self, at: int, motion: float, loss: float, dwell: float) -> None:
        if self._knots[-1][0] == at:
            self._knots[-1] = (at, motion, loss, dwell)
            return
        self._knots.append((at, motion, loss, dwell))
        if len(self._knots) >= 4 * MAX_KNOTS:
            self._knots = thinned(self._knots, 2 * MAX_KNOTS)

    def _line(self, line: bytes) -> None:
        if len(line) > LONGEST_LINE:
            return
        if line.startswith(b";"):
            if line.startswith(b";TIME_ELAPSED:") and len(self._elapsed) < MOST_MARKS:
                self._time_elapsed(line[14:])
            return
        text = line.partition(b";")[0].partition(b"*")[0]
        words = (REMARK.sub(b" ", text) if b"(" in text else text).split()
        if words and words[0][:1] in b"Nn" and words[0][1:].isdigit():
            del words[0]
        if words:
            self._words(words)

    def _words(self, words: list[bytes]) -> None:
        name = _plain(words[0])
        if name in HOLDS:
            self._held(name, words)
        elif name[:1] == b"G" and any(word[:1] in COMMANDS for word in words[1:]):
            self._apart([word for one in words for word in WORD.findall(one)])
        elif name in OTHERS or not WRITTEN_TOGETHER.fullmatch(name):
            self._other(name, words)
        else:
            self._apart([word for one in words for word in WORD.findall(one)])

    def _apart(self, words: list[bytes]) -> None:
        """A line that is written together, names no command, or names several: each with the words behind it."""
        if words[0][:1] in b"Nn":
            del words[0]
        if words and words[0][:1].upper() in AXES:
            if not self._modal:
                return
            words.insert(0, self._modal)  # the command that still holds
        at = 0
        while at < len(words):
            end = next((i for i in range(at + 1, len(words)) if words[i][:1] in COMMANDS), len(words))
            name = _plain(words[at])
            if name in HOLDS:
                self._held(name, words[at:end])
            elif words[at][:1] in COMMANDS:
                self._other(name, words[at:end])
            at = end

    def _time_elapsed(self, text: bytes) -> None:
        try:
            seconds = float(text)
        except ValueError:
            return
        if 0.0 < seconds < LONGEST_S and (not self._elapsed or seconds > self._elapsed[-1][1]):
            self._elapsed.append((self._place, seconds))

    def _held(self, name: bytes, words: list[bytes]) -> None:
        self._modal = name
        told = _numbers(words)
        if 71 in told or 77 in told:  # another command in the same line
            self._apart([word for one in words for word in WORD.findall(one)])
        elif name in DRILLS:
            self._drill(told)
        else:
            self._move(name, told)

    def _drill(self, told: dict[int, float]) -> None:
        """One hole: over it, down to the retreat, down at the feed, and up again."""
        self._drilled.update({letter: told[letter] for letter in (90, 82, 70) if letter in told})
        bottom, retreat, feed = (self._drilled.get(letter) for letter in (90, 82, 70))
        self._move(b"G0", {letter: told[letter] for letter in (88, 89) if letter in told})
        if bottom is None or retreat is None or self._relative:
            return
        self._move(b"G0", {90: retreat})
        self._move(b"G1", {90: bottom} if feed is None else {90: bottom, 70: feed})
        self._move(b"G0", {90: retreat})

    def _move(self, name: bytes, told: dict[int, float]) -> None:
        feed = told.get(70)
        if feed is not None and feed * self._unit > 0.0 and not self._inverse:
            self._speed = feed * self._unit / 60.0
        self._extrudes = self._extrudes or 69 in told
        before, (dx, dy, dz, de) = self._position, self._gone(told)
        way = (dx, dy, dz)
        straight = math.sqrt(dx * dx + dy * dy + dz * dz)
        length = self._length(name, told, before, way, straight)
        if self._inverse and feed:  # so many of this move go into a minute
            self._speed = max(length * feed / 60.0, 1e-9)
        usual = self._speed
        if name == b"G0" and feed is None and not self._extrudes:
            self._speed = max(usual, RAPID)
        if name in (b"G0", b"G1") and straight > 1e-6:
            towards: Direction = (dx / straight, dy / straight, dz / straight)
            self._push(length, towards, towards, de)
        elif (most := length if length > 1e-6 else abs(de)) > 1e-6:
            self._push(most, ENDPOINT, ENDPOINT, de)
        self._speed = usual
        if straight > 1e-6:
            self._began(name, dx, dy, de)

    def _gone(self, told: dict[int, float]) -> list[float]:
        """Go to the end of a move; how far that is along X, Y, Z, E: from an unknown place no way, but a told one."""
        after = list(self._position)
        way = [0.0, 0.0, 0.0, 0.0]
        for axis, letter in enumerate(XYZE):
            value = told.get(letter)
            if value is not None:
                stood = after[axis]
                relative = self._relative_e if axis == 3 else self._relative
                after[axis] = end = value * self._unit + ((stood or 0.0) if relative else 0.0)
                if stood is not None or self._relative:
                    way[axis] = end - (stood or 0.0)
        self._position = after
        return way

    def _length(
        self, name: bytes, told: dict[int, float], before: list[float | None], way: Point, straight: float
    ) -> float:
        if name == b"G5":
            return bezier_mm(told, way, self._unit)
        if name in (b"G0", b"G1") or not (straight > 1e-6 or told.keys() & {73, 74, 75}):
            return straight
        start = (before[0] or 0.0, before[1] or 0.0, before[2] or 0.0)
        clockwise = name == b"G2"
        return arc_mm(told, start, way, self._plane, self._unit, clockwise=clockwise, absolute=self._absolute_arcs)

    def _began(self, name: bytes, dx: float, dy: float, de: float) -> None:
        if not (dx or dy):
            return
        if not self._start_at and de > 0.0:
            self._start_at = self._place
        if not self._first_feed and not name.endswith(b"0"):
            self._first_feed = self._place

    def _push(self, length: float, start: Direction, end: Direction, de: float) -> None:
        speed = min(self._speed, self._most_speed)
        if not 0.0 < length / speed < LONGEST_S:
            return
        asked = self._print_acceleration if de > 0.0 else self._travel_acceleration
        self._path.add(self._place, length, speed, min(asked, self._most_acceleration), start, end)
        if self._path.done:
            self._take()

    def _other(self, name: bytes, words: list[bytes]) -> None:
        if name == b"G4":
            self._dwell(_numbers(words), decimal=any(b"." in word for word in words[1:]))
        elif name in WAIT or (name[:1] == b"T" and name[1:].isdigit()):
            self._wait(name)
        elif name == b"M73":
            self._percent(words)
        elif name == b"G92":
            self._shift(_numbers(words))
        elif name in (b"G92.1", b"G92.2"):
            for axis, by in enumerate(self._shifted):
                self._position[axis] = None if (at := self._position[axis]) is None else at + by
            self._shifted = [0.0, 0.0, 0.0]
        elif name in MODES or name in LIMITS:
            self._mode(name, words)
        elif name == b"G80":
            self._modal = b""

    def _percent(self, words: list[bytes]) -> None:
        found = PERCENT.search(b" ".join(words[1:]))
        if found and len(self._marks) < MOST_MARKS:
            share = min(1.0, float(found[1]) / 100.0)
            if not self._marks or share > self._marks[-1].share:
                self._marks.append(Mark(self._place, share))

    def _shift(self, told: dict[int, float]) -> None:
        for axis, letter in enumerate(XYZE):
            if letter in told:
                here = told[letter] * self._unit
                if axis < 3:
                    self._shifted[axis] += (self._position[axis] or 0.0) - here
                self._position[axis] = here

    def _mode(self, name: bytes, words: list[bytes]) -> None:
        if name in (b"G90", b"G91"):
            self._relative = self._relative_e = name == b"G91"
        elif name in PLANES:
            self._plane = name
        elif name in (b"G90.1", b"G91.1"):
            self._absolute_arcs = name == b"G90.1"
        elif name in (b"G93", b"G94", b"G95"):
            self._inverse = name == b"G93"
        elif name in (b"M82", b"M83"):
            self._relative_e = name == b"M83"
        elif name in (b"G20", b"G21"):
            self._unit = 25.4 if name == b"G20" else 1.0
        elif name == b"SET_VELOCITY_LIMIT":
            if (found := LIMIT.search(b" ".join(words))) and 10.0 <= float(found[1]) <= 1e6:
                self._print_acceleration = self._travel_acceleration = float(found[1])
        else:
            self._limit(name, {letter: value for letter, value in _numbers(words).items() if 1.0 <= value <= 1e6})

    def _limit(self, name: bytes, told: dict[int, float]) -> None:
        if name == b"M204":
            both = told.get(83)
            self._print_acceleration = max(10.0, told.get(80, both or self._print_acceleration))
            self._travel_acceleration = max(10.0, told.get(84, both or self._travel_acceleration))
        elif name == b"M201":
            self._most_acceleration = max(10.0, min(told.get(88, math.inf), told.get(89, math.inf)))
        elif name == b"M203":
            self._most_speed = max(told.get(88, math.inf), told.get(89, math.inf))

    def _dwell(self, told: dict[int, float], *, decimal: bool) -> None:
        parts = 1.0 if decimal or GRBL.search(self._head) else 1000.0  # what counts P in seconds allows fractions
        seconds = told.get(83, told.get(88, told.get(80, 0.0) / parts))
        self._path.stop()
        self._take()
        if 0.0 < seconds < LONGEST_S:
            _, motion, loss, dwell = self._knots[-1]
            self._knot(self._place, motion, loss, dwell + seconds)

    def _wait(self, name: bytes) -> None:
        self._path.stop()
        self._take()
        if name in HEAT and not self._heat_at:
            self._heat_at = self._place
        if name != b"G28" and len(self._waits) < MOST_MARKS:
            self._waits.append(self._place)


MODES = PLANES.keys() | {
    b"G90", b"G91", b"M82", b"M83", b"G20", b"G21", b"G90.1", b"G91.1", b"G93", b"G94", b"G95",
}  # fmt: skip
OTHERS = WAIT | MODES | frozenset({b"G4", b"M73", b"G92", b"G92.1", b"G92.2"})
LIMITS = frozenset({b"M201", b"M203", b"M204", b"SET_VELOCITY_LIMIT"})


def _plain(word: bytes) -> bytes:
    """A command in capitals, without zeros before its number: G01 is G1."""
    name = word.upper()
    return PADDED.sub(rb"\1", name) if name[1:2] == b"0" else name


def _numbers(words: list[bytes]) -> dict[int, float]:
    """Letter (upper case, as its code) → number. What is no number is left out."""
    told: dict[int, float] = {}
    for place, word in enumerate(words[1:], 2):
        try:
            value = float(word[1:])
        except ValueError:
            if WRITTEN_TOGETHER.fullmatch(word.upper()):
                told |= _numbers([b"", *WORD.findall(word)])
            elif len(word) == 1 and word.isalpha() and place < len(words):  # a space between the letter and its number
                told |= _numbers([b"", word + words[place]]) if WORD.fullmatch(word + words[place]) else {}
            continue
        if -1e9 < value < 1e9:
            told[word[0] & 0xDF] = value
    return told


def read_timeline(chunks: Iterable[bytes]) -> SlicerTimeline | None:
    """The clock of a whole file, chunk by chunk."""
    reader = TimelineReader()
    for chunk in chunks:
        reader.feed(chunk)
    return reader.finish()
