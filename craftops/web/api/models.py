"""The API's values: what is taken in, what is given out. Instants are ISO 8601 with ``Z``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from craftops.domain.machines.readings import MachineState
from craftops.domain.orders.order import MAX_INSTRUCTIONS, MAX_QUANTITY, Delivery
from craftops.domain.orders.workflow import Stage
from craftops.sdk.machine import CommandKind


class Taken(BaseModel):
    """A request body: nothing unknown in it."""

    model_config = ConfigDict(extra="forbid")


class CodePath(BaseModel):
    code: str = Field(description="Order code, such as K7RCX3", max_length=12)


class FilePath(BaseModel):
    file_id: int = Field(description="Id of a file", ge=1, le=2**62)


class KeyPath(BaseModel):
    key: str = Field(description="Key of a machine", max_length=32)


class OrdersQuery(Taken):
    stage: Stage | None = Field(None, description="Only orders at this stage")
    before: int | None = Field(
        None, description="Only orders with a smaller id: the `next` of the page before", ge=1, le=2**62
    )
    limit: int = Field(50, ge=1, le=200, description="How many at most")


class FilesQuery(Taken):
    name: str = Field(description="The file's name, with its ending", max_length=300)
    customer: str = Field(
        "", description="E-mail of the customer whose file it is (tokens of the shop only)", max_length=300
    )


class LineIn(Taken):
    file_id: int = Field(ge=1, le=2**62)
    quantity: int = Field(1, ge=1, le=MAX_QUANTITY)
    material: str = Field(max_length=100)
    colour: str = Field("", max_length=100)
    finish: str = Field("", max_length=100)
    instructions: str = Field("", max_length=MAX_INSTRUCTIONS)


class OrderIn(Taken):
    lines: list[LineIn] = Field(min_length=1, max_length=50)
    delivery: Delivery = Delivery.PICKUP
    title: str = Field("", max_length=200)
    customer: str = Field("", description="E-mail of the customer (tokens of the shop only)", max_length=300)
    submit_token: str = Field("", description="Makes a repeated request the same order", max_length=100)


class StageIn(Taken):
    to: Stage
    note: str = Field("", max_length=500)


class CommandIn(Taken):
    kind: CommandKind
    intent: str = Field("", description="Makes a repeated request the same command", max_length=60)


class WindowOut(BaseModel):
    start: datetime
    end: datetime
    basis: str
    as_of: datetime
    stale: bool
    paused: bool


class LineOut(BaseModel):
    title: str
    quantity: int
    material: str
    colour: str
    finish: str
    instructions: str
    file_id: int | None


class OrderOut(BaseModel):
    id: int
    code: str
    title: str
    stage: Stage
    stage_since: datetime
    delivery: Delivery
    on_hold: bool
    percent: int | None
    window: WindowOut | None
    promised_at: datetime | None
    placed_at: datetime
    customer: str
    lines: list[LineOut]


class OrdersOut(BaseModel):
    orders: list[OrderOut]
    next: int | None = Field(description="Give it as `before` for the next page; null on the last one")


class StageOut(BaseModel):
    before: Stage | None
    after: Stage
    kind: str
    at: datetime
    note: str


class StagesOut(BaseModel):
    stages: list[StageOut]
    possible: list[Stage] = Field(description="Where this token may move the order now")


class FileOut(BaseModel):
    id: int
    name: str
    size: int = Field(description="Bytes")
    sha256: str
    verdict: str
    sentence: str
    analysis: dict[str, Any] | None
    uploaded_at: datetime


class MachineOut(BaseModel):
    key: str
    name: str
    process: str
    driver: str
    state: MachineState
    online: bool | None
    heard_at: datetime | None
    progress: float | None = Field(description="0 to 1")
    remaining_s: float | None
    job: str | None
    queued: int
    refused_messages: int


class MachinesOut(BaseModel):
    machines: list[MachineOut]


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instead: str | None = None
    fields: dict[str, str] | None = None
