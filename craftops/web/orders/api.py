"""Orders and their stages, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from craftops.domain.orders.order import MAX_INSTRUCTIONS, MAX_QUANTITY, Delivery
from craftops.domain.orders.workflow import Stage, next_stages
from craftops.domain.people.access import Actor, Scope
from craftops.errors import IntakeError
from craftops.services.orders import ordering
from craftops.services.orders.facts import facts_of
from craftops.services.orders.ordering import LineDraft
from craftops.store.database import utcnow
from craftops.store.queries import order_lines, order_lists, order_views, orders, scoped
from craftops.store.queries.order_lists import ListedJob
from craftops.store.views.orders import LineView, OrderView
from craftops.web.frame.api_common import RowId, Taken, answer, customer_of, shown_as, token_actor
from craftops.web.frame.request_context import current_shop
from craftops.web.orders.present import counted
from craftops.web.production.present import percent_of

LINE = {
    "title": "bracket",
    "quantity": 2,
    "material": "pla",
    "colour": "Black",
    "finish": "as_made",
    "instructions": "",
    "file_id": 12,
}
ORDER = {
    "id": 7,
    "code": "K7RCX3",
    "title": "bracket",
    "stage": "in_production",
    "stage_since": "2026-11-27T09:12:00Z",
    "delivery": "pickup",
    "on_hold": False,
    "rush": False,
    "percent": 40,
    "window": {
        "start": "2026-11-30T13:00:00Z",
        "end": "2026-12-01T10:00:00Z",
        "basis": "machine",
        "as_of": "2026-11-28T08:00:00Z",
        "stale": False,
        "paused": False,
    },
    "promised_at": "2026-12-01T16:00:00Z",
    "placed_at": "2026-11-26T15:04:00Z",
    "customer": "ada@example.org",
    "lines": [LINE],
}
STAGES = {
    "stages": [{"before": None, "after": "received", "kind": "forward", "at": "2026-11-26T15:04:00Z", "note": ""}],
    "possible": ["cancelled"],
}


def add_to(api: APIBlueprint) -> None:
    """Register the routes."""
    api.get("/orders", summary="List orders", responses={200: OrdersOut})(list_orders)
    api.post("/orders", summary="Place an order", responses={201: OrderOut})(place_order)
    api.get("/orders/<code>", summary="One order", responses={200: OrderOut})(get_order)
    api.post("/orders/<code>/cancel", summary="Cancel an order", responses={200: OrderOut})(cancel_order)
    api.get("/orders/<code>/stages", summary="The order's timeline", responses={200: StagesOut})(list_stages)
    api.post("/orders/<code>/stages", summary="Move the order one stage", responses={200: StagesOut})(move_order)


def orders_out(found: Sequence[OrderView]) -> list[OrderOut]:
    """These orders. Two queries, for their jobs and their lines."""
    ids = [one.id for one in found]
    jobs, lines = order_lists.jobs_of(ids), order_lines.lines_of_orders(ids)
    return [_order_out(one, jobs.get(one.id, ()), lines.get(one.id, ())) for one in found]


def _order_out(row: OrderView, jobs: Sequence[ListedJob], lines: Sequence[LineView]) -> OrderOut:
    window = None
    if row.window_start is not None and row.window_end is not None:
        window = WindowOut(
            start=row.window_start,
            end=row.window_end,
            basis=row.basis,
            as_of=row.as_of or row.placed_at,
            stale=row.stale,
            paused=row.paused,
        )
    return OrderOut(
        id=row.id,
        code=row.code,
        title=row.title,
        stage=Stage(row.stage),
        stage_since=row.stage_since,
        delivery=Delivery(row.delivery),
        on_hold=row.hold_since is not None,
        rush=row.rush,
        percent=percent_of(counted(row, jobs), utcnow()),
        window=window,
        promised_at=row.promise_at,
        placed_at=row.placed_at,
        customer=row.customer.email,
        lines=[
            LineOut(
                title=line.title,
                quantity=line.quantity,
                material=line.material,
                colour=line.colour,
                finish=line.finish,
                instructions=line.instructions,
                file_id=line.file_id,
            )
            for line in lines
        ],
    )


def list_orders(query: OrdersQuery) -> Response:
    """Newest first; a token of a customer sees that customer's orders only. Scope: orders:read."""
    actor, stage = token_actor(Scope.ORDERS_READ), query.stage.value if query.stage else ""
    found = order_views.seen_by(actor, query.limit + 1, stage=stage, before=query.before)
    shown = found[: query.limit]
    more = shown[-1].id if len(found) > query.limit else None
    return answer(OrdersOut(orders=orders_out(shown), next=more))


def _draft(line: LineIn) -> LineDraft:
    """With what is left out and is plain: the one colour that a material comes in, and the finish that it has first."""
    draft = LineDraft(**line.model_dump())
    material = next((one for one in current_shop().catalogue.offered if one.name == draft.material), None)
    if material is None:
        return draft
    colour = draft.colour or (material.colours[0] if len(material.colours) == 1 else "")
    return replace(draft, colour=colour, finish=draft.finish or (material.finishes[0] if material.finishes else ""))


