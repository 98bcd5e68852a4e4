"""The second step of a sign-in: a code, a recovery code, or the set-up of an app where the shop asks for one."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import AccessError, IntakeError, SignInRefused
from craftops.services.people import passkeys, second_factor, steps
from craftops.services.people.steps import SECOND, Step
from craftops.store.database import utcnow
from craftops.store.views.people import PersonView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import current_shop, remote_address
from craftops.web.people import passkey_cookie
from craftops.web.people.forms import FactorCodeForm, PasskeyForm
from craftops.web.people.present_factors import app_set_up
from craftops.web.people.signin import STEP, let_in, onward
from craftops.web.people.views_factors import SecondPage

blueprint = Blueprint("second", __name__, url_prefix="/sign-in/second")
CODES = "codes"
"""Where the signed cookie keeps under which token new recovery codes wait to be read, once."""


def waiting() -> tuple[Step, PersonView]:
    """The sign-in of this browser that waits for its second step. Raises SignInRefused."""
    step = steps.look(current_shop(), SECOND, session.get(STEP, ""), at=utcnow())
    if step.account is None:
        raise SignInRefused(steps.OVER)
    return step, step.account


@blueprint.errorhandler(SignInRefused)
def begin_anew(error: SignInRefused) -> AnyResponse:
    """Back to the beginning."""
    session.pop(STEP, None)
    flash(error.sentence, "bad")
    return redirect(url_for("signin.sign_in"), 303)


@blueprint.get("")
def ask() -> str:
    """Which factor?"""
    step, account = waiting()
    return _page(step, account, "")


def _page(step: Step, account: PersonView, error: str) -> str:
    factors = second_factor.factors_of(account.id)
    if factors.any:
        page = SecondPage(account.email, factors.app_since is not None, factors.passkeys > 0, error)
        return render_template("signin/second.html", page=page)
    secret = step.kept.get("secret", "")
    if not secret:  # what they had was taken away meanwhile
        raise SignInRefused(steps.OVER)
    page_of_app = app_set_up(account.email, secret, current_shop().profile().name, error)
    return render_template("signin/enrol.html", page=page_of_app)


@blueprint.post("")
def show() -> AnyResponse | tuple[str, int]:
    """The code."""
    step, account = waiting()
    try:
        second_factor.check(current_shop(), account, FactorCodeForm.sent().code, at=utcnow())
    except IntakeError as error:
        return _page(step, account, error.sentence), 422
    return finish()


@blueprint.post("/set-up")
def set_up() -> AnyResponse | tuple[str, int]:
    """The first code of an app, of somebody who has no second factor and needs one."""
    step, account = waiting()
    if second_factor.factors_of(account.id).any:
        raise AccessError
    secret, code = step.kept.get("secret", ""), FactorCodeForm.sent().code
    try:
        codes = second_factor.confirm(current_shop(), account, secret, code, at=utcnow())
    except IntakeError as error:
        return _page(step, account, error.sentence), 422
    answer = finish()
    keep_codes(account, codes)
    flash(_("Your second factor is on."), "good")
    answer.headers["Location"] = url_for("portal.recovery_codes")
    return answer


@blueprint.post("/passkey/begin")
def begin_passkey() -> Response:
    """What the browser is asked, as JSON."""
    _step, account = waiting()
    token, options = passkeys.begin_showing(current_shop(), account=account, address=remote_address(), at=utcnow())
    return passkey_cookie.asked(options, token)


@blueprint.post("/passkey")
def show_passkey() -> AnyResponse | tuple[str, int]:
    """A passkey of theirs."""
    step, account = waiting()
    answer = PasskeyForm.sent().credential
    try:
        shown = passkeys.show(current_shop(), passkey_cookie.begun(), answer, address=remote_address(), at=utcnow())
    except SignInRefused as error:
        return _page(step, account, error.sentence), 422
    if shown.id != account.id:
        raise AccessError
    return finish()


def finish() -> AnyResponse:
    """Both factors were shown: let them in, by the step that this browser has begun. Raises SignInRefused."""
    step = steps.take(current_shop(), SECOND, session.get(STEP, ""), at=utcnow())
    if step.account is None:
        raise SignInRefused(steps.OVER)
    let_in(step.account, how=str(step.kept.get("how", "")), second=True)
    return redirect(onward(step.account, str(step.kept.get("path", ""))), 303)


def keep_codes(account: PersonView, codes: tuple[str, ...]) -> None:
    """Lay new recovery codes ready for the page that shows them once."""
    kept = {"codes": list(codes)}
    session[CODES] = steps.begin(current_shop(), CODES, account=account, kept=kept, at=utcnow())
