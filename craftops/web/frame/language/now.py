"""The language of the moment. A page asks for it two hundred times."""

from __future__ import annotations

from babel import Locale
from flask import g
from flask_babel import get_locale


def locale_now() -> Locale | None:
    """As ``flask_babel.get_locale``, which keeps it with the request, but with one look; None outside of a request."""
    try:
        kept = vars(g._get_current_object()).get("_flask_babel")
    except RuntimeError:
        return None
    found: Locale | None = getattr(kept, "babel_locale", None)
    return found if found is not None else get_locale()
