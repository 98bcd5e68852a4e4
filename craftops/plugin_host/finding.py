"""Which plugins are installed, what they say of themselves without being imported, and loading one of them."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from craftops import __version__
from craftops.errors import PluginError
from craftops.plugin_host.calls import TookTooLong, in_words, within
from craftops.sdk.plugin import Plugin

GROUP = "craftops.plugins"
OURS = "craftops"
START_S = 20.0
"""How long a plugin may take to be imported, to be made, and to say what it brings."""


@dataclass(frozen=True, slots=True)
class Found:
    """An installed plugin; ``distribution`` is the package that brought it."""

    name: str
    distribution: str
    entry: importlib.metadata.EntryPoint
    version: str = "?"
    rivals: tuple[str, ...] = ()
    """Other packages that have a plugin of this name: none of them can be used."""

    @property
    def bundled(self) -> bool:
        return self.distribution == OURS


@dataclass(frozen=True, slots=True)
class PluginAbout:
    """What the source of a plugin says of it."""

    title: str
    summary: str


def installed() -> dict[str, Found]:
    """Every plugin that is installed, by name. Nothing is imported."""
    return dict(_installed(tuple((place, _changed_at(place)) for place in sys.path)))


def _changed_at(place: str) -> int:
    """When something was put into a folder or taken away, in nanoseconds; 0 where there is none."""
    try:
        return os.stat(place or ".").st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=8)
def _installed(_places: tuple[tuple[str, int], ...]) -> dict[str, Found]:
    """The same, read once for as long as nothing changes where packages lie."""
    found: dict[str, Found] = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        package, version = (entry.dist.name, entry.dist.version) if entry.dist else ("?", "?")
        before = found.get(entry.name)
        if before is None:
            found[entry.name] = Found(entry.name, package, entry, version)
        elif package not in (before.distribution, *before.rivals):
            rivals = (*before.rivals, package)
            found[entry.name] = Found(before.name, before.distribution, before.entry, before.version, rivals)
    return found


def _said_in_classes(path: Path | None) -> dict[str, str]:
    """Texts that the classes of a module give names to; none of a module that cannot be read."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8")) if path else ast.Module([], [])
    except (OSError, SyntaxError, ValueError):
        return {}
    values: dict[str, str] = {}
    for node in (one for top in tree.body if isinstance(top, ast.ClassDef) for one in top.body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            values |= {target.id: node.value.value for target in node.targets if isinstance(target, ast.Name)}
    return values


def told(found: Found) -> PluginAbout:
    """Title and summary as its source has them; what cannot be read so is made of its name and its package."""
    values = _said_in_classes(_source(found.entry.module))
    about = "" if found.bundled or found.entry.dist is None else found.entry.dist.metadata["Summary"] or ""
    title = values.get("title") or found.name.replace("_", " ").capitalize()
    return PluginAbout(title, values.get("summary") or about)


def _source(module: str) -> Path | None:
    """Where the source of a module lies; neither it nor the packages that it is in are imported for this."""
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin else None
    for folder in spec.submodule_search_locations or ():
        inner = Path(folder).joinpath(*rest)
        for path in (inner / "__init__.py", inner.with_suffix(".py")):
            if path.is_file():
                return path
    return None


def is_there(found: Found) -> bool:
    """Whether its module lies where its package says, compiled or not; nothing is imported for this."""
    top, *rest = found.entry.module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    if spec is None or not rest:
        return spec is not None
    places = [Path(folder).joinpath(*rest) for folder in spec.submodule_search_locations or ()]
    return any(place.is_dir() or any(place.parent.glob(f"{place.name}.*")) for place in places)


def check_package(found: Found) -> None:
    """Whether the package can be the plugin at all. Raises PluginError."""
    if found.rivals:
        packages = " and ".join((found.distribution, *found.rivals))
        raise PluginError(f"{packages} both have a plugin {found.name}. Uninstall one of them.", found.name)
    for line in (found.entry.dist.requires or []) if found.entry.dist and not found.bundled else []:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            continue
        if wanted.name.lower() == OURS and not wanted.specifier.contains(__version__, prereleases=True):
            raise PluginError(
                f"The plugin {found.name} ({found.distribution} {found.version}) is made for CraftOps "
                f"{wanted.specifier}, and this is {__version__}.",
                found.name,
            )


def load(found: Found) -> type[Plugin[Any]]:
    """Import a plugin; its class. Raises PluginError, whatever the module does."""
    try:
        module = within(START_S, found.entry.load)
    except TookTooLong:
        raise PluginError(
            f"The plugin {found.name} cannot be loaded: its import did not end within {START_S:g} s.", found.name
        ) from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise PluginError(f"The plugin {found.name} cannot be loaded: {in_words(error)}", found.name) from error
    kind = getattr(module, "PLUGIN", None)
    if not (isinstance(kind, type) and issubclass(kind, Plugin)):
        raise PluginError(
            f"The plugin {found.name} cannot be loaded: PLUGIN of {found.entry.module} is no class of Plugin.",
            found.name,
        )
    lacking = [field for field in ("name", "title", "summary") if not isinstance(getattr(kind, field, None), str)]
    if lacking:
        raise PluginError(
            f"The plugin {found.name} cannot be loaded: it has no {' and no '.join(lacking)}.", found.name
        )
    if kind.name != found.name:
        raise PluginError(
            f"The plugin {found.name} cannot be loaded: its class calls itself {kind.name!r}.",
            found.name,
        )
    return kind
