"""The shop for assistants: a server of the Model Context Protocol, over pipes or on a port of this computer.

Tools read, or propose; what is proposed happens when a person of the shop confirms it on a page. Over HTTP each request
shows a token of the shop, whose scopes hold; requests that another site's page has made are refused (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from anyio import to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from craftops import __version__
from craftops.domain.integrations.fencing import WARNING
from craftops.domain.people.access import Actor, ActorKind, Scope
from craftops.errors import AccessError, CraftOpsError
from craftops.services.integrations import assistant, proposals
from craftops.services.integrations.proposals import ProposalKind
from craftops.services.people import accounts
from craftops.services.shop.context import Shop
from craftops.store.database import connected, utcnow

INSTRUCTIONS = f"""
Read the orders, schedule, machines and inbox of a fabrication shop, and propose answers and moves of orders.
Proposals change nothing: a person of the shop confirms each on the page whose address you get. Give them that address.
{WARNING}
""".strip()
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
PROPOSES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
WHOLE_SHOP = Actor(ActorKind.TOKEN, None, "Assistant", frozenset(Scope))
"""Over pipes: whoever started it may read the shop's folder."""
Told = dict[str, Any]
ActorOf = Callable[[Context[Any, Any]], Actor]


def by_pipe(_context: Context[Any, Any]) -> Actor:
    """Who acts over pipes."""
    return WHOLE_SHOP


def by_token(context: Context[Any, Any]) -> Actor:
    """Whose token a request shows. Raises AccessError."""
    actor = actor_of_header((context.headers or {}).get("authorization", ""))
    if actor is None:
        raise AccessError("Send a token of the shop: Authorization: Bearer craftops_…")
    return actor


def actor_of_header(header: str) -> Actor | None:
    """Who acts with this header; None for nobody, and for a customer's token, which sees no shop."""
    kind, _space, token = header.partition(" ")
    if kind.lower() != "bearer":
        return None
    with connected():
        actor = accounts.actor_of_token(token.strip(), at=utcnow())
    return actor if actor is not None and actor.is_staff else None


def make_server(shop: Shop, actor_of: ActorOf = by_pipe) -> MCPServer[Any]:
    """The server of one shop."""
    server: MCPServer[Any] = MCPServer("craftops", "CraftOps", instructions=INSTRUCTIONS, version=__version__)

    async def ask(context: Context[Any, Any], do: Callable[[Actor], Told]) -> Told:
        return await to_thread.run_sync(partial(_asked, actor_of, context, do))

    @server.tool(annotations=READS)
    async def list_orders(context: Context[Any, Any], stage: str = "", limit: int = 20) -> Told:
        """Orders, the newest first: those at `stage`, or all that are not ended."""
        return await ask(context, lambda who: assistant.orders(who, stage=stage, most=limit))

    @server.tool(annotations=READS)
    async def get_order(context: Context[Any, Any], code: str) -> Told:
        """One order by its code: lines, stages, where it may move, the newest messages."""
        return await ask(context, lambda who: assistant.order(who, code))

    @server.tool(annotations=READS)
    async def get_schedule(context: Context[Any, Any]) -> Told:
        """What each machine is planned to make and when, and jobs that have no machine."""
        return await ask(context, lambda who: assistant.schedule(shop, who, at=utcnow()))

    @server.tool(annotations=READS)
    async def list_machines(context: Context[Any, Any]) -> Told:
        """All machines: state, whether they are heard of, their queues."""
        return await ask(context, assistant.machines)

    @server.tool(annotations=READS)
    async def get_inbox(context: Context[Any, Any], limit: int = 20) -> Told:
        """Conversations in which a customer waits for an answer, the oldest first."""
        return await ask(context, lambda who: assistant.inbox(who, at=utcnow(), most=limit))

    @server.tool(annotations=PROPOSES)
    async def propose_answer(context: Context[Any, Any], code: str, text: str, reason: str = "") -> Told:
        """Propose an answer to the customer of an order. Nothing is sent before a person of the shop confirms it."""
        return await ask(context, lambda who: _proposed(shop, who, ProposalKind.ANSWER, code, text, reason))

    @server.tool(annotations=PROPOSES)
    async def propose_stage(context: Context[Any, Any], code: str, stage: str, reason: str = "") -> Told:
        """Propose to move an order to another stage. Nothing moves before a person of the shop confirms it."""
        return await ask(context, lambda who: _proposed(shop, who, ProposalKind.STAGE, code, stage, reason))

    return server


def _asked(actor_of: ActorOf, context: Context[Any, Any], do: Callable[[Actor], Told]) -> Told:
    try:
        with connected():
            return do(actor_of(context))
    except CraftOpsError as error:
        raise ToolError(error.sentence) from error


def _proposed(shop: Shop, who: Actor, kind: ProposalKind, code: str, value: str, reason: str) -> Told:
    row = proposals.propose(kind, code, value, reason, actor=who, at=utcnow())
    return {
        "state": "waits for a person of the shop",
        "confirm_at": f"{shop.config.base_url}/staff/assistant/{row.key}",
    }


class _TokensOnly:
    """Lets nobody in without a token of the shop."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            header = Request(scope).headers.get("authorization", "")
            if await to_thread.run_sync(actor_of_header, header) is None:
                said = {"error": "Send a token of the shop: Authorization: Bearer craftops_…"}
                await JSONResponse(said, 401, {"WWW-Authenticate": 'Bearer realm="craftops"'})(scope, receive, send)
                return
        await self.app(scope, receive, send)


def http_app(shop: Shop, port: int, *, tokens: bool = True) -> ASGIApp:
    """The server as an ASGI application for a port of this computer. Without ``tokens`` (tests of the protocol) whoever
    reaches the port reads the shop."""
    server = make_server(shop, by_token if tokens else by_pipe)
    hosts = [f"{name}:{port}" for name in LOOPBACK]
    guarded = TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[f"http://{one}" for one in hosts])
    app = server.streamable_http_app(transport_security=guarded)
    return _TokensOnly(app) if tokens else app


def serve_pipes(shop: Shop) -> None:
    """Speak over standard input and output until they end."""
    make_server(shop).run("stdio")


def serve_port(shop: Shop, port: int) -> None:
    """Speak on a port of this computer until stopped."""
    import uvicorn

    uvicorn.run(http_app(shop, port), host="127.0.0.1", port=port, log_level="warning", access_log=False)
