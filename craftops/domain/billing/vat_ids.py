"""VAT numbers of the EU: written the one way, and their check digits looked at (never whether they are in force)."""

from __future__ import annotations

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from craftops.errors import IntakeError


def check_vat_id(text: str) -> str:
    """ "de 136 695 976" as "DE136695976". Raises IntakeError for what no member state gives out.

    The rules of each state are python-stdnum's.
    """
    try:
        return str(vat.validate(text.strip()))
    except ValidationError:
        raise IntakeError("This is no VAT number of the EU. It looks like DE136695976.") from None
