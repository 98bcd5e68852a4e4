"""Files of machine code as the plates that they hold: text, binary code, or a package with a file for each plate."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from craftops.domain.gcode.binary_code import is_binary_code, text_of_binary
from craftops.domain.gcode.slicer_time import WINDOW

CHUNK = 1 << 18
LARGEST = 1 << 30
"""Of packed code, no more than this many bytes are read: a package may say what it likes of its size."""
MOST_PLATES = 100
UNPACKABLE = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, ValueError, EOFError)
PACKED = b"PK\x03\x04"
DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Plate:
    """One run of a machine. ``member``: its name in a package; empty for a file that is one plate itself."""

    path: Path
    member: str = ""

    def code(self) -> Iterator[bytes]:
        """The code as text, in pieces. It ends where it cannot be unpacked."""
        if self.member:
            yield from self._packed()
            return
        with self.path.open("rb") as file:
            binary = is_binary_code(file.read(4))
            file.seek(0)
            yield from text_of_binary(file.read) if binary else iter(lambda: file.read(CHUNK), b"")

    def ends(self) -> tuple[bytes, bytes]:
        """The first and the last bytes of the code; of what has to be unpacked the first ones only, as these say it."""
        with self.path.open("rb") as file:
            head = file.read(WINDOW)
            if not self.member and not is_binary_code(head):
                size = file.seek(0, 2)
                file.seek(max(0, size - WINDOW))
                return head, file.read(WINDOW)
        head = b""
        for piece in self.code():
            head += piece
            if len(head) >= WINDOW:
                break
        return head[:WINDOW], b""

    def _packed(self) -> Iterator[bytes]:
        try:
            with zipfile.ZipFile(self.path) as package, package.open(self.member) as member:
                for _ in range(LARGEST // CHUNK):
                    if not (piece := member.read(CHUNK)):
                        return
                    yield piece
        except UNPACKABLE:
            return


def plates_of(path: Path) -> list[Plate]:
    """The plates of the file at ``path`` in the order of their numbers; none for a package without code."""
    with path.open("rb") as file:
        if file.read(4) != PACKED:
            return [Plate(path)]
    try:
        with zipfile.ZipFile(path) as package:
            names = [one for one in package.namelist() if one.startswith("Metadata/") and one.endswith(".gcode")]
    except UNPACKABLE:
        return []
    return [Plate(path, name) for name in sorted(names, key=_in_order)[:MOST_PLATES]]


def _in_order(name: str) -> list[tuple[int, str]]:
    """Numbers as numbers: plate 2 comes before plate 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in DIGITS.split(name)]
