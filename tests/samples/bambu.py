"""A printer of Bambu Lab as far as its broker goes: amqtt behind TLS with a certificate of its own, and a firmware that
reports, answers ``pushall``, obeys or wants signatures."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import orjson
import paho.mqtt.client as mqtt
from amqtt.broker import Broker
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion

from craftops.domain.machines.readings import ProcessKind
from craftops.processes.ports import free_port
from craftops.sdk.machine import MachineFacts

SERIAL = "01P00A123456789"
CODE = "90817263"
IDLE: dict[str, Any] = {
    "gcode_state": "IDLE", "mc_percent": 0, "mc_remaining_time": 0, "layer_num": 0, "total_layer_num": 0, "subtask_name": "",
    "gcode_file": "", "task_id": "0", "subtask_id": "0", "stg_cur": 255, "print_error": 0, "spd_mag": 100, "nozzle_temper": 24.5,
    "fun": "3EC18FFF9CFF", "hms": [], "ams": {"ams": [], "tray_now": "255"},
}  # fmt: skip
"""``fun`` without the bit 0x20000000: Developer Mode is on."""
LOCKED_FUN = f"{0x3EC18FFF9CFF | 0x20000000:X}"


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey, *, authority: bool
) -> bytes:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


class Authority:
    """A certificate authority, as Bambu Lab has some."""

    def __init__(self, folder: Path, name: str = "BBL CA") -> None:
        self.name, self.key = name, _key()
        self.path = folder / f"{name.replace(' ', '-')}.pem"
        self.path.write_bytes(_certificate(name, self.key, name, self.key, authority=True))

    def issue(self, folder: Path, serial: str) -> tuple[Path, Path]:
        """A fresh certificate and key for a printer."""
        key = _key()
        certificate, secret = folder / f"{serial}.pem", folder / f"{serial}.key"
        certificate.write_bytes(_certificate(serial, key, self.name, self.key, authority=False))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, secret


@contextmanager
def liar_behind_tls(folder: Path, authority: Authority, says: bytes) -> Iterator[MachineFacts]:
    """Something with a printer's certificate that reads once, says its bytes, and hangs up when nothing is said for half a second."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue(folder, SERIAL))
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            with contextlib.suppress(OSError), context.wrap_socket(door.accept()[0], server_side=True) as guest:
                guest.settimeout(0.5)
                guest.recv(4096)
                guest.sendall(says)
                while guest.recv(4096):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = f"mqtts://127.0.0.1:{door.getsockname()[1]}"
        yield MachineFacts("bambu-1", "P1S", ProcessKind.FDM, address=address, settings={"serial": SERIAL},
                           secrets={"access_code": CODE})  # fmt: skip
        thread.join(5)


class AccessCode(BaseAuthPlugin):
    """Lets in whoever knows the access code, and the firmware itself; counts who came."""

    came: ClassVar[list[str]] = []
    code: ClassVar[str] = CODE

    async def authenticate(self, *, session: Session) -> bool | None:
        type(self).came.append(session.username or "")
        return (session.username, session.password) in (("bblp", type(self).code), ("firmware", "inside"))


