"""The language of the moment. A page asks for it two hundred times."""

from __future__ import annotations

from babel import Locale
from flask_babel import get_locale

from craftops.web.frame.page_globals import page_globals


def language_now() -> str:
    """Its code alone; empty outside of a request."""
    try:
        found = page_globals()["_flask_babel"].babel_locale
    except (RuntimeError, KeyError, AttributeError):
        found = locale_now()
    return str(found.language) if found is not None else ""


def locale_now() -> Locale | None:
    """As ``flask_babel.get_locale``, which keeps it with the request, but with one look; None outside of a request."""
    try:
        kept = page_globals().get("_flask_babel")
    except RuntimeError:
        return None
    found: Locale | None = getattr(kept, "babel_locale", None)
    return found if found is not None else get_locale()
