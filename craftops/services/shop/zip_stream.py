"""A ZIP that is taken away while it is written."""

from __future__ import annotations

import tempfile
import time
import zipfile
from datetime import datetime
from typing import IO

MEMORY = 8_000_000
"""Bytes that a spool keeps in memory before it goes to the disk."""


class ZipSink:
    """What a ZIP is written to and taken from again, piece by piece; it cannot be wound back."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        return

    def taken(self) -> bytes:
        found = b"".join(self.pieces)
        self.pieces.clear()
        return found


class ZipStream:
    """Members one after the other; ``taken`` gives what was written since the last time."""

    def __init__(self, at: datetime) -> None:
        self._sink = ZipSink()
        self._zip = zipfile.ZipFile(self._sink, "w", allowZip64=True)  # type: ignore[call-overload]
        self._at = at

    def member(self, name: str, *, stored: bool = False) -> IO[bytes]:
        """One to be written to, and closed. ``stored``: what does not get smaller by packing."""
        how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        opened: IO[bytes] = self._zip.open(entry(name, self._at, how), "w", force_zip64=True)
        return opened

    def text(self, name: str, data: bytes) -> bytes:
        """A small one at once."""
        self._zip.writestr(entry(name, self._at, zipfile.ZIP_DEFLATED), data)
        return self.taken()

    def spool(self) -> IO[bytes]:
        """Room beside it for what is written later."""
        return tempfile.SpooledTemporaryFile(MEMORY)

    def taken(self) -> bytes:
        return self._sink.taken()

    def end(self) -> bytes:
        """The list of members."""
        self._zip.close()
        return self.taken()


def entry(name: str, at: datetime, how: int) -> zipfile.ZipInfo:
    """A member's head."""
    moment = time.gmtime(max(at.timestamp(), 315_532_800))  # ZIP knows no time before 1980
    info = zipfile.ZipInfo(name, moment[:6])
    info.compress_type = how
    return info
