"""The lock of the shop's plugins, in the form of ``pylock.toml`` (PEP 751): any tool may install from it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from craftops.errors import ConfigError

HEAD = 'lock-version = "1.0"\ncreated-by = "craftops plugins sync"\n'


@dataclass(frozen=True, slots=True)
class LockedWheel:
    """One wheel. ``place`` is an https address, or a path below the folder of the lock."""

    name: str
    version: str
    file: str
    place: str
    sha256: str

    @property
    def is_local(self) -> bool:
        return "://" not in self.place


def lock_text(wheels: list[LockedWheel]) -> str:
    """The whole file."""
    return "\n".join([HEAD, *(_package(one) for one in sorted(wheels, key=lambda one: one.name))])


def _package(one: LockedWheel) -> str:
    where = "path" if one.is_local else "url"
    lines = [
        "[[packages]]",
        f'name = "{one.name}"',
        f'version = "{one.version}"',
        "",
        "[[packages.wheels]]",
        f'name = "{one.file}"',
        f'{where} = "{one.place}"',
        f'hashes = {{ sha256 = "{one.sha256}" }}',
    ]
    return "\n".join(lines) + "\n"


def read_lock(path: Path) -> list[LockedWheel]:
    """The wheels of a lock. Raises ConfigError when there is none, or it is none of ours."""
    try:
        document = tomllib.loads(path.read_text())
        return [_wheel(package) for package in document.get("packages", [])]
    except FileNotFoundError:
        raise ConfigError(f"There is no lock {path}. Run `craftops plugins sync` without --locked first.") from None
    except (tomllib.TOMLDecodeError, KeyError, IndexError, TypeError) as error:
        raise ConfigError(f"{path} is no lock that can be used:", [repr(error)]) from error


def _wheel(package: dict[str, Any]) -> LockedWheel:
    wheel = package["wheels"][0]
    place = wheel.get("url") or wheel["path"]
    return LockedWheel(package["name"], package["version"], wheel["name"], place, wheel["hashes"]["sha256"])
