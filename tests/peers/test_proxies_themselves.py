"""nginx and Caddy with the very files of ``config/proxy``: HTTPS, who the peer is, uploads, and live pages as they come."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import warnings
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
    plain: str
    """Its address without TLS."""
    certificate: Path
    running: list[subprocess.Popen[bytes]]
    """Web processes, then the proxy."""

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


def nginx(folder: Path, public: int, plain: int, *upstream: int) -> list[str]:
    """Its command; only ports, names and paths of the file are others."""
    chain, private = certificate(folder)
    text = (PROXY / "nginx.conf").read_text()
    text = re.sub(r"\n    listen 80;\n    listen \[::\]:80;", f"\n    listen 127.0.0.1:{plain};", text)
    text = re.sub(r"listen 443 (.*);\n    listen .*;", rf"listen 127.0.0.1:{public} \1;", text)
    text = text.replace("shop.example", "localhost").replace("127.0.0.1:8080", f"127.0.0.1:{upstream[0]}")
    text = re.sub(r"/etc/letsencrypt/live/localhost/fullchain.pem", str(chain), text)
    text = re.sub(r"/etc/letsencrypt/live/localhost/privkey.pem", str(private), text)
    (folder / "craftops.conf").write_text(text)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    found = program("nginx", "nginx-light")
    asked = [found, "-e", str(folder / "early.log"), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*asked, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    return asked


def caddy(folder: Path, public: int, plain: int, *upstream: int) -> list[str]:
    """Its command; only the two names of the file are others, and the certificate is not asked of the world."""
    chain, private = certificate(folder)
    text = (PROXY / ("Caddyfile.hosts" if len(upstream) > 1 else "Caddyfile")).read_text()
    head = f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n\thttp_port {plain}\n}}\n"
    text = text.replace("http://{$SHOP_HOST:shop.example}", f"http://localhost:{plain}")
    text = text.replace("example} {\n", f"example}} {{\n\ttls {chain} {private}\n", 1)
    (folder / "Caddyfile").write_text(head + text)
    told = " ".join(f"127.0.0.1:{one}" for one in upstream)
    return ["env", f"SHOP_HOST=localhost:{public}", f"SHOP_UPSTREAM={told}", f"HOME={folder}",
            program("caddy", "caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]  # fmt: skip


@contextlib.contextmanager
def stand(
    make_workshop: Callable[..., Workshop],
    folder: Path,
    proxy: Callable[..., list[str]],
    webs: int = 1,
) -> Iterator[Site]:
    """A shop with so many web processes behind a proxy."""
    upstream = [free_port("127.0.0.1") for _ in range(webs)]
    public, plain = free_port("127.0.0.1"), free_port("127.0.0.1")
    command = proxy(folder, public, plain, *upstream)
    address = f"https://localhost:{public}"
    workshop = make_workshop(f'[server]\nbase_url = "{address}"\ntrusted_proxies = 1\nmetrics_on_loopback = true\n')
    workshop.open(ShopProfile(name="Werk"))
    config = workshop.shop.config
    ours = [sys.executable, "-m", "craftops.cli", "--data", str(config.data)]
    toml = (config.data / "shop.toml").read_text()
    with (folder / "log").open("wb") as log:
        running = []
        for port in upstream:
            file = folder / f"shop-{port}.toml"
            file.write_text(toml.replace("[server]\n", f"[server]\nport = {port}\n"))
            running.append(
                subprocess.Popen(
                    [*ours, "--config", str(file), "web"],
                    stderr=log,
                    env={**os.environ, "DATABASE_URL": config.database_url},
                )
            )
        running.append(subprocess.Popen(command, stderr=log, stdout=log))
    found = Site(workshop, address, f"http://localhost:{plain}", folder / "fullchain.pem", running)
    try:
        until(lambda: found.session().get(f"{address}/healthz", timeout=2).ok, f"the first answer ({folder}/log)")
        yield found
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(20)


@pytest.fixture(params=[nginx, caddy])
def site(
    request: pytest.FixtureRequest, make_workshop: Callable[..., Workshop], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with stand(make_workshop, tmp_path_factory.mktemp("proxy"), request.param) as found:
        yield found


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


def agreed(site: Site, most: ssl.TLSVersion, ciphers: str) -> tuple[str, str]:
    """Version and cipher that the proxy takes of a client who knows nothing better. Raises OSError for none."""
    context = ssl.create_default_context(cafile=str(site.certificate))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, most
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    host, port = "localhost", int(site.address.rpartition(":")[2])
    with socket.create_connection((host, port), 10) as line, context.wrap_socket(line, server_hostname=host) as talk:
        cipher = talk.cipher()
        return str(talk.version()), cipher[0] if cipher else ""


def test_old_versions_of_tls_and_weak_ciphers_are_refused(site: Site) -> None:
    """ASVS 12.1.1 and 12.1.2."""
    assert agreed(site, ssl.TLSVersion.TLSv1_3, "ALL")[0] == "TLSv1.3"
    version, cipher = agreed(site, ssl.TLSVersion.TLSv1_2, "ALL")
    assert version == "TLSv1.2"
    assert re.fullmatch(r"ECDHE-.*(GCM|CHACHA20).*", cipher)
    for most, ciphers in (
        (ssl.TLSVersion.TLSv1_1, "ALL"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:AES128-SHA"),
    ):
        with pytest.raises(OSError, match=r"alert|ALERT|reset|EOF|unsupported"):
            agreed(site, most, ciphers)


def test_people_are_led_to_https_and_programs_are_told(site: Site) -> None:
    """ASVS 4.1.2: a program that spoke in the open must not find out by nothing."""
    session = site.session()
    for path in ("/", "/orders/ABC234?a=b"):
        answer = session.get(site.plain + path, allow_redirects=False, timeout=10)
        assert answer.status_code in (301, 308)
        assert answer.headers["Location"].startswith("https://localhost")
        assert answer.headers["Location"].endswith(path)
    for path in ("/api/v1/orders", "/webhooks/payment_stripe"):
        answer = session.post(site.plain + path, json={}, allow_redirects=False, timeout=10)
        assert answer.status_code == 403
        assert "Location" not in answer.headers


def test_a_host_that_is_gone_closes_no_door(
    make_workshop: Callable[..., Workshop], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Caddyfile.hosts before two web processes, of which one is killed under people's hands."""
    with stand(make_workshop, tmp_path_factory.mktemp("hosts"), caddy, 2) as site:
        session, answers = site.session(), []
        for count in range(150):
            if count == 50:
                site.running[0].kill()
            answers.append(session.get(f"{site.address}/sign-in", timeout=10).status_code)
        assert set(answers) == {200}


def test_whoever_comes_while_the_shop_starts_anew_waits_for_it(
    make_workshop: Callable[..., Workshop], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Caddyfile before one web process that has just ended, as for an upgrade."""
    with stand(make_workshop, tmp_path_factory.mktemp("anew"), caddy) as site:
        gone = site.running[0]
        gone.kill()
        gone.wait(20)
        told = {**os.environ, "DATABASE_URL": site.workshop.shop.config.database_url}
        site.running[0] = subprocess.Popen(gone.args, env=told)
        assert site.session().get(f"{site.address}/sign-in", timeout=40).status_code == 200
