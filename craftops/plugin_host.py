"""Find, enable, collect, ask, announce: everything the core does with plugins.

Listing a plugin in ``shop.toml`` enables it; installing it does not. A plugin that breaks at start stops the
start, named, or is left out with ``--safe``. One that breaks at run time is counted and logged, and the rest
goes on.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pluggy

from craftops import hookspecs
from craftops.domain.events import Event
from craftops.errors import ConfigError, CraftOpsError, PluginError
from craftops.sdk.analyzer import FileAnalyzer
from craftops.sdk.carrier import Carrier
from craftops.sdk.channel import IntakeChannel
from craftops.sdk.machine import MachineDriver
from craftops.sdk.notification import NotificationChannel
from craftops.sdk.payment import PaymentProvider
from craftops.sdk.plugin import Plugin
from craftops.sdk.settings import parse
from craftops.sdk.theme import Theme

GROUP = "craftops.plugins"
log = logging.getLogger("craftops.plugins")


@dataclass(frozen=True, slots=True)
class Found:
    """An installed plugin; ``distribution`` is the package that brought it."""

    name: str
    distribution: str
    entry: importlib.metadata.EntryPoint


def installed() -> dict[str, Found]:
    """Every plugin that is installed, by name. Nothing is imported."""
    found = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        found[entry.name] = Found(entry.name, entry.dist.name if entry.dist else "?", entry)
    return found


@dataclass(frozen=True, slots=True)
class Dormant:
    """A plugin that is installed and not enabled."""

    name: str
    title: str
    summary: str


@dataclass
class PluginHost:
    """The enabled plugins and what they bring."""

    manager: pluggy.PluginManager
    left_out: dict[str, str] = field(default_factory=dict)
    """Name -> why, of plugins that ``--safe`` left out."""
    failures: Counter[str] = field(default_factory=Counter)
    """Name -> how often it raised since the start."""
    machine_drivers: dict[str, MachineDriver] = field(default_factory=dict)
    file_analyzers: tuple[type[FileAnalyzer], ...] = ()
    notification_channels: tuple[NotificationChannel, ...] = ()
    intake_channels: dict[str, IntakeChannel] = field(default_factory=dict)
    intake_plugins: dict[str, str] = field(default_factory=dict)
    """Name of an intake channel -> the plugin that brought it, to count its failures against."""
    payment_providers: dict[str, PaymentProvider] = field(default_factory=dict)
    carriers: dict[str, Carrier] = field(default_factory=dict)
    themes: dict[str, Theme] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The enabled plugins, in order."""
        return tuple(name for name, _ in self.manager.list_name_plugin())

    def plugins(self) -> dict[str, Plugin[Any]]:
        found = self.manager.list_name_plugin()
        return {name: plugin for name, plugin in found if isinstance(plugin, Plugin)}

    def dormant(self, prefix: str) -> tuple[Dormant, ...]:
        """Those whose names begin so, by title. They are imported; one that breaks is left out."""
        rest = [one for name, one in installed().items() if name.startswith(prefix) and name not in self.names]
        found = []
        for one in rest:
            try:
                kind = _kind(one)
            except PluginError as error:
                log.warning("%s", error.sentence)
                continue
            found.append(Dormant(one.name, kind.title, kind.summary))
        return tuple(sorted(found, key=lambda one: one.title))

    def ask(self, hook: str, **arguments: Any) -> Any:
        """The first answer that is not None; a plugin that raises is passed over."""
        return next(self._answers(hook, arguments), None)

    def announce(self, event: Event) -> None:
        """Tell every plugin that has the hook of this event; each alone with its failure."""
        if hasattr(hookspecs.HookSpecs, event.kind.value):
            for _ in self._answers(event.kind.value, {"event": event}):
                pass

    def _answers(self, hook: str, arguments: Mapping[str, Any]) -> Iterator[Any]:
        for implementation in reversed(getattr(self.manager.hook, hook).get_hookimpls()):
            wanted = {name: arguments[name] for name in implementation.argnames}
            try:
                answer = implementation.function(**wanted)
            except Exception:
                self.failures[implementation.plugin_name] += 1
                log.exception("plugin %s failed in %s", implementation.plugin_name, hook)
                continue
            if answer is not None:
                yield answer

    def _collect(self, hook: str) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            found.extend((implementation.plugin_name, thing) for thing in implementation.function())
        return found


def start_plugins(
    enabled: Iterable[str],
    settings: Mapping[str, Mapping[str, Any]],
    *,
    safe: bool = False,
    extra: Iterable[Plugin[Any]] = (),
) -> PluginHost:
    """Import, configure and register the named plugins, in order; ``extra`` come first (the core's own).

    Raises ConfigError for an unknown name or a faulty setting, PluginError for a plugin that breaks at start,
    unless ``safe``.
    """
    names = list(enabled)
    known = installed()
    _check_names(names, known, settings)
    manager = pluggy.PluginManager("craftops")
    manager.add_hookspecs(hookspecs.HookSpecs)
    host = PluginHost(manager)
    for plugin in extra:
        manager.register(plugin, plugin.name)
    for name in names:
        try:
            manager.register(_load(known[name], settings.get(name, {})), name)
        except CraftOpsError as error:
            if not safe:
                raise
            host.left_out[name] = error.sentence
    _check_hooks(manager)
    _fill(host)
    return host


def _check_names(names: list[str], known: dict[str, Found], settings: Mapping[str, Any]) -> None:
    faults = []
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            faults.append(
                f"plugins.enabled: {name!r} is not installed" + (f"; did you mean {near[0]!r}?" if near else "")
            )
    faults += [f"plugin.{name}: settings of a plugin that is not enabled" for name in settings if name not in names]
    if faults:
        raise ConfigError("The plugins of shop.toml cannot be used:", faults)


def _kind(found: Found) -> type[Plugin[Any]]:
    try:
        kind: type[Plugin[Any]] = found.entry.load().PLUGIN
    except Exception as error:
        raise PluginError(f"The plugin {found.name} cannot be loaded: {error!r}", found.name) from error
    return kind


def _load(found: Found, settings: Mapping[str, Any]) -> Plugin[Any]:
    kind = _kind(found)
    return kind(parse(kind.settings_type, settings, f"plugin.{found.name}"))


def _check_hooks(manager: pluggy.PluginManager) -> None:
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"A plugin has a hook that does not exist: {error}", str(error.plugin)) from error


def _fill(host: PluginHost) -> None:
    host.machine_drivers = {d.name: d for _, d in host._collect("register_machine_drivers")}
    host.file_analyzers = tuple(kind for _, kind in host._collect("register_file_analyzers"))
    host.notification_channels = tuple(c for _, c in host._collect("register_notification_channels"))
    channels = host._collect("register_intake_channels")
    host.intake_channels = {channel.name: channel for _, channel in channels}
    host.intake_plugins = {channel.name: plugin for plugin, channel in channels}
    host.payment_providers = {one.name: one for _, one in host._collect("register_payment_providers")}
    host.carriers = {one.name: one for _, one in host._collect("register_carriers")}
    host.themes = {theme.name: theme for _, theme in host._collect("register_themes")}
