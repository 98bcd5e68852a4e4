"""The units of ``config/systemd`` under a real systemd, on a computer that was installed as ``install.md`` says."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from peers.booted import ROOT, Booted, install_as_written, new_cluster, wanted
from peers.conftest import until

from craftops.testing.workshop import cube_stl

pytestmark = pytest.mark.long
UNIT, DATA = "craftops.service", "/var/lib/craftops"
TEMPLATE, UNITS = "craftops@.service", ROOT / "config" / "systemd"
SAID = "StandardOutput=truncate:/probe.json"
PROCESSES = {"resident", "child web", "child worker", "child bridge", "child broker", "mosquitto"}
ROLES = ("web", "worker", "bridge", "broker")
PROBE = """
import ctypes, errno, json, os, socket, subprocess, time

def tried(work):
    try:
        work()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

def called(name, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)

def open_to_us(top, depth):
    with os.scandir(top) as inside:
        for one in inside:
            if not one.is_dir(follow_symlinks=False) or one.path == "/proc":
                continue
            if os.access(one.path, os.W_OK):
                yield one.path
            elif depth and os.access(one.path, os.R_OK | os.X_OK):
                yield from open_to_us(one.path, depth - 1)

def set_user_bit():
    path = os.environ["CRAFTOPS_DATA"] + "/probe"
    open(path, "w").close()
    try:
        os.chmod(path, 0o4755)
    finally:
        os.unlink(path)

status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
mounts = [line.split() for line in open("/proc/self/mountinfo")]
print(json.dumps({
    "open": sorted(open_to_us("/", 3)),
    "status": {key: status[key].strip() for key in ("NoNewPrivs", "CapBnd", "CapEff", "CapPrm", "CapAmb")},
    "read_only": sorted(one[4] for one in mounts if one[5].split(",")[0] == "ro"),
    "devices": sorted(os.listdir("/dev")),
    "seen": os.path.exists("/tmp/of-others"),
    "root": subprocess.run(["/usr/local/bin/whose", "-u"], capture_output=True, text=True).stdout.strip(),
    "umask": oct(os.umask(0)),
    "tried": {
        "a packet socket": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
        "bluetooth": tried(lambda: socket.socket(31, socket.SOCK_RAW)),
        "an internet socket": tried(lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM)),
        "a program of root's": tried(set_user_bit),
        "real time": tried(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))),
        "another system's rules": tried(lambda: called("personality", 0x0008)),
        "the clock": tried(lambda: time.clock_settime(time.CLOCK_REALTIME, time.time())),
        "homes": tried(lambda: os.listdir("/root")),
        "a namespace without a network": tried(lambda: called("unshare", 0x10000000 | 0x40000000)),
    },
}))
"""
"""Says what a process of the unit can do."""
WATCH = """
import collections, json, select, sys, urllib.request
count = collections.Counter()
while not select.select([sys.stdin], [], [], 0.01)[0]:
    try:
        with urllib.request.urlopen("http://127.0.0.1:8080/sign-in", timeout=10) as answer:
            count[answer.status] += 1
    except OSError as error:
        count[str(error)] += 1
