"""How the process that has opened a shop turns into the one that keeps it (``craftops.processes.resident``)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import orjson

from craftops.bridges.broker.choice import parse_external
from craftops.config import Config
from craftops.processes.lifeline import SUPERVISED
from craftops.processes.resident import TOLD
from craftops.processes.supervisor import KeptShop


def become(config: Config, say: str, beside: Mapping[str, Sequence[str]] | None = None, throwaway: str = "") -> None:
    """Turn this process into the one that keeps the shop's, with the same number and the same output; never returns.

    ``say`` is printed when the pages answer, ``beside`` runs with the shop (``supervisor.supervise``), ``throwaway`` is
    a folder that is deleted at the end.
    """
    told = {"shop": asdict(kept_shop(config)), "say": say, "beside": dict(beside or {}), "throwaway": throwaway}
    sys.stdout.flush()
    sys.stderr.flush()
    environment = {**environment_of(config), TOLD: orjson.dumps(told).decode()}
    # The folder is for whoever reads a list of processes.
    command = [sys.executable, "-m", "craftops.processes.resident", str(config.data)]
    os.execve(sys.executable, command, environment)  # noqa: S606


def kept_shop(config: Config) -> KeptShop:
    """What the process that keeps it has to know."""
    server, own_broker = config.document.server, parse_external(config.document.broker.url) is None
    return KeptShop(str(config.data), server.host, server.port, own_broker, server.log_format)


def environment_of(config: Config) -> dict[str, str]:
    """What the children need to open the same shop."""
    values = {
        SUPERVISED: "1",
        "CRAFTOPS_DATA": str(config.data),
        "CRAFTOPS_PORT": str(config.document.server.port),
        "CRAFTOPS_BROKER_PORT": str(config.document.broker.port),
        "PYTHONUNBUFFERED": "1",
        # Each thread of a process with its own heap leaves holes in all of them.
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
    }
    if config.source:
        values["CRAFTOPS_CONFIG"] = config.source
    if config.safe:
        values["CRAFTOPS_SAFE"] = "1"
    return {**os.environ, **values}
