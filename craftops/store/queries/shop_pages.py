"""What pages of the shop's own settings read."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from peewee import PeeweeException

from craftops.domain.shop.backups import BackupState
from craftops.store.database import connected
from craftops.store.models import (
    BackupRow,
    BlobRow,
    OrderLineRow,
    PluginTallyRow,
    SettingsTrialRow,
    ShopRow,
    database,
)
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns
from craftops.store.views.shop import BackupTry, HookTally, SettingsTrial

log = logging.getLogger(__name__)


def _tries() -> Any:
    return BackupRow.select(*columns(BackupTry, BackupRow))


_GOOD: Prepared[BackupTry] = Prepared(
    lambda states: _tries().where(BackupRow.state.in_(states)).order_by(BackupRow.begun_at.desc()).limit(1), BackupTry
)
_TRIED: Prepared[BackupTry] = Prepared(lambda most: _tries().order_by(BackupRow.id.desc()).limit(most), BackupTry)
_TRIAL: Prepared[SettingsTrial] = Prepared(
    lambda topic: (
        SettingsTrialRow.select(*columns(SettingsTrial, SettingsTrialRow))
        .where(SettingsTrialRow.topic == topic)
        .order_by(SettingsTrialRow.id.desc())
        .limit(1)
    ),
    SettingsTrial,
)
_TALLIES: Prepared[HookTally] = Prepared(
    lambda: PluginTallyRow.select(*columns(HookTally, PluginTallyRow)).order_by(PluginTallyRow.id), HookTally
)
_COPY: Prepared[tuple[str, datetime | None]] = Prepared(
    lambda: ShopRow.select(ShopRow.copy_of, ShopRow.copy_since).limit(1), lambda *row: row
)
_BLOB: Prepared[str] = Prepared(lambda sha: BlobRow.select(BlobRow.sha256).where(BlobRow.sha256 == sha), str)


def last_good_backup() -> BackupTry | None:
    """The newest that is whole, whether it lies there still or has made room."""
    return _GOOD.first((BackupState.GOOD.value, BackupState.GONE.value))


def backups_tried(most: int) -> list[BackupTry]:
    """The last that were tried, the newest first."""
    return _TRIED.all(most)


def newest_trial(topic: str) -> SettingsTrial | None:
    """The latest test of what is kept of a topic."""
    return _TRIAL.first(topic)


def hook_tallies() -> list[HookTally]:
    """What was written down of every hook of every plugin."""
    return _TALLIES.all()


def copied_from() -> tuple[str, datetime] | None:
    """Of a restored copy: where it comes from, and since when it is one."""
    found = _COPY.first()
    return (found[0], found[1]) if found is not None and found[1] is not None else None


def is_there(sha256: str) -> bool:
    """Whether the file store holds these bytes."""
    return _BLOB.first(sha256) is not None


def answers() -> bool:
    """Whether the database answers; with a connection of its own where there is none."""
    try:
        with connected():
            database.execute_sql("SELECT 1 FROM shop LIMIT 1").fetchall()
    except (PeeweeException, OSError) as error:
        log.warning("The database does not answer: %s", error)
        return False
    return True


def is_ordered(*, material: str = "", finish: str = "") -> bool:
    """Whether a line was ever ordered of this material, or with this finish."""
    mine = OrderLineRow.material == material if material else OrderLineRow.finish == finish
    return bool(OrderLineRow.select().where(mine).exists())
