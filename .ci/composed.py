"""What ./.ci/compose and its walks share: images where no registry answers, podman-compose in a folder, a browser."""

from __future__ import annotations

import http.client
import http.cookiejar
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

BROKER_PORT = 21883
HOST, PASSWORD, OWNER = "shop.localhost", "postgres-secret", ("olga@shop.example", "a long password of hers")
"""Caddy makes its own certificate for a name that ends so."""
POSTGRES, CADDY = "docker.io/library/postgres:15-bookworm", "docker.io/library/caddy:2"
MOSQUITTO, OBJECTS = "docker.io/library/eclipse-mosquitto:2", "docker.io/versity/versitygw:v1.7.0"
ENTRY = """#!/bin/sh
set -e
mkdir -p "$PGDATA"; chown postgres "$PGDATA"; chmod 700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf %s "$POSTGRES_PASSWORD" >/tmp/password; chown postgres /tmp/password
  runuser -u postgres -- initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile=/tmp/password \\
    --auth-host=scram-sha-256 --encoding=UTF8
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"; rm /tmp/password
  runuser -u postgres -- pg_ctl -w -D "$PGDATA" -o "-c listen_addresses=''" start
  [ "$POSTGRES_DB" = postgres ] || runuser -u postgres -- createdb -U "$POSTGRES_USER" "$POSTGRES_DB"
  runuser -u postgres -- pg_ctl -w -D "$PGDATA" stop
fi
exec runuser -u postgres -- postgres -D "$PGDATA" -c "listen_addresses=*"
"""
BROKER_ENTRY = """#!/bin/sh
[ "$(id -u)" != 0 ] || chown -R mosquitto:mosquitto /mosquitto/data 2>/dev/null || true
exec "$@"
"""
"""As the usual image has it."""
OBJECTS_ENTRY = """#!/bin/sh
/opt/moto/bin/moto_server -H 0.0.0.0 -p "${VGW_PORT#:}" &
for one in "$VGW_BACKEND_ARG"/*/; do
  until /opt/moto/bin/python -c "import sys, urllib.request as u
u.urlopen(u.Request(sys.argv[1], method='PUT'))" "http://127.0.0.1:${VGW_PORT#:}/$(basename "$one")" 2>/dev/null; do
    sleep 0.3; done
done
wait
"""
"""moto, which forgets everything when it ends: each folder of the place is a bucket, as with the gateway."""
IMAGES = {
    POSTGRES: (
        ENTRY,
        "RUN apt-get update -q && apt-get install -y -q --no-install-recommends postgresql-15\n"
        "ENV PGDATA=/var/lib/postgresql/data PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
        'COPY entry /entry\nENTRYPOINT ["/bin/sh", "/entry"]\n',
    ),
    CADDY: (
        "",
        "RUN apt-get update -q && apt-get install -y -q --no-install-recommends caddy\n"
        "ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config\n"
        'CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]\n',
    ),
    MOSQUITTO: (
        BROKER_ENTRY,
        "RUN apt-get update -q && apt-get install -y -q --no-install-recommends mosquitto \\\n"
        "    && usermod -u 1883 mosquitto && mkdir -p /mosquitto/data\n"
        'VOLUME /mosquitto/data\nCOPY entry /entry\nENTRYPOINT ["/bin/sh", "/entry"]\n'
        'CMD ["mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]\n',
    ),
    OBJECTS: (
        OBJECTS_ENTRY,
        "RUN python3 -m venv /opt/moto && /opt/moto/bin/pip install -q 'moto[server]>=5.1'\n"
        'COPY entry /entry\nENTRYPOINT ["/bin/sh", "/entry"]\n',
    ),
}
"""Debian's and PyPI's own under the names that the compose files ask for: what starts them, and how they are made."""
ROOT = Path(__file__).resolve().parents[1]


class Failed(Exception):
    """Something is not true."""


def say(what: str) -> None:
    print(f"\n== {what}", flush=True)


