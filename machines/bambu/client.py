"""One connection to the broker inside a printer: paho without its thread, so that all happens in the link's own."""

from __future__ import annotations

import secrets
import select
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from craftops.errors import CredentialsRejected, NotUnderstood, Refused, Unreachable

from .certificate import Check, context

PORT = 8883
USER = "bblp"
CONNECT_S = 5.0
KEEPALIVE_S = 20
MOST_WAITING = 500
REJECTED = ("Not authorized", "Bad user name or password")
NO_PRINTER = "No printer answers there. See whether it is switched on, and whether this is its address."


class Printer:
    """A connection; for one thread. Everything raises OutsideError kin alone."""

    def __init__(self, host: str, port: int, serial: str, code: str, check: Check, authorities: str = "") -> None:
        self.host, self.port, self.serial = host, port, serial
        self.check = check
        self.messages: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._authorities = authorities
        self._answer: Any = None
        self._granted: Any = None
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"craftops-{secrets.token_hex(4)}")
        client.username_pw_set(USER, code)
        client.connect_timeout = CONNECT_S
        client.on_connect = lambda _c, _u, _f, answer, _p: setattr(self, "_answer", answer)
        client.on_subscribe = lambda _c, _u, _m, granted, _p: setattr(self, "_granted", granted)
        client.on_message = lambda _c, _u, message: self.messages.append(bytes(message.payload))
        self._client = client

    def open(self) -> None:
        """Sign in and listen; the access code is sent only to whoever has shown the right certificate."""
        self._client.tls_set_context(context(self.check, self._authorities))
        try:
            self._client.connect(self.host, self.port, keepalive=KEEPALIVE_S)
        except ssl.SSLCertVerificationError as error:
            raise Refused(f"Its certificate cannot be trusted: {error.verify_message}.") from error
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise Unreachable("It hung up during the handshake.") from error
        except ssl.SSLError as error:
            raise NotUnderstood("What answers there is no printer of Bambu Lab: it does not speak TLS.") from error
        except (OSError, ValueError) as error:
            raise Unreachable(NO_PRINTER) from error
        self._until(lambda: self._answer is not None, "It does not answer to our signing in.")
        if self._answer.is_failure:
            if str(self._answer) in REJECTED:
                raise CredentialsRejected("It does not accept the access code. Read it anew on the printer's screen.")
            raise Unreachable(f"It does not let us in now: {self._answer}.")
        self._client.subscribe(f"device/{self.serial}/report", 0)
        self._until(lambda: self._granted is not None, "It does not let us listen.")
        if any(one.is_failure for one in self._granted):
            raise Refused("It does not let us listen to its reports. Is the serial number right?")

    def say(self, told: Mapping[str, Any]) -> None:
        """Send a request. Raises Unreachable."""
        info = self._client.publish(f"device/{self.serial}/request", orjson.dumps(told), qos=0)
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            raise Unreachable("The connection broke off.")

    def fileno(self) -> int:
        """For ``select``. Raises Unreachable when there is no connection any more."""
        sock = self._client.socket()
        if sock is None:
            raise Unreachable("The connection broke off.")
        return sock.fileno()

    def pump(self) -> None:
        """Take in what has come, onto ``messages``, and keep the connection alive. Raises Unreachable."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        while len(self.messages) < MOST_WAITING and (self._has_bytes() or poll.poll(0)):
            if not self._went(self._client.loop_read()):
                return
        if not self._client.want_write() or self._went(self._client.loop_write()):
            self._went(self._client.loop_misc())

    def wait(self, seconds: float) -> None:
        """Until something comes, at most so long; then take it in."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        if not self._has_bytes():
            poll.poll(max(0, int(seconds * 1000)))
        self.pump()

    def _has_bytes(self) -> bool:
        """TLS may hold bytes that ``select`` does not see."""
        sock = self._client.socket()
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def _went(self, code: int) -> bool:
        """Whether a step of paho's went well; False when the printer has just refused us. Raises Unreachable."""
        if code == mqtt.MQTT_ERR_SUCCESS:
            return True
        if self._answer is None:
            raise Unreachable("It hung up on us.")
        if not self._answer.is_failure:
            raise Unreachable("The connection broke off.")
        return False

    def _until(self, true: Callable[[], bool], sentence: str) -> None:
        ends = time.monotonic() + CONNECT_S
        while not true():
            left = ends - time.monotonic()
            if left <= 0:
                raise Unreachable(sentence)
            self.wait(left)

    def close(self) -> None:
        """Say goodbye, and hang up."""
        self._client.disconnect()
        sock = self._client.socket()
        if sock is not None:
            sock.close()
