"""What a child may open at all (Linux, Landlock): the interpreter, the libraries, its own folder and the one file.

The audit hook binds Python and the filter of system calls takes processes and the network away; what is left to machine
code that has taken over a reader is the disk. Landlock holds every open file of this process against a list of places,
whoever opens it. It needs no privilege, cannot be taken off again, and every child below inherits it.
Numbers and structures: Linux, include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import struct
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION = 1
PATH_BENEATH = 1
WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
REFER, TRUNCATE = 1 << 13, 1 << 14
FIRST = (1 << 13) - 1
"""All rights of the first version."""
LATER = {2: REFER, 3: TRUNCATE, 5: 1 << 15}
"""Version of the interface -> the right that came with it."""
READ = READ_FILE | READ_DIR
HOME = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER | TRUNCATE
LIBRARIES = (
    "/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/usr/share", "/nix/store",
    "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/localtime", "/etc/fonts", "/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/proc/sys/vm",
    "/sys/devices/system/cpu", "/dev/null", "/dev/zero",
    "/dev/urandom", "/dev/random",
)  # fmt: skip
"""What libraries read of a computer: nothing of a shop."""


def version() -> int:
    """The version of the kernel's interface; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, _call(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION))


def confine(folder: Path, readable: Iterable[Path], modules: Iterable[str]) -> bool:
    """From here on this thread, and whatever it starts, opens nothing but the interpreter, libraries, the packages of
    ``modules``, the files ``readable``, and anything in ``folder``. Whether it holds. After ``no_new_privileges``."""
    known = version()
    if not known:
        return False
    handled = FIRST
    for since, right in LATER.items():
        handled |= right if known >= since else 0
    wanted = struct.pack("=Q", handled)
    ruleset = _call(CREATE_RULESET, ctypes.create_string_buffer(wanted, 8), ctypes.c_size_t(8), 0)
    if ruleset < 0:
        return False
    try:
        places = [(folder, HOME), *((Path(one), READ) for one in LIBRARIES), *((one, READ) for one in _code(modules))]
        for place, rights in [*places, *((one, READ_FILE) for one in readable)]:
            _allow(ruleset, place, rights & handled)
        return _call(RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _code(modules: Iterable[str]) -> set[Path]:
    """Where the interpreter's own code is, and that of these modules: never all of a folder that is on the path only
    because a program lies in it, for a shop's data may lie there, too."""
    found = {Path(one) for one in sysconfig.get_paths().values() if one.startswith((sys.prefix, sys.base_prefix))}
    found |= {Path(base) / "lib" for base in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    found |= {Path(one) for one in sys.path if one and Path(one).name in ("site-packages", "dist-packages")}
    for name in {one.partition(".")[0] for one in (*modules, *sys.modules)}:
        loaded = sys.modules.get(name)
        spec = getattr(loaded, "__spec__", None) if loaded is not None else importlib.util.find_spec(name)
        if spec is None:
            continue
        found |= {Path(one) for one in spec.submodule_search_locations or ()}
        if spec.origin and spec.has_location:
            found.add(Path(spec.origin))
    return found


def _allow(ruleset: int, place: Path, rights: int) -> None:
    """A place that is not there is not allowed, and not missed."""
    try:
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not place.is_dir():
            rights &= READ_FILE | WRITE_FILE | TRUNCATE
        rule = struct.pack("=Qi", rights, descriptor)
        _call(ADD_RULE, ruleset, PATH_BENEATH, ctypes.create_string_buffer(rule, len(rule)), 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
