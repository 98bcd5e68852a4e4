"""Creditor references (ISO 11649): what a transfer says so that it finds its invoice, with check digits."""

from __future__ import annotations

import re

from stdnum import iso11649
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10

LONGEST = 21
FOUND = re.compile(r"RF\d\d[A-Z0-9]{1,21}")


def creditor_reference(text: str) -> str:
    """The reference made of a document's number: "R-2026-0041" gives "RF42R20260041"."""
    body = re.sub(r"[^A-Z0-9]", "", text.upper())[:LONGEST]
    return f"RF{mod_97_10.calc_check_digits(body + 'RF')}{body}"


def read_reference(text: str) -> str:
    """The reference that ``text`` is, however it is spaced and written; empty for none or a wrong one."""
    try:
        return str(iso11649.validate(text))
    except ValidationError:
        return ""
