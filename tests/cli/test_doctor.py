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
from craftops.store.models import MachineRow
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


def test_where_there_is_no_shop_nothing_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    said = doctor(folder, stderr=subprocess.PIPE)
    assert (said.returncode, said.stdout) == (1, f"- There is no shop in {folder}.\n1 findings.\n")
    assert not folder.exists()


def test_a_missing_key_is_named_and_not_made_anew(workshop: Workshop) -> None:
    key = workshop.shop.config.data / "secret.key"
    key.unlink()
    said = doctor(workshop.shop.config.data, stderr=subprocess.PIPE)
    assert "secret.key is missing" in said.stdout
    assert said.returncode == 1
    assert not key.exists()


def test_another_key_and_open_files_are_named(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    MachineRow.update(sealed_secret=workshop.shop.sealer.seal("x")).execute()
    data = workshop.shop.config.data
    (data / "secret.key").write_text("another\n")
    (data / "secret.key").chmod(0o644)
    said = doctor(data, stderr=subprocess.PIPE).stdout
    assert "The secret of Printer-1 cannot be opened: secret.key is not the key" in said
    assert f"Others on this computer may read {data}/secret.key (mode 644)" in said
    assert (data / "secret.key").stat().st_mode & 0o077 == 0o044, "it says so and leaves it"
