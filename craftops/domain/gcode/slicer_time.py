"""What a slicer says of its own machine code: how long it will take, and which slicer it was.

Read from the first and the last bytes of a file; the lines that count are comments, so no machine code is run or
checked here. Sources: the output of PrusaSlicer and its kin ("; estimated printing time (normal mode) = …" in the
footer), OrcaSlicer and Bambu Studio ("; model printing time: …; total estimated time: …" in the header), Cura
(";TIME:6543" in the header), Simplify3D (";   Build time: …"), KISSlicer and ideaMaker (";Print Time: 6543"), and
``M73 P0 R125`` (RepRap wiki: minutes that remain) for everybody else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WINDOW = 128 * 1024
"""Bytes of each end that ``slicer_time`` wants to see."""
LONGEST_S = 90 * 86_400.0
SPAN = r"((?:\d+\s*[dhms]\s*)+)"
NAMED = (
    re.compile(rb"^;\s*estimated printing time \(normal mode\)\s*=\s*" + SPAN.encode(), re.MULTILINE),
    re.compile(rb"^;.*total estimated time:\s*" + SPAN.encode(), re.MULTILINE),
    re.compile(rb"^;\s*model printing time:\s*" + SPAN.encode(), re.MULTILINE),
)
SECONDS = (
    re.compile(rb"^;TIME:\s*(\d+(?:\.\d+)?)", re.MULTILINE),
    re.compile(rb"^;\s*Print Time:\s*(\d+(?:\.\d+)?)", re.MULTILINE | re.IGNORECASE),
)
BUILD = re.compile(rb"^;\s*Build time:\s*(?:(\d+)\s*hours?)?\s*(?:(\d+)\s*min)?", re.MULTILINE | re.IGNORECASE)
REMAINING = re.compile(rb"^M73\s+(?=.*?P0\b).*?R(\d+)", re.MULTILINE)
LAST_ELAPSED = re.compile(rb"^;TIME_ELAPSED:\s*(\d+(?:\.\d+)?)", re.MULTILINE)
MAKERS = (
    (re.compile(rb"BambuStudio|Bambu ?Studio", re.IGNORECASE), "Bambu Studio"),
    (re.compile(rb"OrcaSlicer", re.IGNORECASE), "OrcaSlicer"),
    (re.compile(rb"SuperSlicer", re.IGNORECASE), "SuperSlicer"),
    (re.compile(rb"PrusaSlicer", re.IGNORECASE), "PrusaSlicer"),
    (re.compile(rb"Cura", re.IGNORECASE), "Cura"),
    (re.compile(rb"Simplify3D", re.IGNORECASE), "Simplify3D"),
    (re.compile(rb"ideaMaker", re.IGNORECASE), "ideaMaker"),
    (re.compile(rb"KISSlicer", re.IGNORECASE), "KISSlicer"),
)
PER = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
PART = re.compile(r"(\d+)\s*([dhms])")
LOOKS_LIKE = re.compile(rb"^\s*(?:;|G\d|M\d|N\d|T\d|%|\()", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SlicerTime:
    """``seconds`` of the whole run as the slicer planned it; ``slicer`` is its name, or empty."""

    seconds: float
    slicer: str


def is_gcode(head: bytes) -> bool:
    """Whether the beginning of a file looks like machine code."""
    return b"\0" not in head[:4096] and LOOKS_LIKE.search(head[:4096]) is not None


def slicer_time(head: bytes, tail: bytes = b"") -> SlicerTime | None:
    """The planned time, from both ends of a file; None where the slicer does not say it, or says nonsense."""
    slicer = next((name for pattern, name in MAKERS if pattern.search(head[:8192]) or pattern.search(tail)), "")
    for seconds in _candidates(head, tail):
        if 0 < seconds <= LONGEST_S:
            return SlicerTime(seconds, slicer)
    return None


def _candidates(head: bytes, tail: bytes) -> list[float]:
    found = []
    for pattern in NAMED:
        for part in (tail, head):
            if hit := pattern.search(part):
                found.append(float(sum(int(n) * PER[unit] for n, unit in PART.findall(hit[1].decode()))))
    for pattern in SECONDS:
        if hit := pattern.search(head) or pattern.search(tail):
            found.append(float(hit[1]))
    if hit := BUILD.search(head) or BUILD.search(tail):
        found.append(3600.0 * int(hit[1] or 0) + 60.0 * int(hit[2] or 0))
    if elapsed := LAST_ELAPSED.findall(tail):
        found.append(float(elapsed[-1]))
    if hit := REMAINING.search(head):
        found.append(60.0 * int(hit[1]))
    return found
