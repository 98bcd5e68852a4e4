"""A port that is taken is said, with the line of shop.toml that helps."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from craftops.config import load_config
from craftops.errors import CraftOpsError
from craftops.processes import broker


def test_a_taken_broker_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        (tmp_path / "shop.toml").write_text(f"[broker]\nport = {port}\n")
        with pytest.raises(CraftOpsError, match=rf"listens on 127.0.0.1:{port}.*\[broker\] port"):
            broker.run(load_config(data=tmp_path, env={}), threading.Event())
