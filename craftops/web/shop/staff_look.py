"""The theme studio: an owner puts a look together, sees it on every kind of page, and keeps it or not."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, abort, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.workflow import Stage
from craftops.domain.shop.colour import contrast
from craftops.domain.shop.look import ShopLook, faced
from craftops.domain.shop.palette import RULES, Tokens
from craftops.errors import IntakeError
from craftops.services.shop import looks
from craftops.services.shop.context import LOOK
from craftops.services.shop.logo import keep_logo
from craftops.web.frame import theming
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.security import allow_frames, allow_framing, takes_files
from craftops.web.frame.sent_form import uploaded
from craftops.web.messages.mail import sample_mail
from craftops.web.shop import look_samples
from craftops.web.shop.forms import LookForm
from craftops.web.shop.kept_note import kept_note
from craftops.web.shop.look_form import LookFields, fields_of, read_look
from craftops.web.shop.theme_package import name_of, package

PAGES = {"order": "portal/order.html", "home": "portal/dashboard.html", "parts": "staff/look_parts.html"}
SCHEMES = ("light", "dark")
FRAME_POLICY = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"
"""Of a mail that is shown in a frame which runs nothing: mails carry their styles with them."""


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/look", view_func=look, methods=["GET", "POST"])
    blueprint.add_url_rule("/settings/look/parts", view_func=look_parts)
    blueprint.add_url_rule("/settings/look/preview/<page>", view_func=look_preview)
    blueprint.add_url_rule("/settings/look/sheet.css", view_func=look_sheet)
    blueprint.add_url_rule("/settings/look/paper.png", view_func=look_paper)
    blueprint.add_url_rule("/settings/look/theme.zip", view_func=look_package)


@takes_files
def look() -> AnyResponse | tuple[str, int]:
    """The studio: what is worn, or what is tried on; a form that shows or keeps."""
    actor().must_be_owner()
    shop = current_shop()
    if request.method != "POST":
        now = _drafted() if request.args else looks.present_look(shop)
        return _studio(now, {}), 200
    form = LookForm.sent()
    now = read_look(form)
    try:
        now = looks.checked(shop, replace(now, logo_sha=_logo_of(form)))
        if form.do != "keep":
            return redirect(url_for("staff.look", **looks.plain(now)) + "#preview", 303)
        changed = looks.keep_look(shop, now, actor=actor(), at=sight().now)
    except IntakeError as error:
        return _studio(now, error.fields), 422
    flash(_("Kept. Every page wears it now.") if changed else _("Nothing has changed."), "good")
    return redirect(url_for("staff.look"), 303)


def _logo_of(form: LookForm) -> str:
    upload = uploaded("logo")
    if upload is not None:
        return keep_logo(current_shop(), upload.stream, at=sight().now)
    return "" if form.remove_logo else form.logo_sha


def _drafted() -> ShopLook:
    """The look of the address. Raises IntakeError where it is none."""
    actor().must_be_owner()
    if not request.args.keys() - {"scheme", "title"}:
        return looks.present_look(current_shop())
    return looks.checked(current_shop(), read_look(LookForm.read(request.args)))


def _studio(now: ShopLook, errors: dict[str, str]) -> str:
    shop = current_shop()
    fields: LookFields = fields_of(shop, now, errors)
    shown = now if not errors else looks.present_look(shop)
    allow_frames()
    return render_template(
        "staff/look.html",
        fields=fields,
        draft=looks.plain(shown),
        drafted=now != looks.present_look(shop),
        look=now,
        logo_url=url_for("portal.logo", sha=now.logo_sha) if now.logo_sha else "",
        errors=errors,
        kept=kept_note(shop, LOOK),
        versions=looks.versions(),
        faults=theming.faults(shop),
        missing_theme=shop.look.theme if shop.look.theme not in ("", *shop.plugins.themes) else "",
        pages=(("order", _("An order")), ("home", _("Home")), ("parts", _("All parts"))),
    )


def _wear() -> ShopLook:
    """Show what follows in the look of the address."""
    now = _drafted()
    scheme = request.args.get("scheme", "")
    scheme = scheme if scheme in SCHEMES else ""
    theming.try_on(now, scheme)
    g.sheet_address = url_for("staff.look_sheet", scheme=scheme or None, **looks.plain(now))
    g.sight = replace(sight(), profile=faced(sight().profile, now))
    return now


def look_preview(page: str) -> AnyResponse | str:
    """A page of nobody's order, or a mail, in the look of the address, for a frame of the studio."""
    allow_framing()
    now = _wear()
    profile, at = sight().profile, sight().now
    if page == "mail":
        response = make_response(sample_mail(current_shop(), profile, look_samples.said(Stage.READY_FOR_PICKUP, now)))
        response.headers["Content-Security-Policy"] = FRAME_POLICY
        return response
    if page not in PAGES:
        abort(404)
    if page == "parts":
        return _parts(now, preview=True)
    made = (
        look_samples.sample_order(profile, now, at) if page == "order" else look_samples.sample_home(profile, now, at)
    )
    return render_template(PAGES[page], page=made, panels=(), live="", viewer=look_samples.CUSTOMER, preview=True)


def look_parts() -> str:
    """The gallery: every part that pages are made of, in the look that is worn, or that of the address."""
    actor().must_be_owner()
    return _parts(_wear(), preview=False)


def _parts(now: ShopLook, *, preview: bool) -> str:
    shop, profile = current_shop(), sight().profile
    colours = theming.colours(shop, profile.brand, dark=g.get("scheme") == "dark")
    return render_template(
        PAGES["parts"],
        swatches=_swatches(colours),
        preview=preview,
        viewer=look_samples.CUSTOMER,
        **look_samples.sample_parts(profile, now, sight().now),
    )


def _swatches(colours: Tokens) -> list[tuple[str, str, str, float]]:
    """Each pair of the law: token, ground, both colours' worst contrast."""
    found = []
    for rule in RULES:
        ground = min(rule.grounds, key=lambda one: contrast(colours[rule.token], colours[one]))
        found.append((rule.token, colours[rule.token], colours[ground], contrast(colours[rule.token], colours[ground])))
    return found


def look_sheet() -> Response:
    """The style sheet of the look of the address."""
    _wear()
    response = Response(theming.whole_sheet(current_shop(), sight().profile.brand, g.scheme), mimetype="text/css")
    response.cache_control.private = True
    response.cache_control.max_age = 3600
    return response


def look_paper() -> Response:
    """An invoice of nobody in this look, as a picture."""
    now = _drafted()
    profile = faced(sight().profile, now)
    today = sight().now.astimezone(profile.zone).date()
    response = Response(looks.paper_picture(current_shop(), profile, today), mimetype="image/png")
    response.cache_control.private = True
    response.cache_control.max_age = 3600
    return response


def look_package() -> Response:
    """The look of the address as a theme package."""
    now = _wear()
    shop, title = current_shop(), request.args.get("title", "").strip()[:60] or sight().profile.name
    name = name_of(title)
    if name in shop.plugins.themes:
        name = f"{name}_2"
    made = package(
        name,
        title,
        theming.worn(shop),
        sight().profile.brand,
        theming.studio_sheet(shop, sight().profile.brand),
        now.words,
    )
    response = Response(made, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="theme_{name}.zip"'
    return response
