"""A request's body while it comes in: in memory when small, in a nameless file when not.

A piece of an upload is written where it belongs as soon as it is whole, and a file in between would cost as much as
that. It waits in memory, too, as long as all of them together find room there (``BodyRoom``), and comes there straight
from the socket.
"""

from __future__ import annotations

import io
import tempfile
import threading
from pathlib import Path
from typing import IO

PIECE_TYPE = ("content-type", "application/offset+octet-stream")
"""A tus piece: what has come of it counts, though its sender is gone."""


class BodyRoom:
    """Memory for large bodies, of all connections together. Any thread may call."""

    def __init__(self, size: int) -> None:
        self.left = size
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Whether there was room for so many bytes; then they are the caller's until given back."""
        with self._lock:
            if size > self.left:
                return False
            self.left -= size
            return True

    def give_back(self, size: int) -> None:
        """They are free again."""
        with self._lock:
            self.left += size


class Body(io.RawIOBase):
    """Written by the event loop, then read by the app as ``wsgi.input``.

    A body that was cut off tells so at its end, by ConnectionResetError.
    """

    def __init__(self, memory: int, folder: Path | None) -> None:
        self.size = 0
        self.cut = False
        self._memory, self._folder = memory, folder
        self._file: IO[bytes] | None = None
        self._chunks: list[bytes] = []
        self._reader: IO[bytes] | None = None
        self._room: BodyRoom | None = None
        self._held = memoryview(b"")
        self._read = 0

    def wait_in(self, room: BodyRoom, size: int) -> None:
        """It is announced as so large, and waits in this memory if there is room."""
        if size > self._memory and room.take(size):
            self._room, self._held = room, memoryview(bytearray(size))

    @property
    def missing(self) -> memoryview | None:
        """Where the rest of a body that waits in memory is put by whoever reads the socket (``came``)."""
        return self._held[self.size :] if self._room is not None else None

    def came(self, count: int) -> None:
        """So many bytes have been put there."""
        self.size += count

    @property
    def is_large(self) -> bool:
        """Whether it is more than a form."""
        return self._file is not None or self.size > self._memory

    def add(self, data: bytes) -> None:
        """Take in what has come. Raises OSError when the disk is full."""
        if self._room is not None:
            self._held[self.size : self.size + len(data)] = data
            self.came(len(data))
            return
        self.size += len(data)
        if self._file is None and self.size > self._memory:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - closed with the body
            for chunk in self._chunks:
                self._file.write(chunk)
            self._chunks = []
        if self._file is None:
            self._chunks.append(data)
        else:
            self._file.write(data)

    def _source(self) -> IO[bytes]:
        if self._reader is None:
            waiting = self._held[self._read : self.size] if self._room is not None else b"".join(self._chunks)
            self._reader = self._file or io.BytesIO(waiting)
            self._reader.seek(0)
        return self._reader

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return self._whole()
        if self._room is not None and self._reader is None:
            begin, self._read = self._read, min(self._read + size, self.size)
            return bytes(self._held[begin : self._read]) or self._ended(size)
        data = self._source().read(size)
        return data or self._ended(size)

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self, size: int | None = -1, /) -> bytes:
        data = self._source().readline(-1 if size is None else size)
        return data or self._ended(size)

    def _whole(self) -> bytes:
        data = self._source().read()
        return self._ended(-1) if self.cut else data

    def _ended(self, size: int | None) -> bytes:
        if self.cut and size != 0:
            raise ConnectionResetError("the sender has gone before the end of the body")
        return b""

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._room is not None:
            self._room.give_back(len(self._held))
            self._room, self._held = None, memoryview(b"")
        super().close()
