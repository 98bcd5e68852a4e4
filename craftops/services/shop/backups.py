"""Backups: made while the shop works, read back, and thrown away when newer ones do.

The database is copied first, as of one moment; then every file that this copy names, for files never change and are
there before any row names them. The copy says of itself that it is one, so a shop that somebody unpacks by hand does
nothing outside either.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from craftops import __version__
from craftops.config import Config
from craftops.domain.people.access import SYSTEM, Actor, ActorKind
from craftops.domain.people.audit import Deed
from craftops.domain.shop.backups import BackupPolicy, BackupState, Safety, is_due, safety, to_keep
from craftops.errors import CraftOpsError, RuleError
from craftops.plugin_host.environment import PluginFolder
from craftops.services.shop import backup_check, epochs, recovery
from craftops.services.shop.context import Shop
from craftops.store import migrating
from craftops.store.auditing import note
from craftops.store.database import is_sqlite, unit_of_work, utcnow
from craftops.store.models import BackupRow
from craftops.store.models.base import to_micros
from craftops.store.queries import shop_pages
from craftops.store.sealed_tar import SealedTarWriter, write_sealed
from craftops.store.transfer import copy_to_sqlite
from craftops.store.views.shop import BackupTry

log = logging.getLogger("craftops.backup")
SUFFIX = ".tar.age"
DATABASE, MANIFEST, README = "craftops.db", "manifest.json", "HOW-TO-OPEN.txt"
OF_THESE_PROCESSES = frozenset({("plugins", "in-hand"), ("plugins", "ended")})
"""What says which plugin a process that lives here is at."""
LEFT_OUT = frozenset(
    {
        "backups", "broker", "cameras", "craftops.pid", "files", "files-cache", "incoming", "simulated", "snapshots",
        "backup.lock", ".backup", "demo",
        DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-door", MANIFEST, README,
    }
)  # fmt: skip
"""Names of the data folder that a backup leaves out: what is made anew, or comes into it another way."""
TRIES = 3
HOW_TO = """A backup of a CraftOps shop, made {at:%Y-%m-%d %H:%M} UTC by CraftOps {version}.

To open it without CraftOps, with the recovery phrase of the shop:

    age -d craftops-recovery-key.age > key.txt        (asks for the phrase; the file lies beside the backups)
    age -d -i key.txt {name} | tar x
    sha256sum -c SHA256SUMS
    sqlite3 craftops.db "pragma integrity_check"

craftops.db is an SQLite database with all orders, customers and invoices; files/ has every file under the sum of its
content (table design_file: name and sha256). With CraftOps: craftops restore {name} NEW-FOLDER
"""
Tell = Callable[[str], None]


def _nobody(_words: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class BackupsView:
    """How the shop stands with its backups."""

    safety: Safety
    folder: Path
    same_disk: bool
    """Whether they lie on the disk of the shop itself."""
    every: timedelta
    last_good: BackupTry | None
    rows: tuple[BackupTry, ...]
    """The newest first."""
    has_phrase: bool


def policy_of(config: Config) -> BackupPolicy:
    """What ``[backup]`` says."""
    table = config.document.backup
    return BackupPolicy(timedelta(hours=table.every_hours), table.keep_daily, table.keep_weekly, table.keep_monthly)


def folder_of(config: Config) -> Path:
    """Where backups go."""
    return config.data / Path(config.document.backup.folder).expanduser()


def standing(shop: Shop, *, at: datetime, most: int = 30) -> BackupsView:
    """How it stands, and the last that were tried."""
    config, good = shop.config, shop_pages.last_good_backup()
    folder, policy = folder_of(config), policy_of(config)
    return BackupsView(
        safety(policy, recovery.has_key(config), good.begun_at if good else None, at),
        folder,
        _disk_of(folder) == _disk_of(config.data),
        policy.every,
        good,
        tuple(shop_pages.backups_tried(most)),
        recovery.has_phrase(config),
    )


def _disk_of(path: Path) -> int:
    while not path.exists():
        path = path.parent
    return path.stat().st_dev


def due(shop: Shop, *, at: datetime) -> bool:
    """Whether the clock asks for one. Not of a restored copy: the real shop may use its folder."""
    if not recovery.has_key(shop.config) or epochs.is_copy():
        return False
    newest = BackupRow.select().order_by(BackupRow.begun_at.desc()).first()
    good = shop_pages.last_good_backup()
    return is_due(policy_of(shop.config), newest.begun_at if newest else None, good.begun_at if good else None, at)


def make(shop: Shop, *, at: datetime, by: str = "", tell: Tell = _nobody) -> BackupRow:
    """Make a backup, read it back, and take away what the policy does not keep. ``tell`` hears how far it is.

    Raises RuleError when there is no key or one is being made, CraftOpsError when it could not be made; staff see why.
    """
    keys = recovery.recipients(shop.config)
    if not keys:
        raise RuleError("There is no key to lock backups with.", "Make a recovery phrase first: the page Backups.")
    with _alone(shop.config.data / "backup.lock"):
        folder = folder_of(shop.config)
        name = f"craftops-{at:%Y%m%dT%H%M%SZ}{SUFFIX}"
        with unit_of_work():
            stale = BackupRow.state == BackupState.RUNNING.value
            BackupRow.update(state=BackupState.FAILED.value, error="It was interrupted.", ended_at=at).where(
                stale
            ).execute()
            row: BackupRow = BackupRow.create(begun_at=at, name=name, folder=str(folder), by_name=by[:200])
        try:
            done = _made(shop, folder / name, keys, at, tell)
        except (OSError, CraftOpsError, sqlite3.Error, ValueError) as error:
            sentence = error.sentence if isinstance(error, CraftOpsError) else f"It could not be written: {error}"
            _end(row, BackupState.FAILED, error=sentence[:1000])
            log.error("the backup failed: %s", sentence)
            raise RuleError(sentence) from error
        _end(row, BackupState.GOOD, size=done.size, orders=done.orders, files=done.files)
        maker = Actor(ActorKind.OWNER, None, by) if by else SYSTEM
        note(Deed.BACKUP_MADE, actor=maker, at=utcnow(), subject=name)
        prune(shop, folder)
    fresh: BackupRow = BackupRow.get_by_id(row.id)
    return fresh


def try_to_make(shop: Shop, *, at: datetime, by: str = "") -> None:
    """The same for the clock: why it failed stands in its row and on the page, and the clock tries again."""
    try:
        make(shop, at=at, by=by)
    except RuleError as error:
        log.error("no backup was made: %s", error.sentence)


def _end(row: BackupRow, state: BackupState, **values: object) -> None:
    with unit_of_work():
        BackupRow.update(state=state.value, ended_at=utcnow(), **values).where(BackupRow.id == row.id).execute()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuleError("A backup is being made already.", "Wait until it is done.") from None
        yield
    finally:
        os.close(descriptor)


def _made(shop: Shop, path: Path, keys: list[str], at: datetime, tell: Tell) -> backup_check.Checked:
    """Written and read back. A file that was deleted meanwhile, as its time had come, makes it begin anew."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    once = backup_check.key_for_once()
    for left in reversed(range(TRIES)):
        try:
            _write(shop, path, [*keys, once.public], at, tell)
            break
        except FileNotFoundError:
            if not left:
                raise
    tell("reading it back")
    try:
        found = backup_check.check(path, once.secret, scratch=shop.config.data / ".backup")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    recovery.put_beside(shop.config, path.parent, at)
    return found


