"""The broker process: our own MQTT broker, and who may sign in to it."""

from __future__ import annotations

import logging
import threading
from typing import Any

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
from craftops.config import Config
from craftops.domain.machines.credentials import RESERVED_KEYS, hash_secret
from craftops.errors import ConfigError, CraftOpsError
from craftops.processes.lifeline import follow_parent, stop_event, tell_ready
from craftops.processes.opening import allow_many_files, opened
from craftops.processes.ports import is_taken
from craftops.sdk.machine import BrokerAddress
from craftops.services.machines import linking
from craftops.services.shop.context import Shop
from craftops.store.database import close_database, connected
from craftops.store.doorbell import Doorbell, bell_folder
from craftops.store.models import MachineRow

log = logging.getLogger("craftops.processes")
LOOK_EVERY_S = 1.0
REST_S = 0.2


def credentials(config: Config, shop: Shop) -> list[BrokerCredential]:
    """Who may sign in to our broker: CraftOps itself, Home Assistant where it is let in, and every machine in service
    that has a credential."""
    ours = BrokerCredential(SERVER, hash_secret(server_password(config.keys().broker), b"craftops-own"))
    home = []
    with connected():
        if shop.broker.home_assistant:
            password = home_assistant_password(config.keys().broker)
            home = [BrokerCredential(HOME_ASSISTANT, hash_secret(password, b"craftops-has"))]
        rows = MachineRow.select().where(MachineRow.enabled, MachineRow.credential_hash != "")
        rows = rows.where(MachineRow.key.not_in(RESERVED_KEYS)).order_by(MachineRow.key)
        return [
            ours,
            *home,
            *(BrokerCredential(row.key, row.credential_hash, linking.device_topics(shop, row)) for row in rows),
        ]


def run(config: Config, stop: threading.Event | None = None) -> None:
    """Our own MQTT broker; takes new credentials over within a second."""
    stop = stop or stop_event(config.data)
    follow_parent()
    allow_many_files()
    shop = opened(config, "broker")
    with connected():
        table = shop.broker
    if parse_external(table.url) is None and is_taken(table.host, table.port):
        close_database()
        raise CraftOpsError(
            f"Something else listens on {table.host}:{table.port}, another MQTT broker perhaps. "
            "Give ours another port (Settings, Broker, or [broker] port = …), or use that one ([broker] url = …)."
        )
    server = make_broker(table.url, config.data / "broker", BrokerAddress(table.host, table.port), tls_listener(config))
    bell = Doorbell(bell_folder(config.data), "broker")
    asked, known = _who_asks(shop), credentials(config, shop)
    server.start(known)
    log.info("%s broker on %s:%s", server.kind, table.host, table.port)
    tell_ready()
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
