"""Which broker a shop gets (``[broker] url`` in shop.toml)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from craftops.bridges.broker.base import Broker, TlsListener, find_mosquitto
from craftops.bridges.broker.mosquitto import MosquittoBroker
from craftops.config_tables import BrokerTable
from craftops.errors import ConfigError
from craftops.sdk.machine import BrokerAddress


@dataclass(frozen=True, slots=True)
class External:
    """A broker that somebody else runs, and how CraftOps signs in to it."""

    address: BrokerAddress
    username: str
    password: str


def parse_external(url: str) -> External | None:
    """``mqtt://user:password@host:port`` (or ``mqtts://``); None for the words auto, mosquitto, embedded.

    Raises ConfigError for anything else.
    """
    if url in ("auto", "mosquitto", "embedded"):
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise ConfigError(f"broker.url must be auto, mosquitto, embedded or mqtt://user:password@host, not {url!r}.")
    tls = parts.scheme == "mqtts"
    address = BrokerAddress(parts.hostname, parts.port or (8883 if tls else 1883), tls)
    return External(address, unquote(parts.username or ""), unquote(parts.password or ""))


def broker_address(table: BrokerTable) -> BrokerAddress:
    """Where the broker is, ours or somebody else's. Raises ConfigError."""
    external = parse_external(table.url)
    if external is not None:
        return external.address
    host = "127.0.0.1" if table.host in ("0.0.0.0", "::", "") else table.host  # noqa: S104 - compared, not bound
    return BrokerAddress(host, table.port)


def make_broker(url: str, folder: Path, address: BrokerAddress, tls: TlsListener | None = None) -> Broker:
    """The broker that the words auto, mosquitto or embedded mean here.

    Raises ConfigError when Mosquitto is asked for and not installed.
    """
    program = None if url == "embedded" else find_mosquitto()
    if program is not None:
        return MosquittoBroker(program, folder, address, tls)
    if url == "mosquitto":
        raise ConfigError("broker.url asks for mosquitto, and it is not installed.")
    # Imported where it is needed: a shop with Mosquitto, and every process but one, goes without amqtt.
    from craftops.bridges.broker.embedded import EmbeddedBroker

    return EmbeddedBroker(address, tls)
