"""The first run: the shop introduces itself and its owner. Closed for good after that.

Whoever comes first does not own the shop: the address that is printed where it was started has a code in it.
"""

from __future__ import annotations

import hmac
from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import SYSTEM, Role
from craftops.domain.shop.profile import ShopProfile, check_profile
from craftops.errors import AccessError, IntakeError
from craftops.services.people import accounts
from craftops.services.shop.logo import keep_logo
from craftops.services.shop.profile import save_profile
from craftops.store.database import unit_of_work
from craftops.store.viewing import person_view
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.frame.sent_form import typed, uploaded
from craftops.web.frame.views import FormField
from craftops.web.people.signin import let_in
from craftops.web.shop.forms import OwnerForm, ProfileForm, SetupCodeForm
from craftops.web.shop.profile_form import hour_fields, profile_fields, read_profile

blueprint = Blueprint("setup", __name__)
USUAL_HOURS: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("monday", "tuesday", "wednesday", "thursday", "friday"), ("09:00-18:00",)
)


@blueprint.route("/setup", methods=["GET", "POST"])
@takes_files
def wizard() -> AnyResponse | tuple[str, int]:
    """One page, three parts; nothing is written before all of it can be used."""
    shop = current_shop()
    if shop.is_set_up():
        raise AccessError
    code = SetupCodeForm.asked().code
    if not hmac.compare_digest(code.encode(), shop.config.setup_code().encode()):
        return render_template("setup/code.html", wrong=bool(code)), 403 if code else 200
    before = sight().profile
    if request.method != "POST":
        suggested = before if before.hours else replace(before, hours=USUAL_HOURS)
        return _page(replace(suggested, name="" if before.name == ShopProfile().name else before.name), {}), 200
    form, profile = OwnerForm.sent(), read_profile(ProfileForm.sent(), before)
    errors = _faults(profile, form)
    if errors:
        return _page(profile, errors), 422
    try:
        with unit_of_work():
            if shop.is_set_up():
                raise AccessError
            owner = accounts.create_account(
                email=form.owner_email,
                name=form.owner_name,
                role=Role.OWNER,
                password=form.password,
                at=sight().now,
            )
            logo = uploaded("logo")
            if logo is not None:
                profile = replace(profile, logo_sha=keep_logo(shop, logo.stream, at=sight().now))
            save_profile(shop, profile, actor=SYSTEM, at=sight().now, set_up=True)
    except IntakeError as error:
        renamed = {f"owner_{key}" if key in ("email", "name") else key: text for key, text in error.fields.items()}
        return _page(profile, renamed), 422
    let_in(person_view(owner), how="password")
    return redirect(url_for("staff.recovery_phrase"), 303)


def _faults(profile: ShopProfile, form: OwnerForm) -> dict[str, str]:
    errors: dict[str, str] = {}
    try:
        check_profile(profile)
    except IntakeError as error:
        errors |= error.fields
    if form.password != form.password_again:
        errors["password_again"] = _("The two passwords differ.")
    if len(form.password) < accounts.MIN_PASSWORD:
        errors["password"] = _("Use at least %(n)s characters.", n=accounts.MIN_PASSWORD)
    return errors


def _page(profile: ShopProfile, errors: dict[str, str]) -> str:
    form = typed()

    def field(name: str, label: str, kind: str, complete: str, hint: str = "") -> FormField:
        value = form.get(name, "") if kind != "password" else ""
        return FormField(name, label, kind, value, hint, errors.get(name, ""), True, autocomplete=complete)

    fields = profile_fields(profile, errors)
    owner = (
        field("owner_name", _("Your name"), "text", "name"),
        field("owner_email", _("Your e-mail"), "email", "email", _("You sign in with it")),
        field(
            "password",
            _("Password"),
            "password",
            "new-password",
            _("At least %(n)s characters", n=accounts.MIN_PASSWORD),
        ),
        field("password_again", _("Password, once more"), "password", "new-password"),
    )
    code = current_shop().config.setup_code()
    return render_template(
        "setup/wizard.html", fields=fields, hours=hour_fields(fields), owner=owner, errors=errors, code=code
    )
