"""A bucket of an S3 server, spoken to by obstore; what it raises comes out as ours.

Keys come from the environment as every S3 program takes them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the
role of the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from craftops.errors import ConfigError, CraftOpsError, Unreachable

PIECE = 1 << 20
RETRIED = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
PATIENCE = {"timeout": "120s", "connect_timeout": "5s"}


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a bucket says of an object; ``at`` is by its own clock."""

    key: str
    size: int
    at: datetime


class Bucket:
    """All that we ask of an object store: whole objects by their key, strongly consistent."""

    def __init__(self, store: Any) -> None:
        import obstore

        self._store = store
        self._ask = obstore

    def put(self, key: str, content: bytes | Iterable[bytes]) -> None:
        """Store an object; it is there as a whole, or not at all. The server checks the sha256 of what it gets."""
        with _ours():
            self._ask.put(self._store, key, content)

    def get(self, key: str) -> Iterator[bytes]:
        """An object in pieces. Raises FileNotFoundError, before the first one."""
        with _ours():
            found = self._ask.get(self._store, key)
            for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    def head(self, key: str) -> StoredObject | None:
        """What is there of this key."""
        try:
            with _ours():
                return _object(self._ask.head(self._store, key))
        except FileNotFoundError:
            return None

    def delete(self, *keys: str) -> None:
        """Take objects away; what is not there is none the worse."""
        if keys:
            with _ours():
                self._ask.delete(self._store, list(keys))

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """All objects below ``prefix``, in the order of their keys."""
        with _ours():
            for some in self._ask.list(self._store, prefix or None):
                yield from map(_object, some)


def _object(found: Any) -> StoredObject:
    return StoredObject(found["path"], found["size"], found["last_modified"])


@contextmanager
def _ours() -> Iterator[None]:
    try:
        yield
    except (CraftOpsError, FileNotFoundError, GeneratorExit):
        raise
    except Exception as error:
        if not type(error).__module__.startswith("obstore"):
            raise
        raise Unreachable(f"The store of the files did not do what it was asked: {str(error)[:300]}") from error


def open_bucket(url: str, endpoint: str, region: str) -> Bucket:
    """The bucket of ``s3://bucket/folder``; nothing is asked of it yet. Raises ConfigError where obstore is missing."""
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise ConfigError("scale.files needs a library: pip install 'craftops[scale]'.") from error
    bucket, _slash, prefix = url.removeprefix("s3://").partition("/")
    options: dict[str, Any] = {"region": region, "checksum_algorithm": "SHA256"}
    if endpoint:
        options |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
    client = {**PATIENCE, "allow_http": endpoint.startswith("http://")}
    store: Any = S3Store
    return Bucket(
        store(bucket, prefix=prefix.strip("/") or None, client_options=client, retry_config=RETRIED, config=options)
    )
