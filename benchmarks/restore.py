"""A shop with 100,000 orders: backed up, restored elsewhere, found whole by the doctor; beside age, tar and sqlite3.

``python -m benchmarks.restore --orders N`` makes its own shop and measures it alone.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyrage

from benchmarks.common import Result, alone
from benchmarks.history import fill
from craftops.app import create_app
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.domain.shop.profile import ShopProfile
from craftops.processes.doctor import examine
from craftops.services.shop import backups, restoring
from craftops.store.database import close_database, connected, unit_of_work, utcnow
from craftops.store.migrating import migrate
from craftops.store.models import BlobRow, DesignFileRow, OrderRow, StageChangeRow, database
from craftops.testing.workshop import Workshop, cube_stl

ORDERS, FILES, AT_ONCE = 100_000, 5_000, 500
ASKED_S = 300.0
STAGES = (
    "received",
    "in_review",
    "queued",
    "in_production",
    "post_processing",
    "quality_check",
    "ready_for_pickup",
    "completed",
)


def run(folder: Path, orders: int = ORDERS) -> Iterator[Result]:
    """Seconds of each step; restore and doctor together against age, tar and sqlite3."""
    folder.mkdir()
    identity = pyrage.x25519.Identity.generate()
    shop_folder = folder / "shop"
    shop_folder.mkdir()
    (shop_folder / "shop.toml").write_text(f'[backup]\nrecipients = ["{identity.to_public()}"]\n')
    config = load_config(data=shop_folder, env={})
    shop = open_shop(config)
    migrate(shop_folder)
    with connected():
        workshop = Workshop(shop, create_app(config))
        workshop.open(ShopProfile(name="Werk"))
        fill(workshop, orders)
        _make_whole(workshop, min(FILES, orders))
        began = time.perf_counter()
        made = backups.make(shop, at=utcnow())
        took = time.perf_counter() - began
    archive = Path(made.folder) / made.name
    copied = _plain_copy(shop_folder, folder / "copied")
    yield Result(f"backup, read back, {orders:,} orders", took, "cp of the folder", copied, 60, "s")
    workshop.close()
    close_database()
    (folder / "key.txt").write_text(f"{identity}\n")
    began = time.perf_counter()
    done = restoring.restore(archive, folder / "restored", str(identity), at=utcnow(), tell=lambda _words: None)
    restored = time.perf_counter() - began
    began = time.perf_counter()
    copy = open_shop(load_config(data=done.folder, env={}))
    found = examine(copy, at=utcnow())
    examined = time.perf_counter() - began
    close_database()
    if found:
        raise RuntimeError(f"the doctor found {len(found)} things: {found[:3]}")
    bare = _without_us(archive, folder)
    yield Result(f"restore, {orders:,} orders", restored, "age, tar, sqlite3", bare, 6, "s")
    yield Result(f"restore and a clean doctor, {orders:,} orders", restored + examined, "five minutes", ASKED_S, 1, "s")


def _make_whole(workshop: Workshop, files: int) -> None:
    """What the doctor asks of orders that the history's benchmark leaves out: timelines, and files that are there."""
    wanted = []
    for number in range(files):
        content = cube_stl(10 + number / 100)
        sha256 = hashlib.sha256(content).hexdigest()
        path = workshop.shop.files.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        wanted.append(sha256)
    at = utcnow()
    with unit_of_work():
        for begin in range(0, files, AT_ONCE):
            BlobRow.insert_many(
                [{"sha256": one, "size": 684, "created_at": at} for one in wanted[begin : begin + AT_ONCE]]
            ).execute()
    database.execute_sql(
        "CREATE TEMP TABLE given AS SELECT row_number() OVER () - 1 AS n, sha256 FROM blob WHERE size = 684"
    )
    database.execute_sql("CREATE UNIQUE INDEX given_n ON given (n)")
    given = "(SELECT sha256 FROM given WHERE n = design_file.id % ?)"
    first = "(SELECT sha256 FROM given WHERE n = 0)"
    with unit_of_work():
        database.execute_sql(f"UPDATE design_file SET sha256 = {given}, picture_sha = {first}", (files,))
        BlobRow.delete().where(BlobRow.sha256 == "0" * 64).execute()
    rows = list(OrderRow.select(OrderRow.id, OrderRow.stage, OrderRow.placed_at).tuples())
    for begin in range(0, len(rows), AT_ONCE):
        _write_changes(rows[begin : begin + AT_ONCE])
    if DesignFileRow.select().where(DesignFileRow.blob.is_null()).exists():
        raise RuntimeError("a file without bytes")


def _write_changes(rows: list[tuple[int, str, object]]) -> None:
    values = []
    for order, stage, placed in rows:
        walked = STAGES if stage == "completed" else (*STAGES[:3], "cancelled")
        for number, (before, after) in enumerate(zip((None, *walked), walked, strict=False)):
            values.append(
                {"order": order, "before": before, "after": after, "at": placed + timedelta(hours=number),  # type: ignore[operator]
                 "actor_name": "Sam", "actor_kind": "staff", "kind": "forward"}
            )  # fmt: skip
    with unit_of_work():
        for start in range(0, len(values), 100):
            StageChangeRow.insert_many(values[start : start + 100]).execute()


def _plain_copy(source: Path, target: Path) -> float:
    began = time.perf_counter()
    shutil.copytree(source, target)
    return time.perf_counter() - began


def _without_us(archive: Path, folder: Path) -> float:
    """What anybody does who has the key and no CraftOps."""
    out = folder / "bare"
    out.mkdir()
    opened = f"age -d -i {folder}/key.txt {archive} | tar x -C {out}"
    asked = f'sqlite3 {out}/craftops.db "pragma integrity_check" "pragma foreign_key_check"'
    command = f"{opened} && cd {out} && sha256sum --quiet -c SHA256SUMS && {asked}"
    began = time.perf_counter()
    subprocess.run(["/bin/bash", "-o", "pipefail", "-c", command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    alone("restore", __doc__, run, ORDERS)
