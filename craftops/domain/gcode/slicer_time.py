"""What a slicer says of its own machine code: how long it will take, and which slicer it was.

Read from the first and the last bytes of a file; the lines that count are comments, so no machine code is run or
checked here. Sources: the output of PrusaSlicer and its kin ("; estimated printing time (normal mode) = …" in the
footer), OrcaSlicer and Bambu Studio ("; model printing time: …; total estimated time: …" in the header), Cura
(";TIME:6543" in the header), Simplify3D (";   Build time: …"), Fusion ("Print time: 1h:20m:36s"), KISSlicer ("Estimated
Build Time: 130.62 minutes"), ideaMaker (";Print Time: 6543"), and ``M73 P0 R125`` (RepRap wiki: minutes that remain)
for everybody else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WINDOW = 128 * 1024
"""Bytes of each end that ``slicer_time`` wants to see."""
LONGEST_S = 90 * 86_400.0
TOLD = (
    re.compile(rb"^;\s*estimated printing time \(normal mode\)\s*=\s*(.+)", re.MULTILINE),
    re.compile(rb"^;.*total estimated time:\s*([^;\r\n]+)", re.MULTILINE),
    re.compile(rb"^;\s*model printing time:\s*([^;\r\n]+)", re.MULTILINE),
    re.compile(rb"^;\s*TIME\b[ \t]*[:=]?[ \t]*([\d.].*)", re.MULTILINE),
    re.compile(
        rb"^[;(][ \t;(-]*(?:(?:estimated|total|print(?:ing)?|build|job|machin(?:e|ing)|cut(?:ting)?|cycle|run|est\.?"
        rb"|approx\.?|calculated|during|export)[ \t_.-]*){1,5}time"
        rb"(?:[ \t]*\((?:s|sec|seconds)\))?[ \t]*[:=]?[ \t]*([\d.][^;)\r\n]*)",
        re.MULTILINE | re.IGNORECASE,
    ),
)
"""Where a time stands, the surest first; whatever it looks like, ``span_s`` reads it."""
CLOCK = re.compile(r"(?:(\d+)[.:d]\s*)?(\d+):(\d{1,2}):(\d{1,2}(?:\.\d+)?)\b(?!\s*[hms])")
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
    (re.compile(rb"LightBurn", re.IGNORECASE), "LightBurn"),
    (re.compile(rb"Fusion version|Autodesk|Fusion 360", re.IGNORECASE), "Fusion"),
)
PER = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
SMALLER = {"h": "m", "m": "s"}
PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z])[\s,:;]*(?:and\s+)?",
    re.IGNORECASE,
)
NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(?:[-;)]|$)")
LOOKS_LIKE = re.compile(rb"^\s*(?:;|[GMNT]\d|%|\()", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SlicerTime:
    """``seconds`` of the whole run as the slicer planned it; ``slicer`` is its name, or empty."""

    seconds: float
    slicer: str


def is_gcode(head: bytes) -> bool:
    """Whether the beginning of a file looks like machine code."""
    return b"\0" not in head[:4096] and LOOKS_LIKE.search(head[:4096]) is not None


def slicer_of(head: bytes, tail: bytes = b"") -> str:
    """The name of the program that wrote it; empty for one that we do not know."""
    return next((name for pattern, name in MAKERS if pattern.search(head[:8192]) or pattern.search(tail)), "")


def slicer_time(head: bytes, tail: bytes = b"") -> SlicerTime | None:
    """The planned time, from both ends of a file; None where the slicer does not say it, or says nonsense."""
    for seconds in _candidates(head, tail):
        if 0 < seconds <= LONGEST_S:
            return SlicerTime(seconds, slicer_of(head, tail))
    return None


def span_s(text: str) -> float | None:
    """A span of time in seconds, as programs write it: "1d 2h 3m 4s", "1h:20m:36s", "7 hours 1 minute", "130.62
    minutes", "2:11:47", "1.02:03:04" (days first), or seconds alone. None for anything else.
    """
    text = text.strip()
    clock = CLOCK.match(text)
    if clock:
        days, hours, minutes, seconds = (float(part or 0) for part in clock.groups())
        return 86_400 * days + 3600 * hours + 60 * minutes + seconds
    total, end, last = 0.0, 0, ""
    while part := PART.match(text, end):
        total += float(part[1]) * PER[part[2][0].lower()]
        end, last = part.end(), part[2][0].lower()
    if end:
        if last == "d" and (clock := CLOCK.match(text, end)):  # "1 day, 2:03:04"
            return total + (span_s(clock[0]) or 0.0)
        if last in SMALLER and (rest := re.fullmatch(r"(\d{1,2})", text[end:].strip())):  # "2h11"
            total += float(rest[1]) * PER[SMALLER[last]]
        return round(total, 3)
    alone = NUMBER.match(text)
    return float(alone[1]) if alone else None


def _candidates(head: bytes, tail: bytes) -> list[float]:
    found = []
    for pattern in TOLD:
        for part in (tail, head):
            hit = pattern.search(part)
            seconds = span_s(hit[1][:80].decode("latin-1")) if hit else None
            if seconds is not None:
                found.append(seconds)
    if elapsed := LAST_ELAPSED.findall(tail):
        found.append(float(elapsed[-1]))
    if hit := REMAINING.search(head):
        found.append(60.0 * int(hit[1]))
    return found
