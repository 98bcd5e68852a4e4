"""Analyzers that misbehave, each in its way."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
from pathlib import Path

from craftops.domain.designs import Analysis, Verdict
from craftops.sdk.analyzer import FileAnalyzer

GOOD = Analysis(Verdict.ACCEPTED, "good", "Fine.", picture=b"\x89PNG\r\n\x1a\nrest")


class Rogue(FileAnalyzer):
    name = "rogue"
    formats = frozenset()

    def analyse(self, path: Path, name: str) -> Analysis:
        self.act(path)
        return GOOD

    def act(self, path: Path) -> None:
        """What it does."""


class Good(Rogue):
    pass


class Raises(Rogue):
    def act(self, path: Path) -> None:
        raise RuntimeError("boom")


class Leaves(Rogue):
    def act(self, path: Path) -> None:
        os._exit(0)


class Crashes(Rogue):
    def act(self, path: Path) -> None:
        ctypes.string_at(1)


class Hangs(Rogue):
    def act(self, path: Path) -> None:
        while True:
            pass


class Swells(Rogue):
    def act(self, path: Path) -> None:
        heap = [bytearray(10_000_000) for _ in range(1000)]
        sys.exit(len(heap))


class WritesElsewhere(Rogue):
    def act(self, path: Path) -> None:
        Path("/tmp/craftops-rogue-was-here").write_text("x")


class Overwrites(Rogue):
    def act(self, path: Path) -> None:
        path.chmod(0o777)
        path.write_bytes(b"changed")


class CallsHome(Rogue):
    def act(self, path: Path) -> None:
        socket.create_connection(("127.0.0.1", 5432), timeout=2)


class RunsPrograms(Rogue):
    def act(self, path: Path) -> None:
        subprocess.run(["/bin/true"], check=True)


class Forks(Rogue):
    def act(self, path: Path) -> None:
        os.fork()


class FillsTheDisk(Rogue):
    def act(self, path: Path) -> None:
        Path("big").write_bytes(bytes(50_000_000))


class DrawsNoPicture(Rogue):
    def analyse(self, path: Path, name: str) -> Analysis:
        return Analysis(Verdict.ACCEPTED, "good", "Fine.", picture=b"<svg onload=alert(1)>")


class MakesAModel(Rogue):
    def analyse(self, path: Path, name: str) -> Analysis:
        model = b"glTF\x02\0\0\0rest" if self.with_model else None
        return Analysis(Verdict.ACCEPTED, "good", "Fine.", model=model)


class MakesNoModel(Rogue):
    def analyse(self, path: Path, name: str) -> Analysis:
        return Analysis(Verdict.ACCEPTED, "good", "Fine.", model=b"<script>alert(1)</script>")


class MakesALargeModel(Rogue):
    def analyse(self, path: Path, name: str) -> Analysis:
        return Analysis(Verdict.ACCEPTED, "good", "Fine.", model=b"glTF\x02\0\0\0" + bytes(200_000))


class ForgesItsResult(Rogue):
    def act(self, path: Path) -> None:
        Path("result.json").write_text('{"verdict": "accepted"')
        os._exit(0)
