"""What the shop tells of its account at EasyPost, and what is checked of it before anything is sent."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from craftops.sdk.settings import setting

EASYPOST = "https://api.easypost.com"
FORMATS = {"pdf": "PDF", "png": "PNG", "zpl": "ZPL"}


@dataclass(frozen=True, slots=True)
class EasyPostSettings:
    """The account. Test and production are apart by the key."""

    api_key: str = setting("", help="API key of the account: EZAK..., for a trial EZTK...", secret=True)
    webhook_secret: str = setting("", help="The webhook_secret that you gave the webhook at EasyPost", secret=True)
    label_format: str = setting("pdf", help="Labels as pdf, png or zpl", choices=("pdf", "png", "zpl"))
    carriers: tuple[str, ...] = setting((), help="Carrier accounts to ask, ca_...; empty asks all of the account")
    api_base: str = setting(
        EASYPOST, help="Another address is only for a local EasyPost of tests and demonstrations", goes_to=True
    )

    @property
    def live(self) -> bool:
        return not self.api_key.startswith("EZTK")

    @property
    def local(self) -> bool:
        return self.api_base != EASYPOST


def faults(settings: EasyPostSettings) -> list[str]:
    """Everything that is wrong, each with its key."""
    found = []
    if settings.api_key and not settings.api_key.startswith(("EZAK", "EZTK")):
        found.append("api_key: a key of EasyPost begins with EZAK or, for trials, EZTK")
    if settings.label_format not in FORMATS:
        found.append(f"label_format: choose one of {', '.join(FORMATS)}")
    if any(not one.startswith("ca_") for one in settings.carriers):
        found.append("carriers: the id of a carrier account begins with ca_")
    if settings.local:
        if settings.api_key and settings.live:
            found.append("api_base: a production key goes to EasyPost alone; take it out, or use a test key")
        if not _may_be_called(settings.api_base):
            found.append("api_base: write it as https://..., or as http://127.0.0.1:port of this computer")
    return found


def _may_be_called(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or port == 0 or parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
