"""``craftops doctor`` at a terminal and in a script."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

from craftops.processes.doctor import examine
from craftops.store.database import utcnow
from craftops.testing import Workshop


def doctor(data: Path, *words: str, stderr: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "craftops.cli", "--data", str(data), "doctor", *words]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True, check=False, timeout=60)


def read_all(terminal: int) -> str:
    """What was written to a terminal whose other side is closed."""
    said = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            return said.decode()
        if not piece:
            return said.decode()
        said += piece


def test_a_terminal_sees_how_far_the_doctor_is_and_a_script_does_not(workshop: Workshop) -> None:
    workshop.place("ada")
    data = workshop.shop.config.data
    terminal, other = pty.openpty()
    seen = doctor(data, "--json", stderr=other)
    os.close(other)
    told = read_all(terminal)
    os.close(terminal)
    assert json.loads(seen.stdout) == {"findings": []}
    assert "Looking at files, 1 of 1 …" in told
    assert "Looking at rates …" in told
    assert told.endswith("\r\x1b[K"), "the line is gone when it is done"
    assert "\n" not in told
    script = doctor(data, stderr=subprocess.PIPE)
    assert (script.stdout, script.stderr, script.returncode) == ("All is well.\n", "", 0)


def test_what_is_looked_at_is_told_before_what_is_found(workshop: Workshop) -> None:
    workshop.place("ada")
    heard: list[str] = []
    [blob] = [path for path in workshop.shop.files.folder.rglob("*") if path.is_file()]
    blob.unlink()
    [finding] = examine(workshop.shop, at=utcnow(), tell=heard.append)
    assert "is missing in the file store" in finding
    assert heard[:2] == ["files", "files, 1 of 1"]
    assert heard[-1] == "plugins"
