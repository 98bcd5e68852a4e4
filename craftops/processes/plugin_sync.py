"""``craftops plugins sync``: what ``[plugins] install`` asks for, installed beside the running program.

pip resolves, with every package that runs now as a constraint; wheels only, each by its hash. What was resolved is
written down as a lock and installed into a folder of its own; every plugin is tried there in a fresh process; then one
link is switched. Until that moment nothing has changed, and afterwards the old folder is kept to go back to.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement

from craftops.config import Config
from craftops.errors import ConfigError, CraftOpsError
from craftops.plugin_host.environment import PluginFolder
from craftops.plugin_host.finding import GROUP
from craftops.processes.pip_words import why_not
from craftops.processes.plugin_lock import LockedWheel, lock_text, read_lock
from craftops.processes.plugin_probe import Probed, probe

Tell = Callable[[str], None]
PIP_S = 600.0
AT_ONCE = 4
"""Processes in which plugins are tried."""
COPIES = ("*.egg-info", "build", "dist", ".git", ".venv", "__pycache__", ".pytest_cache", "*.pyc")
"""What is not taken along when a folder is made into a wheel."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of it."""

    packages: tuple[str, ...]
    """Name and version of each."""
    tried: tuple[Probed, ...]
    changed: bool
    before: tuple[str, ...] = ()
    """What was in use until now."""


def sync(config: Config, *, locked: bool = False, at: datetime, tell: Tell = lambda _words: None) -> Synced:
    """Install, try, switch. Raises ConfigError and leaves everything as it was when any of it fails.

    ``locked``: exactly what the lock says, without asking what is new.
    """
    folder, table = PluginFolder(config.data), config.document.plugins
    folder.envs.mkdir(mode=0o700, parents=True, exist_ok=True)
    base = Path(config.source).parent if config.source else config.data
    wheels_folder = (base / table.wheels).resolve() if table.wheels else None
    if wheels_folder is not None and not wheels_folder.is_dir():
        raise ConfigError(f"plugins.wheels: {wheels_folder} is no folder.")
    if locked:
        wheels = read_lock(folder.lock)
    else:
        with tempfile.TemporaryDirectory(prefix="craftops-plugins-") as scratch:
            tell("Looking what fits …")
            asked = _requirements(table.install, base, Path(scratch), wheels_folder)
            wheels = _resolve(asked, Path(scratch), wheels_folder, folder)
    text, active = lock_text(wheels), folder.active()
    if active is not None and (active / "pylock.toml").read_text() == text:
        tried = check_all(config, active)
        folder.ask_restart()
        return Synced(_named(wheels), tried, changed=False)
    with _fresh(folder, at) as fresh:
        tell(f"Installing {', '.join(_named(wheels)) or 'nothing'} …")
        _install(wheels, fresh, folder)
        (fresh / "pylock.toml").write_text(text)
        tell("Trying each plugin in a process of its own …")
        tried = check_all(config, fresh)
    before = packages_of(active)
    folder.switch(fresh)
    folder.lock.write_text(text)
    folder.ask_restart()
    _tidy(folder)
    return Synced(_named(wheels), tried, changed=True, before=before)


def packages_of(folder: Path | None) -> tuple[str, ...]:
    """Name and version of what lies in a set of packages; nothing for None."""
    return _named(read_lock(folder / "pylock.toml")) if folder is not None else ()


def back(config: Config) -> Path:
    """Use the set of packages that was in use before; called again, it changes back. Raises CraftOpsError."""
    folder = PluginFolder(config.data)
    before = folder.before()
    if before is None:
        raise CraftOpsError("There is no earlier set of plugins to go back to.")
    check_all(config, before)
    folder.switch(before)
    folder.lock.write_text((before / "pylock.toml").read_text())
    folder.ask_restart()
    return before


def plugins_in(folder: Path) -> tuple[str, ...]:
    """Names of the plugins whose packages lie in a folder."""
    found = importlib.metadata.distributions(path=[str(folder)])
    return tuple(sorted({one.name for package in found for one in package.entry_points if one.group == GROUP}))


def check_all(config: Config, folder: Path) -> tuple[Probed, ...]:
    """Each plugin of a folder alone, and all that are enabled together. Raises ConfigError with every fault."""
    enabled, settings = config.document.plugins.names, config.document.plugin
    with ThreadPoolExecutor(AT_ONCE) as pool:
        all_of_them = pool.submit(probe, folder, enabled, settings) if enabled else None
        tried = list(pool.map(lambda name: probe(folder, [name], _only(settings, [name])), plugins_in(folder)))
    faults = [one.fault for one in tried if one.fault]
    faults += [one.settings_fault for one in tried if one.settings_fault and one.names[0] in enabled]
    if not faults and all_of_them is not None:
        together = all_of_them.result()
        faults += [text for text in (together.fault, together.settings_fault) if text]
    if faults:
        raise ConfigError("These plugins cannot be used, so nothing was changed:", faults)
    return tuple(tried)


