"""The four processes, each as one function that returns when it has been told to stop."""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import socket
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from craftops import sandbox
from craftops.app import app_for, duties
from craftops.bootstrap import open_shop
from craftops.bridges.bridge import Bridge
from craftops.bridges.broker.base import (
    HOME_ASSISTANT,
    SERVER,
    Broker,
    BrokerCredential,
    TlsListener,
    home_assistant_password,
    server_password,
)
from craftops.bridges.broker.choice import make_broker, parse_external
from craftops.bridges.standby import alone
from craftops.config import Config
from craftops.domain.machines.credentials import RESERVED_KEYS, hash_secret
from craftops.errors import ConfigError, CraftOpsError
from craftops.processes.lifeline import follow_parent, handed_listener, stop_event, tell_ready
from craftops.processes.webserver import BodyLimit, Limits, WebServer, listen
from craftops.sdk.machine import BrokerAddress
from craftops.services.machines import linking
from craftops.services.shop import hosts
from craftops.services.shop.context import Shop
from craftops.services.shop.plugin_tallies import writing_down
from craftops.store.bell_relay import relayed
from craftops.store.database import bells, close_database, connected
from craftops.store.doorbell import Doorbell, bell_folder
from craftops.store.migrating import must_fit
from craftops.store.models import MachineRow
from craftops.tasks.worker import Worker
from craftops.web.frame.live import stream
from craftops.web.frame.security import body_limit
from craftops.web.messages.mail import make_renderer

log = logging.getLogger("craftops.processes")
LOOK_EVERY_S = 1.0
REST_S = 0.2
STATE_FOLDER = "CRAFTOPS_SIMULATED_STATE_DIR"


def web(config: Config, stop: threading.Event | None = None) -> None:
    """The pages and the API. Raises CraftOpsError when the address is taken."""
    stop = stop or stop_event()
    follow_parent()
    allow_many_files(config.document.server.connections + 1000)
    listener = handed_listener() or listen(config.document.server.host, config.document.server.port)
    try:
        shop = opened(config)
        app = app_for(shop)
        server = WebServer(app, listener, web_limits(config, partial(body_limit, app)))
        tell_ready()
        with others_heard(config), writing_down(shop.plugins, "web"):
            server.run(stop)
        stream.close(app)
    finally:
        listener.close()
        close_database()


def opened(config: Config) -> Shop:
    """The shop of a process that goes on. Raises ConfigError where this host does not fit the others."""
    shop = open_shop(config)
    must_fit()
    with connected():
        hosts.join(shop)
    return shop


def others_heard(config: Config) -> AbstractContextManager[None]:
    """Within the block the bell of other hosts is heard, where there are any."""
    return relayed(config.database, bells())


def web_limits(config: Config, most: BodyLimit) -> Limits:
    """What ``[server]`` says of peers. Bodies on their way lie on the disk that they are meant for."""
    server = config.document.server
    spool = config.data / "incoming"
    spool.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Limits(
        threads=server.threads,
        connections=server.connections,
        connections_per_address=server.connections_of_one,
        shared_addresses=frozenset(server.proxy_addresses) if server.trusted_proxies else frozenset(),
        head_s=server.header_seconds,
        bytes_per_s=server.slowest_bytes_per_second,
        spool=spool,
        body_limit=most,
    )


def worker(config: Config, stop: threading.Event | None = None) -> None:
    """Analyses, mails, estimates."""
    stop = stop or stop_event()
    follow_parent()
    shop = opened(config)
    bell = Doorbell(bell_folder(config.data), "worker")
    render = make_renderer(app_for(shop))
    try:
        with others_heard(config), writing_down(shop.plugins, "worker"):
            Worker(shop, bell, duties(), analyse=sandbox.analyse, mend=sandbox.mend, render=render).run(stop)
    finally:
        sandbox.close()
        bell.close()
        close_database()


def broker_address(config: Config) -> BrokerAddress:
    """Where the broker is, ours or somebody else's. Raises ConfigError."""
    table = config.document.broker
    external = parse_external(table.url)
    if external is not None:
        return external.address
    host = "127.0.0.1" if table.host in ("0.0.0.0", "::", "") else table.host  # noqa: S104 - compared, not bound
    return BrokerAddress(host, table.port)


