"""``python -m craftops.processes.child NAME``: web, worker, bridge or broker, as the supervisor and ``craftops NAME``
start them. Nothing is imported that this process does not need: a shop of four lives on a small computer."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from craftops.config import Config, load_config
from craftops.errors import CraftOpsError
from craftops.processes.lifeline import set_up_log

NAMES = ("web", "worker", "bridge", "broker")


def run(name: str, config: Config) -> None:
    """One of the processes, until it is told to stop. Raises CraftOpsError."""
    set_up_log(name, config.document.server.log_format)
    import_module(f"craftops.processes.{name}").run(config)


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
