"""What a broker of ours is."""

from __future__ import annotations

import hashlib
import hmac
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SERVER = "server"
"""The user name of CraftOps itself; no machine can have it, since a machine's key may not be this word."""

HOME_ASSISTANT = "homeassistant"
"""Its user name, where the operator lets Home Assistant in; it reads what is meant for it."""
HOME_ASSISTANT_READS = ("homeassistant/#", "craftops/ha/#")
HOME_ASSISTANT_WRITES = "homeassistant/status"
"""Where it says that it is there; nobody of ours reads it."""
OURS = ("craftops/", "homeassistant/")
"""Where CraftOps writes."""

MOSQUITTO_PLACES = ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto")


@dataclass(frozen=True, slots=True)
class TlsListener:
    """A second listener, for machines that speak TLS; paths of PEM files."""

    port: int
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class BrokerCredential:
    """Who may sign in. ``hashed`` is Mosquitto's ``$7$`` format (``craftops.domain.machines.credentials``)."""

    username: str
    hashed: str
    writes: tuple[str, ...] = ()
    """Topics outside its own prefix that it may write to, each checked (``mqtt_contract.is_device_topic``)."""


class Broker(ABC):
    """A broker that runs as long as we do. Topics equal identity: a machine writes below its own key only."""

    kind: str
    limits: tuple[str, ...] = ()
    """Sentences for operators."""

    @abstractmethod
    def start(self, credentials: Sequence[BrokerCredential]) -> None:
        """Listen. Returns when it accepts connections; raises Unreachable when it does not come up."""

    @abstractmethod
    def reload(self, credentials: Sequence[BrokerCredential]) -> None:
        """Take new credentials over: whoever has an old one is put out, and nobody who may stay."""

    @abstractmethod
    def alive(self) -> bool:
        """Whether it still serves."""

    @abstractmethod
    def stop(self) -> None:
        """End it, and wait for the end."""


def server_password(secret_key: str) -> str:
    """The broker password of CraftOps itself: derived, so that every process of ours knows it."""
    return _derived(secret_key, b"craftops.broker.server")


def bridge_client_id(secret_key: str) -> str:
    """The MQTT client id of the bridge: derived and never told, since whoever signs in with it takes its session over,
    and with that the words that wait for it."""
    return f"craftops-{_derived(secret_key, b'craftops.broker.client')[:32]}"


def home_assistant_password(secret_key: str) -> str:
    """The broker password of Home Assistant: derived, so that it can be shown again and is stored nowhere."""
    return _derived(secret_key, b"craftops.broker.homeassistant")


def _derived(secret_key: str, purpose: bytes) -> str:
    return hmac.new(secret_key.encode(), purpose, hashlib.sha256).hexdigest()[:40]


def find_mosquitto() -> str | None:
    """The mosquitto program, if it is installed (Debian puts it where PATH does not look)."""
    return shutil.which("mosquitto") or next((p for p in MOSQUITTO_PLACES if shutil.which(p)), None)
