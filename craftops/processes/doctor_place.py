"""What the doctor looks at before anything is opened, for opening a shop makes and mends some of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from craftops.config import Config

PRIVATE = ("*.db", "*.db-wal", "secret.key", "backup-key/*")
"""Files of the data folder that are nobody else's."""


@dataclass(frozen=True, slots=True)
class PlaceFault:
    """Something wrong with the folder; ``final`` when there is nothing else to look at."""

    sentence: str
    final: bool = False


def place_faults(config: Config) -> list[PlaceFault]:
    """What is wrong with the data folder. Creates and changes nothing."""
    return list(_faults(config))


def _faults(config: Config) -> Iterator[PlaceFault]:
    data = config.data
    file = Path(config.database.removeprefix("sqlite:///"))
    if not data.is_dir() or (config.database.startswith("sqlite") and not file.is_file()):
        yield PlaceFault(f"There is no shop in {data}.", final=True)
        return
    if not config.secret_path.is_file():
        yield PlaceFault(
            f"secret.key is missing in {data}: no link and no sealed secret of this shop works without it. "
            "Put it back from a backup.",
            final=True,
        )
        return
    for path, mode in _open(data, config.source):
        yield PlaceFault(f"Others on this computer may read {path} (mode {mode:o}). Run: chmod go= {path}")


def _open(data: Path, source: str) -> Iterator[tuple[Path, int]]:
    paths = [data, *(one for pattern in PRIVATE for one in sorted(data.glob(pattern)))]
    if source and (data not in Path(source).parents or data.stat().st_mode & 0o077):
        paths.append(Path(source))  # it may hold passwords, and no closed folder is around it
    for path in paths:
        found = path.stat()
        if found.st_mode & 0o077 and found.st_uid == os.getuid():
            yield path, stat.S_IMODE(found.st_mode)