class FakeBambu:
    """A printer. One at a time in a process: amqtt makes its plugins itself, from their names."""

    def __init__(self, folder: Path, authority: Authority, serial: str = SERIAL) -> None:
        self.folder, self.authority, self.serial = folder, authority, serial
        self.state: dict[str, Any] = dict(IDLE)
        self.asked: list[dict[str, Any]] = []
        self.pushall_works = True
        self.says_full = False
        """An X1 sends everything every time."""
        self.signed_only = False
        self.deaf = False
        """It takes commands and does nothing."""
        self.news = threading.Condition()
        self.port, self._inner = free_port("127.0.0.1"), free_port("127.0.0.1")
        AccessCode.came, AccessCode.code = [], CODE
        self.certificate, self.key = authority.issue(folder, serial)
        self.start()

    @property
    def address(self) -> str:
        return f"mqtts://127.0.0.1:{self.port}"

    def facts(self, code: str = CODE, serial: str = "", pinned: str = "") -> MachineFacts:
        settings = {"serial": serial or self.serial, "fingerprint": pinned}
        return MachineFacts("bambu-1", "P1S", ProcessKind.FDM, address=self.address, settings=settings,
                            secrets={"access_code": code})  # fmt: skip

    def start(self) -> None:
        up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(up)), daemon=True)
        self._thread.start()
        assert up.wait(10)
        self._firmware = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="firmware")
        self._firmware.username_pw_set("firmware", "inside")
        listening = threading.Event()
        self._firmware.on_connect = lambda client, *_: client.subscribe(f"device/{self.serial}/request")
        self._firmware.on_subscribe = lambda *_: listening.set()
        self._firmware.on_message = lambda _c, _u, message: self._request(orjson.loads(message.payload))
        self._firmware.connect("127.0.0.1", self._inner)
        self._firmware.loop_start()
        assert listening.wait(10)

    async def _serve(self, up: threading.Event) -> None:
        self._loop, self._ends = asyncio.get_running_loop(), asyncio.Event()
        listeners = {
            "default": {"type": "tcp", "bind": f"127.0.0.1:{self._inner}"},
            "lan": {"type": "tcp", "bind": f"127.0.0.1:{self.port}", "ssl": True, "certfile": str(self.certificate),
                    "keyfile": str(self.key), "max_connections": 4},
        }  # fmt: skip
        name = f"{AccessCode.__module__}.{AccessCode.__name__}"
        self.broker = Broker({"listeners": listeners, "plugins": {name: {}}, "timeout_disconnect_delay": 1})
        await self.broker.start()
        up.set()
        await self._ends.wait()
        await self.broker.shutdown()

    def stop(self) -> None:
        self._firmware.disconnect()
        self._firmware.loop_stop()
        self._loop.call_soon_threadsafe(self._ends.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def restart(self) -> None:
        """Switched off and on."""
        self.stop()
        self.start()

    def new_certificate(self) -> None:
        """Somebody else stands at the address, or the printer was reset."""
        self.certificate, self.key = self.authority.issue(self.folder, self.serial)
        self.restart()

    def _request(self, told: dict[str, Any]) -> None:
        with self.news:
            self.asked.append(told)
            self.news.notify_all()
            if told.get("pushing", {}).get("command") == "pushall" and self.pushall_works:
                self._say({"command": "push_status", "msg": 0, **self.state})
        command = told.get("print", {})
        if not command:
            return
        answer = {"command": command["command"], "sequence_id": command["sequence_id"], "param": ""}
        if self.signed_only:
            self._say({**answer, "result": "failed", "reason": "mqtt message verify failed"})
            return
        self._say({**answer, "result": "success", "reason": "success"})
        if self.deaf:
            return
        if command["command"] == "pause":
            self.tell(gcode_state="PAUSE", stg_cur=16)
        elif command["command"] == "resume":
            self.tell(gcode_state="RUNNING", stg_cur=0)
        elif command["command"] == "stop":
            self.tell(gcode_state="FAILED", print_error=0x0300400C, stg_cur=255)
            self.tell(print_error=0)

    def tell(self, **changes: Any) -> None:
        """Change, and report what has changed (an X1: everything)."""
        with self.news:
            self.state.update(changes)
            self._say({"command": "push_status", "msg": 1, **(self.state if self.says_full else changes)})

    def say_raw(self, payload: bytes) -> None:
        self._firmware.publish(f"device/{self.serial}/report", payload)

    def _say(self, inner: dict[str, Any]) -> None:
        self.say_raw(orjson.dumps({"print": {"sequence_id": "2021", **inner}}))

    def until_asked(self, true: Callable[[list[dict[str, Any]]], bool]) -> None:
        with self.news:
            assert self.news.wait_for(lambda: true(self.asked), 15), self.asked

    def commands(self) -> list[str]:
        """What was pushed onto it: pushall, start, and commands."""
        with self.news:
            return [next(iter(told.values()))["command"] for told in self.asked]

    def connections(self) -> int:
        """How many of us are signed in now."""
        return sum(
            session.username == "bblp" and session.transitions.is_connected()
            for session, _handler in list(self.broker._sessions.values())
        )

    def until_alone(self) -> None:
        """Until nobody of us is signed in any more."""
        ends = time.monotonic() + 10
        with self.news:
            while self.connections() and time.monotonic() < ends:
                self.news.wait(0.05)
        assert self.connections() == 0
