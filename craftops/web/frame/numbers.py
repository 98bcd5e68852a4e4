"""Whole numbers in addresses and forms: one reading of them everywhere.

``str.isdigit`` takes "²", and ``int`` takes digits of every script and thousands of them; a database takes 64 bits.
"""

from __future__ import annotations

import re

from werkzeug.routing import IntegerConverter

NUMBER = re.compile(r"[0-9]{1,15}")


def is_number(text: str) -> bool:
    """Whether it is a whole number that can be an id or a count."""
    return NUMBER.fullmatch(text) is not None


def whole(text: str) -> int:
    """The number; for ``request.args.get(…, type=whole)``. Raises ValueError."""
    if not is_number(text.strip()):
        raise ValueError("It is no whole number.")
    return int(text)


class Number(IntegerConverter):
    """``<int:…>`` of an address: another text is no such address."""

    regex = NUMBER.pattern
