"""What every template finds without asking: the shop's face, the viewer, addresses of static files, icons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from flask import Flask, g, get_flashed_messages, has_request_context, request, url_for
from flask_babel import Babel
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from craftops.domain.shop.profile import ShopProfile
from craftops.services.shop.context import Shop
from craftops.web.frame import labels
from craftops.web.frame.capability import MenuEntry, SettingsEntry
from craftops.web.frame.request_context import current_shop, shop_snapshot, sight
from craftops.web.frame.security import nonce
from craftops.web.frame.theming import chain, static_mark
from craftops.web.frame.views import ShopFace, Viewer

LANGUAGES = ("en",)


def viewer() -> Viewer:
    """Whoever looks at the page."""
    if not current_user or not current_user.is_authenticated:
        return Viewer("", "", "")
    account = current_user.account
    return Viewer(account.name, account.role, account.email)


def static(file: str) -> str:
    """The address of a file in ``static/``, with a mark of its content; worked out once a request."""
    known = g.setdefault("static_addresses", {})
    if file not in known:
        known[file] = url_for("static", filename=file, v=static_mark(file))
    return cast(str, known[file])


def icon(name: str, label: str = "") -> Markup:
    """A symbol of the sprite; decorative unless it has a label."""
    return _icon(f"{static('vendor/icons.svg')}#{name}", str(label))


@lru_cache(maxsize=1024)
def _icon(href: str, label: str) -> Markup:
    if label:
        return Markup('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>').format(label, href)
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>').format(href)


def age_tag(at: datetime, now: datetime) -> Markup:
    """How long ago something was; a script keeps it true."""
    return Markup('<time datetime="{}" data-form="age">{}</time>').format(
        at.isoformat(timespec="seconds"), labels.age(at, now)
    )


def until(at: datetime, now: datetime) -> Markup:
    """How long until then; a script counts it down."""
    return Markup('<time datetime="{}" data-form="left">{}</time>').format(
        at.isoformat(timespec="seconds"), labels.duration((at - now).total_seconds())
    )


def moment(at: datetime | None, form: str = "") -> Markup:
    """A moment in the shop's zone, like all on its page; a script keeps ages true. ``form``: "", "age" or "clock"."""
    if at is None:
        return Markup()
    now, zone = sight().now, sight().profile.zone
    if form == "age":
        text = labels.age(at, now)
    elif form == "clock":
        text = labels.clock(at, zone)
    else:
        text = labels.moment(at, zone)
    return Markup('<time datetime="{}" data-form="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), form, labels.moment(at, zone), escape(text)
    )


def live_address(live: str) -> str:
    """The stream of this page, from the newest event on that it surely shows."""
    return f"{live}&seen={shop_snapshot().newest_event}" if live else ""


def csrf_token() -> str:
    """The token of this browser's forms; empty in a fragment for many, where the page's own script fills it in."""
    if not has_request_context() or not request.endpoint:
        return ""
    return generate_csrf()


Face = Callable[[Shop, ShopProfile, datetime], ShopFace]


def _language() -> str:
    """The reader's, of those that we speak; a fragment for many readers has none."""
    return (request.accept_languages.best_match(LANGUAGES) if has_request_context() else None) or LANGUAGES[0]


def install(app: Flask, menu: Iterable[MenuEntry], settings: Iterable[SettingsEntry], face: Face) -> None:
    """Give all templates what they find without asking; ``menu`` is that of the floor, ``settings`` that of its
    settings, ``face`` how the shop looks at this moment."""
    entries = sorted(menu, key=lambda entry: entry.position)
    kept = sorted(settings, key=lambda entry: entry.position)
    inside = {name for one in kept for name in (one.endpoint, *one.pages)}
    Babel(app, default_locale="en", locale_selector=_language)
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.globals.update(icon=icon, static=static, nonce=nonce, live_address=live_address)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def template_globals() -> dict[str, Any]:
        return {
            "menu": entries,
            "settings_menu": kept,
            "in_settings": request.endpoint in inside,
            "shop": face(current_shop(), sight().profile, sight().now),
            "zone": sight().profile.zone.key,
            "viewer": viewer(),
            "theme": [theme.name for theme in chain(current_shop())],
            "flashes": get_flashed_messages(with_categories=True) if request.endpoint else [],
            "csrf_token": csrf_token,
        }
