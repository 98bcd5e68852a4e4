"""What the shop tells of its account at Stripe, and what is checked of it before anything is sent."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from craftops.sdk.settings import setting

STRIPE = "https://api.stripe.com"
KEY = re.compile(r"(?:sk|rk)_(test|live)_[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """The account. Test and live are apart by the key."""

    secret_key: str = setting(
        "", help="Secret or restricted key of the account: sk_live_..., for a trial sk_test_...", secret=True
    )
    webhook_secret: str = setting(
        "", help="Signing secret of the webhook endpoint, whsec_...; two, with a space, while it is rolled", secret=True
    )
    account: str = setting("", help="Id of the account, acct_..., where webhooks of connected accounts come in as well")
    api_base: str = setting(
        STRIPE, help="Another address is only for a local Stripe of tests and demonstrations", goes_to=True
    )

    @property
    def live(self) -> bool:
        return "_live_" in self.secret_key[:8]

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        return tuple(self.webhook_secret.replace(",", " ").split())


def faults(settings: StripeSettings) -> list[str]:
    """Everything that is wrong, each with its key."""
    found = []
    if settings.secret_key.startswith("pk_"):
        found.append("secret_key: this is the publishable key; the secret one begins with sk_ or rk_")
    elif settings.secret_key and not KEY.fullmatch(settings.secret_key):
        found.append("secret_key: a key of Stripe begins with sk_test_, sk_live_, rk_test_ or rk_live_")
    if any(not one.startswith("whsec_") for one in settings.webhook_secrets):
        found.append("webhook_secret: a signing secret begins with whsec_")
    if settings.account and not re.fullmatch(r"acct_[A-Za-z0-9]+", settings.account):
        found.append("account: the id of an account begins with acct_")
    if settings.api_base != STRIPE:
        if settings.live:
            found.append("api_base: a live key goes to Stripe alone; take it out, or use a test key")
        if not _may_be_called(settings.api_base):
            found.append("api_base: write it as https://..., or as http://127.0.0.1:port of this computer")
    return found


def _may_be_called(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return False
    if not host or port == 0 or parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _loopback(host))


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
