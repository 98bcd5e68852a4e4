"""Machines may speak TLS to both brokers of ours."""

from __future__ import annotations

import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion
from samples.brokers import WAIT, brokers, make

from craftops.bridges.broker.base import BrokerCredential, TlsListener
from craftops.config import load_config
from craftops.domain.machines.credentials import hash_secret
from craftops.errors import ConfigError
from craftops.processes.broker import tls_listener
from craftops.processes.ports import free_port
from craftops.sdk.machine import BrokerAddress

pytestmark = [pytest.mark.broker, pytest.mark.long]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.local")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    one, other = folder / "broker.pem", folder / "broker.key"
    one.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.TraditionalOpenSSL
    other.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return one, other


@pytest.mark.parametrize("kind", brokers())
def test_a_machine_signs_in_over_tls(tmp_path: Path, kind: str) -> None:
    pem, key = certificate(tmp_path)
    plain, secret = BrokerAddress("127.0.0.1", free_port("127.0.0.1")), free_port("127.0.0.1")
    broker = make(kind, tmp_path / "broker", plain)
    broker.tls = TlsListener(secret, pem, key)
    broker.start([BrokerCredential("printer-1", hash_secret("secret-printer-1"))])
    client, let_in = mqtt.Client(CallbackAPIVersion.VERSION2), threading.Event()
    try:
        client.username_pw_set("printer-1", "secret-printer-1")
        client.tls_set(str(pem), cert_reqs=ssl.CERT_REQUIRED)
        client.on_connect = lambda _c, _u, _f, code, _p: let_in.set() if not code.is_failure else None
        client.connect("127.0.0.1", secret)
        client.loop_start()
        assert let_in.wait(WAIT)
    finally:
        client.disconnect()
        client.loop_stop()
        broker.stop()


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text('[broker]\ntls_port = 8883\ntls_certificate = "broker.pem"\n')
    with pytest.raises(ConfigError, match=r"broker\.tls_certificate is no file"):
        tls_listener(load_config(data=tmp_path, env={}))
