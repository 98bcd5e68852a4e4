"""The child's side: bind its own hands, then open the file. Run as ``python -I -m craftops.sandbox.child FOLDER``."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from craftops.domain.designs import analysis_to_json

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
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


def main(folder: Path) -> None:
    """Do what ``order.json`` says; leave ``result.json`` and ``picture.png``."""
    order = json.loads((folder / "order.json").read_text())
    set_limits(order["limits"])
    leave_network()
    bind_hands(folder.resolve())
    module, _colon, name = order["analyzer"].partition(":")
    kind = importlib.import_module(module)
    for part in name.split("."):
        kind = getattr(kind, part)
    analysis = kind().analyse(Path(order["path"]), order["name"])  # type: ignore[operator]
    data = analysis_to_json(analysis)
    data["peak_mb"] = _peak_mb()
    if analysis.picture:
        (folder / "picture.png").write_bytes(analysis.picture)
    (folder / "result.json").write_text(json.dumps(data))


def _peak_mb() -> float:
    """What this process has used at most. Linux counts a child's ``ru_maxrss`` from its parent's size on."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text()
        return round(int(status.split("VmHWM:", 1)[1].split()[0]) / 1024, 1)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(used / (1_048_576 if sys.platform == "darwin" else 1024), 1)


def set_limits(limits: dict[str, Any]) -> None:
    """Memory, CPU, written bytes, open files; no core dumps."""
    wanted = {
        resource.RLIMIT_AS: int(limits["memory"]),
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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
