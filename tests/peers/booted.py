"""A real systemd as process 1 of namespaces of its own, on a copy of this computer that vanishes with it.

What it sees of the disk is this computer's, and what it writes lies in memory (overlayfs). It has processes, a network
with nothing but its loopback, mounts and control groups of its own; no unit of this computer's runs in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from peers import debian
from peers.conftest import until

ROOT = Path(__file__).parents[2]
SYSTEMD = Path("/lib/systemd/systemd")
GROUPS = Path("/sys/fs/cgroup")
PLACE = "/run/craftops-booted"
SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DISK = r"""
mount -t tmpfs tmpfs /run
mkdir {place} && cd {place} && mkdir upper work root above between
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mkdir -p root/usr/src/craftops root/opt/libraries root/opt/python
mount -t overlay overlay -o "lowerdir={source},upperdir=above,workdir=between" root/usr/src/craftops
mount --bind "{libraries}" root/opt/libraries
mount --bind "{python}" root/opt/python
cd root
rm -rf opt/craftops etc/craftops etc/letsencrypt var/lib/craftops srv/backups var/log/journal
cd etc/systemd/system && rm -rf *.wants *.requires *.service *.socket *.timer && cd - >/dev/null
cd lib/systemd && rm -rf system/*.wants && cd - >/dev/null
for one in lib/systemd/system-generators/*; do case $one in */postgresql-*) ;; *) rm "$one" ;; esac; done
mkdir lib/systemd/system/sysinit.target.wants
ln -s ../systemd-journald.service lib/systemd/system/sysinit.target.wants/
echo /opt/python/lib >etc/ld.so.conf.d/python.conf && chroot . ldconfig
echo made
read -r _
"""
"""The disk of the copy: mounts that live as long as somebody holds the shell's input. Only the journal starts by itself
and PostgreSQL can; disks, clocks, devices and terminals are this computer's."""
BOOT = r"""
cd {place}/root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
if [ "{unified}" ]; then mount -t cgroup2 cgroup2 sys/fs/cgroup; else
    mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
    mount -t cgroup -o none,name=systemd,xattr cgroup sys/fs/cgroup/systemd
    mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
fi
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/shm dev/pts
for one in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "dev/${{one%:*}}" c 1 "${{one#*:}}"; done
mknod -m 666 dev/disk b 7 200
mount -t tmpfs tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mkdir run/before
pivot_root . run/before
umount -l /run/before
rmdir /run/before
ip link set lo up
exec env -i container=docker PATH={searched} /lib/systemd/systemd --system --unit=multi-user.target --log-target=null \
    --show-status=no
"""
"""``container`` is what systemd asks before it would set clocks and take disks apart; what it could still turn of this
computer's kernel is read-only."""
ASK = """
import json, sys, urllib.error, urllib.request
told = json.load(sys.stdin)
body = bytes.fromhex(told["body"]) or None
asked = urllib.request.Request("http://127.0.0.1:8080" + told["path"], body, told["headers"])
try:
    answer = urllib.request.urlopen(asked, timeout=20)
except urllib.error.HTTPError as error:
    answer = error
except OSError as error:
    print(json.dumps([0, str(error)]))
    sys.exit()
print(json.dumps([answer.status, answer.read().decode()]))
"""


def wanted() -> None:
    """Raises nothing but a skip, or what is missing where CI asks for all of it."""
    if os.environ.get("CRAFTOPS_SERVICES") != "required":
        pytest.skip("a real systemd is booted only in CI (CRAFTOPS_SERVICES=required)")
    here = {
        "systemd": SYSTEMD,
        "iproute2": "ip",
        "adduser": "adduser",
        "postgresql": "pg_createcluster",
        "curl": "curl",
    }
    if missing := [name for name, one in here.items() if shutil.which(str(one), path=SEARCHED) is None]:
        debian.install(*missing)
    assert os.geteuid() == 0, "only root makes the namespaces in which a systemd can be process 1"


