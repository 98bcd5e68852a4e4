"""``python -m craftops.processes.child NAME``: web, worker, bridge or broker, as the supervisor and ``craftops NAME``
start them. Nothing is imported that this process does not need: a shop of four lives on a small computer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from craftops.config import Config, load_config
from craftops.errors import CraftOpsError
from craftops.processes.lifeline import set_up_log

NAMES = ("web", "worker", "bridge", "broker")
IDLE_ENGINES = ("psycopg", "psycopg2", "redis")
"""Drivers that peewee and huey load as soon as they are installed, whatever a shop keeps its data in."""


@contextmanager
def without_idle_engines(database_url: str) -> Iterator[None]:
    """Within the block no driver of a database is loaded that this shop does not use: 17 MB in every process. Whoever
    asks for one later gets it."""
    idle = [] if database_url else [name for name in IDLE_ENGINES if name not in sys.modules]
    for name in idle:
        sys.modules[name] = None  # type: ignore[assignment]  # "is not there", says Python to whoever imports it
    try:
        yield
    finally:
        for name in idle:
            sys.modules.pop(name, None)


def run(name: str, config: Config) -> None:
    """One of the processes, until it is told to stop. Raises CraftOpsError."""
    set_up_log(name, config.document.server.log_format)
    with without_idle_engines(config.database_url):
        process = import_module(f"craftops.processes.{name}")
    process.run(config)


def configured() -> Config:
    """What the environment says. Raises ConfigError."""
    config = load_config()
    if os.environ.get("CRAFTOPS_SAFE") != "1":
        return config
    # Imported here: it looks at all plugins, which only a shop that is opened with --safe needs.
    from craftops.processes.failed_starts import without_killers

    return without_killers(config.model_copy(update={"safe": True}))


def main() -> None:
    """Our own errors are one sentence, not a traceback."""
    os.umask(0o077)
    try:
        run(sys.argv[1], configured())
    except KeyboardInterrupt:
        sys.exit(130)
    except CraftOpsError as error:
        sys.stderr.write(f"{error.sentence}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
