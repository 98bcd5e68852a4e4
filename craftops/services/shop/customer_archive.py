"""Everything that we hold of a customer as one ZIP: the JSON and their files, written while it is read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import orjson

from craftops.domain.people.access import Actor
from craftops.services.people import limits
from craftops.services.shop import customer_data
from craftops.services.shop.context import Shop
from craftops.services.shop.zip_stream import ZipSink, entry
from craftops.store.models import DesignFileRow
from craftops.store.queries import scoped
from craftops.store.views.people import Account

PIECE = 256 * 1024
MOST = 6
"""Archives of one account within a quarter of an hour."""


def archive(shop: Shop, account: Account, actor: Actor, *, at: datetime) -> Iterator[bytes]:
    """The ZIP in pieces. What it holds is read from the database before the first. Raises TooManyTries."""
    limits.count(f"archive:{account.id}", MOST, at=at)
    mine = scoped.files(actor).where(DesignFileRow.owner == account.id).order_by(DesignFileRow.id)
    files = [(f"files/{row.id}-{safe_name(row.name)}", shop.files.path(row.blob_id), row.uploaded_at) for row in mine]
    said = customer_data.export(account)
    said["in_this_archive"] = [name for name, _path, _at in files]
    return _pieces(orjson.dumps(said, option=orjson.OPT_INDENT_2), files, at)


def safe_name(name: str) -> str:
    """A file's name that no system takes for a folder, a device or a command."""
    plain = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]', "_", name).strip(" .")
    return plain[-120:] or "file"


def _pieces(data: bytes, files: list[tuple[str, Path, datetime]], at: datetime) -> Iterator[bytes]:
    sink = ZipSink()
    with zipfile.ZipFile(sink, "w", allowZip64=True) as zipped:  # type: ignore[call-overload]
        zipped.writestr(entry("my-data.json", at, zipfile.ZIP_DEFLATED), data)
        yield sink.taken()
        for name, path, sent in files:
            try:
                source = path.open("rb")
            except FileNotFoundError:  # it was deleted since the list was made
                continue
            with source, zipped.open(entry(name, sent, zipfile.ZIP_STORED), "w", force_zip64=True) as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    yield sink.taken()
    yield sink.taken()