class Booted:
    """A computer that boots, is switched off and boots anew, with the same disk."""

    def __init__(self) -> None:
        self.unified = (GROUPS / "cgroup.procs").exists()
        places = [GROUPS] if self.unified else [one.parent for one in sorted(GROUPS.glob("*/cgroup.procs"))]
        self.groups = [place / f"craftops-{os.getpid()}" for place in places]
        """One in each hierarchy: what is the whole of it for the one that boots."""
        for group in self.groups:
            group.mkdir()
            for name in ("cpuset.cpus", "cpuset.mems"):  # takes no process before it has some of both
                if not self.unified and (group / name).exists():
                    (group / name).write_text((group.parent / name).read_text())
        told = {"place": PLACE, "source": ROOT, "python": sys.base_prefix, "libraries": sysconfig.get_path("purelib")}
        self._disk = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-ec", DISK.format(**told)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.first = 0
        """The number of its process 1, as this computer counts."""
        assert self._disk.stdout is not None
        assert self._disk.stdout.readline() == "made\n"

    def boot(self) -> str:
        """Until everything has started that is to start; what systemd says of that: running or degraded."""
        script = BOOT.format(place=PLACE, unified="1" if self.unified else "", searched=SEARCHED)
        enter = 'for group in "$@"; do echo $$ >"$group/cgroup.procs"; done; exec nsenter --mount --target "$DISK" '
        enter += 'unshare --pid --mount --uts --ipc --net --cgroup --fork --kill-child sh -ec "$BOOT"'
        environment = {**os.environ, "DISK": str(self._disk.pid), "BOOT": script}
        # It ends with the tests, also where these are killed.
        command = ["setpriv", "--pdeathsig", "KILL", "sh", "-ec", enter, "sh", *map(str, self.groups)]
        self._process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
        self.first = until(self._child, "process 1")
        until(lambda: Path(f"/proc/{self.first}/comm").read_text() == "systemd\n", "systemd")
        until(lambda: self("systemctl", "is-system-running", ok=None) not in ("", "offline", "unknown"), "its answer")
        return self("systemctl", "is-system-running", "--wait", ok=None)

    def _child(self) -> int:
        assert self._process is not None
        assert self._process.poll() is None, "it has not booted"
        number = self._process.pid
        return int(Path(f"/proc/{number}/task/{number}/children").read_text() or 0)

    def entered(self, *command: str) -> list[str]:
        """The same command, in there."""
        views = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        return [
            "nsenter",
            "--target",
            str(self.first),
            *views,
            "env",
            "-i",
            f"PATH={SEARCHED}",
            "LANG=C.UTF-8",
            *command,
        ]

    def __call__(self, *command: str, ok: bool | None = True, told: str = "") -> str:
        """What a command says in there, as root; ``ok`` is how it has to end."""
        done = subprocess.run(
            self.entered(*command), input=told, capture_output=True, text=True, check=False, timeout=120
        )
        assert ok is None or (done.returncode == 0) == ok, (command, done.returncode, done.stdout, done.stderr)
        return (done.stdout + (done.stderr if ok is False else "")).strip()

    def shown(self, unit: str, what: str) -> str:
        """A property of a unit."""
        return self("systemctl", "show", "--value", "--property", what, unit)

    def processes(self, unit: str) -> dict[int, str]:
        """Those of its control group, as this computer counts them: the command of each."""
        found = {}
        group = next(one for one in self.groups if self.unified or one.parent.name == "systemd")
        for file in group.glob(f"system.slice/**/{unit}/**/cgroup.procs"):
            for number in file.read_text().split():
                with contextlib.suppress(OSError):  # it has ended meanwhile
                    words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
                    found[int(number)] = b" ".join(words).decode().strip()
        return found

    def ask(self, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        """Status and JSON of an answer of the shop in there; 0 where nobody listens."""
        told = {
            "path": path,
            "body": body.hex(),
            "headers": {key.replace("_", "-"): one for key, one in headers.items()},
        }
        status, text = json.loads(self("/opt/craftops/bin/python", "-c", ASK, told=json.dumps(told)))
        return status, json.loads(text) if text.startswith("{") else text

    def switch_off(self, *, by_the_plug: bool = False) -> None:
        """Everything is ended in its order, then process 1 and with it what is left; by the plug nothing is asked."""
        assert self._process is not None
        if by_the_plug:
            self._process.send_signal(signal.SIGKILL)  # takes process 1 along, and the kernel all others with it
        else:
            self("systemctl", "poweroff", ok=None)
        self._process.wait(60)
        self._process = None
        until(lambda: not any(one.read_text() for group in self.groups for one in group.rglob("cgroup.procs")), "rest")

    def close(self) -> None:
        if self._process is not None:
            self.switch_off(by_the_plug=True)
        self._disk.communicate("\n", timeout=20)
        for group in self.groups:
            for folder in sorted((one for one in group.rglob("*") if one.is_dir()), reverse=True):
                folder.rmdir()
            group.rmdir()


BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = "/etc/letsencrypt/live/shop.example"
OURS = {
    "apt-get install -y python3-venv": "test -x /usr/sbin/mosquitto",
    "python3 -m venv /opt/craftops": "/opt/python/bin/python3 -m venv --without-pip /opt/craftops\n"
    "echo /opt/libraries >$(echo /opt/craftops/lib/python3*)/site-packages/libraries.pth",
    "/opt/craftops/bin/pip install": "/opt/craftops/bin/python -m pip install -q --no-deps --no-build-isolation "
    "--ignore-installed /usr/src/craftops",
    "certbot certonly": f"mkdir -p {LINK} /etc/letsencrypt/renewal-hooks/deploy\nopenssl req -x509 -newkey rsa:2048 -nodes "
    f"-keyout {LINK}/privkey.pem -out {LINK}/fullchain.pem -subj /CN=shop.example 2>/dev/null",
    'sed "s/shop.example/': ":", "nginx -t": ":", "systemctl reload nginx": ":",
    "curl --fail --silent https://shop.example/healthz": "curl --fail --silent http://127.0.0.1:8080/healthz",
}  # fmt: skip
"""Lines of the page that are others here, by how they begin: packages are this computer's, the libraries those of the
tests, the certificate is asked of nobody, and the proxies have tests of their own."""


def install_as_written(computer: Booted) -> str:
    """All commands of ``install.md`` in their order; what they said."""
    text = (ROOT / "docs" / "operators" / "install.md").read_text()
    said, left = "", set(OURS)
    for kind, block in BLOCK.findall(text):
        if kind == "toml":
            computer("tee", "/var/lib/craftops/shop.toml", told=block)
        else:
            lines = [_here(line, left) for line in block.splitlines()]
            said += computer("sh", "-ec", "\n".join(lines)) + "\n"
    assert left == set(), "the page has no such line any more"
    return said


def _here(line: str, left: set[str]) -> str:
    for begin in OURS:
        if line.startswith(begin):
            left.discard(begin)
            return OURS[begin]
    return line


def new_cluster(computer: Booted, names: Sequence[str] = ("/etc/postgresql", "/var/lib/postgresql")) -> None:
    """PostgreSQL as Debian's package leaves it, and not this computer's own."""
    computer("sh", "-ec", f"rm -rf {' '.join(f'{name}/*/main' for name in names)}; exec pg_lsclusters -h")
    version = computer("sh", "-ec", "ls /usr/lib/postgresql | sort -n | tail -1")
    computer("pg_createcluster", version, "main")
    computer("systemctl", "daemon-reload")  # its generator looks for clusters
    computer("systemctl", "enable", "--now", "postgresql")
    computer("systemctl", "start", f"postgresql@{version}-main")
