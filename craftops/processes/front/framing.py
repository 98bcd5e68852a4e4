"""Where one HTTP/1.1 request ends in a stream of bytes (RFC 9112). Pure: bytes in, places out.

The head is parsed by gunicorn, and so is the body once it is here: this only says when all of it is. What this takes
for complete and gunicorn does not ends in a 400: it reads what was framed, never the socket.
"""

from __future__ import annotations

from enum import Enum, auto

END_OF_HEAD = b"\r\n\r\n"
LONGEST_HEAD = 64 * 1024
LONGEST_SIZE_LINE = 1024
LONGEST_TRAILERS = 16 * 1024


class BadFraming(ValueError):
    """The bytes are no request."""


class LengthBody:
    """A body of a declared length, in bytes."""

    def __init__(self, length: int) -> None:
        self._left = length

    @property
    def complete(self) -> bool:
        return self._left == 0

    def feed(self, data: bytes) -> int:
        """How many bytes of ``data`` belong to the body."""
        taken = min(len(data), self._left)
        self._left -= taken
        return taken


class _At(Enum):
    SIZE = auto()
    DATA = auto()
    AFTER_DATA = auto()
    TRAILERS = auto()
    END = auto()


class ChunkedBody:
    """A body in chunks (RFC 9112, 7.1), with its trailers."""

    def __init__(self) -> None:
        self._at = _At.SIZE
        self._line = bytearray()
        self._left = 0
        self._trailers = 0

    @property
    def complete(self) -> bool:
        return self._at is _At.END

    def feed(self, data: bytes) -> int:
        """How many bytes of ``data`` belong to the body. Raises BadFraming."""
        place = 0
        while place < len(data) and self._at is not _At.END:
            if self._at is _At.DATA:
                taken = min(len(data) - place, self._left)
                self._left -= taken
                place += taken
                if not self._left:
                    self._at, self._left = _At.AFTER_DATA, 2
                continue
            place += self._take_line(data, place)
        return place

    def _take_line(self, data: bytes, place: int) -> int:
        end = data.find(b"\n", place)
        taken = (end + 1 if end >= 0 else len(data)) - place
        self._line += data[place : place + taken]
        if len(self._line) > LONGEST_SIZE_LINE + (LONGEST_TRAILERS if self._at is _At.TRAILERS else 0):
            raise BadFraming("A line of the body is too long.")
        if end >= 0:
            line, self._line = bytes(self._line), bytearray()
            if not line.endswith(b"\r\n"):
                raise BadFraming("A line of the body ends without a carriage return.")
            self._next(line[:-2])
        return taken

    def _next(self, line: bytes) -> None:
        if self._at is _At.AFTER_DATA:
            if line:
                raise BadFraming("A chunk is longer than it says.")
            self._at = _At.SIZE
        elif self._at is _At.SIZE:
            digits = line.split(b";", 1)[0].strip(b" \t")
            if not digits or len(digits) > 15 or digits.strip(b"0123456789abcdefABCDEF"):
                raise BadFraming("The size of a chunk is no number.")
            self._left = int(digits, 16)
            self._at = _At.DATA if self._left else _At.TRAILERS
        else:
            self._trailers += len(line)
            if self._trailers > LONGEST_TRAILERS:
                raise BadFraming("The trailers are too long.")
            if not line:
                self._at = _At.END


Body = LengthBody | ChunkedBody
