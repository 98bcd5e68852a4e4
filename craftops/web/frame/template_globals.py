"""What every template finds without asking: the shop's face, the viewer, addresses of static files, icons."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, get_flashed_messages, has_request_context, request, session, url_for
from flask_wtf.csrf import generate_csrf
from jinja2.runtime import Macro
from markupsafe import Markup, escape

from craftops.domain.shop.profile import ShopProfile
from craftops.services.shop.context import Shop
from craftops.web.frame import labels
from craftops.web.frame.addresses import script_root
from craftops.web.frame.capability import MenuEntry, SettingsEntry
from craftops.web.frame.keeping import Kept
from craftops.web.frame.language import choice
from craftops.web.frame.language.script_words import words_of_scripts
from craftops.web.frame.language.templates import language
from craftops.web.frame.language.told import told
from craftops.web.frame.page_globals import page_globals
from craftops.web.frame.request_context import current_shop, shop_snapshot, sight, signed_in
from craftops.web.frame.security import nonce
from craftops.web.frame.theming import chain, look_now, sheet_address, static_mark, theme_asset
from craftops.web.frame.views import Choice, ShopFace, Viewer


def viewer() -> Viewer:
    """Whoever looks at the page."""
    user = signed_in()
    if user is None:
        return Viewer("", "", "")
    return Viewer(user.account.name, user.account.role, user.account.email)


def static(file: str) -> str:
    """The address of a file in ``static/``, with a mark of its content; worked out once a request."""
    known: dict[str, str] = page_globals().setdefault("static_addresses", {})
    found = known.get(file)
    if found is None:
        mark, root = static_mark(file), script_root()
        found = _addresses.get((root, file, mark))
        if found is None:
            found = _addresses[root, file, mark] = url_for("static", filename=file, v=mark)
        known[file] = found
    return found


_addresses: dict[tuple[str, str, str], str] = {}
SPRITE = "vendor/icons.svg"


def icon(name: str, label: str = "") -> Markup:
    """A symbol of the sprite; decorative unless it has a label."""
    return _icon(f"{static(SPRITE)}#{name}", str(label))


@lru_cache(maxsize=1024)
def _icon(href: str, label: str) -> Markup:
    if label:
        return Markup('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>').format(label, href)
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>').format(href)


MANY = 40
_options: dict[tuple[int, str], tuple[Sequence[Choice], Markup]] = {}
"""The countries of a form are a tenth of its page, and the same in every one: by the identity of what they are of, and
the language."""


def options(choices: Sequence[Choice]) -> Markup:
    """The options of a select."""
    key = (id(choices), labels.locale())
    known = _options.get(key)
    if known is not None and known[0] is choices:
        return known[1]
    one = Markup('<option value="{}" {}>{}</option>')
    written = Markup("").join(one.format(c.value, "selected" if c.chosen else "", c.label) for c in choices)
    if len(choices) >= MANY and isinstance(choices, tuple):
        if len(_options) >= MANY:
            _options.clear()
        _options[key] = (choices, written)
    return written


_kept: Kept[Markup] = Kept()


def _of_macro(macro: Macro, value: object) -> Markup:
    return Markup(macro(value))  # noqa: S704 - a template of ours has escaped it


def kept(macro: Macro, *values: object) -> Markup:
    """What a macro makes of each value, one after the other. Each is the same object as long as it says the same, and
    what is made of it is kept: the macro must say nothing of the reader or the moment but what the value does. A macro
    is one theme's, in one language."""
    icons, written = static(SPRITE), []
    for value in values:
        written.append(_kept.of((macro, value, icons), partial(_of_macro, macro, value)))
    return Markup("".join(written))  # noqa: S704 - of such pieces


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


TIME_ENDS = Markup("</time>")


def moment(at: datetime | None, form: str = "", now: datetime | None = None) -> Markup:
    """A moment in the shop's zone, like all on its page; a script keeps ages true. ``form``: "", "age" or "clock";
    ``now``: what an age counts to, if not to the moment of the page."""
    if at is None:
        return Markup()
    here = sight()
    before, text = _written(at, here.profile.zone, form, labels.locale())
    return before + (labels.age(at, now or here.now) if form == "age" else text) + TIME_ENDS


