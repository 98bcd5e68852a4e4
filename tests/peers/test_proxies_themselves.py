"""nginx and Caddy with the very files of ``config/proxy``: HTTPS, who the peer is, uploads, and live pages as they come."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from peers import debian
from peers.conftest import until

from craftops.domain.shop.profile import ShopProfile
from craftops.processes.ports import free_port
from craftops.store.models import SignInAttemptRow
from craftops.testing import Workshop
from craftops.testing.workshop import PASSWORD

PROXY = Path(__file__).parents[2] / "config" / "proxy"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/craftops.conf; }}
"""


@dataclass
class Site:
    """A shop behind a proxy."""

    workshop: Workshop
    address: str
    certificate: Path

    def session(self) -> requests.Session:
        session = requests.Session()
        session.verify, session.trust_env = str(self.certificate), False
        return session

    def signed_in(self, who: str) -> requests.Session:
        session = self.session()
        page = session.get(f"{self.address}/sign-in", timeout=10).text
        found = TOKEN.search(page)
        assert found is not None
        form = {"email": f"{who}@example.org", "password": PASSWORD, "csrf_token": found[1]}
        assert session.post(f"{self.address}/sign-in", data=form, timeout=10).status_code == 200
        return session


def program(name: str, package: str) -> str:
    """Raises nothing but a skip, or what apt said."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    if found is None:
        if os.environ.get("CRAFTOPS_SERVICES") != "required":
            pytest.skip(f"{name} is not installed")
        debian.install(package)
        found = shutil.which(name, path="/usr/sbin:/usr/bin")
    return str(found)


def certificate(folder: Path) -> tuple[Path, Path]:
    """Of this computer, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = built.sign(key, hashes.SHA256())
    chain, private = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


def nginx(folder: Path, public: int, upstream: int) -> list[str]:
    """Its command; only ports, names and paths of the file are others."""
    chain, private = certificate(folder)
    text = (PROXY / "nginx.conf").read_text()
    text = re.sub(r"\n    listen 80;\n    listen \[::\]:80;", f"\n    listen 127.0.0.1:{free_port('127.0.0.1')};", text)
    text = re.sub(r"listen 443 (.*);\n    listen .*;", rf"listen 127.0.0.1:{public} \1;", text)
    text = text.replace("shop.example", "localhost").replace("127.0.0.1:8080", f"127.0.0.1:{upstream}")
    text = re.sub(r"/etc/letsencrypt/live/localhost/fullchain.pem", str(chain), text)
    text = re.sub(r"/etc/letsencrypt/live/localhost/privkey.pem", str(private), text)
    (folder / "craftops.conf").write_text(text)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    found = program("nginx", "nginx-light")
    asked = [found, "-e", str(folder / "early.log"), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*asked, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    return asked


def caddy(folder: Path, public: int, upstream: int) -> list[str]:
    """Its command; only the two names of the file are others, and the certificate is not asked of the world."""
    chain, private = certificate(folder)
    text = (PROXY / "Caddyfile").read_text()
    head = f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n\thttp_port {free_port('127.0.0.1')}\n}}\n"
    text = text.replace(" {\n", f" {{\n\ttls {chain} {private}\n", 1)
    (folder / "Caddyfile").write_text(head + text)
    return ["env", f"SHOP_HOST=localhost:{public}", f"SHOP_UPSTREAM=127.0.0.1:{upstream}", f"HOME={folder}",
            program("caddy", "caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]  # fmt: skip


@pytest.fixture(params=[nginx, caddy])
def site(
    request: pytest.FixtureRequest, make_workshop: Callable[..., Workshop], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    upstream, public = free_port("127.0.0.1"), free_port("127.0.0.1")
    folder = tmp_path_factory.mktemp("proxy")
    command = request.param(folder, public, upstream)
    address = f"https://localhost:{public}"
    workshop = make_workshop(
        f'[server]\nport = {upstream}\nbase_url = "{address}"\ntrusted_proxies = 1\nmetrics_on_loopback = true\n'
    )
    workshop.open(ShopProfile(name="Werk"))
    config = workshop.shop.config
    ours = [sys.executable, "-m", "craftops.cli", "--data", str(config.data), "web"]
    with (folder / "log").open("wb") as log:
        running = [
            subprocess.Popen(ours, stderr=log, env={**os.environ, "DATABASE_URL": config.database_url}),
            subprocess.Popen(command, stderr=log, stdout=log),
        ]
    found = Site(workshop, address, folder / "fullchain.pem")
    try:
        until(lambda: found.session().get(f"{address}/healthz", timeout=2).ok, f"the first answer ({folder}/log)")
        yield found
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(20)


def test_a_shop_behind_the_proxy_as_the_files_have_it(site: Site) -> None:
    staff = site.signed_in("sam")
    answer = staff.get(f"{site.address}/staff/", timeout=10)
    assert "To do" in answer.text
    assert answer.headers["Strict-Transport-Security"]
    assert all(cookie.secure for cookie in staff.cookies)
    assert staff.get(f"{site.address}/sign-in", headers={"Host": "evil.example"}, timeout=10).status_code != 500
    for path in ("/metrics", "/readyz"):
        assert staff.get(site.address + path, timeout=10).status_code == 404, "figures are for the inside"
    _the_peer_is_who_it_is(site)
    _large_bodies_pass(staff, site)
    _live_pages_move(staff, site)


def _the_peer_is_who_it_is(site: Site) -> None:
    """What a stranger says of its own address is not believed."""
    stranger = site.session()
    found = TOKEN.search(stranger.get(f"{site.address}/sign-in", timeout=10).text)
    assert found is not None
    form = {"email": "ada@example.org", "password": "wrong", "csrf_token": found[1]}
    spoofed = {"X-Forwarded-For": "203.0.113.9", "Referer": f"{site.address}/sign-in"}
    assert stranger.post(f"{site.address}/sign-in", data=form, headers=spoofed, timeout=10).status_code == 422
    keys = " ".join(str(row.__data__) for row in SignInAttemptRow.select())
    assert "203.0.113.9" not in keys
    assert "127.0.0.1" in keys or "::1" in keys


def _large_bodies_pass(staff: requests.Session, site: Site) -> None:
    """Ten megabytes in one piece reach the shop, which says itself what it thinks of them."""
    headers = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    answer = staff.patch(f"{site.address}/uploads/nobody", data=bytes(10_000_000), headers=headers, timeout=30)
    assert answer.status_code in (400, 404), answer.text[:300]


def _live_pages_move(staff: requests.Session, site: Site) -> None:
    page = staff.get(f"{site.address}/staff/board", timeout=10).text
    live = re.search(r'<meta name="live" content="([^"]+)"', page)
    assert live is not None
    stream = staff.get(site.address + live[1].replace("&amp;", "&"), stream=True, timeout=30)
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    heard, come = bytearray(), threading.Event()

    def listen() -> None:
        for piece in stream.iter_content(None):
            heard.extend(piece)
            if b"turbo-stream" in heard:
                come.set()
                return

    threading.Thread(target=listen, daemon=True).start()
    site.workshop.place("ada")
    assert come.wait(15), bytes(heard)
    stream.close()
