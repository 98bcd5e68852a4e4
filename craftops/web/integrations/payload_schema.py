"""The bodies of webhooks as schemas, for the API's description. What is sent is made in ``services.integrations``."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from craftops.domain.billing.documents import DocumentKind
from craftops.domain.files.designs import Verdict
from craftops.domain.integrations.webhooks import VERSION, WebhookKind
from craftops.domain.messages.thread import Side, Via
from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import MoveKind, Stage
from craftops.domain.shipping.parcels import ParcelState


class HookPart(BaseModel):
    """A part of a body. A version gains fields and loses none, so take what you do not know."""

    model_config = ConfigDict(extra="forbid")


class HookCustomer(HookPart):
    name: str
    email: str


class HookWindow(HookPart):
    start: datetime
    end: datetime


class HookOrder(HookPart):
    """An order as it stands when it is told."""

    code: str
    title: str
    stage: Stage
    stage_since: datetime
    on_hold: bool
    delivery: Delivery
    po_number: str
    placed_at: datetime
    promised_at: datetime | None
    window: HookWindow | None
    customer: HookCustomer


class HookLine(HookPart):
    title: str
    quantity: int
    material: str
    colour: str
    finish: str
    instructions: str
    file_id: int | None = Field(description="As in the API")


class HookAttachment(HookPart):
    id: int = Field(description="As in the API")
    name: str


class HookMessage(HookPart):
    model_config = ConfigDict(populate_by_name=True)
    id: int = Field(description="As in the API")
    side: Side
    author: str = Field(alias="from")
    via: Via
    at: datetime
    text: str
    away: bool
    files: list[HookAttachment]


class HookFile(HookPart):
    id: int = Field(description="As in the API")
    name: str
    size: int
    sha256: str
    verdict: Verdict
    sentence: str


class HookInvoice(HookPart):
    number: str
    kind: DocumentKind
    currency: str
    net: int = Field(description="In minor units of the currency, as are all amounts")
    tax: int
    gross: int
    settled: int
    issued_at: datetime
    due_at: datetime | None
    order_code: str | None
    customer: HookCustomer


class HookParcel(HookPart):
    position: int
    state: ParcelState
    carrier: str
    number: str
    link: str
    expected_at: datetime | None
    delivered_at: datetime | None


class CreatedData(HookPart):
    order: HookOrder
    lines: list[HookLine]


class StageData(HookPart):
    order: HookOrder
    before: Stage | None
    after: Stage
    kind: MoveKind


class EstimateData(HookPart):
    order: HookOrder
    before: HookWindow | None
    after: HookWindow | None
    cause: str


class MessageData(HookPart):
    order: HookOrder
    message: HookMessage


class FileData(HookPart):
    file: HookFile
    customer: HookCustomer
    order_code: str | None


class InvoiceData(HookPart):
    invoice: HookInvoice


class ParcelData(HookPart):
    order: HookOrder
    parcel: HookParcel


class TrialData(HookPart):
    message: str


class HookBody(HookPart):
    """What is sent: ``type``, when it happened, the version of the body, and the data."""

    timestamp: datetime
    version: int = Field(description=f"{VERSION} at present; a version gains fields and loses none")


class OrderCreated(HookBody):
    type: Literal["order.created"]
    data: CreatedData


class StageChanged(HookBody):
    type: Literal["order.stage_changed"]
    data: StageData


class EstimateMoved(HookBody):
    type: Literal["order.estimate_moved"]
    data: EstimateData


class MessagePosted(HookBody):
    type: Literal["message.posted"]
    data: MessageData


class FileJudged(HookBody):
    type: Literal["file.judged"]
    data: FileData


class InvoiceIssued(HookBody):
    type: Literal["invoice.issued"]
    data: InvoiceData


class InvoicePaid(HookBody):
    type: Literal["invoice.paid"]
    data: InvoiceData


class ParcelLabelled(HookBody):
    type: Literal["parcel.labelled"]
    data: ParcelData


class ParcelDelivered(HookBody):
    type: Literal["parcel.delivered"]
    data: ParcelData


class HookTest(HookBody):
    type: Literal["webhook.test"]
    data: TrialData


_BODIES: dict[WebhookKind, type[HookBody]] = {
    WebhookKind.ORDER_CREATED: OrderCreated,
    WebhookKind.STAGE_CHANGED: StageChanged,
    WebhookKind.ESTIMATE_MOVED: EstimateMoved,
    WebhookKind.MESSAGE_POSTED: MessagePosted,
    WebhookKind.FILE_JUDGED: FileJudged,
    WebhookKind.INVOICE_ISSUED: InvoiceIssued,
    WebhookKind.INVOICE_PAID: InvoicePaid,
    WebhookKind.PARCEL_LABELLED: ParcelLabelled,
    WebhookKind.PARCEL_DELIVERED: ParcelDelivered,
    WebhookKind.TEST: HookTest,
}
WEBHOOKS: dict[str, tuple[str, type[BaseModel]]] = {
    kind.value: (kind.value.replace(".", ": ").replace("_", " "), body) for kind, body in _BODIES.items()
}
"""Type -> what happened in words, and the schema of the whole body."""
