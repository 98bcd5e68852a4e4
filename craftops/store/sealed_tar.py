"""A tar inside an age file, written and read as a stream: ``age -d -i KEY FILE | tar x`` opens it without us.

pyrage reads from and writes to files only, so a pipe and a thread stand between it and the tar. Nothing that is in
the tar ever lies unlocked on the disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyrage

from craftops.errors import IntakeError

SUMS = "SHA256SUMS"
"""The last member: the sum of each other one, as ``sha256sum -c`` reads it."""
PIECE = 1 << 20


class SealedTarWriter:
    """Adds members; knows the sum of each."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._sums: list[str] = []

    def add_file(self, name: str, path: Path) -> None:
        """A file of the disk. Raises OSError; FileNotFoundError before anything of it is written."""
        with path.open("rb") as source:
            info = self._info(name, os.fstat(source.fileno()).st_size, os.fstat(source.fileno()).st_mtime)
            self._add(info, source)

    def add_bytes(self, name: str, data: bytes, mtime: float) -> None:
        """Something that we say ourselves."""
        self._add(self._info(name, len(data), mtime), io.BytesIO(data))

    def finish(self, mtime: float) -> None:
        """The sums, at the end."""
        data = "".join(self._sums).encode()
        self._tar.addfile(self._info(SUMS, len(data), mtime), io.BytesIO(data))

    @staticmethod
    def _info(name: str, size: int, mtime: float) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = size, int(mtime), 0o600
        return info

    def _add(self, info: tarfile.TarInfo, source: IO[bytes]) -> None:
        counted = _Counted(source)
        self._tar.addfile(info, counted)
        self._sums.append(f"{counted.digest.hexdigest()}  {info.name}\n")


class _Counted:
    """A stream whose sum is taken while it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.digest.update(data)
        return data


class _Helper(threading.Thread):
    """pyrage at the other end of the pipe; what it raises is kept for whoever waits for it."""

    def __init__(self, work: Any) -> None:
        super().__init__(daemon=True)
        self._work = work
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - whoever waits raises it
            self.error = error


@contextmanager
def write_sealed(path: Path, recipients: Sequence[str]) -> Iterator[SealedTarWriter]:
    """Write ``path``, which only the holders of the ``recipients``' keys can open; it is there whole, or not at all.

    Raises OSError, ValueError for a recipient that is none.
    """
    try:
        keys = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    except pyrage.RecipientError as error:
        raise ValueError(f"not the public key of anybody: {error}") from None
    draft = path.with_name(f"{path.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    inner, outer = os.pipe()
    source, target = os.fdopen(inner, "rb"), os.fdopen(descriptor, "wb")

    def seal() -> None:
        with source:
            pyrage.encrypt_io(source, target, keys)

    helper = _Helper(seal)
    helper.start()
    try:
        with os.fdopen(outer, "wb") as pipe, tarfile.open(fileobj=pipe, mode="w|", bufsize=PIECE) as tar:
            yield SealedTarWriter(tar)
        helper.join()
        if helper.error is not None:
            raise OSError(str(helper.error))
        target.flush()
        os.fsync(target.fileno())
        target.close()
        os.replace(draft, path)
    except BaseException as error:
        helper.join()
        if isinstance(error, BrokenPipeError) and helper.error is not None:
            raise OSError(str(helper.error)) from error
        raise
    finally:
        with contextlib.suppress(OSError):
            target.close()
        draft.unlink(missing_ok=True)


@contextmanager
def read_sealed(path: Path, identity: str) -> Iterator[tarfile.TarFile]:
    """The tar inside, to be read from front to back. Raises IntakeError when the key does not open it, or it is cut."""
    keys = [_identity(identity)]
    inner, outer = os.pipe()
    source, target = os.fdopen(inner, "rb"), os.fdopen(outer, "wb")

    def unseal() -> None:
        with target, path.open("rb") as sealed:
            pyrage.decrypt_io(sealed, target, keys)

    helper = _Helper(unseal)
    helper.start()
    try:
        with source, tarfile.open(fileobj=source, mode="r|", bufsize=PIECE) as tar:
            yield tar
    except tarfile.TarError:
        helper.join()
        raise _why(path, helper.error) from None
    helper.join()
    if helper.error is not None and not isinstance(helper.error, BrokenPipeError):
        raise _why(path, helper.error)


def _identity(text: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        raise IntakeError("This is not the secret key of a backup (AGE-SECRET-KEY-1…).") from None


def _why(path: Path, error: BaseException | None) -> IntakeError:
    if isinstance(error, pyrage.DecryptError):
        return IntakeError(f"{path.name} was not locked with this key, or it is damaged.")
    return IntakeError(f"{path.name} cannot be read: {error or 'it ends too soon'}.")
