"""An invoice that was issued, as it is handed to whoever takes it to its buyer (``deliver_invoice``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from craftops.domain.billing.money import Money

LONGEST_PLACE = 200
"""Characters of where an invoice went."""


@dataclass(frozen=True, slots=True)
class InvoicePapers:
    """An invoice, a deposit invoice or a credit note. Its bytes are those that the buyer downloads."""

    key: str
    """Names this invoice in every try: what was taken under it before is not taken twice."""
    number: str
    kind: str
    """``"invoice"``, ``"deposit"`` or ``"credit"``."""
    issued_on: date
    """In the shop's zone."""
    buyer: str
    buyer_email: str
    buyer_vat_id: str
    """Empty for a consumer."""
    buyer_country: str
    """ISO 3166, two letters."""
    buyer_reference: str
    """The buyer's own number of the order (BT-10); empty where they named none."""
    order_code: str
    gross: Money
    pdf: bytes = field(repr=False)
    xml: bytes = field(repr=False)
    """EN 16931 as CII, the original of an e-invoice; empty where the document is none."""
