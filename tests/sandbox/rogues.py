"""Analyzers that misbehave, each in its way."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from craftops.domain.files.designs import Analysis, Verdict
from craftops.sdk.analyzer import FileAnalyzer

LIBC = ctypes.CDLL(None)
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


class Sleeps(Rogue):
    def act(self, path: Path) -> None:
        time.sleep(2.0)


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


class LeavesAPipe(Rogue):
    """A result that nobody ever writes: whoever opened it to read would wait for ever."""

    def act(self, path: Path) -> None:
        os.mkfifo("result.json")
        os._exit(0)


class LeavesALink(Rogue):
    """A result that is somebody else's file."""

    def act(self, path: Path) -> None:
        LIBC.symlink(b"/etc/passwd", b"result.json")
        os._exit(0)


class Native(Rogue):
    """What a bug in a native reader could do: past Python, past its audit hook."""

    def act(self, path: Path) -> None:
        if LIBC.kill(os.getpid(), 0) == 0:
            raise RuntimeError("there is no filter of system calls, and what follows would hit the tests")
        self.calls()

    def calls(self) -> None:
        """Its system calls."""


class KillsOthers(Native):
    def calls(self) -> None:
        LIBC.kill(os.getppid(), 9)
        LIBC.kill(0, 9)
        LIBC.killpg(os.getpgid(os.getppid()), 9)


class StopsOthers(Native):
    def calls(self) -> None:
        LIBC.kill(os.getppid(), 19)
        LIBC.prlimit(os.getppid(), 0, (ctypes.c_ulong * 2)(1, 1), None)
        LIBC.ptrace(16, os.getppid(), None, None)


class Daemonises(Native):
    """Out of its session, twice forked: nothing ties it to anybody."""

    def calls(self) -> None:
        LIBC.setsid()
        if LIBC.fork() == 0:
            LIBC.setsid()
            if LIBC.fork() == 0:
                signal.pause()
            os._exit(0)


class Multiplies(Native):
    def calls(self) -> None:
        for _ in range(50):
            if LIBC.fork() == 0:
                signal.pause()


class RunsNatively(Native):
    def calls(self) -> None:
        LIBC.execv(b"/bin/true", (ctypes.c_char_p * 2)(b"/bin/true", None))


class CallsHomeNatively(Native):
    def calls(self) -> None:
        if LIBC.socket(2, 1, 0) >= 0:
            raise RuntimeError("it has a socket")


class LiftsItsLimits(Native):
    def calls(self) -> None:
        before = resource.getrlimit(resource.RLIMIT_AS)
        LIBC.setrlimit(resource.RLIMIT_AS, (ctypes.c_ulong * 2)(1 << 50, 1 << 50))
        if resource.getrlimit(resource.RLIMIT_AS) != before:
            raise RuntimeError("it has more room than it was given")


class Counts(Rogue):
    """Says what it holds: descriptors, environment, priority, folder."""

    def analyse(self, path: Path, name: str) -> Analysis:
        held = sorted(
            int(number) for number in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{number}")
        )
        told = {
            "descriptors": held,
            "environment": sorted(os.environ),
            "home": os.environ["HOME"] == os.getcwd() == os.environ["TMPDIR"],
            "nice": os.getpriority(os.PRIO_PROCESS, 0),
            "input": os.readlink("/proc/self/fd/0"),
            "leads": os.getpgid(0) == os.getpid(),
        }
        return Analysis(Verdict.ACCEPTED, "good", json.dumps(told))


class FindsItsLimit(Rogue):
    """Says how much more memory it may map."""

    def analyse(self, path: Path, name: str) -> Analysis:
        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        return Analysis(Verdict.ACCEPTED, "good", str(limit - mapped))


class WaitsForEver(Rogue):
    """Waits, and is known by its name."""

    def act(self, path: Path) -> None:
        LIBC.prctl(15, b"waits-for-ever", 0, 0, 0)  # PR_SET_NAME
        while True:
            signal.pause()


class Burgles(Rogue):
    """Goes for everything around its file as machine code would: past Python, by the C library."""

    def analyse(self, path: Path, name: str) -> Analysis:
        house = path.parent
        found = []
        for what, flags in (
            ("secret.key", os.O_RDONLY), ("craftops.db", os.O_RDONLY), ("craftops.db", os.O_WRONLY),
            ("new.txt", os.O_WRONLY | os.O_CREAT), (".", os.O_RDONLY | os.O_DIRECTORY), ("other.stl", os.O_RDONLY),
        ):  # fmt: skip
            if LIBC.open(os.fsencode(house / what), flags, 0o600) >= 0:
                found.append(f"{what} {flags}")
        for left, right in (("craftops.db", "gone.db"), ("secret.key", str(Path.cwd() / "mine"))):
            if LIBC.rename(os.fsencode(house / left), os.fsencode(house / right)) == 0:
                found.append(f"{left} renamed")
            if LIBC.link(os.fsencode(house / left), os.fsencode(house / right)) == 0:
                found.append(f"{left} linked")
        if LIBC.unlink(os.fsencode(house / "other.stl")) == 0:
            found.append("unlinked")
        for other in ("/etc/passwd", "/root", "/home", f"/proc/{os.getppid()}/environ", "/tmp/burgled"):
            if (
                LIBC.open(
                    os.fsencode(other), os.O_RDONLY if other != "/tmp/burgled" else os.O_WRONLY | os.O_CREAT, 0o600
                )
                >= 0
            ):
                found.append(other)
        own = LIBC.open(os.fsencode(path), os.O_RDONLY)
        home = LIBC.open(os.fsencode(Path.cwd() / "mine.txt"), os.O_WRONLY | os.O_CREAT, 0o600)
        fine = own >= 0 and home >= 0
        return Analysis(Verdict.ACCEPTED, "good", json.dumps(found if fine else ["not even its own"]))
