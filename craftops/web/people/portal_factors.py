"""A person's own page of how they sign in: an authenticator app, recovery codes, passkeys."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from flask import Blueprint, Response, flash, redirect, render_template, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import CraftOpsError, IntakeError, RuleError, SignInRefused
from craftops.services.people import accounts, passkeys, second_factor, steps
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import account, current_shop, sight
from craftops.web.people import passkey_cookie
from craftops.web.people.forms import FactorCodeForm, PasskeyForm, PasskeyNameForm, PasskeyRemovalForm, ProofForm
from craftops.web.people.present_factors import factors_page
from craftops.web.people.second import CODES, keep_codes

Page = AnyResponse | tuple[str, int]
APP = "app"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Where the signed cookie keeps the token of an app that is being set up."""


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/account/sign-in", view_func=own_factors)
    blueprint.add_url_rule("/account/sign-in/codes", view_func=recovery_codes)
    for rule, view in (
        ("sign-in/app", begin_app),
        ("sign-in/app/confirm", confirm_app),
        ("sign-in/app/off", switch_app_off),
        ("sign-in/codes", new_codes),
        ("passkeys/begin", begin_passkey),
        ("passkeys", add_passkey),
        ("passkeys/remove", remove_passkey),
    ):
        blueprint.add_url_rule(f"/account/{rule}", view_func=view, methods=["POST"])


def own_factors() -> str:
    """The page."""
    return render_template("portal/factors.html", page=factors_page(current_shop(), account(), {}, secret=_secret()))


def _faulty(error: IntakeError) -> tuple[str, int]:
    errors, name = error.fields or {"name": error.sentence}, PasskeyNameForm.sent().name[:100]
    page = factors_page(current_shop(), account(), errors, name=name, secret=_secret())
    return render_template("portal/factors.html", page=page), 422


def _prove() -> None:
    """Once more: is it them? Raises IntakeError."""
    second_factor.prove(current_shop(), account(), ProofForm.sent().proof, since=signed_in_at(), at=sight().now)


def signed_in_at() -> datetime:
    """When whoever asks has signed in here; long ago where nobody knows."""
    row = accounts.session_of(current_user.token)
    return row.created_at if row is not None else LONG_AGO


def _home() -> AnyResponse:
    return redirect(url_for("portal.own_factors"), 303)


def begin_app() -> AnyResponse:
    """A secret for an app, which this browser alone is shown."""
    kept = {"secret": second_factor.begin(account())}
    session[APP] = steps.begin(current_shop(), steps.APP, account=account(), kept=kept, at=sight().now)
    return _home()


def _secret() -> str:
    """Of the app that this browser is setting up; empty for none."""
    try:
        step = steps.look(current_shop(), steps.APP, session.get(APP, ""), at=sight().now)
    except SignInRefused:
        return ""
    return str(step.kept.get("secret", "")) if step.account is not None and step.account.id == account().id else ""


def confirm_app() -> Page:
    """The first code: from now on they count."""
    try:
        _prove()
        secret, code = _secret(), FactorCodeForm.sent().code
        if not secret:
            raise RuleError(steps.OVER)
        codes = second_factor.confirm(current_shop(), account(), secret, code, at=sight().now, keep=current_user.token)
    except IntakeError as error:
        return _faulty(error)
    session.pop(APP, None)
    keep_codes(account(), codes)
    flash(_("Your second factor is on. Every other browser is signed out."), "good")
    return redirect(url_for("portal.recovery_codes"), 303)


def new_codes() -> Page:
    """Ten new recovery codes in place of the old ones."""
    try:
        _prove()
    except IntakeError as error:
        return _faulty(error)
    keep_codes(account(), second_factor.new_codes(account(), at=sight().now))
    return redirect(url_for("portal.recovery_codes"), 303)


def recovery_codes() -> AnyResponse | str:
    """New recovery codes, shown once."""
    try:
        step = steps.take(current_shop(), CODES, session.pop(CODES, ""), at=sight().now)
    except SignInRefused:
        return _home()
    if step.account is None or step.account.id != account().id:
        return _home()
    return render_template("portal/recovery_codes.html", codes=step.kept["codes"])


def switch_app_off() -> Page:
    """Codes do not count any more."""
    try:
        _prove()
    except IntakeError as error:
        return _faulty(error)
    second_factor.switch_off(account(), at=sight().now)
    flash(_("Codes are not asked for any more."), "good")
    return _home()


def begin_passkey() -> Response:
    """What the browser is asked, as JSON."""
    try:
        _prove()
        name = PasskeyNameForm.sent().name
        token, options = passkeys.begin_making(current_shop(), account(), name, at=sight().now)
    except CraftOpsError as error:
        return _said(error)
    return passkey_cookie.asked(options, token)


def _said(error: CraftOpsError) -> Response:
    """A refusal for the script of the page: the sentence, at its field."""
    fields = getattr(error, "fields", {})
    body = {"detail": " ".join(filter(None, (error.sentence, getattr(error, "instead", "")))), "fields": fields}
    answer = Response(orjson.dumps(body), mimetype="application/problem+json")
    answer.status_code = 409 if isinstance(error, RuleError) else 422
    return answer


def add_passkey() -> AnyResponse:
    """What a device has made."""
    try:
        answer = PasskeyForm.sent().credential
        row = passkeys.make(current_shop(), account(), passkey_cookie.begun(), answer, at=sight().now)
    except (IntakeError, SignInRefused) as error:
        flash(error.sentence, "bad")
    else:
        flash(_("%(name)s lets you in from now on.", name=row.name), "good")
    return _home()


def remove_passkey() -> Page:
    """It opens nothing any more."""
    number = PasskeyRemovalForm.sent().passkey
    try:
        _prove()
    except IntakeError as error:
        return _faulty(error)
    passkeys.remove(account(), number, at=sight().now)
    flash(_("The passkey is removed here. Remove it on your device, too."), "good")
    return _home()
