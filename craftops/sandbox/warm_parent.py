"""The warm parent: a process that has imported what analyzers need, and forks a killable child for each file.

``python -I -m craftops.sandbox.warm_parent DESCRIPTOR``: a socket on which requests come, each with a line of its own.
It holds no secret, no database and no thread, and it never looks into a file. Between it and each child stands a
keeper, a fork that only waits: for the end of the child, or for the end of the line to whoever asked, however that
one ended. The keeper takes in whatever the child leaves running, and ends it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from craftops.sandbox import bounds
from craftops.sandbox.child import find, main
from craftops.sandbox.environment import find_plugins
from craftops.sandbox.said import resident_mb
from craftops.sandbox.seccomp import no_new_privileges

REST_S = 600.0
"""Without a file for so long it ends, so that a quiet shop does not hold its memory; the next file starts another."""
LARGEST_REQUEST = 65_536
FAR_DESCRIPTOR = 1 << 20
SWEEP_S = 5.0


def serve(channel: socket.socket) -> None:
    """Fork a child for each request until the other end closes, or rests too long."""
    for number, action in ((signal.SIGINT, signal.SIG_IGN), (signal.SIGCHLD, signal.SIG_IGN)):
        signal.signal(number, action)  # keepers need no waiting for; Ctrl-C is for whoever started us
    bounds.stand_back()
    no_new_privileges()
    bounds.prctl(bounds.PR_SET_DUMPABLE, 0)
    known: set[str] = set()
    while select.select([channel], [], [], REST_S)[0]:
        request, descriptors, _flags, _address = socket.recv_fds(channel, LARGEST_REQUEST, 1)
        if not request:
            return
        order = json.loads(request)
        _warm_up(order["analyzer"], known)
        if _threads() > 1:
            return  # a library has started a thread: forking would be a gamble, the cold way is none
        keeper = os.fork()
        if not keeper:
            channel.close()
            _keep(descriptors[0], Path(order["folder"]), float(order["wall_s"]))
        for descriptor in descriptors:
            os.close(descriptor)


def _warm_up(analyzer: str, known: set[str]) -> None:
    """Import what this analyzer will need, once. What fails here fails again in the child, which says so."""
    if analyzer in known:
        return
    known.add(analyzer)
    with contextlib.suppress(Exception):
        for module in find(analyzer).needs:
            importlib.import_module(module)
    gc.collect()
    gc.freeze()  # so that no collection in a child copies these pages


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))


def _keep(descriptor: int, folder: Path, wall_s: float) -> NoReturn:
    """Start the child, wait for it or for the end of the line, end everything it left, tell how it went."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        bounds.prctl(bounds.PR_SET_CHILD_SUBREAPER, 1)
        line = socket.socket(fileno=descriptor)
        keeper = os.getpid()
        child = os.fork()
        if not child:
            _work(folder, keeper)
        _tell(line, b"began")
        status, used = _wait(line, child, wall_s)
        told = {"peak_mb": resident_mb(used.ru_maxrss), "cpu_s": round(used.ru_utime + used.ru_stime, 3)}
        _tell(line, json.dumps({"status": status, **told}).encode())
        code = 0
    finally:
        os._exit(code)


def _tell(line: socket.socket, message: bytes) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more; what is to be ended is ended all the same
        line.send(message)


def _wait(line: socket.socket, child: int, wall_s: float) -> tuple[int | None, resource.struct_rusage]:
    """The exit code of the child (negative: the signal), None when it had to be ended; and what it used."""
    watched = select.poll()
    ending = os.pidfd_open(child)
    watched.register(ending, select.POLLIN)
    watched.register(line, select.POLLIN)
    done = {descriptor for descriptor, _ in watched.poll(wall_s * 1000)}
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _pid, status, used = os.wait4(child, 0)
    end_descendants()
    return os.waitstatus_to_exitcode(status) if ending in done else None, used


def end_descendants() -> None:
    """End every process below this one. Whoever is left without a parent there becomes our child (subreaper)."""
    until = time.monotonic() + SWEEP_S
    while time.monotonic() < until:
        try:
            pid, _status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            for one in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, 0)


def _children() -> list[int]:
    own, found = os.getpid(), []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                # "pid (any name) state parent": the name may hold brackets and spaces, so the last bracket counts
                if int(Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1]) == own:
                    found.append(int(name))
    return found


def _work(folder: Path, keeper: int) -> NoReturn:
    """The child: nothing in its hands but its folder; it leaves by ``os._exit`` whatever happens."""
    code = 1
    try:
        os.setpgid(0, 0)
        bounds.prctl(bounds.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:
            os._exit(1)
        _empty_hands(folder)
        main(folder, mapped=int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE"))
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 - whatever it was is said on standard error, and the exit code tells
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(code & 0xFF)


def _empty_hands(folder: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    said = os.open(folder / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, number in ((nothing, 0), (nothing, 1), (said, 2)):
        os.dup2(descriptor, number)
    os.closerange(3, FAR_DESCRIPTOR)
    for number in (signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(folder)
    os.environ.update(HOME=str(folder), TMPDIR=str(folder))


def _main(arguments: list[str]) -> Any:
    find_plugins()
    with socket.socket(fileno=int(arguments[1])) as channel:
        serve(channel)


if __name__ == "__main__":
    _main(sys.argv)
