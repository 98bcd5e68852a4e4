"""Everything that the shop has, in forms that anybody can read: a ZIP of CSV, JSON and the files, made as it is read.

What lets somebody in (passwords, tokens, sealed secrets) and what only the program needs (work, sessions) stays out;
a backup has all of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from craftops import __version__
from craftops.domain.people.access import Actor
from craftops.domain.people.audit import Deed
from craftops.domain.shop.catalogue import catalogue_to_json
from craftops.services.shop.context import Shop
from craftops.services.shop.customer_archive import safe_name
from craftops.services.shop.zip_stream import ZipStream
from craftops.store.auditing import note
from craftops.store.database import reading
from craftops.store.export_rows import ExportColumn, columns_of, exported, rows_of
from craftops.store.models import DesignFileRow

PIECE = 256 * 1024
README = """Everything of the shop {name}, exported on {at:%Y-%m-%d %H:%M} UTC by CraftOps {version}.

tables/NAME.csv    one table each, UTF-8, comma, first line the names of the columns
tables/NAME.jsonl  the same, one JSON object a line
shop.json          the shop's profile and its catalogue
files/             every design file, as NUMBER-NAME; NUMBER is the id in tables/design_file
other-files/       pictures, papers, labels: named by the SHA-256 that the tables name

Instants are ISO 8601 in UTC. Amounts of money are whole numbers of the smallest unit (cents). A column that ends with
_id is the id of a row of another table. In the CSV a cell that a spreadsheet would take for a formula begins with '.
Passwords, tokens and sealed secrets are left out.
"""


def export(shop: Shop, actor: Actor, *, at: datetime) -> Iterator[bytes]:
    """The ZIP in pieces. Raises AccessError for anybody but the owner."""
    actor.must_be_owner()
    note(Deed.EXPORTED, actor=actor, at=at, subject="everything")
    return _pieces(shop, at)


def _pieces(shop: Shop, at: datetime) -> Iterator[bytes]:
    out = ZipStream(at)
    profile = shop.profile()
    yield out.text("README.txt", README.format(name=profile.name, at=at, version=__version__).encode())
    yield out.text("shop.json", orjson.dumps(_shop(shop), option=orjson.OPT_INDENT_2))
    names: dict[str, list[str]] = {}
    with reading():
        for table in exported():
            columns = columns_of(table)
            yield from _table(out, table._meta.table_name, columns, rows_of(table, columns))
        for row in DesignFileRow.select(DesignFileRow.id, DesignFileRow.name, DesignFileRow.blob):
            names.setdefault(row.blob_id, []).append(f"files/{row.id}-{safe_name(row.name)}")
    yield from _files(shop, out, names)
    yield out.end()


def _shop(shop: Shop) -> dict[str, Any]:
    return {
        "profile": asdict(shop.profile()),
        "catalogue": catalogue_to_json(shop.catalogue),
    }


def _table(out: ZipStream, name: str, columns: list[ExportColumn], rows: Iterable[list[Any]]) -> Iterator[bytes]:
    """One table twice; of a large one never more than a piece is in memory, and the second form lies in a spool."""
    titles = [one.name for one in columns]
    with out.spool() as lines:
        with out.member(f"tables/{name}.csv") as member:
            member.write(_csv([titles]))
            for number, row in enumerate(rows):
                member.write(_csv([[_cell(value) for value in row]]))
                lines.write(orjson.dumps(dict(zip(titles, row, strict=True))) + b"\n")
                if number % 500 == 0:
                    yield out.taken()
        with out.member(f"tables/{name}.jsonl") as member:
            lines.seek(0)
            while piece := lines.read(PIECE):
                member.write(piece)
                yield out.taken()
    yield out.taken()


def _csv(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        value = orjson.dumps(value).decode()
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _files(shop: Shop, out: ZipStream, names: dict[str, list[str]]) -> Iterator[bytes]:
    """Every stored file once for each name that it has; what has none, by its sum."""
    for sha256 in shop.files.all():
        with shop.files.lent(sha256) as path:
            for name in names.get(sha256, [f"other-files/{sha256}"]):
                try:
                    source = path.open("rb")
                except FileNotFoundError:  # it was deleted since
                    continue
                with source, out.member(name, stored=True) as member:
                    while piece := source.read(PIECE):
                        member.write(piece)
                        yield out.taken()
                yield out.taken()
