"""What pages of the shop's own settings read: trials, backups, how plugins do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SettingsTrial:
    """A test of what is kept: a mail that the shop sends to itself, a plugin that asks its account."""

    sent_to: str
    state: str
    sentence: str
    by_address: bool
    at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class BackupTry:
    """One backup that was tried."""

    begun_at: datetime
    state: str
    name: str
    folder: str
    size: int
    """In bytes."""
    orders: int
    files: int
    by_name: str
    error: str


@dataclass(frozen=True, slots=True)
class HookTally:
    """Calls, time and failures of one hook of one plugin, over all processes."""

    plugin: str
    hook: str
    calls: int = 0
    failures: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    last_error: str = ""
    failed_at: datetime | None = None
    failed_in: str = ""
