"""The end of a demo: the sample data goes, the shop stays."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor, Role
from craftops.domain.people.audit import Deed
from craftops.services.shop.context import LOOK, Shop
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import (
    AccountRow,
    AuditRow,
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
    ProposalRow,
    ProviderEventRow,
    QuoteRow,
    RefundRow,
    SettingsTrialRow,
    SettlementRow,
    ShippingSettingsRow,
    WebhookEndpointRow,
    WorkRow,
)
from craftops.store.queries.settings import versions_of


def wipe(shop: Shop, *, actor: Actor, at: datetime) -> None:
    """Delete every order, file, customer and machine of a demo shop. Raises AccessError for anybody but the owner."""
    actor.must_be_owner()
    with unit_of_work() as uow:
        kept = {shop.profile().logo_sha, *((one.body or {}).get("logo_sha") for one in versions_of(LOOK))}
        gone = [row.sha256 for row in BlobRow.select() if row.sha256 not in kept]
        JobRow.update(replaces=None).execute()
        InvoiceRow.update(credits=None).execute()
        for table in (
            SettlementRow, RefundRow, DisputeRow, BankTransactionRow, PaymentTargetRow, PaymentRow, ProviderEventRow,
            CarrierWordRow, CollectionRow, ShippingSettingsRow,
            InvoiceRow, QuoteRow, NumberSeriesRow, BillingSettingsRow, BillingDetailsRow,
            IncomingFileRow, IncomingRow, NoticeRow, WorkRow, JobRow, OrderLineRow, OrderRow, DesignFileRow, MachineRow,
            PlanChangeRow, SettingsTrialRow, EventRow, AuditRow, ProposalRow, WebhookEndpointRow,
            CompanyRow, PluginTallyRow,
        ):  # fmt: skip
            table.delete().execute()
        AccountRow.delete().where(AccountRow.role.in_((Role.CUSTOMER.value, Role.VISITOR.value))).execute()
        BlobRow.delete().where(BlobRow.sha256.in_(gone)).execute()
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor))
        note(Deed.DEMO_WIPED, actor=actor, at=at)
    for sha256 in gone:
        shop.files.remove(sha256)
    shop.demo_mark.unlink(missing_ok=True)