def _write(shop: Shop, path: Path, keys: list[str], at: datetime, tell: Tell) -> None:
    scratch = shop.config.data / ".backup"
    scratch.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        copy = Path(name) / DATABASE
        tell("copying the database")
        snapshot(copy, path.name, at)
        with write_sealed(path, keys) as tar:
            tar.add_bytes(README, HOW_TO.format(at=at, version=__version__, name=path.name).encode(), at.timestamp())
            tar.add_bytes(MANIFEST, orjson.dumps(_manifest(shop, at), option=orjson.OPT_INDENT_2), at.timestamp())
            tar.add_file(DATABASE, copy)
            _add_settings(shop.config, tar)
            _add_files(shop, copy, tar, tell)
            tar.finish(at.timestamp())


def snapshot(path: Path, name: str, at: datetime) -> None:
    """The database as of now, as a SQLite file that says of itself that it is a copy."""
    if is_sqlite():
        migrating.copy_sqlite(path)
    else:
        copy_to_sqlite(path)
    link = sqlite3.connect(path)
    try:
        with link:
            link.execute("UPDATE shop SET copy_since = ?, copy_of = ?", (to_micros(at), name))
    finally:
        link.close()


def _manifest(shop: Shop, at: datetime) -> dict[str, object]:
    return {
        "craftops": __version__,
        "made_at": at.isoformat(timespec="seconds"),
        "shop": shop.profile().name,
        "was_on": "sqlite" if is_sqlite() else "postgresql",
        "migrations": migrating.applied(),
    }


def _add_settings(config: Config, tar: SealedTarWriter) -> None:
    """Everything else of the data folder, and ``shop.toml`` wherever it lies."""
    out = folder_of(config)
    if config.secret_file:
        tar.add_file("secret.key", config.secret_path)
    if config.source:
        tar.add_file("shop.toml", Path(config.source))
    for link, target in PluginFolder(config.data).links().items():
        tar.add_bytes(str(link.relative_to(config.data)), target.encode(), link.lstat().st_mtime)
    for path in sorted(config.data.rglob("*")):
        name = path.relative_to(config.data)
        if (
            name.parts[0] in LEFT_OUT
            or name.parts[:2] in OF_THESE_PROCESSES
            or name.suffix == ".sock"
            or path == out
            or out in path.parents
        ):
            continue
        if path.is_file() and str(name) != "shop.toml" and not (config.secret_file and str(name) == "secret.key"):
            tar.add_file(str(name), path)


def _add_files(shop: Shop, copy: Path, tar: SealedTarWriter, tell: Tell) -> None:
    link = sqlite3.connect(f"file:{copy}?mode=ro", uri=True)
    try:
        wanted = [str(row[0]) for row in link.execute("SELECT sha256 FROM blob ORDER BY sha256")]
    finally:
        link.close()
    for number, sha256 in enumerate(wanted):
        if number % 1000 == 0:
            tell(f"files, {number} of {len(wanted)}")
        with shop.files.lent(sha256) as path:
            tar.add_file(f"files/{sha256[:2]}/{sha256[2:4]}/{sha256}", path)


def prune(shop: Shop, folder: Path) -> list[str]:
    """Take away the backups that the policy does not keep; their names. A copy leaves those of the real shop."""
    if epochs.is_copy():
        return []
    good = list(BackupRow.select().where(BackupRow.state == BackupState.GOOD.value, BackupRow.folder == str(folder)))
    kept = to_keep([row.begun_at for row in good], policy_of(shop.config))
    gone = []
    for row in good:
        if row.begun_at in kept:
            continue
        (folder / row.name).unlink(missing_ok=True)
        with unit_of_work():
            BackupRow.update(state=BackupState.GONE.value).where(BackupRow.id == row.id).execute()
        gone.append(str(row.name))
    return gone
