"""What the staff's pages of plugins get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.plugin_host.quality import QualityCheck
from craftops.web.frame.views import Chip


@dataclass(frozen=True, slots=True)
class PluginCard:
    """One enabled plugin in the list."""

    name: str
    title: str
    summary: str
    version: str
    package: str
    bundled: bool
    brings: tuple[str, ...]
    chip: Chip | None


@dataclass(frozen=True, slots=True)
class PluginsPage:
    """All plugins."""

    own: tuple[PluginCard, ...]
    """From elsewhere."""
    bundled: tuple[PluginCard, ...]
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HookRow:
    """How one hook does, over all processes."""

    name: str
    calls: int
    mean: str
    slowest: str
    failures: int
    last_error: str
    failed_at: datetime | None
    failed_in: str


@dataclass(frozen=True, slots=True)
class PluginPage:
    """One plugin."""

    card: PluginCard
    hooks: tuple[str, ...]
    rows: tuple[HookRow, ...]
    checks: tuple[QualityCheck, ...]
    settings_url: str
    """Where it is set; empty where there is nothing to set."""