def _only(settings: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    return {name: value for name, value in settings.items() if name in names}


def _named(wheels: list[LockedWheel]) -> tuple[str, ...]:
    return tuple(f"{one.name} {one.version}" for one in wheels)


@contextmanager
def _fresh(folder: PluginFolder, at: datetime) -> Iterator[Path]:
    """A new set of packages, that goes again if anything fails."""
    fresh = folder.envs / f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    fresh.mkdir(mode=0o700)
    try:
        yield fresh
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _tidy(folder: PluginFolder) -> None:
    """All sets but the one in use and the one before it."""
    kept = {folder.active(), folder.before()}
    for one in folder.envs.iterdir():
        if one.resolve() not in kept:
            shutil.rmtree(one, ignore_errors=True)


def _pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    try:
        return subprocess.run(
            [*command, *arguments], capture_output=True, text=True, timeout=PIP_S, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"pip did not end within {PIP_S:g} s. Nothing was changed.") from None


def _source(wheels: Path | None) -> list[str]:
    return ["--no-index", "--find-links", str(wheels)] if wheels else ["--retries", "1", "--timeout", "15"]


def constraints() -> list[str]:
    """Everything that runs now, by its version: the core's own lock."""
    found: dict[str, str] = {}
    for package in importlib.metadata.distributions(path=[one for one in sys.path if "plugins/envs/" not in one]):
        found.setdefault(re.sub(r"[-_.]+", "-", package.metadata["Name"] or "").lower(), package.version)
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name]


def _requirements(install: Sequence[str], base: Path, scratch: Path, wheels: Path | None) -> list[str]:
    """What pip is asked for: a folder is made into a wheel first, a wheel is named by its path."""
    asked = []
    for one in install:
        if not (one.startswith((".", "/", "~")) or one.endswith(".whl")):
            if "://" in one or one.startswith("-"):
                raise ConfigError(f"plugins.install: {one!r} is neither a package nor a wheel nor a folder.")
            asked.append(one)
            continue
        path = (base / Path(one).expanduser()).resolve()
        if path.is_dir():
            asked.append(str(_built(path, scratch, wheels)))
        elif path.is_file() and path.suffix == ".whl":
            asked.append(str(path))
        else:
            raise ConfigError(f"plugins.install: {path} is neither a folder nor a wheel.")
    return asked


def _built(folder: Path, scratch: Path, wheels: Path | None) -> Path:
    """A wheel of somebody's folder."""
    copy, out = scratch / f"source-{secrets.token_hex(4)}", scratch / f"built-{secrets.token_hex(4)}"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(*COPIES))
    isolation = ["--no-build-isolation"] if wheels or _tools_are_here(copy) else []
    ran = _pip("wheel", "--no-deps", "--wheel-dir", str(out), *isolation, *_source(wheels), str(copy))
    if ran.returncode:
        raise ConfigError(f"{folder} cannot be made into a package:", [why_not(ran.stderr.replace(str(copy), "."))])
    return next(out.glob("*.whl"))


def _tools_are_here(folder: Path) -> bool:
    """Whether a folder is built with what runs here anyway (setuptools): then nobody is asked for a copy of it."""
    try:
        table = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
        wanted = [Requirement(one) for one in table["requires"]]
        return all(
            one.specifier.contains(importlib.metadata.version(one.name))
            for one in wanted
            if one.marker is None or one.marker.evaluate()
        )
    except (OSError, ValueError, LookupError, TypeError, importlib.metadata.PackageNotFoundError):
        return False


def _resolve(asked: list[str], scratch: Path, wheels: Path | None, folder: PluginFolder) -> list[LockedWheel]:
    """What must be installed that does not run already. Raises ConfigError where it does not fit."""
    if not asked:
        return []
    limits, report = scratch / "constraints.txt", scratch / "report.json"
    limits.write_text("\n".join(constraints()))
    ran = _pip(
        "install", "--dry-run", "--only-binary", ":all:", "--constraint", str(limits), "--report", str(report),
        *_source(wheels), *asked,
    )  # fmt: skip
    if ran.returncode:
        raise ConfigError(
            "The plugins of shop.toml cannot be installed, so nothing was changed:", [why_not(ran.stdout + ran.stderr)]
        )
    return [_kept(one, folder) for one in json.loads(report.read_text())["install"]]


def _kept(package: Mapping[str, Any], folder: PluginFolder) -> LockedWheel:
    """What pip reports of one package; a wheel of this computer is copied to where the lock finds it again."""
    about, download = package["metadata"], package["download_info"]
    url = urlsplit(download["url"])
    file = unquote(Path(url.path).name)
    if url.scheme != "file":
        return LockedWheel(about["name"], about["version"], file, download["url"], _hash_of(download))
    content = Path(unquote(url.path)).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    place = f"wheels/{sha256[:12]}/{file}"
    kept = folder.root / place
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept.write_bytes(content)
    return LockedWheel(about["name"], about["version"], file, place, sha256)


def _hash_of(download: Mapping[str, Any]) -> str:
    return str(download["archive_info"]["hashes"]["sha256"])


def _install(wheels: list[LockedWheel], fresh: Path, folder: PluginFolder) -> None:
    if not wheels:
        return
    places = [str(folder.root / one.place) if one.is_local else one.place for one in wheels]
    listed = fresh / "requirements.txt"
    listed.write_text("\n".join(f"{at} --hash=sha256:{one.sha256}" for at, one in zip(places, wheels, strict=True)))
    ran = _pip(
        "install", "--no-deps", "--no-index", "--only-binary", ":all:", "--require-hashes", "--no-warn-conflicts",
        "--target", str(fresh), "--requirement", str(listed),
    )  # fmt: skip
    if ran.returncode:
        raise ConfigError(
            "The plugins cannot be installed, so nothing was changed:", [why_not(ran.stdout + ran.stderr)]
        )
