"""Debian's packages of peers, installed one after the other: two installations at once are refused by their lock."""

from __future__ import annotations

import fcntl
import subprocess
import tempfile
from pathlib import Path

LOCK = Path(tempfile.gettempdir()) / "craftops-debian.lock"
WAIT = ("-o", "DPkg::Lock::Timeout=300")
"""Seconds that somebody else's installation (the machine's own) is waited for."""


def install(*packages: str) -> None:
    """Raises AssertionError with what apt said, where they cannot be had."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["apt-get", "update", "-q"], check=False, capture_output=True)
        asked = ["apt-get", "install", "-y", "-q", *WAIT, *packages]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