print(json.dumps(count))
"""


@dataclass
class Installed:
    """A computer with the shop as the page has it, and what its commands said."""

    computer: Booted
    said: str

    def start(self) -> None:
        """As the page leaves it: the shop as one service."""
        self.computer("systemctl", "stop", "craftops@*")
        self.settings("= -1", "= 1")
        self.computer("systemctl", "start", UNIT)

    def main(self) -> int:
        return int(self.computer.shown(UNIT, "MainPID"))

    def settings(self, old: str, new: str) -> None:
        self.computer("sed", "-i", f"s/{old}/{new}/", f"{DATA}/shop.toml")

    def running(self) -> dict[str, int]:
        """Each of its processes by name, with its number as this computer counts."""
        found = self.computer.processes(UNIT).items()
        return {re.sub(r" (/var|-c).*", "", one).rpartition(".")[2].rpartition("/")[2]: number for number, one in found}

    def has_begun(self) -> bool:
        """Whether each of its processes has read its settings, which an edit of the next moment must not meet: by then
        it has a bell with its number, as it counts itself."""
        running = self.running()
        bells = self.computer("sh", "-c", f"ls /proc/{self.main()}/root/tmp/craftops-*")
        names = [f"child {one}" for one in ("worker", "bridge", "broker")]
        return all(one in running and f"-{_own_number(running[one])}-" in bells for one in names)

    def answers(self) -> bool:
        return self.computer.ask("/healthz") == (200, {"demo": False, "status": "ok"})


def _own_number(process: int) -> str:
    """What a process is called in the innermost computer that it is in."""
    status = Path(f"/proc/{process}/status").read_text()
    return status.partition("NSpid:")[2].split("\n")[0].split()[-1]


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    wanted()
    computer = Booted()
    try:
        assert computer.boot() == "running"
        new_cluster(computer)
        said = install_as_written(computer)
        yield Installed(computer, said)
    finally:
        computer.close()


@pytest.fixture
def shop(installed: Installed) -> Installed:
    installed.start()
    return installed


def test_the_page_leads_to_a_shop_of_its_own_user(shop: Installed) -> None:
    computer = shop.computer
    assert "https://shop.example/setup?code=" in shop.said
    assert "All is well." in shop.said
    assert '{"demo":false,"status":"ok"}' in shop.said
    assert computer.shown(UNIT, "Type") == "notify"
    assert computer("systemctl", "is-enabled", UNIT) == "enabled"
    owner = computer("id", "-u", "craftops")
    assert shop.running().keys() >= PROCESSES
    for number in computer.processes(UNIT):
        status = Path(f"/proc/{number}/status").read_text()
        assert f"Uid:\t{owner}\t{owner}\t{owner}\t{owner}\n" in status
        assert "NoNewPrivs:\t1\n" in status
        assert "CapBnd:\t0000000000000000\n" in status
        assert "Seccomp:\t2\n" in status
    log = computer("journalctl", "--unit", UNIT, "--no-pager")
    assert "Set your shop up" in log
    assert "code=" not in log, "whoever may read the journal would own the shop"
    modes = computer("stat", "--format", "%a %U", DATA, f"{DATA}/shop.toml", f"{DATA}/secret.key", f"{DATA}/broker.key")
    assert modes.splitlines() == ["700 craftops", *["600 craftops"] * 3]


@pytest.mark.parametrize("name", ["craftops.service", "craftops@.service"])
def test_what_runs_in_a_unit_reaches_nothing_else(installed: Installed, name: str) -> None:
    """A program of ours in the place of the shop, in a unit that is otherwise the same."""
    computer = installed.computer
    text = (UNITS / name).read_text()
    text, count = re.subn(
        r"^ExecStart=.*$", "ExecStart=/opt/craftops/bin/python /opt/probe.py", text, flags=re.MULTILINE
    )
    assert count == 1
    text = re.sub(r"^(ExecReload|Restart|RestartSec)=.*\n", "", text, flags=re.MULTILINE).replace(
        "Type=notify", "Type=oneshot"
    )
    computer("tee", "/etc/systemd/system/probe.service", told=text.replace("[Service]", f"[Service]\n{SAID}"))
    computer("tee", "/opt/probe.py", told=PROBE)
    computer("sh", "-ec", "touch /tmp/of-others; install -m 4755 /usr/bin/id /usr/local/bin/whose")
    computer("rm", "-rf", "/run/craftops")  # which units of one process leave to the next one
    computer("systemctl", "daemon-reload")
    computer("systemctl", "start", "probe")
    said = json.loads(computer("cat", "/probe.json"))
    own = ["/tmp", "/var/tmp"] if name == UNIT else ["/tmp", "/var/tmp", "/run/craftops"]
    # Everybody's on every Debian: each file in there stays its owner's.
    everybodys = {"/dev/mqueue", "/dev/shm", "/run/lock"}
    assert set(said["open"]) - everybodys == {DATA, "/srv/backups", *own}
    nothing = "0000000000000000"
    assert said["status"] == {
        "NoNewPrivs": "1",
        "CapBnd": nothing,
        "CapEff": nothing,
        "CapPrm": nothing,
        "CapAmb": nothing,
    }
    assert {"/", "/proc/sys", "/proc/irq", "/proc/bus", "/sys", "/sys/fs/cgroup", "/dev"} <= set(said["read_only"])
    assert "disk" in computer("ls", "/dev")
    assert "disk" not in said["devices"]
    assert not said["seen"], "files that others have put into /tmp"
    assert said["root"] == computer("id", "-u", "craftops"), "a program of root's made root of it"
    assert said["umask"] == "0o77"
    assert said["tried"] == {
        "a packet socket": "EAFNOSUPPORT",
        "bluetooth": "EAFNOSUPPORT",
        "an internet socket": "done",
        "a program of root's": "EPERM",
        "real time": "EPERM",
        "another system's rules": "EPERM",
        "the clock": "EPERM",
        "homes": "EACCES",
        "a namespace without a network": "done",
    }


def test_a_file_is_opened_in_there(shop: Installed) -> None:
    """Child, network of nothing and limits of the worker within those of the unit."""
    computer = shop.computer
    computer("craftops", "user", "create", "ada@shop.example", "--name", "Ada", "--password", "-")
    scopes = ("--scope", "files:write", "--scope", "files:read")
    token = computer("craftops", "token", "create", "ada", "--customer", "ada@shop.example", *scopes).split()[-1]
    known = {
        "Authorization": f"Bearer {token}",
        "X_Forwarded_Proto": "https",
        "Content_Type": "application/octet-stream",
    }
    status, file = computer.ask("/api/v1/files?name=cube.stl", cube_stl(20), **known)
    assert status == 201

    def verdict() -> str:
        found = computer.ask(f"/api/v1/files/{file['id']}", **known)[1]["verdict"]
        return "" if found == "waiting" else str(found)

    assert until(verdict, "a verdict") == "accepted"
    assert "limits of memory, time and disk alone" not in computer("craftops", "doctor")


def test_killed_it_comes_back(shop: Installed) -> None:
    computer, killed = shop.computer, shop.main()
    before, restarts = set(computer.processes(UNIT)), int(computer.shown(UNIT, "NRestarts"))
    computer("kill", "-9", str(killed))
    until(lambda: shop.main() not in (0, killed), "another one")
    until(lambda: computer.shown(UNIT, "ActiveState") == "active", "that it has started")
    assert shop.answers()
    assert not before & set(computer.processes(UNIT)), "what the other one had started went with it"
    assert int(computer.shown(UNIT, "NRestarts")) == restarts + 1


def test_new_settings_are_taken_over_without_a_page_unanswered(shop: Installed) -> None:
    computer, main = shop.computer, shop.main()
    before = shop.running()
    watch = subprocess.Popen(
        computer.entered("/opt/craftops/bin/python", "-c", WATCH),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    shop.settings("every_hours = 24", "every_hours = 12")
    computer("systemctl", "reload", UNIT)
    others = PROCESSES - {"resident"}
    until(lambda: all(before[one] != shop.running().get(one, before[one]) for one in others), "processes that are new")
    answered = json.loads(watch.communicate("\n", timeout=30)[0])
    assert set(answered) == {"200"}
    assert answered["200"] > 20
    assert shop.main() == main
    until(shop.has_begun, "processes that have read their settings")

    shop.settings("trusted_proxies = 1", "trusted_proxies = -1")
    here = shop.running()
    computer("systemctl", "reload", UNIT, ok=False)
    assert "trusted_proxies" in computer("journalctl", "--unit", UNIT, "--lines", "5", "--no-pager")
    assert computer.shown(UNIT, "ActiveState") == "active"
    assert shop.answers()
    assert shop.running() == here

    computer("systemctl", "restart", UNIT, ok=False)
    assert not shop.answers()
    shop.settings("trusted_proxies = -1", "trusted_proxies = 1")
    until(lambda: computer.shown(UNIT, "ActiveState") == "active", "its next try")
    assert shop.answers()


def test_stopped_it_leaves_nothing_and_switched_on_it_is_there(shop: Installed) -> None:
    computer = shop.computer
    began = time.monotonic()
    computer("systemctl", "stop", UNIT)
    assert time.monotonic() - began < 15, "it was killed at last"
    assert computer.shown(UNIT, "Result") == "success"
    assert computer.shown(UNIT, "ExecMainStatus") == "0"
    assert computer.processes(UNIT) == {}
    assert computer(
        "sh", "-c", "ls -d /tmp/systemd-private-*-craftops.service-* /var/lib/craftops/craftops.pid", ok=False
    )
    computer.switch_off()
    assert computer.boot() == "running"
    assert shop.answers(), "the computer said that everything had started"
    assert "All is well." in computer("craftops", "doctor")


def test_one_unit_a_process(installed: Installed) -> None:
    computer = installed.computer
    units = [f"craftops@{role}" for role in ROLES]
    computer("systemctl", "disable", "--now", UNIT)
    computer("install", "-m", "644", f"/usr/src/craftops/config/systemd/{TEMPLATE}", f"/etc/systemd/system/{TEMPLATE}")
    computer("systemctl", "daemon-reload")
    head = (UNITS / TEMPLATE).read_text().split("\n\n")[0]
    asked = re.search(r"^# systemctl (enable --now .*)$", head, re.MULTILINE)
    assert asked is not None
    computer("systemctl", *asked[1].split())
    assert installed.answers()
    for unit, role in zip(units, ROLES, strict=True):
        assert computer("systemctl", "is-active", unit) == "active"
        assert f"craftops {role}" in computer.shown(unit, "ExecStart").replace("argv[]=/opt/craftops/bin/", "")
    for unit in ("craftops@web", "craftops@broker"):
        computer("kill", "-9", computer.shown(unit, "MainPID"))
    for unit in ("craftops@web", "craftops@broker"):
        until(lambda unit=unit: computer.shown(unit, "NRestarts") == "1", f"{unit} again")
        until(lambda unit=unit: computer.shown(unit, "ActiveState") == "active", f"{unit} again")
    assert installed.answers()
    computer("systemctl", "stop", "craftops@*")
    assert [computer.shown(unit, "Result") for unit in units] == ["success"] * 4
    assert [computer.processes(f"{unit}.service") for unit in units] == [{}] * 4
    computer("systemctl", "disable", *units)
    computer("systemctl", "enable", UNIT)
