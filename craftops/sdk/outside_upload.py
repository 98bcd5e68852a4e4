"""A file on its way to a machine, sent piece by piece."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import IO

CHUNK = 65_536


class Upload:
    """A file, after a few short ``fields``, as a multipart form; ``size`` in bytes.

    Requests would read it into memory. ``name`` and ``fields`` must be ours: nothing is escaped.
    """

    def __init__(self, name: str, file: IO[bytes], size: int, fields: Mapping[str, str] | None = None) -> None:
        self.boundary = secrets.token_hex(16)
        mark = f"--{self.boundary}\r\n"
        plain = "".join(
            f'{mark}Content-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in (fields or {}).items()
        )
        disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        self._head = f"{plain}{mark}{disposition}Content-Type: application/octet-stream\r\n\r\n".encode()
        self._tail = f"\r\n--{self.boundary}--\r\n".encode()
        self._file = file
        self._size = size

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    def __len__(self) -> int:
        return len(self._head) + self._size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        while chunk := self._file.read(CHUNK):
            yield chunk
        yield self._tail
