"""A port that is taken is said, with the line of shop.toml that helps."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.errors import CraftOpsError
from craftops.processes import broker, ports
from craftops.store.migrating import migrate


def test_a_taken_broker_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        (tmp_path / "shop.toml").write_text(f"[broker]\nport = {port}\n")
        open_shop(load_config(data=tmp_path, env={}))
        migrate(tmp_path)
        with pytest.raises(CraftOpsError, match=rf"listens on 127.0.0.1:{port}.*\[broker\] port"):
            broker.run(load_config(data=tmp_path, env={}), threading.Event())


def test_a_free_port_is_none_that_a_connection_may_take_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outgoing = tmp_path / "range"
    outgoing.write_text("15002\t60999\n")
    monkeypatch.setattr(ports, "EPHEMERAL", outgoing)
    found = {ports.free_port("127.0.0.1") for _ in range(40)}
    assert found <= {15000, 15001}
    assert found
    with socket.create_server(("127.0.0.1", min(found))):
        assert ports.free_port("127.0.0.1") != min(found)
    for nothing in ("", "words", "1024 60999"):
        outgoing.write_text(nothing)
        with socket.create_server(("127.0.0.1", ports.free_port("127.0.0.1"))):
            pass
