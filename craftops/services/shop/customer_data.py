"""What we hold of a customer: given to them, or erased, as far as the books allow."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from craftops.domain.events import Event, EventKind
from craftops.domain.orders.withdrawal import OPEN as OPEN_WITHDRAWALS
from craftops.domain.orders.workflow import ENDED
from craftops.domain.people.access import Actor
from craftops.domain.people.addresses import LENGTHS
from craftops.domain.people.audit import Deed
from craftops.errors import RuleError
from craftops.services.people import companies
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import (
    AccountRow,
    AddressRow,
    ApiTokenRow,
    AttachmentRow,
    AuditRow,
    BillingDetailsRow,
    BlobRow,
    CalendarFeedRow,
    CarrierWordRow,
    DeliveryAddressRow,
    DesignFileRow,
    EmailChangeRow,
    FileAccessRow,
    IdentityRow,
    InvoiceRow,
    LabelRow,
    MagicLinkRow,
    MessageDraftRow,
    MessageRow,
    NoticeRow,
    OrderLineRow,
    OrderRow,
    ParcelRow,
    PasskeyRow,
    PaymentRow,
    PickupPassRow,
    PickupRow,
    ProblemRow,
    RecoveryCodeRow,
    RetentionRow,
    RevisionRow,
    SecondFactorRow,
    SessionRow,
    SignInStepRow,
    WebhookDeliveryRow,
    WithdrawalRow,
    WithdrawalStepRow,
)
from craftops.store.queries import files, withdrawals
from craftops.store.views.people import Account

FORMER = "Former customer"
UNTOUCHED = timedelta(minutes=10)


def export(account: Account) -> dict[str, Any]:
    """Everything that belongs to a customer, as JSON values. Times are ISO 8601 in UTC."""
    orders = OrderRow.select().where(OrderRow.customer == account.id).order_by(OrderRow.id)
    return {
        "account": {
            "name": account.name, "email": account.email, "phone": account.phone, "language": account.language,
            "since": _iso(account.created_at),
        },
        "addresses": [
            {name: getattr(row, name) for name in LENGTHS}
            for row in AddressRow.select().where(AddressRow.account == account.id).order_by(AddressRow.id)
        ],
        "companies": [{"name": row.company_name, "role": row.role} for row in companies.memberships_of(account.id)],
        "orders": [_order(order) for order in orders],
        "files": _files(account),
        "billing": _billing(account),
        "notices": [
            {"subject": row.subject, "sent": _iso(row.sent_at), "state": row.state}
            for row in NoticeRow.select().where(NoticeRow.account == account.id).order_by(NoticeRow.id)
        ],
    }  # fmt: skip


def _files(account: Account) -> list[dict[str, Any]]:
    """Their files, each with who of the shop looked at it."""
    rows = list(DesignFileRow.select().where(DesignFileRow.owner == account.id).order_by(DesignFileRow.id))
    looks: dict[int, list[dict[str, Any]]] = {row.id: [] for row in rows}
    query = FileAccessRow.select().join(DesignFileRow).where(DesignFileRow.owner == account.id)
    for one in query.order_by(FileAccessRow.id):
        looks[one.file_id].append({"who": one.who, "what": one.what, "from": one.page, "at": _iso(one.at)})
    return [
        {
            "name": row.name, "size": row.size, "sent": _iso(row.uploaded_at), "deleted": _iso(row.deleted_at),
            "sha256": row.blob_id if row.deleted_at is None else None, "looked_at": looks[row.id],
        }
        for row in rows
    ]  # fmt: skip


def _billing(account: Account) -> dict[str, Any]:
    """Invoices, payments and to whom they were made out. Amounts in minor units of their currency."""
    details = BillingDetailsRow.get_or_none(BillingDetailsRow.account == account.id)
    invoices = InvoiceRow.select().where(InvoiceRow.customer == account.id).order_by(InvoiceRow.id)
    payments = PaymentRow.select().where(PaymentRow.customer == account.id).order_by(PaymentRow.id)
    return {
        "details": {
            "name": details.name, "address": details.address, "postcode": details.postcode, "city": details.city,
            "country": details.country, "vat_id": details.vat_id,
        } if details else None,
        "invoices": [{**row.document, "settled": row.settled} for row in invoices],
        "payments": [
            {
                "receipt": row.receipt, "state": row.state, "amount": row.amount, "received": row.received,
                "refunded": row.refunded, "currency": row.currency, "method": row.method, "at": _iso(row.received_at),
            }
            for row in payments
        ],
    }  # fmt: skip


def _order(order: OrderRow) -> dict[str, Any]:
    return {
        "code": order.code,
        "title": order.title,
        "placed": _iso(order.placed_at),
        "stage": order.stage,
        "delivery": order.delivery,
        "lines": [
            {
                "title": line.title, "quantity": line.quantity, "material": line.material, "colour": line.colour,
                "finish": line.finish, "instructions": line.instructions,
            }
            for line in order.lines.order_by(OrderLineRow.position)
        ],
        "address": next(
            ({name: getattr(row, name) for name in LENGTHS} for row in order.delivery_addresses), None
        ),
        "parcels": [
            {"carrier": row.network, "number": row.number, "state": row.state, "delivered": _iso(row.delivered_at)}
            for row in order.parcels.order_by(ParcelRow.position)
        ],
        "problems": [{"at": _iso(row.at), "text": row.text, "answer": row.answer} for row in order.problems],
        "pickup": [
            {"given_to": row.given_to, "at": _iso(row.handed_at), "sent": [one.name for one in row.passes if one.name]}
            for row in order.pickups
        ],
        "withdrawals": [
            {
                "at": _iso(row.at), "name": row.name, "email": row.email, "lines": row.lines, "words": row.words,
                "sha256": row.digest,
                "steps": [{"state": one.state, "at": _iso(one.at), "sentence": one.sentence} for one in row.steps],
            }
            for row in order.declarations
        ],
        "stages": [{"stage": change.after, "at": _iso(change.at)} for change in order.changes],
        "messages": [
            {"from": row.author_name, "at": _iso(row.at), "text": row.body}
            for row in order.messages.order_by(MessageRow.id)
        ],
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at is not None else None


def erase(shop: Shop, account: Account, *, actor: Actor, at: datetime) -> None:
    """Forget who a customer was: name, address, sessions, and every file that no order needs.

    Finished orders stay in the books without their name, and invoices as they were issued, because the law wants them
    kept. Raises RuleError while an order is still open, or an invoice is not paid.
    """
    ended = [stage.value for stage in ENDED]
    open_ones = OrderRow.select().where(
        OrderRow.customer == account.id, OrderRow.stage.not_in(ended), OrderRow.company.is_null()
    )
    if open_ones.exists():
        raise RuleError(
            "An order of yours is still open.", "Wait until it is finished, or cancel it; then we can forget you."
        )
    states = [state.value for state in OPEN_WITHDRAWALS]
    if any(one.customer_id == account.id for one in withdrawals.in_states(states)):
        raise RuleError("A withdrawal of yours is not settled yet.", "Wait for our answer; then we can forget you.")
    owed = InvoiceRow.select().where(
        InvoiceRow.customer == account.id, InvoiceRow.kind != "credit", InvoiceRow.settled < InvoiceRow.gross
    )
    if owed.exists():
        raise RuleError("An invoice of yours is still to be paid.", "Pay it, or ask us; then we can forget you.")
    with unit_of_work() as uow:
        BillingDetailsRow.delete().where(BillingDetailsRow.account == account.id).execute()
        companies.leave_all(account, at=at)
        if OrderRow.select().where(OrderRow.customer == account.id, OrderRow.stage.not_in(ended)).exists():
            raise RuleError("An order of your company is still open.", "Let a colleague be its admin first.")
        for table in (
            SessionRow, MagicLinkRow, MessageDraftRow, AddressRow, EmailChangeRow, CalendarFeedRow, SecondFactorRow,
            RecoveryCodeRow, PasskeyRow, IdentityRow, SignInStepRow,
            RecoveryCodeRow, PasskeyRow, SignInStepRow,
        ):  # fmt: skip
            table.delete().where(table.account == account.id).execute()
        ApiTokenRow.delete().where(ApiTokenRow.customer == account.id).execute()
        WebhookDeliveryRow.delete().where(WebhookDeliveryRow.customer_id == account.id).execute()
        NoticeRow.delete().where(NoticeRow.account == account.id, NoticeRow.state == "waiting").execute()
        AuditRow.update(actor_name=FORMER).where(
            AuditRow.actor_id == account.id, AuditRow.actor_kind == "customer"
        ).execute()
        AuditRow.update(subject=FORMER, before="", after="", address="", agent="").where(
            AuditRow.account == account.id
        ).execute()
        MessageRow.update(author_name=FORMER).where(MessageRow.author == account.id).execute()
        gone = [*_free_files(account), *_forget_parcels(account)]
        AccountRow.update(
            name=FORMER, email=f"former-{account.id}@invalid", phone="", password_hash="", disabled=True, notices=None,
            language="", timezone="",
        ).where(AccountRow.id == account.id).execute()  # fmt: skip
        for sha256 in gone:
            uow.enqueue("forget_blob", {"sha256": sha256}, at=at, run_after=at + UNTOUCHED)
        uow.record(Event(EventKind.ACCOUNT_CHANGED, at, actor, data={"account": account.id, "erased": True}))
        who = replace(actor, name=FORMER) if actor.customer_id == account.id else actor
        note(Deed.ERASED, actor=who, at=at, account=account.id, subject=FORMER)


def _forget_parcels(account: Account) -> list[str]:
    """Addresses and whose hands took parcels go, and with them the labels that say so; numbers and prices stay."""
    mine = OrderRow.select(OrderRow.id).where(OrderRow.customer == account.id, OrderRow.company.is_null())
    DeliveryAddressRow.delete().where(DeliveryAddressRow.order.in_(mine)).execute()
    signatures = _forget_pickups(mine)
    RetentionRow.update(decided_by=FORMER).where(
        RetentionRow.order.in_(mine), RetentionRow.decided_by == account.name
    ).execute()
    DesignFileRow.update(deleted_by=FORMER).where(
        DesignFileRow.owner == account.id, DesignFileRow.deleted_by == account.name
    ).execute()
    WithdrawalRow.update(name=FORMER, email="").where(WithdrawalRow.order.in_(mine)).execute()
    WithdrawalStepRow.update(by_name=FORMER).where(
        WithdrawalStepRow.number == 1,
        WithdrawalStepRow.withdrawal.in_(WithdrawalRow.select(WithdrawalRow.id).where(WithdrawalRow.order.in_(mine))),
    ).execute()
    ProblemRow.update(by_name=FORMER).where(ProblemRow.order.in_(mine)).execute()
    parcels = list(ParcelRow.select(ParcelRow.id, ParcelRow.number).where(ParcelRow.order.in_(mine)))
    if not parcels:
        return signatures
    ids = [row.id for row in parcels]
    ParcelRow.update(signed_by="").where(ParcelRow.id.in_(ids)).execute()
    numbers = [row.number for row in parcels if row.number]
    CarrierWordRow.delete().where(CarrierWordRow.number.in_(numbers)).execute()
    labels = list(LabelRow.select().where(LabelRow.parcel.in_(ids), LabelRow.files.is_null(False)))
    LabelRow.update(files=None).where(LabelRow.parcel.in_(ids)).execute()
    return [*signatures, *(sha for row in labels for _kind, sha in row.files)]


def _forget_pickups(orders: Any) -> list[str]:
    """Who took an order and who was sent for it is forgotten, and their signatures go."""
    mine = list(PickupRow.select().where(PickupRow.order.in_(orders)))
    ids = [row.id for row in mine]
    PickupRow.update(given_to=FORMER, signature_sha="").where(PickupRow.id.in_(ids), PickupRow.given_to != "").execute()
    PickupPassRow.update(name=FORMER).where(PickupPassRow.pickup.in_(ids), PickupPassRow.name != "").execute()
    return [row.signature_sha for row in mine if row.signature_sha]


def _used_files(account: Account) -> set[int]:
    """Ids of files that an order, a version or a message needs, or that ride along with an order of theirs."""
    used = {row.file_id for kind in (OrderLineRow, RevisionRow, AttachmentRow) for row in kind.select(kind.file)}
    riding = OrderRow.select(OrderRow.companions).where(
        OrderRow.customer == account.id, OrderRow.companions.is_null(False)
    )
    return used | {int(one["id"]) for row in riding for one in row.companions}


def _free_files(account: Account) -> list[str]:
    """Delete the rows of files that no order, version or message needs; the bytes that nothing refers to any more."""
    used = _used_files(account)
    mine = list(DesignFileRow.select().where(DesignFileRow.owner == account.id))
    kept = used | {row.made_from_id for row in mine if row.id in used and row.made_from_id}
    free = sorted((row for row in mine if row.id not in kept), key=lambda row: -row.id)
    blobs = {sha for row in free for sha in (row.blob_id, row.picture_sha, row.model_sha) if sha}
    for row in free:
        DesignFileRow.delete().where(DesignFileRow.id == row.id).execute()
    gone = [sha for sha in blobs if not files.is_blob_wanted(sha)]
    known = {row.sha256 for row in BlobRow.select().where(BlobRow.sha256.in_(gone))}
    return sorted(known)
