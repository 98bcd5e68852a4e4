"""What the owner decides in the browser: the shop's profile, and the end of the demo."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.shop.profile import ShopProfile
from craftops.errors import AccessError, IntakeError
from craftops.services.shop import demo
from craftops.services.shop.profile import save_profile
from craftops.web.files.present_incoming import troubles
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.shop.forms import ProfileForm
from craftops.web.shop.present_plugins import failed_plugins
from craftops.web.shop.profile_form import hour_fields, profile_fields, read_profile


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings", view_func=settings, methods=["GET", "POST"])
    blueprint.add_url_rule("/wipe-demo", view_func=wipe_demo, methods=["POST"])


def settings() -> AnyResponse | tuple[str, int]:
    """The profile, for the owner."""
    actor().must_be_owner()
    before = sight().profile
    if request.method != "POST":
        return _page(before, {}), 200
    profile = read_profile(ProfileForm.sent(), before)
    try:
        save_profile(current_shop(), profile, actor=actor(), at=sight().now)
    except IntakeError as error:
        return _page(profile, error.fields), 422
    flash(_("Saved. Every page shows it now."), "good")
    return redirect(url_for("staff.settings"), 303)


def _page(profile: ShopProfile, errors: dict[str, str]) -> str:
    fields = profile_fields(profile, errors)
    return render_template(
        "staff/settings.html",
        fields=fields,
        hours=hour_fields(fields),
        errors=errors,
        failed=failed_plugins(current_shop()),
        left_out=current_shop().plugins.left_out,
        troubles=troubles(current_shop()),
    )


def wipe_demo() -> AnyResponse:
    """One click, and the sample data is gone; the owner and the profile stay."""
    if not current_shop().is_demo:
        raise AccessError
    actor().must_be_owner()
    demo.wipe(current_shop(), actor=actor(), at=sight().now)
    flash(_("The sample data is gone. The shop is yours."), "good")
    return redirect(url_for("staff.home"), 303)
