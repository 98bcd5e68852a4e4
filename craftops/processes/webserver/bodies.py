"""A request's body while it comes in: in memory when small, in a nameless file when not."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import IO


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

    @property
    def is_large(self) -> bool:
        """Whether it lies in a file."""
        return self._file is not None

    def add(self, data: bytes) -> None:
        """Take in what has come. Raises OSError when the disk is full."""
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
            self._reader = self._file or io.BytesIO(b"".join(self._chunks))
            self._reader.seek(0)
        return self._reader

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return self._whole()
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
        super().close()