def bridge(config: Config, stop: threading.Event | None = None) -> None:
    """Hears machines, tells machines."""
    stop = stop or stop_event()
    follow_parent()
    os.environ.setdefault(STATE_FOLDER, str(config.data / "simulated"))
    Path(os.environ[STATE_FOLDER]).mkdir(parents=True, exist_ok=True)
    allow_many_files()
    # The reader of the broker lets go of Python's lock three times a message, and by default gets it back from a busy
    # thread after 5 ms only.
    sys.setswitchinterval(0.0001)
    shop = opened(config)
    external = parse_external(config.document.broker.url)
    username = external.username if external else SERVER
    password = external.password if external else server_password(config.secret_key())
    bell = Doorbell(bell_folder(config.data), "bridge")
    lasts = timedelta(seconds=config.document.scale.takeover_seconds)
    try:
        with others_heard(config), alone(bell, stop, lasts) if config.several_hosts else nullcontext(True) as mine:
            if mine:
                with writing_down(shop.plugins, "bridge"):
                    Bridge(shop, broker_address(config), username, password, bell).run(stop)
    finally:
        bell.close()
        close_database()


def allow_many_files(most: int = 8192) -> None:
    """As many open files as the system lets us have: a page has one, a machine with an address about four."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, soft), hard))


def credentials(config: Config, shop: Shop) -> list[BrokerCredential]:
    """Who may sign in to our broker: CraftOps itself, Home Assistant where it is let in, and every machine in service
    that has a credential."""
    ours = BrokerCredential(SERVER, hash_secret(server_password(config.secret_key()), b"craftops-own"))
    home = []
    if config.document.broker.home_assistant:
        password = home_assistant_password(config.secret_key())
        home = [BrokerCredential(HOME_ASSISTANT, hash_secret(password, b"craftops-has"))]
    with connected():
        rows = MachineRow.select().where(MachineRow.enabled, MachineRow.credential_hash != "")
        rows = rows.where(MachineRow.key.not_in(RESERVED_KEYS)).order_by(MachineRow.key)
        return [
            ours,
            *home,
            *(BrokerCredential(row.key, row.credential_hash, linking.device_topics(shop, row)) for row in rows),
        ]


def broker(config: Config, stop: threading.Event | None = None) -> None:
    """Our own MQTT broker; takes new credentials over within a second."""
    stop = stop or stop_event()
    follow_parent()
    allow_many_files()
    table = config.document.broker
    if parse_external(table.url) is None and is_taken(table.host, table.port):
        raise CraftOpsError(
            f"Something else listens on {table.host}:{table.port}, another MQTT broker perhaps. "
            "Give ours another port in shop.toml ([broker] port = …), or use that one ([broker] url = …)."
        )
    shop = opened(config)
    server = make_broker(table.url, config.data / "broker", BrokerAddress(table.host, table.port), tls_listener(config))
    bell = Doorbell(bell_folder(config.data), "broker")
    asked, known = _who_asks(shop), credentials(config, shop)
    server.start(known)
    log.info("%s broker on %s:%s", server.kind, table.host, table.port)
    try:
        _watch(config, shop, server, bell, asked, known, stop)
    finally:
        server.stop()
        bell.close()
        close_database()


def tls_listener(config: Config) -> TlsListener | None:
    """Where machines may speak TLS, if anywhere. Raises ConfigError."""
    table = config.document.broker
    if not table.tls_port:
        return None
    certificate, key = (config.data / name for name in (table.tls_certificate, table.tls_key))
    for name, file in (("tls_certificate", certificate), ("tls_key", key)):
        if not file.is_file():
            raise ConfigError(f"broker.{name} is no file: {file}.")
    return TlsListener(table.tls_port, certificate, key)


def _who_asks(shop: Shop) -> list[tuple[object, ...]]:
    """What the credentials of machines are made of, and nothing that moves while they work."""
    with connected():
        rows: Any = MachineRow.select(
            MachineRow.key, MachineRow.driver, MachineRow.credential_hash, MachineRow.address, MachineRow.settings,
            MachineRow.sealed_secret,
        ).where(MachineRow.enabled)  # fmt: skip
        return list(rows.order_by(MachineRow.key).tuples())


def _watch(
    config: Config,
    shop: Shop,
    server: Broker,
    bell: Doorbell,
    asked: list[tuple[object, ...]],
    known: list[BrokerCredential],
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        stop.wait(REST_S)  # the bell rings with every run that begins or ends anywhere, machines come seldom
        bell.wait(LOOK_EVERY_S)
        if not server.alive():
            raise CraftOpsError("The broker has ended.")
        before, asked = asked, _who_asks(shop)
        if asked == before:
            continue
        fresh = credentials(config, shop)
        if fresh != known:
            server.reload(fresh)
            known = fresh
            log.info("broker credentials: %s", ", ".join(one.username for one in fresh))


def is_taken(host: str, port: int) -> bool:
    """Whether somebody answers on this port already."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def free_port(host: str) -> int:
    """A port that nobody listens on right now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
