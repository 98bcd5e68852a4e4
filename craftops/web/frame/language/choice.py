"""Whose language: an account's own, what a visitor chose, what their browser asks for, what the shop speaks."""

from __future__ import annotations

from typing import Any

from babel import Locale
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, Domain
from flask_login import current_user

from craftops.store.models import AccountRow
from craftops.web.frame.language.catalogues import LANGUAGES, SOURCE, LanguageCatalogue, catalogue
from craftops.web.frame.language.now import locale_now
from craftops.web.frame.language.templates import language
from craftops.web.frame.request_context import current_shop, shop_snapshot

CHOSEN = "language"
"""Where the signed cookie keeps what a visitor has chosen."""


def known(code: str) -> str:
    """The language of this code, "de" for "de-AT", if we speak it; else nothing."""
    short = code.replace("_", "-").split("-", 1)[0].lower()
    return short if short in LANGUAGES else ""


def reader() -> str:
    """The language of whoever reads the answer to this request; English outside of one."""
    if not has_request_context():
        return SOURCE
    if request.path.startswith("/api/"):
        return asked_for() or SOURCE
    if current_user and current_user.is_authenticated and (own := known(current_user.account.language)):
        return own
    return known(session.get(CHOSEN, "")) or asked_for() or known(shop_snapshot().profile.language) or SOURCE


def asked_for() -> str:
    """What the browser asks for, of those that we speak; empty when it asks for nothing that we have."""
    return request.accept_languages.best_match(LANGUAGES) or "" if request.accept_languages else ""


def of_account(account: AccountRow) -> str:
    """The language of mails to somebody: their own choice, what their browser spoke last, the shop's."""
    return (
        known(account.language) or known(account.browser_language)
        or known(current_shop().profile().language) or SOURCE
    )  # fmt: skip


def direction() -> str:
    """How the reader's language runs: "ltr" or "rtl"."""
    return str(Locale.parse(language()).text_direction)


def name_of(code: str) -> str:
    """A language's name in itself: "Deutsch"."""
    return str(Locale.parse(code).get_display_name(code)).capitalize()


def others() -> tuple[tuple[str, str], ...]:
    """The languages that a reader may change to, each with its name in itself."""
    return tuple((one, name_of(one)) for one in LANGUAGES if one != language())


class CatalogueDomain(Domain):  # type: ignore[misc]
    """gettext over our catalogues."""

    def gettext(self, string: str, **variables: Any) -> str:
        said = _spoken().say(string)
        return said % variables if variables else said

    def ngettext(self, singular: str, plural: str, num: int, **variables: Any) -> str:
        return _spoken().say_number(singular, plural, num) % {"num": num, **variables}


class _Speech(Babel):  # type: ignore[misc]
    domain_instance = CatalogueDomain()


def _spoken() -> LanguageCatalogue:
    """The catalogue of the moment."""
    locale = locale_now()
    return catalogue(locale.language if locale else SOURCE)


def install(app: Flask) -> None:
    """Have gettext, dates and numbers follow the reader."""
    _Speech(app, default_locale=SOURCE, locale_selector=reader)
    words = _Speech.domain_instance
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=words.gettext, ngettext=words.ngettext, newstyle=True
    )
