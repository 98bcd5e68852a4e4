"""What binds a child, whichever way it was started: limits, rank, no network, no hands outside its folder."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import sys
from pathlib import Path
from typing import Any

from craftops.sandbox.landlock import confine, version
from craftops.sandbox.seccomp import available, no_new_privileges, refuse_calls

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
NICE = 10
IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
IDLE_CLASS = 3 << 13
FORBIDDEN = (
    "socket.", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.spawn", "ftplib.",
    "http.client.", "urllib.Request", "smtplib.", "os.kill", "webbrowser.",
)  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.chown",
    "os.truncate",
)


def bind(folder: Path, limits: dict[str, Any], mapped: int = 0, *, file: Path, module: str) -> None:
    """Everything, in the order in which it can be done. ``mapped``: bytes that were mapped before the file came;
    ``file``: the one that may be read; ``module``: what reads it, which may not be imported yet."""
    stand_back()
    yield_to_others()
    set_limits(limits, mapped)
    leave_network()
    prctl(PR_SET_DUMPABLE, 0)  # no other process of ours, a hostile sibling for one, may look into it
    no_new_privileges()
    confine(folder, [file], [module])
    refuse_calls()
    bind_hands(folder)


def strength() -> str:
    """What binds machine code in a child on this computer, for an operator."""
    calls = "a filter of system calls (no network, no other process)" if available() else ""
    places = f"Landlock {version()} (no file but its own)" if version() else ""
    if calls and places:
        return f"{calls} and {places}"
    missing = "a kernel with Landlock (Linux 5.13 or newer)" if calls else "Linux on x86-64 or arm64"
    held = calls or places or "limits of memory, time and disk alone"
    return f"{held}; for more it needs {missing}"


def prctl(option: int, value: int) -> None:
    """One call of Linux' prctl; elsewhere nothing happens."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def stand_back() -> None:
    """This process and its session come behind every page and machine, and go first when memory runs out (Linux)."""
    if sys.platform.startswith("linux"):
        for name, value in (("oom_score_adj", "1000"), ("autogroup", str(NICE))):
            with contextlib.suppress(OSError):  # a kernel without it, or one whose warm parent has done it already
                Path(f"/proc/self/{name}").write_text(value)


def yield_to_others() -> None:
    """Low rank for processor and disk."""
    with contextlib.suppress(OSError):
        os.nice(NICE)
    number = IOPRIO_SET.get(platform.machine())
    if sys.platform.startswith("linux") and number:
        ctypes.CDLL(None).syscall(number, 1, 0, IDLE_CLASS)


def set_limits(limits: dict[str, Any], mapped: int = 0) -> None:
    """Memory (on top of ``mapped`` bytes), CPU, written bytes, open files; no core dumps."""
    wanted = {
        resource.RLIMIT_AS: int(limits["memory"]) + mapped,
        resource.RLIMIT_CPU: int(limits["cpu_s"]),
        resource.RLIMIT_FSIZE: int(limits["written"]),
        resource.RLIMIT_NOFILE: int(limits["files"]),
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of address space
            resource.setrlimit(kind, (most, most))


def leave_network() -> None:
    """A network namespace with nothing in it, where the kernel lets us; the audit hook holds everywhere."""
    if not sys.platform.startswith("linux"):
        return
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    if unshare(CLONE_NEWNET) != 0:
        unshare(CLONE_NEWUSER | CLONE_NEWNET)


def bind_hands(folder: Path) -> None:
    """Refuse network, other programs, and writing anywhere but in ``folder``. Cannot be taken off again."""
    inside = str(folder) + os.sep

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN):
            raise PermissionError(f"{event} is not for analyzers")
        if event == "open":
            path, mode, flags = arguments
            writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & WRITING)
            if writes and not _inside(path, inside):
                raise PermissionError("writing is not for analyzers")
        elif event in CHANGING and not _inside(arguments[0], inside):
            raise PermissionError(f"{event} is not for analyzers")

    sys.addaudithook(hook)


def _inside(path: object, inside: str) -> bool:
    if isinstance(path, int):
        return True  # a descriptor that is open already
    return os.path.realpath(os.fsdecode(path)).startswith(inside)  # type: ignore[arg-type]
