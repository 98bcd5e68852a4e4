"""Whose language: an account's own, what a visitor chose, what their browser asks for, what the shop speaks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

from babel import Locale
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, Domain

from craftops.web.frame.language import translation
from craftops.web.frame.language.catalogues import LANGUAGES, SOURCE
from craftops.web.frame.language.templates import language
from craftops.web.frame.request_context import current_shop, shop_snapshot, signed_in

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
    user = signed_in()
    if user is not None and (own := known(user.account.language)):
        return own
    return known(session.get(CHOSEN, "")) or asked_for() or known(shop_snapshot().profile.language) or SOURCE


def _locale() -> Locale:
    return _read(reader())


@lru_cache(maxsize=64)
def _read(code: str) -> Locale:
    return Locale.parse(code)


def asked_for() -> str:
    """What the browser asks for, of those that we speak; empty when it asks for nothing that we have."""
    return request.accept_languages.best_match(LANGUAGES) or "" if request.accept_languages else ""


class Speaker(Protocol):
    """Somebody who may have chosen a language, and whose browser spoke one."""

    @property
    def language(self) -> str: ...
    @property
    def browser_language(self) -> str: ...


def of_account(account: Speaker) -> str:
    """The language of mails to somebody: their own choice, what their browser spoke last, the shop's."""
    return (
        known(account.language) or known(account.browser_language)
        or known(current_shop().profile().language) or SOURCE
    )  # fmt: skip


def direction() -> str:
    """How the reader's language runs: "ltr" or "rtl"."""
    return _direction(language())


@lru_cache(maxsize=64)
def _direction(speaks: str) -> str:
    return str(Locale.parse(speaks).text_direction)


def name_of(code: str) -> str:
    """A language's name in itself: "Deutsch"."""
    return str(Locale.parse(code).get_display_name(code)).capitalize()


def others() -> tuple[tuple[str, str], ...]:
    """The languages that a reader may change to, each with its name in itself."""
    return _others(language(), LANGUAGES)


@lru_cache(maxsize=64)
def _others(speaks: str, languages: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((one, name_of(one)) for one in languages if one != speaks)


class CatalogueDomain(Domain):  # type: ignore[misc]
    """Our gettext for whoever asks flask_babel for it, as plugins may."""

    def gettext(self, string: str, **variables: Any) -> str:
        return translation.gettext(string, **variables)

    def ngettext(self, singular: str, plural: str, num: int, **variables: Any) -> str:
        return translation.ngettext(singular, plural, num, **variables)


class _Speech(Babel):  # type: ignore[misc]
    domain_instance = CatalogueDomain()


def install(app: Flask) -> None:
    """Have gettext, dates and numbers follow the reader."""
    _Speech(app, default_locale=SOURCE, locale_selector=_locale)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=translation.gettext, ngettext=translation.ngettext, newstyle=True
    )
