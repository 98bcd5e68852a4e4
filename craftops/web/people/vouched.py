"""Signing in by somebody else's word: away to them, and back."""

from __future__ import annotations

import hmac
import logging
import secrets

from flask import Blueprint, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import AccessError, OutsideError, SignInRefused
from craftops.sdk.identity import IdentityProvider
from craftops.services.people import limits, steps, vouching
from craftops.store.database import utcnow
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import current_shop, remote_address, safe_path
from craftops.web.people.signin import admit

log = logging.getLogger("craftops.sign_in")
blueprint = Blueprint("vouched", __name__, url_prefix="/sign-in/with")
AWAY = "away"
"""Where the signed cookie keeps the token of a sign-in that is away at a provider."""
MOST_BEGUN = 60
"""Of one network address within a quarter of an hour."""


def _provider(name: str) -> IdentityProvider:
    found = current_shop().plugins.identity_providers.get(name)
    if found is None or not found.ready:
        raise AccessError
    return found


def _back(name: str) -> str:
    """The address that the provider sends the browser back to: that of ``base_url``, whatever the request says."""
    return current_shop().config.base_url + url_for("vouched.come_back", provider=name)


@blueprint.get("/<provider>")
def go_away(provider: str) -> AnyResponse:
    """To the provider; what is needed on the way back is kept for this browser alone."""
    one, state = _provider(provider), secrets.token_urlsafe(32)
    limits.count(f"away:{remote_address()}", MOST_BEGUN, at=utcnow())
    try:
        sent = one.begin(_back(provider), state)
    except OutsideError as error:
        return _failed(one, error)
    kept = {
        "provider": provider, "state": state, "path": safe_path(request.args.get("next", ""), ""),
        "kept": dict(sent.kept),
    }  # fmt: skip
    session[AWAY] = steps.begin(current_shop(), AWAY, kept=kept, at=utcnow())
    return redirect(sent.address, 303)


@blueprint.get("/<provider>/back")
def come_back(provider: str) -> AnyResponse:
    """Back again: by whom they went, in the browser in which they went, once."""
    one, shop = _provider(provider), current_shop()
    try:
        step = steps.take(shop, AWAY, session.pop(AWAY, ""), at=utcnow())
        told = request.args.get("state", "")
        if step.kept["provider"] != provider or not hmac.compare_digest(told.encode(), step.kept["state"].encode()):
            raise SignInRefused(steps.OVER)
        who = one.finish(dict(request.args.items()), step.kept["kept"], _back(provider))
        account = vouching.account_of(one, who, at=utcnow())
    except OutsideError as error:
        return _failed(one, error)
    except SignInRefused as error:
        flash(error.sentence, "bad")
        return redirect(url_for("signin.sign_in"), 303)
    return admit(account, how=provider, path=step.kept["path"], proved=who.two_factors)


def _failed(provider: IdentityProvider, error: OutsideError) -> AnyResponse:
    """It did not work there: how, staff read at the plugin; the reader only that it did not."""
    plugins = current_shop().plugins
    plugins.failed(plugins.identity_plugins.get(provider.name, provider.name), "sign_in", error.sentence)
    log.warning("%s: %s", provider.name, error.sentence)
    flash(_("Signing in with %(name)s did not work. Try again, or sign in another way.", name=provider.title), "bad")
    return redirect(url_for("signin.sign_in"), 303)
