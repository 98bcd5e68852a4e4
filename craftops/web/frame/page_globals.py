"""What one request keeps with itself, reached by one look.

Each name that is read of Flask's ``g`` costs five calls, since ``g`` stands for another object. What the frame asks for
all the time is read of that object itself, and that object of the context where Flask keeps it.
"""

from __future__ import annotations

from typing import Any

from flask.globals import _cv_app as _context


def page_globals() -> dict[str, Any]:
    """The names of ``g`` with their values, themselves: what is set here stands there. Raises RuntimeError outside of
    an app's context."""
    try:
        found: dict[str, Any] = _context.get().g.__dict__
    except LookupError:
        raise RuntimeError("outside of an app's context") from None
    return found
