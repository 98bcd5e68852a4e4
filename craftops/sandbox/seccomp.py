"""A filter of system calls for the child (Linux, seccomp): the audit hook binds Python, this binds machine code.

A bug in a native reader (resvg, pdfium, lib3mf) may run code that no audit hook sees. The filter takes from it what
would reach beyond the child: other processes, the network, other programs, the kernel's rarely walked corners. It
cannot be taken off again, and needs no privilege.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
LOAD, EQUAL, AT_LEAST, ANY_BIT, ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
CLONE_THREAD = 0x10000
OTHER_ABI = 0x40000000
"""Numbers from here on are x32's, a second door to the same calls."""
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (number on x86_64, number on aarch64); 0 where there is none. Linux, arch/*/include/uapi/asm/unistd*.h
REFUSED = {
    # other processes: signals, memory, priority, limits
    "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "process_madvise": (440, 440), "kcmp": (312, 272),
    "move_pages": (279, 239), "migrate_pages": (256, 238), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122), "setrlimit": (160, 164),
    # becoming more than one, or somebody else
    "fork": (57, 0), "vfork": (58, 0), "execve": (59, 221), "execveat": (322, 281), "setsid": (112, 157),
    "setpgid": (109, 154), "unshare": (272, 97), "setns": (308, 268), "chroot": (161, 51),
    # the network, and what outlives a process
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "shmget": (29, 194), "msgget": (68, 186),
    "semget": (64, 190), "mq_open": (240, 180), "mknod": (133, 0), "mknodat": (259, 33),
    # the kernel's back rooms
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsmount": (432, 432), "mount_setattr": (442, 442),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "open_by_handle_at": (304, 265), "reboot": (169, 142),
    "swapon": (167, 224),
}  # fmt: skip
CLONE, CLONE3, TGKILL, PRLIMIT = (56, 220), (435, 435), (234, 131), (302, 261)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


def available() -> bool:
    """Whether we know the system calls of this computer."""
    return sys.platform.startswith("linux") and platform.machine() in ARCHITECTURES and sys.maxsize > 2**32


def no_new_privileges() -> None:
    """From here on no program that is started gains rights (setuid and the like). Linux; elsewhere nothing happens."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def refuse_calls() -> bool:
    """Put the filter on this process; whether it holds (an old kernel, or one without seccomp, has none)."""
    if not available():
        return False
    no_new_privileges()
    steps = b"".join(struct.pack("=HBBI", *step) for step in _steps(platform.machine(), os.getpid()))
    kept = ctypes.create_string_buffer(steps, len(steps))
    program = _Program(len(steps) // 8, ctypes.addressof(kept))
    done: int = ctypes.CDLL(None).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    return done == 0


def _steps(machine: str, own: int) -> list[tuple[int, int, int, int]]:
    """The filter as classic BPF: (code, jump if true, jump if false, value)."""
    column = list(ARCHITECTURES).index(machine)
    no = (ANSWER, 0, 0, REFUSE | errno.EPERM)
    steps = [
        (LOAD, 0, 0, ARCHITECTURE_AT),
        (EQUAL, 1, 0, ARCHITECTURES[machine]),
        (ANSWER, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_AT),
    ]
    if machine == "x86_64":
        steps += [(AT_LEAST, 0, 1, OTHER_ABI), (ANSWER, 0, 0, KILL)]
    for numbers in REFUSED.values():
        if numbers[column]:
            steps += [(EQUAL, 0, 1, numbers[column]), no]
    # clone3 keeps its flags in memory, where a filter cannot look: the C library then takes clone.
    steps += [(EQUAL, 0, 1, CLONE3[column]), (ANSWER, 0, 0, REFUSE | errno.ENOSYS)]
    threads = [(LOAD, 0, 0, _argument(0)), (ANY_BIT, 1, 0, CLONE_THREAD), no, (ANSWER, 0, 0, ALLOW)]
    steps += [(EQUAL, 0, len(threads), CLONE[column]), *threads]
    itself = [(LOAD, 0, 0, _argument(0)), (EQUAL, 1, 0, own), no, (ANSWER, 0, 0, ALLOW)]  # abort() signals itself
    steps += [(EQUAL, 0, len(itself), TGKILL[column]), *itself]
    # Reading its own limits is fine; setting them, or touching another's, is not.
    asks = [
        (LOAD, 0, 0, _argument(0)), (EQUAL, 1, 0, 0), no,
        (LOAD, 0, 0, _argument(2)), (EQUAL, 1, 0, 0), no,
        (LOAD, 0, 0, _argument(2) + 4), (EQUAL, 1, 0, 0), no,
        (ANSWER, 0, 0, ALLOW),
    ]  # fmt: skip
    steps += [(EQUAL, 0, len(asks), PRLIMIT[column]), *asks]
    return [*steps, (ANSWER, 0, 0, ALLOW)]


def _argument(number: int) -> int:
    """Where the lower half of a call's argument lies (both architectures are little-endian)."""
    return ARGUMENTS_AT + 8 * number
