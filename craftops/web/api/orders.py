"""Orders and their stages."""

from __future__ import annotations

from flask import Response
from flask_openapi3 import APIBlueprint

from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage, next_stages
from craftops.domain.people.access import Actor, Scope
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.store.database import utcnow
from craftops.store.mapping import to_change
from craftops.store.models import OrderLineRow, OrderRow, StageChangeRow
from craftops.store.queries import production, scoped
from craftops.web.api.common import answer, customer_of, token_actor
from craftops.web.api.models import (
    CodePath,
    LineOut,
    OrderIn,
    OrderOut,
    OrdersOut,
    OrdersQuery,
    StageIn,
    StageOut,
    StagesOut,
    WindowOut,
)
from craftops.web.present.common import percent_of
from craftops.web.present.portal import live_jobs
from craftops.web.site import current_shop


def add_to(api: APIBlueprint) -> None:
    """Register the routes."""
    api.get("/orders", summary="List orders", responses={200: OrdersOut})(list_orders)
    api.post("/orders", summary="Place an order", responses={201: OrderOut})(place_order)
    api.get("/orders/<code>", summary="One order", responses={200: OrderOut})(get_order)
    api.post("/orders/<code>/cancel", summary="Cancel an order", responses={200: OrderOut})(cancel_order)
    api.get("/orders/<code>/stages", summary="The order's timeline", responses={200: StagesOut})(list_stages)
    api.post("/orders/<code>/stages", summary="Move the order one stage", responses={200: StagesOut})(move_order)


def order_out(row: OrderRow) -> OrderOut:
    window = None
    if row.window_start is not None:
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
        percent=percent_of(live_jobs(row)),
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
            for line in row.lines.order_by(OrderLineRow.position)
        ],
    )


def list_orders(query: OrdersQuery) -> Response:
    """Newest first; a token of a customer sees that customer's orders only. Scope: orders:read."""
    rows = scoped.orders(token_actor(Scope.ORDERS_READ))
    if query.stage:
        rows = rows.where(OrderRow.stage == query.stage.value)
    if query.before:
        rows = rows.where(OrderRow.id < query.before)
    found = list(rows.order_by(OrderRow.id.desc()).limit(query.limit + 1))
    shown = found[: query.limit]
    more = shown[-1].id if len(found) > query.limit else None
    return answer(OrdersOut(orders=[order_out(row) for row in shown], next=more))


def place_order(body: OrderIn) -> Response:
    """Send files first, then name them here. Scope: orders:write."""
    actor = token_actor(Scope.ORDERS_WRITE)
    row = ordering.place_order(
        current_shop(),
        actor=actor,
        customer=customer_of(actor, body.customer),
        lines=[LineDraft(**line.model_dump()) for line in body.lines],
        delivery=body.delivery,
        at=utcnow(),
        title=body.title,
        submit_token=body.submit_token or None,
    )
    return answer(order_out(row), 201)


def get_order(path: CodePath) -> Response:
    """Scope: orders:read."""
    return answer(order_out(scoped.order(token_actor(Scope.ORDERS_READ), path.code)))


def cancel_order(path: CodePath) -> Response:
    """Possible until production starts; a token of the shop may do it later too. Scope: orders:write."""
    actor = token_actor(Scope.ORDERS_WRITE)
    ordering.move(current_shop(), path.code, Stage.CANCELLED, actor=actor, at=utcnow())
    return answer(order_out(scoped.order(actor, path.code)))


def _stages(actor: Actor, code: str) -> StagesOut:
    row = scoped.order(actor, code)
    changes = [to_change(change) for change in row.changes.order_by(StageChangeRow.id)]
    possible = next_stages(Stage(row.stage), production.facts_of(row), actor)
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
