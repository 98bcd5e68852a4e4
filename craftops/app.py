"""The composition root: ``create_app`` reads as a table of contents."""

from __future__ import annotations

from flask import Flask
from flask_openapi3 import Info, OpenAPI
from flask_openapi3.models.security_scheme import SecurityScheme
from werkzeug.middleware.proxy_fix import ProxyFix

from craftops import __version__
from craftops.bootstrap import open_shop
from craftops.config import Config, load_config
from craftops.services.shop.context import Shop
from craftops.store.models import database
from craftops.web.files import portal_uploads
from craftops.web.frame import api, health, problems, request_context, security, staff, template_globals, theming
from craftops.web.frame.live import stream
from craftops.web.orders import portal
from craftops.web.people import signin
from craftops.web.shop import setup

BEARER = SecurityScheme(type="http", scheme="bearer", description="A token from `craftops token create`")


class Site(OpenAPI):
    """Flask with a JSON API that describes itself, and templates in layers."""

    jinja_environment = theming.LayeredEnvironment

    def body_limit(self, method: str, path: str) -> int:
        """The largest body, in bytes, that a request may send: our server asks before it takes one."""
        return security.body_limit(self, method, path)


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
    app.extensions[request_context.EXTENSION] = shop
    app.jinja_env.loader = theming.make_loader(shop)
    _connect(app)
    security.install(app)
    signin.install(app)
    template_globals.install(app)
    problems.install(app)
    stream.install(app)
    for room in (portal, portal_uploads, staff, signin, setup, theming, stream, health):
        app.register_blueprint(room.blueprint)
    api.install(app)
    _behind_proxies(app, shop.config.document.server.trusted_proxies)
    return app


def _connect(app: Flask) -> None:
    """One database connection a request."""

    @app.before_request
    def connect() -> None:
        database.connect(reuse_if_open=True)

    @app.teardown_request
    def release(_error: BaseException | None) -> None:
        if not database.is_closed():
            database.close()


def _behind_proxies(app: Flask, count: int) -> None:
    """Believe ``X-Forwarded-For`` and ``-Proto`` of so many proxies; the host never: links use ``base_url``."""
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
