"""The composition root: ``create_app`` reads as a table of contents. A new capability is a line in ``CAPABILITIES``."""

from __future__ import annotations

from functools import cache

from flask import Flask, Response, request
from flask_openapi3 import APIBlueprint, Info, OpenAPI
from flask_openapi3.models.security_scheme import SecurityScheme

from craftops import __version__
from craftops.bootstrap import open_shop
from craftops.config import Config, load_config
from craftops.config_tables import ServerTable
from craftops.domain.events import Event
from craftops.services.shop.context import Shop
from craftops.store import query_cache
from craftops.store.models import database
from craftops.store.origin import came_from
from craftops.tasks.worker import Duties
from craftops.web.billing.capability import BILLING
from craftops.web.estimation.capability import ESTIMATION
from craftops.web.files.capability import FILES
from craftops.web.frame import (
    addresses,
    api,
    faces,
    health,
    metrics,
    panels,
    problems,
    request_context,
    security,
    sessions,
    template_globals,
    theming,
)
from craftops.web.frame.capability import NOTICES
from craftops.web.frame.clean_request import CleanRequest
from craftops.web.frame.layers import LayeredEnvironment
from craftops.web.frame.live import stream
from craftops.web.frame.live.topics import Topics
from craftops.web.frame.numbers import Number
from craftops.web.frame.proxies import AtTheRoot, KnownProxies
from craftops.web.frame.routing import QuickRule
from craftops.web.integrations.capability import INTEGRATIONS
from craftops.web.machines.capability import MACHINES
from craftops.web.messages.capability import MESSAGES
from craftops.web.orders.capability import ORDERS
from craftops.web.people import signin
from craftops.web.people.capability import PEOPLE
from craftops.web.production.capability import PRODUCTION
from craftops.web.schedule.capability import SCHEDULE
from craftops.web.shipping.capability import SHIPPING
from craftops.web.shop import own_pages
from craftops.web.shop.capability import SHOP
from craftops.web.shop.present import shop_face

CAPABILITIES = (
    ORDERS, FILES, PRODUCTION, MACHINES, SCHEDULE, ESTIMATION, MESSAGES, BILLING, SHIPPING, PEOPLE, SHOP, INTEGRATIONS,
)  # fmt: skip
BEARER = SecurityScheme(type="http", scheme="bearer", description="A token from `craftops token create`")


class Site(addresses.QuickAddresses, OpenAPI):
    """Flask with a JSON API that describes itself, and templates in layers."""

    request_class = CleanRequest
    jinja_environment = LayeredEnvironment
    url_rule_class = QuickRule


def create_app(config: Config | None = None) -> Flask:
    """The WSGI application of one shop. Raises ConfigError, PluginError."""
    return app_for(open_shop(config or load_config()))


def app_for(shop: Shop) -> Flask:
    """The application of a shop that is open already."""
    app = Site(
        "craftops",
        info=Info(title="CraftOps", version=__version__, description="Orders, files, stages and machines of one shop."),
        security_schemes={"token": BEARER},
        doc_ui=False,
        validation_error_callback=api.on_invalid,
    )
    app.session_interface = sessions.QuickSessions()
    app.url_map.converters["int"] = Number
    app.extensions[request_context.EXTENSION] = shop
    app.extensions[NOTICES] = {kind: text for one in CAPABILITIES for kind, text in one.notices.items()}
    theming.install(app, shop)
    _connect(app)
    security.install(app, access())
    signin.install(app)
    menu = [entry for one in CAPABILITIES for entry in one.menu] + own_pages.menu(shop.plugins)
    template_globals.install(app, menu, [entry for one in CAPABILITIES for entry in one.settings], shop_face)
    problems.install(app)
    metrics.install(app, shop)
    panels.install(app, CAPABILITIES)
    stream.install(app, Topics(topic for one in CAPABILITIES for topic in one.topics))
    for room in (faces.portal(CAPABILITIES), faces.floor(CAPABILITIES)):
        app.register_blueprint(room)
    for one in CAPABILITIES:
        for own in one.rooms:
            app.register_blueprint(own.blueprint)
    for frame in (theming, stream, health, metrics):
        app.register_blueprint(frame.blueprint)
    api.install(app, _api(), {kind: told for one in CAPABILITIES for kind, told in one.webhooks.items()})
    app.wsgi_app = AtTheRoot(health.Pulse(app.wsgi_app, shop))  # type: ignore[method-assign]
    _behind_proxies(app, shop.config.document.server)
    return app


@cache
def _api() -> APIBlueprint:
    """Made once in a process: describing every schema is half of what an application costs."""
    return api.routes(CAPABILITIES)


def access() -> security.Access:
    """Who may reach what: the faces, the frame, and what capabilities say of blueprints of their own."""
    rules = {
        "portal": security.CUSTOMER, "staff": security.STAFF, "api": security.TOKEN, "live": security.CUSTOMER,
        "theming": security.PUBLIC, "health": security.PUBLIC, "metrics": security.TOKEN,
    }  # fmt: skip
    rules |= {room.blueprint.name: room.rule for one in CAPABILITIES for room in one.rooms}
    public = frozenset({"static", "openapi.doc"}).union(*(one.public for one in CAPABILITIES))
    return security.Access(rules, public, frozenset().union(*(one.visitors for one in CAPABILITIES)))


def duties() -> Duties:
    """What the capabilities want of the worker."""
    handlers = {kind: handler for one in CAPABILITIES for kind, handler in one.work.items()}
    minutely = tuple(do for one in CAPABILITIES for do in one.every_minute)
    return Duties(handlers, _notice_of, minutely, tuple(one.on_event for one in CAPABILITIES if one.on_event))


def _notice_of(event: Event) -> str:
    return next((kind for one in CAPABILITIES if (kind := one.notice_of(event))), "")


def _connect(app: Flask) -> None:
    """One database connection a request. What is shown asks for nothing twice; what is streamed later asks for all."""

    @app.before_request
    def connect() -> None:
        database.connect(reuse_if_open=True)
        if request.method in ("GET", "HEAD"):
            query_cache.begin()
        came_from(request_context.remote_address(), request.headers.get("User-Agent", ""))

    @app.after_request
    def shown(response: Response) -> Response:
        query_cache.end()
        return response

    @app.teardown_request
    def release(_error: BaseException | None) -> None:
        query_cache.end()
        if not database.is_closed():
            database.close()
        came_from("", "")


def _behind_proxies(app: Flask, server: ServerTable) -> None:
    """Believe what the proxies of ``[server]`` say of their peers, and nobody else."""
    if server.trusted_proxies:
        known = KnownProxies(app.wsgi_app, server.trusted_proxies, server.proxy_addresses)
        app.wsgi_app = known  # type: ignore[method-assign]
