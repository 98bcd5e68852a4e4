"""Machines that cost this computer little: MQTT 3.1.1 packets written to a socket, acknowledgements counted.

A client in Python takes about 0.1 ms a message; with thousands a second the load would be measured, and not what
bears it. In a shop machines are other computers.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterable

ACKNOWLEDGED = 4
"""Bytes of a PUBACK."""


def _text(value: str) -> bytes:
    return struct.pack(">H", len(value)) + value.encode()


def _packet(kind: int, body: bytes) -> bytes:
    length, sized = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        sized.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([kind]) + bytes(sized) + body


class Publisher:
    """Publishes with QoS 1. Raises RuntimeError when the broker does not let it in."""

    def __init__(self, host: str, port: int, username: str, password: str) -> None:
        self.acknowledged = 0
        self._number = 0
        self._socket = socket.create_connection((host, port))
        flags = struct.pack(">BBH", 4, 0xC2, 0)  # version 3.1.1; name, password, clean session; no keep-alive
        body = _text("MQTT") + flags + _text("bench-machines") + _text(username) + _text(password)
        self._socket.sendall(_packet(0x10, body))
        if self._socket.recv(4)[3:] != b"\0":
            raise RuntimeError("the broker does not let the benchmark in")
        threading.Thread(target=self._count, daemon=True).start()

    def publish(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Send these topics and payloads at once."""
        together = bytearray()
        for topic, payload in messages:
            self._number = self._number % 65535 + 1
            together += _packet(0x32, _text(topic) + struct.pack(">H", self._number) + payload)
        self._socket.sendall(together)

    def _count(self) -> None:
        got = 0
        while data := self._socket.recv(1 << 16):
            got += len(data)
            self.acknowledged = got // ACKNOWLEDGED

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
