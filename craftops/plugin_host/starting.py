"""Starting the enabled plugins: each alone with whatever goes wrong with it."""

from __future__ import annotations

import dataclasses
import difflib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

import pluggy

from craftops import hookspecs
from craftops.errors import ConfigError, CraftOpsError, PluginError
from craftops.plugin_host import masking
from craftops.plugin_host.calls import TookTooLong, at_once, in_words, within
from craftops.plugin_host.checks import REGISTERS, WrongAnswer, check_brought
from craftops.plugin_host.finding import START_S, Found, check_package, installed, load
from craftops.plugin_host.host import PluginHost
from craftops.sdk.plugin import Plugin
from craftops.sdk.settings import parse

T = TypeVar("T")
Gifts = dict[str, list[Any]]
"""Name of a ``register_…`` hook -> what one plugin gave."""


def start_plugins(
    enabled: Iterable[str],
    settings: Mapping[str, Mapping[str, Any]],
    *,
    safe: bool = False,
    extra: Iterable[Plugin[Any]] = (),
    kept: Mapping[str, Mapping[str, Any]] | None = None,
    unwanted: Mapping[str, str] | None = None,
) -> PluginHost:
    """Import, configure and register the named plugins, in order; ``extra`` come first (the core's own).
    ``kept``: settings that were made in the browser; ``settings``, those of ``shop.toml``, go before.
    ``unwanted``: not to be touched, and why.

    Raises ConfigError for an unknown name or a faulty setting, PluginError for a plugin that breaks at start,
    unless ``safe``: then it is left out, and the host says why.
    """
    names = list(dict.fromkeys(enabled))
    known = installed()
    manager = pluggy.PluginManager("craftops")
    manager.add_hookspecs(hookspecs.HookSpecs)
    host = PluginHost(manager)
    masking.use(host.masker)
    if not safe:
        _check_names(names, known, settings)
    gifts: dict[str, Gifts] = {}
    for plugin in extra:
        gifts[plugin.name] = _introduced(host, plugin.name, plugin, ours=False)
    host.left_out |= {name: why for name, why in (unwanted or {}).items() if name in names}
    for name in names:
        if name in host.left_out:
            continue
        try:
            gifts[name] = _start(host, name, known, (settings.get(name, {}), (kept or {}).get(name, {})), gifts)
        except CraftOpsError as error:
            sentence = host.masker.mask(error.sentence)
            if not safe:
                raise (error if sentence == error.sentence else PluginError(sentence, name)) from None
            host.left_out[name] = sentence
            if manager.has_plugin(name):
                manager.unregister(name=name)
    _fill(host, gifts)
    return host


def _start(
    host: PluginHost,
    name: str,
    known: Mapping[str, Found],
    sources: tuple[Mapping[str, Any], Mapping[str, Any]],
    others: Mapping[str, Gifts],
) -> Gifts:
    if name not in known:
        raise ConfigError(_unknown(name, known))
    began = time.monotonic()
    check_package(known[name])
    ours = known[name].bundled
    kind = load(known[name])
    settings = _tried(name, "its settings_type is no dataclass", partial(_together, kind, *sources), ours=ours)
    _remember_secrets(host, name, kind, settings)
    parsed = _tried(
        name, "its settings cannot be read", partial(parse, kind.settings_type, settings, f"plugin.{name}"), ours=ours
    )
    plugin = _tried(name, "it cannot be made", lambda: kind(parsed), ours=ours)
    gifts = _introduced(host, name, plugin, ours=ours)
    _no_two_of_one_name(name, gifts, others)
    host.found[name] = known[name]
    host.start_s[name] = time.monotonic() - began
    return gifts


