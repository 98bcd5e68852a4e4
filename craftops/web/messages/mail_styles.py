"""Styles of mails."""

from __future__ import annotations


def styled(page: str) -> str:
    """A mail with its styles where mail programs look for them, at each element."""
    import css_inline  # by the first mail: a web process writes none

    return str(css_inline.inline(page, load_remote_stylesheets=False, keep_at_rules=True))
