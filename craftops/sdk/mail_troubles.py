"""Why a mail server cannot be talked to, in a sentence that says what to change."""

from __future__ import annotations

import socket
import ssl

WRONG_WAY = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF")


def why_not(error: BaseException, host: str, port: int, security: str) -> str:
    """What went wrong on the way to ``host``; ``security`` is tls, starttls or none. The end of it is a full stop."""
    place = f"{host}, port {port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {host} cannot be trusted: {_short(error.verify_message)}."
    if isinstance(error, ssl.SSLError):
        if any(one in str(error).upper() for one in WRONG_WAY):
            return f"{place} speaks no TLS from the first byte. Choose STARTTLS, or its port for TLS."
        return f"{place} does not agree with us on how to encrypt: {_short(error.reason or str(error))}."
    if isinstance(error, socket.gaierror):
        return f"There is no server called {host}. Look for a slip of the pen."
    if isinstance(error, ConnectionRefusedError):
        return f"{host} is there, and nothing listens on port {port}. Is it the right port?"
    if isinstance(error, TimeoutError):
        if security == "tls":
            return f"{place} does not answer in time. A port for STARTTLS keeps silent when it is spoken to in TLS."
        return f"{place} does not answer in time. A firewall, or a port for TLS from the first byte, keeps silent so."
    if isinstance(error, ConnectionError):
        return f"{place} has hung up on us."
    if isinstance(error, OSError) and error.strerror:
        return f"{place} cannot be reached: {_short(error.strerror)}."
    return f"{place} cannot be reached: {_short(str(error)) or type(error).__name__}."


def _short(text: str) -> str:
    return " ".join(text.split())[:200].rstrip(".")