def place_order(body: OrderIn) -> Response:
    """Send files first, then name them here. Scope: orders:write."""
    actor = token_actor(Scope.ORDERS_WRITE)
    if body.rush and not actor.is_staff:
        raise IntakeError("Ask for a rush in the portal, which shows what it costs and brings.", {"rush": "See above."})
    row = ordering.place_order(
        current_shop(),
        actor=actor,
        customer=customer_of(actor, body.customer),
        lines=[_draft(line) for line in body.lines],
        delivery=body.delivery,
        at=utcnow(),
        title=body.title,
        submit_token=body.submit_token or None,
        rush=body.rush,
    )
    return answer(orders_out(order_views.order_views([row.id]))[0], 201)


def get_order(path: CodePath) -> Response:
    """Scope: orders:read."""
    return answer(orders_out([scoped.order_view(token_actor(Scope.ORDERS_READ), path.code)])[0])


def cancel_order(path: CodePath) -> Response:
    """Possible until production starts; a token of the shop may do it later too. Scope: orders:write."""
    actor = token_actor(Scope.ORDERS_WRITE)
    ordering.move(current_shop(), path.code, Stage.CANCELLED, actor=actor, at=utcnow())
    return answer(orders_out([scoped.order_view(actor, path.code)])[0])


def _stages(actor: Actor, code: str) -> StagesOut:
    row = scoped.order_view(actor, code)
    changes = orders.history_of(row.id).changes
    possible = next_stages(Stage(row.stage), facts_of(current_shop(), row), actor)
    return StagesOut(
        stages=[StageOut(before=c.before, after=c.after, kind=c.kind.value, at=c.at, note=c.note) for c in changes]
        if actor.is_staff
        else [StageOut(before=c.before, after=c.after, kind=c.kind.value, at=c.at, note="") for c in changes],
        possible=list(possible),
    )


def list_stages(path: CodePath) -> Response:
    """Every change with its time. Scope: orders:read."""
    return answer(_stages(token_actor(Scope.ORDERS_READ), path.code))


def move_order(path: CodePath, body: StageIn) -> Response:
    """One step; 409 says why not, and what is possible. Scope: stages:write."""
    actor = token_actor(Scope.STAGES_WRITE)
    ordering.move(current_shop(), path.code, body.to, actor=actor, at=utcnow(), note=body.note)
    return answer(_stages(actor, path.code))


class CodePath(BaseModel):
    code: str = Field(description="Order code, such as K7RCX3", max_length=12)


class OrdersQuery(Taken):
    stage: Stage | None = Field(None, description="Only orders at this stage")
    before: RowId | None = Field(None, description="Only orders with a smaller id: the `next` of the page before")
    limit: int = Field(50, ge=1, le=200, description="How many at most")


class LineIn(Taken):
    file_id: RowId
    quantity: int = Field(1, ge=1, le=MAX_QUANTITY)
    material: str = Field(max_length=100)
    colour: str = Field("", max_length=100, description="May be left out of a material that comes in one")
    finish: str = Field("", max_length=100, description="Left out: the first that the material can have")
    instructions: str = Field("", max_length=MAX_INSTRUCTIONS)


class OrderIn(Taken):
    model_config = shown_as(
        {
            "lines": [{"file_id": 12, "quantity": 2, "material": "pla", "colour": "Black", "finish": "as_made"}],
            "delivery": "pickup",
            "submit_token": "erp-4711",
        }
    )
    lines: list[LineIn] = Field(min_length=1, max_length=50)
    delivery: Delivery = Delivery.PICKUP
    title: str = Field("", max_length=200)
    customer: str = Field("", description="E-mail of the customer (tokens of the shop only)", max_length=300)
    submit_token: str = Field("", description="Makes a repeated request the same order", max_length=100)
    rush: bool = Field(False, description="Before all others that wait (tokens of the shop only)")


class StageIn(Taken):
    model_config = shown_as({"to": "in_review", "note": ""})
    to: Stage
    note: str = Field("", max_length=500)


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
    model_config = shown_as(ORDER)
    id: int
    code: str
    title: str
    stage: Stage
    stage_since: datetime
    delivery: Delivery
    on_hold: bool
    rush: bool
    """It goes before all others that wait for a machine."""
    percent: int | None
    window: WindowOut | None
    promised_at: datetime | None
    placed_at: datetime
    customer: str
    lines: list[LineOut]


class OrdersOut(BaseModel):
    model_config = shown_as({"orders": [ORDER], "next": None})
    orders: list[OrderOut]
    next: int | None = Field(description="Give it as `before` for the next page; null on the last one")


class StageOut(BaseModel):
    before: Stage | None
    after: Stage
    kind: str
    at: datetime
    note: str


class StagesOut(BaseModel):
    model_config = shown_as(STAGES)
    stages: list[StageOut]
    possible: list[Stage] = Field(description="Where this token may move the order now")
