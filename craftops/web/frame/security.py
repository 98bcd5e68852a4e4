"""Headers, cookies, the forged-form guard, and the one rule of who may reach what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import AccessError
from craftops.services.shop.context import Shop
from craftops.web.frame.clean_request import refuse_path
from craftops.web.frame.one_time import one_time_key
from craftops.web.frame.page_globals import page_globals
from craftops.web.frame.request_context import current_shop, find_visitor, shop_snapshot, signed_in

csrf = CSRFProtect()

PUBLIC = "public"
CUSTOMER = "signed in"
VISITOR = "signed in, or with a first order"
"""Also open to somebody without an account who puts their first order together, for what is theirs."""
STAFF = "staff"
TOKEN = "token"  # noqa: S105 - the name of a rule, no secret
SETUP = "until the shop is set up"

ACCESS = "craftops.access"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may reach the endpoints of a blueprint. A blueprint that is not here is reached by nobody."""

    rules: Mapping[str, str]
    public: frozenset[str]
    """Endpoints that anybody may reach, whatever the rule of their blueprint."""
    visitors: frozenset[str] = frozenset()
    """Endpoints of the rule ``VISITOR``, whatever the rule of their blueprint."""

    def rule_of(self, endpoint: str) -> str | None:
        """Who may reach an endpoint; None when nobody has said so, and then nobody may."""
        if endpoint in self.public:
            return PUBLIC
        if endpoint in self.visitors:
            return VISITOR
        return self.rules.get(endpoint.split(".", 1)[0])


View = TypeVar("View", bound=Callable[..., Any])
SMALL_BODY = 2_000_000
"""Bytes that any form or call may send that takes no files."""


def takes_files(view: View) -> View:
    """Mark a view that files are sent to: it may be sent as much as the shop takes, all others ``SMALL_BODY``."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def for_everybody(view: View) -> View:
    """Mark a page that strangers may find by a search engine; every other answer tells engines to keep out."""
    view.for_everybody = True  # type: ignore[attr-defined]
    return view


KEEP_OUT = "noindex, nofollow, noarchive"


def _may_be_found() -> bool:
    endpoint = request.endpoint
    return endpoint == "static" or getattr(current_app.view_functions.get(endpoint or ""), "for_everybody", False)


def body_limit(app: Flask, method: str, path: str) -> int:
    """The largest body, in bytes, that a request may send; known before it is sent, and whoever sends it."""
    try:
        endpoint, _values = app.url_map.bind("").match(path, method)
    except HTTPException:
        return SMALL_BODY
    return _limit_of(app, endpoint)


def _limit_of(app: Flask, endpoint: str) -> int:
    view = app.view_functions.get(endpoint)
    large: int = app.config["MAX_CONTENT_LENGTH"]
    return large if getattr(view, "takes_files", False) else SMALL_BODY


def _limit_body() -> None:
    """The same for servers that do not ask before."""
    if request.endpoint is not None:
        request.max_content_length = _limit_of(current_app, request.endpoint)


def nonce() -> str:
    """This response's nonce, for the one style element that Turbo makes (its progress bar)."""
    page = page_globals()
    if "nonce" not in page:
        page["nonce"] = one_time_key()
    return cast(str, page["nonce"])


VIEWER_STYLE = "'sha256-PXtZZkJMMyc18o/DN1ZEFOJ2qEGq95IQbVaJFMOXOb0='"
"""The one style element in the shadow of ``model-viewer``; a new version of it may need another."""


def allow_viewer() -> None:
    """Let the page of this response, and no other, start the 3D viewer."""
    g.viewer_allowed = True


def allow_frames() -> None:
    """Let the page of this response, and no other, hold frames of ours."""
    g.frames_allowed = True


def allow_framing() -> None:
    """Let this response, and no other, be shown in a frame of ours."""
    g.framing_allowed = True


def policy() -> str:
    """The content security policy: everything from here, nothing inline, nobody else frames us."""
    page = page_globals()
    wasm, style = (" 'wasm-unsafe-eval'", f" {VIEWER_STYLE}") if page.get("viewer_allowed") else ("", "")
    frames = " frame-src 'self';" if page.get("frames_allowed") else ""
    by_whom = "'self'" if page.get("framing_allowed") else "'none'"
    return (
        f"default-src 'none';{frames} script-src 'self'{wasm}; "
        f"style-src 'self' 'nonce-{nonce()}'{style}; img-src 'self'; font-src 'self'; connect-src 'self'; "
        f"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {by_whom}"
    )


ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"),
)
UNLESS_SAID = (("Referrer-Policy", "same-origin"), ("Cache-Control", "no-store"))


def _harden(response: Response) -> Response:
    headers, page = response.headers, page_globals()
    said = {name.lower() for name, _value in headers}  # looked through once, not once for each of a dozen
    always = [("X-Frame-Options", "SAMEORIGIN" if page.get("framing_allowed") else "DENY"), *ALWAYS]
    if current_shop().config.base_url.startswith("https://"):
        always.append(("Strict-Transport-Security", "max-age=31536000"))
    if not _may_be_found():
        always.append(("X-Robots-Tag", KEEP_OUT))
    for name, _value in always:
        if name.lower() in said:
            headers.remove(name)
    unless_said = [one for one in UNLESS_SAID if one[0].lower() not in said]
    if "content-security-policy" not in said:
        unless_said.append(("Content-Security-Policy", policy()))
    headers.extend([*always, *unless_said])
    return response


def _guard() -> AnyResponse | None:
    """Deny by default: the rule of the blueprint decides, before any view runs."""
    if request.endpoint is None:
        return None  # 404 and 405 are answered by the table of problems
    access: Access = current_app.extensions[ACCESS]
    rule = access.rule_of(request.endpoint)
    if rule in (PUBLIC, TOKEN):
        return None
    if not shop_snapshot().set_up:
        if rule == SETUP:
            return None
        return redirect(url_for("setup.wizard"), 303)
    user = signed_in()
    if rule in (CUSTOMER, VISITOR) and user is not None:
        return None
    if rule == VISITOR and find_visitor(make=request.method == "POST"):
        return None
    if rule == STAFF and user is not None:
        if user.is_staff:
            return None
        raise AccessError
    if rule in (CUSTOMER, VISITOR, STAFF) and request.method == "GET" and not request.path.startswith("/live"):
        return redirect(url_for("signin.sign_in", next=request.full_path.rstrip("?")), 303)
    raise AccessError


def install(app: Flask, access: Access) -> None:
    """Switch it all on."""
    app.extensions[ACCESS] = access
    shop = current_shop_of(app)
    secure = shop.config.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=shop.config.secret_key(),
        SECRET_KEY_FALLBACKS=shop.config.signing_keys()[:-1],
        SECRET_KEY_FALLBACKS_UNTIL=shop.config.keys().sign_before_until,
        # With the prefix browsers take it over HTTPS alone, for this host alone (RFC 6265bis).
        SESSION_COOKIE_NAME="__Host-craftops" if secure else "craftops",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        PERMANENT_SESSION_LIFETIME=30 * 24 * 3600,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=(shop.config.document.files.max_mb + 1) * 1_000_000,
        MAX_FORM_MEMORY_SIZE=2_000_000,
    )
    csrf.init_app(app)
    app.before_request(refuse_path)
    app.before_request(_limit_body)
    app.before_request(_guard)
    app.after_request(_harden)


def current_shop_of(app: Flask) -> Shop:
    """The shop of an app that does not serve yet."""
    with app.app_context():
        return current_shop()
