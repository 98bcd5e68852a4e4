"""gettext of the pages: a message in the language of whoever reads, by our catalogues.

As of flask_babel, whose choice of the language it follows; that looks its way up anew for each message, and a page says
a hundred and fifty.
"""

from __future__ import annotations

from typing import Any, cast

from flask_babel.speaklater import LazyString

from craftops.web.frame.language.catalogues import SOURCE, LanguageCatalogue, catalogue
from craftops.web.frame.language.now import language_now


def gettext(message: str, **values: Any) -> str:
    """The message, with ``values`` in the place of ``%(name)s``; without any a percent sign is one."""
    said = _spoken().say(message)
    return said % values if values else said


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """The form of a message for a number, which it may name as ``%(num)d``."""
    return _spoken().say_number(one, many, num) % {"num": num, **values}


def lazy_gettext(message: str, **values: Any) -> str:
    """A message that is said in the language of whoever reads it, when they read it."""
    return cast(str, LazyString(gettext, message, **values))


def _spoken() -> LanguageCatalogue:
    return catalogue(language_now() or SOURCE)
