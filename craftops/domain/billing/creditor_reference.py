"""The reference that a payer copies into a transfer: ISO 11649, "RF", two check digits, up to 21 letters and digits."""

from __future__ import annotations

import re
from itertools import pairwise

from stdnum import iban, iso11649
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10

from craftops.domain.billing.statements import squeezed
from craftops.errors import IntakeError

LONGEST = 21
"""Letters and digits after the check digits."""
BEGIN = re.compile(r"(?<![0-9A-Z])RF[ \-.]?(?=[0-9])")


def creditor_reference(code: str) -> str:
    """The reference for an order's code or an invoice's number: "R-2026-0001" gives "RF.. R20260001" without spaces.

    Raises IntakeError where nothing is left of the code, or more than 21 letters and digits.
    """
    body = squeezed(code)
    if not 1 <= len(body) <= LONGEST:
        raise IntakeError(f'"{code[:40]}" makes no reference: it needs 1 to {LONGEST} letters or digits.')
    return f"RF{mod_97_10.calc_check_digits(f'{body}RF')}{body}"


def is_creditor_reference(reference: str) -> bool:
    """Whether the check digits are right; spaces do not matter."""
    return bool(iso11649.is_valid(reference))


def in_groups(number: str) -> str:
    """A reference or IBAN as people read it, in groups of four."""
    plain = squeezed(number)
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def references_in(text: str) -> tuple[str, ...]:
    """Every creditor reference in free text, written with spaces or without, in order.

    Words may follow it, and one time in 97 the check digits fit a longer or a shorter piece as well: then there are
    several, the longest first. Whoever knows what was asked for compares with that.
    """
    capitals = text.upper()
    found: dict[str, None] = {}
    for begin in BEGIN.finditer(capitals):
        pieces = re.split(r"[\s\-./,:]+", capitals[begin.start() : begin.start() + 80])
        ends = ["".join(pieces[:count]) for count in range(1, len(pieces) + 1)]
        found.update(dict.fromkeys(one for one in reversed(ends) if one.isalnum() and is_creditor_reference(one)))
    return tuple(found)


def names(text: str, code: str) -> bool:
    """Whether free text names a code as a word of its own: case does not matter, nor what stands between its parts.

    "2026-0001" is named by "Invoice 2026 0001" and by "20260001", and neither by "12026-0001" nor by "2026-00012".
    """
    characters = squeezed(code)
    if not characters:
        return False
    gaps = {index for index, (one, other) in enumerate(pairwise(_spread(code)), 1) if one != other}
    between = [r"[\W_]{0,3}" if index in gaps else r"\s?" for index in range(1, len(characters))]
    pattern = characters[0] + "".join(gap + letter for gap, letter in zip(between, characters[1:], strict=True))
    return re.search(rf"(?<![0-9A-Z]){pattern}(?![0-9A-Z])", text.upper()) is not None


def _spread(code: str) -> list[int]:
    """For each letter or digit of a code, the number of the part that it stands in."""
    parts = re.findall(r"[0-9A-Z]+", code.upper())
    return [index for index, part in enumerate(parts) for _character in part]


def valid_iban(said: str) -> str:
    """An IBAN without spaces. Raises IntakeError with a sentence for one that cannot be right."""
    try:
        return str(iban.validate(said))
    except ValidationError:
        raise IntakeError(f'"{said.strip()[:40]}" is no IBAN; look for a digit that is missing or swapped.') from None
