"""What the staff's pages of plugins get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.plugin_host.quality import QualityCheck
from craftops.web.frame.views import Chip, FormField


@dataclass(frozen=True, slots=True)
class FixedSetting:
    """A setting that the browser does not change: it stands in ``shop.toml``, or no form can say it."""

    label: str
    hint: str
    value: str
    written: bool
    """It stands in ``shop.toml``."""


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
    restarts: bool
    """Whether settings are taken over by themselves."""


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
    fields: tuple[FormField, ...]
    fixed: tuple[FixedSetting, ...]
    errors: dict[str, str]
    error: str
    """What is wrong with all of it."""
    changed: str
    """Who made the settings in the browser; empty where they are as shop.toml has them."""
    restarts: bool
