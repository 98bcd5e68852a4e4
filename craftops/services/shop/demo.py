"""The end of a demo: the sample data goes, the shop stays."""

from __future__ import annotations

import contextlib
from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor, Role
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import (
    AccountRow,
    BankTransactionRow,
    BillingDetailsRow,
    BillingSettingsRow,
    BlobRow,
    CarrierWordRow,
    CollectionRow,
    CompanyRow,
    DesignFileRow,
    DisputeRow,
    EventRow,
    IncomingFileRow,
    IncomingRow,
    InvoiceRow,
    JobRow,
    MachineRow,
    NoticeRow,
    NumberSeriesRow,
    OrderLineRow,
    OrderRow,
    PaymentRow,
    PaymentTargetRow,
    PlanChangeRow,
    PluginTallyRow,
    ProviderEventRow,
    QuoteRow,
    RefundRow,
    SettingsTrialRow,
    SettlementRow,
    ShippingSettingsRow,
    WorkRow,
)


def wipe(shop: Shop, *, actor: Actor, at: datetime) -> None:
    """Delete every order, file, customer and machine of a demo shop. Raises AccessError for anybody but the owner."""
    actor.must_be_owner()
    with unit_of_work() as uow:
        kept = shop.profile().logo_sha
        gone = [row.sha256 for row in BlobRow.select() if row.sha256 != kept]
        JobRow.update(replaces=None).execute()
        InvoiceRow.update(credits=None).execute()
        for table in (
            SettlementRow, RefundRow, DisputeRow, BankTransactionRow, PaymentTargetRow, PaymentRow, ProviderEventRow,
            CarrierWordRow, CollectionRow, ShippingSettingsRow,
            InvoiceRow, QuoteRow, NumberSeriesRow, BillingSettingsRow, BillingDetailsRow,
            IncomingFileRow, IncomingRow, NoticeRow, WorkRow, JobRow, OrderLineRow, OrderRow, DesignFileRow, MachineRow,
            PlanChangeRow, SettingsTrialRow, EventRow, CompanyRow, PluginTallyRow,
        ):  # fmt: skip
            table.delete().execute()
        AccountRow.delete().where(AccountRow.role.in_((Role.CUSTOMER.value, Role.VISITOR.value))).execute()
        BlobRow.delete().where(BlobRow.sha256.in_(gone)).execute()
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor))
    for sha256 in gone:
        with contextlib.suppress(FileNotFoundError):
            shop.files.path(sha256).unlink()
    shop.demo_mark.unlink(missing_ok=True)
