"""Signing in and out: a password, or a link by e-mail that only a click uses up."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, session, url_for
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Role
from craftops.domain.people.audit import Deed
from craftops.domain.people.newcomers import NewCustomers
from craftops.errors import SignInRefused
from craftops.services.orders import first_orders, welcoming
from craftops.services.people import accounts, passkeys, profile, second_factor, steps
from craftops.store.auditing import note
from craftops.store.database import utcnow
from craftops.store.views.people import PersonView
from craftops.web.frame.language import choice
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import (
    DRAFT,
    SignedInUser,
    back,
    current_shop,
    remote_address,
    safe_path,
    session_token,
    shop_snapshot,
)
from craftops.web.frame.security import for_everybody
from craftops.web.people import known_browser, passkey_cookie
from craftops.web.people.forms import LanguageForm, OnwardForm, PasskeyForm, SignInForm, SignInLinkForm

blueprint = Blueprint("signin", __name__, url_prefix="/sign-in")
STEP = "step"
"""Where the signed cookie keeps the token of a sign-in that waits for its second factor."""


def install(app: Flask) -> None:
    """Teach Flask-Login who is who."""
    login = LoginManager(app)

    @login.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> SignedInUser | None:
        found = shop_snapshot().session if token == session_token() else None
        account = accounts.account_of_seen(found, at=utcnow()) if found else None
        return SignedInUser(account, token) if account else None

    # Flask would send the cookie anew with every answer, pictures too; one that was on its way while a form was
    # answered would then take that answer's message away. So a visitor's thirty days begin anew once a day.
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.before_request(_stay)


def _stay() -> None:
    today = utcnow().date().isoformat()
    if session.permanent and session.get("day") != today and current_user.is_authenticated:
        session["day"] = today


def let_in(account: PersonView, *, how: str = "", second: bool = False) -> None:
    """Start a session for this browser; what another one left in the cookie is forgotten. ``second``: a second factor
    was shown. Whoever may still have to show one goes through ``admit``."""
    if current_user.is_authenticated:
        accounts.end_session(current_user.token)
    brought = welcoming.bring(session.get(DRAFT, ""), account, at=utcnow())
    at = utcnow()
    agent, chosen = request.headers.get("User-Agent", ""), session.get(choice.CHOSEN, "")
    token = accounts.start_session(
        account, agent=agent, at=at, how=how, second_at=at if second else None, language=chosen or choice.asked_for()
    )
    note(Deed.SIGNED_IN, actor=accounts.actor_of(account), at=at, account=account.id, subject=account.email, after=how)
    session.clear()
    if chosen:
        session[choice.CHOSEN] = chosen
    session.permanent = True
    session["day"] = utcnow().date().isoformat()
    if brought:
        session["brought"] = brought[:50]
    login_user(SignedInUser(account, token))
    known_browser.remember(account.email)


def admit(account: PersonView, *, how: str, path: str, proved: bool = False) -> AnyResponse:
    """Somebody has proved once who they are, by ``how``: they are let in and come to ``path``, or are asked for their
    second factor. ``proved``: what they showed was two factors already."""
    shop, at = current_shop(), utcnow()
    if not proved and second_factor.is_demanded(shop, account):
        secret = "" if second_factor.factors_of(account.id).any else second_factor.begin(account)
        kept = {"how": how, "path": path, "secret": secret}
        session[STEP] = steps.begin(shop, steps.SECOND, account=account, kept=kept, at=at)
        return redirect(url_for("second.ask"), 303)
    let_in(account, how=how, second=proved)
    return redirect(onward(account, path), 303)


def home_of(account: PersonView) -> str:
    """Where somebody begins."""
    return url_for("portal.dashboard") if account.role == Role.CUSTOMER.value else url_for("staff.home")


def _form(status: int = 200, **context: Any) -> tuple[str, int]:
    welcome = first_orders.policy(current_shop()) is not NewCustomers.INVITATION
    values = {
        "email": "",
        "error": "",
        "welcome": welcome,
        "providers": [one for one in current_shop().plugins.identity_providers.values() if one.ready],
        "passkeys": passkeys.are_possible(current_shop()),
        "next": safe_path(OnwardForm.asked().next, ""),
        **context,
    }
    return render_template("signin/sign_in.html", **values), status


@blueprint.route("", methods=["GET", "POST"])
@for_everybody
def sign_in() -> AnyResponse | tuple[str, int]:
    """The form, and its answer."""
    if not current_shop().is_set_up():
        return redirect(url_for("setup.wizard"), 303)
    if request.method != "POST":
        if current_user.is_authenticated:
            return redirect(home_of(current_user.account), 303)
        return _form()
    form = SignInForm.sent()
    try:
        account = accounts.sign_in(
            form.email, form.password, address=remote_address(), at=utcnow(),
            browser=known_browser.number_for(form.email),
        )  # fmt: skip
    except SignInRefused as error:
        return _form(422, email=form.email, error=error.sentence)
    return admit(account, how="password", path=form.next)


def onward(account: PersonView, path: str) -> str:
    """Where the reader wanted to go, if that is theirs at all."""
    wanted = safe_path(path, "")
    if not wanted or (wanted.startswith("/staff") and account.role == Role.CUSTOMER.value) or wanted == "/":
        return home_of(account)
    return wanted


@blueprint.post("/language")
def choose_language() -> AnyResponse:
    """Another language for this browser, and for the account of whoever is signed in."""
    wanted = choice.known(LanguageForm.sent().language)
    if wanted:
        session[choice.CHOSEN] = wanted
        if current_user.is_authenticated:
            profile.choose_language(current_user.account, wanted)
    return redirect(back(url_for("signin.sign_in")), 303)


@blueprint.post("/link")
def ask_link() -> AnyResponse | tuple[str, int]:
    """Have a link sent. The answer is the same whether there is such an account or not."""
    form = SignInLinkForm.sent()
    if "@" not in form.email:
        return _form(422, email=form.email, error=_("Write your e-mail address first."))
    accounts.ask_link(form.email, next_path=safe_path(form.next, ""), at=utcnow())
    return render_template("signin/link_sent.html", email=form.email), 200


@blueprint.get("/link/<token>")
def link(token: str) -> tuple[str, int]:
    """The page behind the link: looking does not use it up, so that a mail scanner cannot."""
    good = accounts.link_is_good(token, at=utcnow())
    return render_template("signin/link.html", token=token, good=good), 200 if good else 410


@blueprint.post("/link/<token>")
def use_link(token: str) -> AnyResponse | tuple[str, int]:
    """The click: signs in, once."""
    try:
        account, path = accounts.use_link(token, at=utcnow())
    except SignInRefused as error:
        flash(error.sentence, "bad")
        return redirect(url_for("signin.sign_in"), 303)
    return admit(account, how="link", path=path)


@blueprint.post("/passkey/begin")
def begin_passkey() -> Response:
    """What the browser is asked for any passkey of this shop, as JSON."""
    token, options = passkeys.begin_showing(current_shop(), address=remote_address(), at=utcnow())
    return passkey_cookie.asked(options, token)


@blueprint.post("/passkey")
def use_passkey() -> AnyResponse | tuple[str, int]:
    """A passkey: the device, and what unlocks it, are two factors."""
    form, begun = PasskeyForm.sent(), passkey_cookie.begun()
    try:
        account = passkeys.show(current_shop(), begun, form.credential, address=remote_address(), at=utcnow())
    except SignInRefused as error:
        return _form(422, error=error.sentence)
    return admit(account, how="passkey", path=form.next, proved=True)


@blueprint.post("/out")
def sign_out() -> Response | AnyResponse:
    """End this session for good, not only its cookie."""
    if current_user.is_authenticated:
        accounts.end_session(current_user.token)
        who = current_user.account
        note(Deed.SIGNED_OUT, actor=accounts.actor_of(who), at=utcnow(), account=who.id, subject=who.email)
    logout_user()
    session.clear()
    flash(_("You are signed out."), "good")
    answer = redirect(url_for("signin.sign_in"), 303)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'  # what was kept of a half-sent upload, too
    return answer
