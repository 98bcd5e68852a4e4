"""Pay by bank transfer: the payer's bank sends it, and staff import the account's statements."""

from __future__ import annotations

from collections.abc import Iterable

from craftops.errors import ConfigError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.payment import PaymentProvider

from .account import BankTransfer, TransferSettings, faults


class TransferPayments(Plugin[TransferSettings]):
    """One account at one bank."""

    name = "payment_transfer"
    title = "Bank transfer"
    summary = "Customers transfer the money from their own bank; staff import the account's statements."
    settings_type = TransferSettings

    def __init__(self, settings: TransferSettings) -> None:
        super().__init__(settings)
        if found := faults(settings):
            raise ConfigError("The settings cannot be used:", [f"plugin.payment_transfer.{one}" for one in found])

    @hookimpl
    def register_payment_providers(self) -> Iterable[PaymentProvider]:
        return [BankTransfer(self.settings)]


PLUGIN = TransferPayments
