"""A real Moonraker without a Klipper, on a free port of this computer."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from craftops.processes.ports import free_port

CONFIG = """
[server]
host: 127.0.0.1
port: {port}
klippy_uds_address: ./comms/klippy.sock
[machine]
provider: none
validate_service: False
"""


class Moonraker:
    def __init__(self, program: Path, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.port = free_port("127.0.0.1")
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "config").mkdir()
        (folder / "config" / "moonraker.conf").write_text(CONFIG.format(port=self.port))

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            command = [str(self.program), "-d", str(self.folder)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def answers(self) -> bool:
        """Whether it answers anybody at all; 401 to us, who have no key."""
        try:
            urllib.request.urlopen(f"{self.address}/server/info", timeout=5).close()
        except urllib.error.HTTPError as error:
            return error.code == 401
        return True

    def key(self) -> str:
        """Its API key, asked for over the socket that only this computer's account reaches."""
        asked = {"jsonrpc": "2.0", "method": "access.get_api_key", "id": 1}
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(5)
            line.connect(str(self.folder / "comms" / "moonraker.sock"))
            line.sendall(json.dumps(asked).encode() + b"\x03")
            heard = b""
            while not (found := self._result(heard)):
                heard += line.recv(4096)
        return found

    def _result(self, heard: bytes) -> str:
        for one in heard.split(b"\x03")[:-1]:
            told: dict[str, Any] = json.loads(one)
            if told.get("id") == 1:
                return str(told["result"])
        return ""
