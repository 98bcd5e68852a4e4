"""Whom we speak to: the certificate of a printer is looked at after the handshake, before the access code is sent.

A printer's certificate is issued by one of Bambu's own authorities (not those of browsers), names no host, and its
common name is the printer's serial number. With the authorities' file the chain is checked; without it the
certificate of the first call is trusted, and no other after it.
"""

from __future__ import annotations

import hashlib
import re
import ssl

from cryptography import x509
from cryptography.x509.oid import NameOID

from craftops.errors import NotUnderstood, Refused
from craftops.sdk.outside_address import is_forbidden

HANDSHAKE_S = 5.0
LARGEST = 2_000_000
"""Bytes of one message: a whole report has 20 kB."""


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate (DER), as people compare it: ``AB:CD:…``."""
    return hashlib.sha256(certificate).digest().hex(":").upper()


def plain(text: str) -> str:
    """A fingerprint as people may have typed it, to compare with."""
    return re.sub(r"[^0-9A-F]", "", text.upper())


def common_name(certificate: bytes) -> str:
    """Whom a certificate (DER) names. Raises NotUnderstood."""
    try:
        names = x509.load_der_x509_certificate(certificate).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        raise NotUnderstood("Its certificate cannot be read.") from None
    return str(names[0].value) if names else ""


class Check:
    """What the other side must show; remembers what it showed."""

    def __init__(self, serial: str, pinned: str) -> None:
        """``pinned``: the fingerprint to insist on; empty trusts any that names the serial."""
        self.serial = serial
        self.pinned = plain(pinned)
        self.shown = ""

    def look(self, certificate: bytes | None) -> None:
        """Raises Refused, NotUnderstood."""
        if not certificate:
            raise Refused("It shows no certificate.")
        name = common_name(certificate)
        if name.upper() != self.serial.upper():
            raise Refused(f"It is not this printer: its certificate names {name[:60] or 'nobody'}, not {self.serial}.")
        self.shown = fingerprint(certificate)
        if self.pinned and plain(self.shown) != self.pinned:
            raise Refused(
                f"It shows another certificate than at its first call, {self.shown}. If it was reset, empty the field "
                "“Certificate”; if not, somebody else answers at its address."
            )


class CheckedSocket(ssl.SSLSocket):
    """A TLS socket that is looked at when its handshake is over, before anything is said. It takes no large message."""

    def do_handshake(self, block: bool = False) -> None:
        self.settimeout(HANDSHAKE_S)
        try:
            if is_forbidden(str(self.getpeername()[0])):
                raise Refused("The name leads to an address that belongs to no machine of a shop.")
            super().do_handshake(block)
            if isinstance(self.context, CheckedContext):
                self.context.check.look(self.getpeercert(binary_form=True))
        except BaseException:
            self.close()
            raise

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        if buflen > LARGEST:
            raise NotUnderstood("It sends a message larger than two megabytes.")
        return super().recv(buflen, flags)


class CheckedContext(ssl.SSLContext):
    """A context whose sockets are checked."""

    check: Check
    sslsocket_class = CheckedSocket


def context(check: Check, authorities: str) -> ssl.SSLContext:
    """``authorities``: a file of certificates in PEM; empty where the fingerprint is what counts.

    Raises Refused when the file cannot be read.
    """
    made = CheckedContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = False  # it names no host: its serial is compared instead
    if authorities:
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
        try:
            made.load_verify_locations(authorities)
        except OSError as error:
            raise Refused(f"The file of authorities cannot be read: {error}.") from error
        made.verify_mode = ssl.CERT_REQUIRED
    else:
        made.verify_mode = ssl.CERT_NONE
    made.check = check
    return made