def _together(kind: type[Plugin[Any]], written: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """What ``shop.toml`` says, then what the browser left of what the plugin still knows."""
    known = {one.name for one in dataclasses.fields(kind.settings_type)}
    return {**{name: value for name, value in kept.items() if name in known}, **written}


def _remember_secrets(host: PluginHost, name: str, kind: type[Plugin[Any]], settings: Mapping[str, Any]) -> None:
    secret = [one.name for one in dataclasses.fields(kind.settings_type) if one.metadata.get("secret")]
    host.masker.add(name, [str(settings[one]) for one in secret if settings.get(one)])


def _tried(name: str, what: str, call: Callable[[], T], *, ours: bool) -> T:
    """What a plugin's own code gives; ``ours``: it comes with CraftOps. Raises PluginError in its name; a ConfigError
    is the plugin's to raise."""
    try:
        return (at_once if ours else within)(START_S, call)
    except TookTooLong:
        raise PluginError(f"The plugin {name} cannot be started: {what} within {START_S:g} s.", name) from None
    except (ConfigError, PluginError, KeyboardInterrupt):
        raise
    except WrongAnswer as error:
        raise PluginError(f"The plugin {name} cannot be started: {error}.", name) from error
    except BaseException as error:
        raise PluginError(f"The plugin {name} cannot be started: {what}: {in_words(error)}", name) from error


def _introduced(host: PluginHost, name: str, plugin: Plugin[Any], *, ours: bool) -> Gifts:
    """Register a plugin and collect what it brings. Raises PluginError."""
    try:
        host.manager.register(plugin, name)
    except pluggy.PluginValidationError as error:
        raise PluginError(f"The plugin {name} cannot be started: {in_words(error)}", name) from error
    callers = {one.name: one for one in host.manager.get_hookcallers(plugin) or ()}
    for hook, caller in callers.items():
        if not caller.has_spec():
            near = difflib.get_close_matches(hook, [one for one in dir(hookspecs.HookSpecs) if one[0] != "_"], n=1)
            guess = f"; did you mean {near[0]}?" if near else "."
            raise PluginError(f"The plugin {name} has a hook that does not exist: {hook}{guess}", name)
    gifts = {}
    for hook in REGISTERS.keys() & callers.keys():
        mine = next(one for one in callers[hook].get_hookimpls() if one.plugin_name == name)
        gifts[hook] = _tried(name, f"{hook} failed", partial(_given, hook, mine.function), ours=ours)
    return gifts


def _given(hook: str, function: Callable[[], Any]) -> list[Any]:
    return check_brought(hook, function())


def _no_two_of_one_name(name: str, gifts: Gifts, others: Mapping[str, Gifts]) -> None:
    for hook, things in gifts.items():
        shared = others if REGISTERS[hook].shared else {}
        taken = {thing.name: owner for owner, theirs in shared.items() for thing in theirs.get(hook, [])}
        for thing in things:
            owner = taken.get(thing.name)
            if owner is not None:
                whose = "twice" if owner == name else f"and the plugin {owner} has one, too"
                raise PluginError(
                    f"The plugin {name} brings the {REGISTERS[hook].word} {thing.name!r} {whose}. "
                    "Every name is given once: leave one of them out of shop.toml.",
                    name,
                )
            taken[thing.name] = name


def _unknown(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"plugins.enabled: {name!r} is not installed" + (f"; did you mean {near[0]!r}?" if near else "")


def _check_names(names: list[str], known: Mapping[str, Found], settings: Mapping[str, Any]) -> None:
    faults = [_unknown(name, known) for name in names if name not in known]
    faults += [f"plugin.{name}: settings of a plugin that is not enabled" for name in settings if name not in names]
    if faults:
        raise ConfigError("The plugins of shop.toml cannot be used:", faults)


def _fill(host: PluginHost, gifts: Mapping[str, Gifts]) -> None:
    def all_of(hook: str) -> list[tuple[str, Any]]:
        return [(name, one) for name, mine in gifts.items() for one in mine.get(hook, [])]

    def by_name(hook: str) -> dict[str, Any]:
        return {one.name: one for _, one in all_of(hook)}

    def owners_of(hook: str) -> dict[str, str]:
        return {one.name: plugin for plugin, one in all_of(hook)}

    def by_plugin(hook: str) -> dict[tuple[str, str], Any]:
        return {(plugin, one.name): one for plugin, one in all_of(hook)}

    host.brought = {
        name: [f"{REGISTERS[hook].word} {one.name}" for hook in sorted(mine) for one in mine[hook]]
        for name, mine in gifts.items()
    }
    host.owners = {named: plugin for plugin, mine in host.brought.items() for named in mine}
    host.machine_drivers = by_name("register_machine_drivers")
    host.file_analyzers = tuple(one for _, one in all_of("register_file_analyzers"))
    host.notification_channels = tuple(one for _, one in all_of("register_notification_channels"))
    host.intake_channels = by_name("register_intake_channels")
    host.intake_plugins = owners_of("register_intake_channels")
    host.payment_providers = by_name("register_payment_providers")
    host.carriers = by_name("register_carriers")
    host.identity_providers = by_name("register_identity_providers")
    host.identity_plugins = owners_of("register_identity_providers")
    host.themes, host.theme_plugins = by_name("register_themes"), owners_of("register_themes")
    host.pages = by_plugin("register_pages")
    host.reports = by_plugin("register_reports")
    host.commands = by_plugin("register_commands")
    host.schedules = by_plugin("register_schedules")
    host.migrations = {plugin: list(mine.get("register_migrations", ())) for plugin, mine in gifts.items()}
