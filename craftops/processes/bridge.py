"""The bridge process: hears machines, tells machines."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

from craftops.bridges.bridge import Bridge
from craftops.bridges.broker.base import SERVER, server_password
from craftops.bridges.broker.choice import broker_address, parse_external
from craftops.bridges.standby import alone
from craftops.config import Config
from craftops.processes.lifeline import follow_parent, settle, stop_event, tell_ready
from craftops.processes.opening import allow_many_files, opened, others_heard
from craftops.services.shop.plugin_tallies import writing_down
from craftops.store.database import close_database, connected
from craftops.store.doorbell import Doorbell, bell_folder

STATE_FOLDER = "CRAFTOPS_SIMULATED_STATE_DIR"


def run(config: Config, stop: threading.Event | None = None) -> None:
    """Hear and tell until told to stop."""
    stop = stop or stop_event(config.data)
    follow_parent()
    os.environ.setdefault(STATE_FOLDER, str(config.data / "simulated"))
    Path(os.environ[STATE_FOLDER]).mkdir(parents=True, exist_ok=True)
    allow_many_files()
    # The reader of the broker lets go of Python's lock three times a message, and by default gets it back from a busy
    # thread after 5 ms only.
    sys.setswitchinterval(0.0001)
    shop = opened(config, "bridge")
    with connected():
        table = shop.broker
    external = parse_external(table.url)
    username = external.username if external else SERVER
    password = external.password if external else server_password(config.keys().broker)
    bell = Doorbell(bell_folder(config.data), "bridge")
    settle()
    tell_ready()  # who stands by is as ready as who works
    lasts = timedelta(seconds=config.document.scale.takeover_seconds)
    try:
        with others_heard(config), alone(bell, stop, lasts) if config.several_hosts else nullcontext(True) as mine:
            if mine:
                with writing_down(shop.plugins, "bridge"):
                    Bridge(shop, broker_address(table), username, password, bell).run(stop)
    finally:
        bell.close()
        close_database()
