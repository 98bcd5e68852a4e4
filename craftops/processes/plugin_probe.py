"""Trying plugins in a fresh process, where they can break nothing: ``python -m craftops.processes.plugin_probe``.

On standard input comes what to try, as JSON; on standard output goes what came of it, as JSON, and nothing that a
plugin prints. The process has limited memory, and whoever started it ends it after a while.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from craftops.errors import ConfigError, CraftOpsError
from craftops.plugin_host import environment
from craftops.plugin_host.finding import installed
from craftops.plugin_host.quality import checklist
from craftops.plugin_host.starting import start_plugins

MEMORY = 4 << 30
"""Bytes of address space."""
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of trying some plugins together."""

    names: tuple[str, ...]
    fault: str = ""
    settings_fault: str = ""
    """It would start with other settings than these."""
    title: str = ""
    summary: str = ""
    version: str = ""
    package: str = ""
    hooks: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()
    missed: tuple[str, ...] = field(default=())
    """Of the checklist: what is not held, and what to do about it."""


Settings = Mapping[str, Mapping[str, Any]]


def probe(folder: Path | None, names: Sequence[str], settings: Settings) -> Probed:
    """Start the plugins ``names`` with the packages of ``folder`` in a process of their own."""
    order = {"folder": str(folder or ""), "names": list(names), "settings": {n: dict(s) for n, s in settings.items()}}
    kept = {name: value for name, value in os.environ.items() if name != environment.PATH}
    who = " and ".join(names) if len(names) < 3 else "all together"
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "craftops.processes.plugin_probe"],
            input=json.dumps(order, default=str),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            env=kept,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Probed(tuple(names), f"{who}: it did not end within {PATIENCE_S:g} s.")
    try:
        told: dict[str, Any] = json.loads(ran.stdout)
    except json.JSONDecodeError:
        return Probed(tuple(names), f"{who}: the process that tried it ended ({ran.returncode}) and said nothing.")
    values: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in told.items()}
    return Probed(**values)


def _try(order: Mapping[str, Any]) -> Probed:
    names = tuple(order["names"])
    environment.enter(Path(order["folder"]) if order["folder"] else None)
    known = installed()
    version, package = (known[names[0]].version, known[names[0]].distribution) if names[0] in known else ("", "")
    try:
        host = start_plugins(names, order["settings"])
    except ConfigError as error:
        return Probed(names, settings_fault=error.sentence, version=version, package=package)
    except CraftOpsError as error:
        return Probed(names, error.sentence, version=version, package=package)
    plugin = host.plugins()[names[0]]
    checks = checklist(known[names[0]], type(plugin), host.start_s[names[0]])
    return Probed(
        names,
        title=plugin.title,
        summary=plugin.summary,
        version=version,
        package=package,
        hooks=host.hooks_of(names[0]),
        brings=tuple(host.brought.get(names[0], ())),
        missed=tuple(f"{one.sentence} {one.instead}" for one in checks if not one.held),
    )


def main() -> None:
    """Try what standard input says."""
    out = os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nothing, number)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    order = json.load(sys.stdin)
    found = _try(order)
    out.write(json.dumps(asdict(found)))
    out.flush()
    os._exit(0)  # whatever threads a plugin has left


if __name__ == "__main__":
    main()
