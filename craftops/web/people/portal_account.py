"""A customer's own page: who they are, their password, where they are signed in, their data."""

from __future__ import annotations

from zoneinfo import available_timezones

import orjson
from flask import Blueprint, Response, flash, redirect, render_template, session, url_for
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Role
from craftops.errors import AccessError, IntakeError
from craftops.services.people import accounts, new_address, profile
from craftops.services.shop import customer_archive, customer_data
from craftops.store.views.people import PersonView
from craftops.web.frame.language import choice
from craftops.web.frame.language.catalogues import LANGUAGES
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import account, actor, current_shop, sight
from craftops.web.frame.views import Choice, FormField
from craftops.web.people.agents import browser_of
from craftops.web.people.forms import ErasureForm, NewEmailForm, PasswordForm, PersonForm, SessionsForm
from craftops.web.people.portal_factors import signed_in_at
from craftops.web.people.signin import let_in
from craftops.web.people.views import AccountPage, SessionLine


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/account", "account", view_func=own_page)
    for rule, view in (
        ("details", change_details),
        ("password", change_password),
        ("email", change_email),
        ("sessions", end_sessions),
        ("erase", erase),
    ):
        blueprint.add_url_rule(f"/account/{rule}", view_func=view, methods=["POST"])
    blueprint.add_url_rule("/account/data.json", view_func=data)
    blueprint.add_url_rule("/account/data.zip", view_func=data_archive)


def own_page() -> str:
    """The page."""
    return _page({}, {})


def _page(values: dict[str, str], errors: dict[str, str]) -> str:
    row = account()
    page = AccountPage(
        email=row.email,
        details=_details(row, values, errors),
        passwords=_passwords(row, errors),
        sessions=tuple(
            SessionLine(one.id, browser_of(one.agent), one.created_at, one.seen_at, _is_this(one.token_hash))
            for one in profile.sessions_of(row, at=sight().now)
        ),
        is_customer=row.role == Role.CUSTOMER.value,
        new_email=_new_email(row, values, errors),
        pending_email=new_address.pending(row, at=sight().now),
    )
    return render_template("portal/account.html", page=page)


def _is_this(token_hash: str) -> bool:
    return bool(accounts.digest(current_user.token) == token_hash)


def _details(row: PersonView, values: dict[str, str], errors: dict[str, str]) -> tuple[FormField, ...]:
    names = {"": _("As my browser says"), **{one: choice.name_of(one) for one in LANGUAGES}}
    zones = ("", *sorted(one for one in available_timezones() if "/" in one and not one.startswith(("Etc", "posix"))))
    language, zone = values.get("language", row.language), values.get("timezone", row.timezone)
    return (
        FormField(
            "name", _("Name"), "text", values.get("name", row.name), "", errors.get("name", ""), True, (), "name"
        ),
        FormField(
            "phone", _("Telephone"), "tel", values.get("phone", row.phone), _("If we have to ask quickly."),
            errors.get("phone", ""), False, (), "tel",
        ),
        FormField(
            "language", _("Language"), "select", language, "", "", False,
            tuple(Choice(key, name, key == language) for key, name in names.items()),
        ),
        FormField(
            "timezone", _("Time zone"), "select", zone, _("For quiet hours. Pages show your device's own time."),
            errors.get("timezone", ""), False,
            tuple(Choice(one, one.replace("_", " ") or _("The shop's"), one == zone) for one in zones),
        ),
    )  # fmt: skip


def _passwords(row: PersonView, errors: dict[str, str]) -> tuple[FormField, ...]:
    new = FormField(
        "new", _("New password"), "password", "", _("At least 8 characters."), errors.get("password", ""), True, (),
        "new-password",
    )  # fmt: skip
    if not row.has_password:
        return (new,)
    old = FormField("old", _("Password now"), "password", "", "", errors.get("old", ""), True, (), "current-password")
    return (old, new)


def _new_email(row: PersonView, values: dict[str, str], errors: dict[str, str]) -> tuple[FormField, ...]:
    email = FormField(
        "email", _("New e-mail address"), "email", values.get("email", ""), _("We send a link there."),
        errors.get("email", ""), True, (), "email",
    )  # fmt: skip
    if not row.has_password:
        return (email,)
    error = errors.get("email_password", "")
    return (
        email,
        FormField("email_password", _("Password"), "password", "", "", error, True, (), "current-password"),
    )


def _faulty(values: dict[str, str], error: IntakeError) -> tuple[str, int]:
    flash(error.sentence, "bad")
    return _page(values, error.fields), 422


def change_details() -> AnyResponse | tuple[str, int]:
    """Name, telephone, language, zone."""
    values = dict(PersonForm.sent())
    try:
        profile.change_details(account(), **values, actor=actor(), at=sight().now)
    except IntakeError as error:
        return _faulty(values, error)
    flash(_("Kept."), "good")
    return redirect(url_for("portal.account"), 303)


def change_password() -> AnyResponse | tuple[str, int]:
    """A new password signs everybody else out."""
    form, row, this = PasswordForm.sent(), account(), accounts.session_of(current_user.token)
    try:
        profile.change_password(row, old=form.old, new=form.new, since=signed_in_at(), at=sight().now)
    except IntakeError as error:
        return _faulty({}, error)
    second = this is not None and this.second_at is not None
    let_in(row, how="password", second=second)
    flash(_("Your password is changed. Every other browser is signed out."), "good")
    return redirect(url_for("portal.account"), 303)


def change_email() -> AnyResponse | tuple[str, int]:
    """Another address: a link goes there, and nothing changes before its click."""
    form, since = NewEmailForm.sent(), signed_in_at()
    try:
        new_address.ask(current_shop(), account(), form.email, form.email_password, since=since, at=sight().now)
    except IntakeError as error:
        return _faulty({"email": form.email}, error)
    flash(_("A link is on its way to the new address. Until its click everything stays as it is."), "good")
    return redirect(url_for("portal.account"), 303)


def end_sessions() -> AnyResponse:
    """Sign another browser out, or all others."""
    gone = profile.end_sessions(account(), only=SessionsForm.sent().session, but=current_user.token)
    flash(_("Signed out there.") if gone else _("Nobody else was signed in."), "good")
    return redirect(url_for("portal.account"), 303)


def data() -> Response:
    """Everything that we hold of a customer."""
    _must_be_customer()
    response = Response(
        orjson.dumps(customer_data.export(account()), option=orjson.OPT_INDENT_2), mimetype="application/json"
    )
    response.headers["Content-Disposition"] = "attachment; filename=my-data.json"
    return response


def data_archive() -> Response:
    """The same with every file of theirs."""
    _must_be_customer()
    pieces = customer_archive.archive(current_shop(), account(), actor(), at=sight().now)
    response = Response(pieces, mimetype="application/zip")
    response.headers["Content-Disposition"] = "attachment; filename=my-data.zip"
    return response


def erase() -> AnyResponse:
    """Forget me."""
    _must_be_customer()
    row = account()
    if ErasureForm.sent().sure.lower() != row.email:
        raise IntakeError(_("Write your e-mail address to say that you are sure."))
    customer_data.erase(current_shop(), row, actor=actor(), at=sight().now)
    logout_user()
    session.clear()
    flash(_("We have forgotten you. Goodbye."), "good")
    return redirect(url_for("signin.sign_in"), 303)


def _must_be_customer() -> None:
    if account().role != Role.CUSTOMER.value:
        raise AccessError