def run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if check and done.returncode:
        raise Failed(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def need(true: object, what: str) -> None:
    if not true:
        raise Failed(what)


def until(true: Callable[[], bool], what: str, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Failed(what)
        time.sleep(1)


def logs(container: str) -> str:
    """All that its processes have written, on either stream."""
    done = subprocess.run(["podman", "logs", container], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout


class Composed:
    """The shop of a compose file, in a folder of its own."""

    def __init__(self, work: Path, file: str) -> None:
        self.work, self.folder, self.file = work, work / "config" / "container", file
        (work / "storage.conf").write_text(
            f'[storage]\ndriver="vfs"\ngraphroot="{work}/storage"\nrunroot="{work}/run"\n'
        )
        # Root of a container itself may not raise limits, nor have systemd make groups for others.
        (work / "containers.conf").write_text(
            '[containers]\ndefault_ulimits=[]\n[engine]\nruntime="runc"\ncgroup_manager="cgroupfs"\n'
        )
        os.environ |= {
            "CONTAINERS_STORAGE_CONF": str(work / "storage.conf"),
            "CONTAINERS_CONF": str(work / "containers.conf"),
        }
        if not (work / "compose" / "bin" / "podman-compose").exists():
            run(sys.executable, "-m", "venv", str(work / "compose"))
            run(str(work / "compose" / "bin" / "pip"), "install", "-q", "podman-compose")

    def images(self) -> None:
        """Those that the file names: of a registry, or made here."""
        wanted = re.findall(r"^    image: (\S+/\S+)$", (ROOT / "config/container" / self.file).read_text(), re.M)
        base = re.search(r"^FROM (\S+)$", (ROOT / "config/container/Containerfile").read_text(), re.M)
        for name in wanted:
            if subprocess.run(["podman", "image", "exists", name]).returncode == 0:
                continue
            if subprocess.run(["podman", "pull", "-q", name], capture_output=True).returncode:
                self._make(name, base[1] if base else "")

    def _make(self, name: str, base: str) -> None:
        entry, steps = IMAGES[name]
        place = self.work / "image"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / "entry").write_text(entry)
        (place / "Containerfile").write_text(f"FROM {base}\n{steps}")
        # What this computer needs to reach the package indexes; nothing of it stays in the image.
        known = [one for one in ("/etc/ssl/certs", "/etc/pip.conf") if Path(one).exists()]
        run(
            "buildah", "--root", f"{self.work}/storage", "--runroot", f"{self.work}/run", "--storage-driver", "vfs",
            "bud", "--pull=never", "--isolation", "chroot", "--network", "host", "--format", "docker",
            *(word for one in known for word in ("-v", f"{one}:{one}:ro")), "-t", name, str(place),
        )  # fmt: skip

    def write(self, **words: str) -> None:
        """The folder, as the head of the compose file asks its reader to have it; ``words`` stand in .env besides."""
        shutil.rmtree(self.work / "config", ignore_errors=True)
        shutil.copytree(ROOT / "config", self.work / "config")
        lines = {"SHOP_HOST": HOST, "POSTGRES_PASSWORD": PASSWORD, **words}
        (self.folder / ".env").write_text("".join(f"{name}={word}\n" for name, word in lines.items()))
        # This computer may have a broker of its own.
        self.change(self.file, '"1883:1883"', f'"{BROKER_PORT}:1883"')

    def told(self, pattern: str, **words: str) -> None:
        """Run the line of the file's head that matches, as its reader would, with podman for docker."""
        found = re.search(rf"^#   ({pattern})$", (self.folder / self.file).read_text(), re.MULTILINE)
        need(found, f"the head of {self.file} has no {pattern}")
        line = found[1].replace("docker ", "podman ", 1).replace(" ./", f" {self.folder}/") if found else ""
        for old, new in words.items():
            line = line.replace(old, new)
        run("sh", "-ec", f"cd {self.folder}; {line}")

    def change(self, name: str, old: str, new: str) -> None:
        """What its reader is told to write into a file of the folder."""
        file = self.folder / name
        need(old in file.read_text(), f"{name} does not say {old}")
        file.write_text(file.read_text().replace(old, new))

    def __call__(self, *words: str, check: bool = True) -> str:
        command = (str(self.work / "compose/bin/podman-compose"), "--project-name", "shop", "-f", self.file)
        before = os.getcwd()
        os.chdir(self.folder)
        try:
            return run(*command, *words, check=check)
        finally:
            os.chdir(before)

    def inside(self, service: str, *words: str) -> str:
        return run("podman", "exec", f"shop_{service}_1", *words)


class Browser:
    """Somebody who trusts Caddy's own authority, knows where the shop is, and keeps cookies."""

    def __init__(self, authority: str) -> None:
        usual = socket.getaddrinfo
        socket.getaddrinfo = lambda host, *more, **named: usual("127.0.0.1" if host == HOST else host, *more, **named)
        context = ssl.create_default_context(cadata=authority)
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(jar)
        )
        self.cookies = jar

    def get(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, dict[str, str]]:
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        asked = urllib.request.Request(f"https://{HOST}{path}", data, {"Referer": f"https://{HOST}/"})
        try:
            with self.opener.open(asked, timeout=30) as answer:
                return answer.status, answer.read().decode(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), dict(error.headers)
        except (OSError, http.client.HTTPException):  # not there yet
            return 0, "", {}

    def send(self, path: str, form: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        _status, page, _headers = self.get(path)
        token = re.search(r'name="csrf-token" content="([^"]+)"', page)
        return self.get(path.partition("?")[0], {"csrf_token": token[1] if token else "", **form})


def feel_pulses(stop: threading.Event) -> None:
    """What podman has systemd do, where there is none: ask containers how they are, so that others may start."""
    while not stop.wait(2):
        subprocess.run(["podman", "healthcheck", "run", "shop_database_1"], capture_output=True)


def authority(shop: Composed) -> str:
    place = "/data/caddy/pki/authorities/local/root.crt"
    until(lambda: "CERTIFICATE" in run("podman", "exec", "shop_proxy_1", "cat", place, check=False), "no certificate")
    return shop.inside("proxy", "cat", place)


def opened(shop: Composed, browser: Browser, service: str) -> tuple[str, str]:
    """The shop opened by its wizard, over HTTPS; the path of that, and the phrase that opens its backups."""
    address = re.search(rf"https://{HOST}(/setup\?code=\w+)", shop.inside(service, "craftops", "setup"))
    need(address, "no address of the set-up")
    assert address
    owner = {
        "code": address[1].partition("=")[2], "name": "Werkraum", "timezone": "Europe/Berlin", "owner_name": "Olga",
        "owner_email": OWNER[0], "password": OWNER[1], "password_again": OWNER[1],
    }  # fmt: skip
    status, page, headers = browser.send(address[1], owner)
    phrase = re.search(r'name="phrase" value="([a-z ]+)"', page)
    need(status == 200 and phrase, f"the wizard answers {status}")
    assert phrase
    need("max-age" in headers.get("strict-transport-security", headers.get("Strict-Transport-Security", "")), "no HSTS")
    mine = [one for one in browser.cookies if one.name == "__Host-craftops"]
    need(mine and mine[0].secure, "the cookie is not bound to HTTPS")
    return address[1], phrase[1]


def lived_in(shop: Composed, walk: Callable[[Composed], None], services: tuple[str, ...]) -> None:
    """Walk, and leave nothing behind. Exit code 1 with the last words of its services where something is not true."""
    stop = threading.Event()
    threading.Thread(target=feel_pulses, args=(stop,), daemon=True).start()
    try:
        walk(shop)
    except Failed as error:
        said = "\n".join(f"-- {one}\n{logs(f'shop_{one}_1')[-3000:]}" for one in services)
        print(f"FAILED: {error}\n{said}", file=sys.stderr)
        sys.exit(1)
    finally:
        shop("down", "--volumes", check=False)
        stop.set()
