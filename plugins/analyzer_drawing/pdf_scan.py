"""How much a PDF unpacks to, before pdfium unpacks it.

A stream may be packed several times over (ISO 32000-1, 7.4: a chain of filters), so that a few kilobytes become
gigabytes. Each stream is unpacked here in pieces that are thrown away at once.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from craftops.sdk.analyzer import NotReadable

BEGINNING = re.compile(rb"stream\r?\n")
MOST = 400_000_000
"""Bytes that all streams of a drawing may unpack to; the heaviest real ones met so far stay below a tenth."""
MOST_NESTED = 50_000_000
"""The same for what was packed more than once, which nobody does for a reason."""
PIECE = 1 << 20
PACKED = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
DEEPEST = 4


def refuse_bombs(path: Path) -> None:
    """Raise NotReadable when the streams unpack to more than any drawing needs."""
    data = path.read_bytes()
    room = MOST
    for found in BEGINNING.finditer(data):
        begin = found.end()
        if data[begin : begin + 2] not in PACKED:
            continue
        end = data.find(b"endstream", begin)
        room -= _unpacked(data[begin : end if end >= 0 else len(data)], room, 1)
        if room < 0:
            raise NotReadable("bomb", "It would unpack to a size that no drawing has.", "Please save it again.")


def _unpacked(packed: bytes, room: int, depth: int) -> int:
    """Bytes that come out, of this layer and of those below it; more than ``room`` as soon as it is more."""
    machine = zlib.decompressobj()
    total, inner, first, nested, rest = 0, bytearray(), True, False, packed
    try:
        while not machine.eof and total <= room:
            piece = machine.decompress(rest, PIECE)
            rest = machine.unconsumed_tail
            if not piece:
                break
            if first:
                first, nested = False, piece[:2] in PACKED and depth < DEEPEST
            total += len(piece)
            if nested and len(inner) < 64 * PIECE:
                inner += piece
    except zlib.error:
        pass  # what came before the damage counts; pdfium will say the rest
    if not inner or total > room:
        return total
    below = _unpacked(bytes(inner), min(MOST_NESTED, room - total), depth + 1)
    return room + 1 if below > min(MOST_NESTED, room - total) else total + below
