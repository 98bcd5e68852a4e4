"""The worker process: analyses, mails, estimates."""

from __future__ import annotations

import threading

from craftops import sandbox
from craftops.app import app_for, duties
from craftops.config import Config
from craftops.processes.lifeline import follow_parent, settle, stop_event, tell_ready
from craftops.processes.opening import opened, others_heard
from craftops.services.shop.plugin_tallies import writing_down
from craftops.store.database import close_database
from craftops.store.doorbell import Doorbell, bell_folder
from craftops.tasks.worker import Worker
from craftops.web.messages.mail import make_renderer


def run(config: Config, stop: threading.Event | None = None) -> None:
    """Work until told to stop."""
    stop = stop or stop_event(config.data)
    follow_parent()
    shop = opened(config, "worker")
    bell = Doorbell(bell_folder(config.data), "worker")
    render = make_renderer(app_for(shop))
    settle()
    tell_ready()
    try:
        with others_heard(config), writing_down(shop.plugins, "worker"):
            Worker(shop, bell, duties(), analyse=sandbox.analyse, mend=sandbox.mend, render=render).run(stop)
    finally:
        sandbox.close()
        bell.close()
        close_database()