@lru_cache(maxsize=8192)
def _written(at: datetime, zone: ZoneInfo, form: str, _locale: str) -> tuple[Markup, Markup]:
    """What begins the tag of a moment, and what stands in it where that is no age."""
    moment = labels.moment(at, zone)
    begin = Markup('<time datetime="{}" data-form="{}" title="{}">').format(
        at.isoformat(timespec="seconds"), form, moment
    )
    return begin, escape(labels.clock(at, zone) if form == "clock" else moment)


def places_here(menu: Sequence[MenuEntry]) -> tuple[int, ...]:
    """The places in a menu of those entries that the page belongs to, from 0 on."""
    endpoint, arguments = request.endpoint, request.view_args
    return tuple(place for place, one in enumerate(menu) if one.is_current(endpoint, arguments))


def live_address(live: str) -> str:
    """The stream of this page, from the newest event on that it surely shows."""
    return f"{live}&seen={shop_snapshot().newest_event}" if live else ""


FORM_TOKENS = "craftops.form_tokens"
"""Where an app keeps what it has signed: a token is good as long as its session, so that it is signed once."""
KEPT_TOKENS = 1024


def csrf_token() -> str:
    """The token of this browser's forms; empty in a fragment for many, where the page's own script fills it in."""
    if not has_request_context():
        return ""
    page = page_globals()
    found: str | None = page.get("form_token")
    if found is None:
        if not request.endpoint:
            return ""
        known: OrderedDict[str, str] = current_app.extensions.setdefault(FORM_TOKENS, OrderedDict())
        secret = session.get("csrf_token")
        found = known.get(secret) if isinstance(secret, str) else None
        if found is None:
            found = known[session["csrf_token"]] = generate_csrf()
            while len(known) > KEPT_TOKENS:
                known.popitem(last=False)
        page["form_token"] = found
    return found


def _is_seen() -> bool:
    """Whether this page may take what is to be said once: a frame of another page must leave it to that page."""
    return bool(request.endpoint) and not g.get("framing_allowed")


def current_word(name: str) -> str:
    """How the page words one of the sentences that may be worded anew; empty where it has no own words."""
    shop = current_shop()
    return look_now(shop).word(name) or shop.word(name)


Face = Callable[[Shop, ShopProfile, datetime], ShopFace]


def install(app: Flask, menu: Iterable[MenuEntry], settings: Iterable[SettingsEntry], face: Face) -> None:
    """Give all templates what they find without asking; ``menu`` is that of the floor, ``settings`` that of its
    settings, ``face`` how the shop looks at this moment."""
    entries = sorted(menu, key=lambda entry: entry.position)
    of_settings = sorted(settings, key=lambda entry: entry.position)
    inside = {name for one in of_settings for name in (one.endpoint, *one.pages)}
    choice.install(app)
    app.jinja_env.filters.update(moment=moment, told=told)
    app.jinja_env.globals.update(
        icon=icon,
        options=options,
        kept=kept,
        static=static,
        nonce=nonce,
        live_address=live_address,
        places_here=places_here,
        sprite=SPRITE,
    )
    app.jinja_env.globals.update(theme_asset=theme_asset, sheet_address=sheet_address)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def template_globals() -> dict[str, Any]:
        return {
            "menu": entries,
            "settings_menu": of_settings,
            "in_settings": request.endpoint in inside,
            "shop": face(current_shop(), sight().profile, sight().now),
            "zone": sight().profile.zone.key,
            "this_minute": sight().this_minute().now,
            "language": language(),
            "script_words": words_of_scripts(language()),
            "languages": choice.others(),
            "direction": choice.direction(),
            "viewer": viewer(),
            "theme": [theme.name for theme in chain(current_shop())],
            "word": current_word,
            "flashes": get_flashed_messages(with_categories=True) if _is_seen() else [],
            "csrf_token": csrf_token,
        }
