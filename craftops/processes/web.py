"""The web process: the pages and the API."""

from __future__ import annotations

import threading
from functools import partial

from craftops.app import app_for
from craftops.config import Config
from craftops.processes.lifeline import follow_parent, settle, stop_event, tell_ready
from craftops.processes.listening import handed_listener, listen
from craftops.processes.opening import allow_many_files, opened, others_heard
from craftops.processes.webserver import BodyLimit, ServerLimits, WebServer
from craftops.services.shop.plugin_tallies import writing_down
from craftops.store.commit_watch import commit_watch
from craftops.store.database import close_database
from craftops.web.frame.live import stream
from craftops.web.frame.microcache import Microcache
from craftops.web.frame.security import body_limit


def run(config: Config, stop: threading.Event | None = None) -> None:
    """The pages and the API. Raises CraftOpsError when the address is taken."""
    stop = stop or stop_event(config.data)
    follow_parent()
    allow_many_files(config.document.server.connections + 1000)
    listener = handed_listener() or listen(config.document.server.host, config.document.server.port)
    try:
        shop = opened(config, "web")
        app = app_for(shop)
        state, unwatched = commit_watch()
        server = WebServer(Microcache(app, state), listener, web_limits(config, partial(body_limit, app)))
        settle()
        tell_ready()
        with others_heard(config), writing_down(shop.plugins, "web"):
            server.run(stop)
        stream.close(app)
        unwatched()
    finally:
        listener.close()
        close_database()


def web_limits(config: Config, most: BodyLimit) -> ServerLimits:
    """What ``[server]`` says of peers. Bodies on their way lie on the disk that they are meant for."""
    server = config.document.server
    spool = config.data / "incoming"
    spool.mkdir(parents=True, exist_ok=True, mode=0o700)
    return ServerLimits(
        threads=server.threads,
        connections=server.connections,
        connections_per_address=server.connections_of_one,
        shared_addresses=frozenset(server.proxy_addresses) if server.trusted_proxies else frozenset(),
        head_s=server.header_seconds,
        bytes_per_s=server.slowest_bytes_per_second,
        spool=spool,
        body_limit=most,
    )
