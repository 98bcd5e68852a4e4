"""Where plugins lie that `craftops plugins sync` has installed: beside the running program, in the shop's own folder.

::

    <data>/plugins/
        envs/20261128T201220-3f2a/   one set of packages, with its pylock.toml; never changed once it is in use
        current -> envs/…            what processes take at their start
        previous -> envs/…           what `craftops plugins back` goes back to
        pylock.toml                  the lock of ``current``
        restart                      touched: the processes of a running shop are to be started anew
        in-hand/, ended              what processes were at when they ended (``in_hand``)

The folder goes to the end of ``sys.path``: what CraftOps itself is made of is always found first.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from craftops.plugin_host import in_hand

PATH = "CRAFTOPS_PLUGINS"
"""Where the processes that open files are told of it."""


class PluginFolder:
    """The folder of one shop."""

    def __init__(self, data: Path) -> None:
        self.root = data / "plugins"
        self.envs = self.root / "envs"
        self.current = self.root / "current"
        self.previous = self.root / "previous"
        self.lock = self.root / "pylock.toml"
        self.mark = self.root / "restart"

    def active(self) -> Path | None:
        """The set of packages that is in use."""
        return _target(self.current)

    def before(self) -> Path | None:
        """The one that was in use before."""
        return _target(self.previous)

    def switch(self, fresh: Path) -> None:
        """Use ``fresh`` from the next start on. One rename: a process finds the one or the other."""
        old = self.active()
        if old is not None and old != fresh:
            _point(self.previous, old)
        _point(self.current, fresh)

    def links(self) -> dict[Path, str]:
        """The links that are there, and where they lead, as a backup writes them down."""
        return {one: os.readlink(one) for one in (self.current, self.previous) if one.is_symlink()}

    def ask_restart(self) -> None:
        """A running `craftops run` starts its processes anew."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        in_hand.forgive(self.root.parent)
        self.mark.write_text(secrets.token_hex(8))

    def state(self) -> tuple[str, str]:
        """Changes whenever processes are to be started anew."""
        try:
            mark = self.mark.read_text()
        except OSError:
            mark = ""
        return str(self.active() or ""), mark


def _target(link: Path) -> Path | None:
    """Where a link leads. A backup has no links: what it says of one is a file that names the place."""
    try:
        named = link.parent / link.read_text().strip() if link.is_file() else link
        found = named.resolve(strict=True)
    except OSError:
        return None
    return found if found.is_dir() else None


def _point(link: Path, to: Path) -> None:
    draft = link.with_name(f"{link.name}.{secrets.token_hex(4)}")
    draft.symlink_to(os.path.relpath(to, link.parent))
    draft.replace(link)


def enter(folder: Path | None) -> None:
    """Have this process, and those that it starts to open files, find the packages of ``folder``."""
    before = os.environ.pop(PATH, "")
    if before in sys.path:
        sys.path.remove(before)
    if folder is not None:
        os.environ[PATH] = str(folder)
        sys.path.append(str(folder))
