"""What pages read of transfers."""

from __future__ import annotations

from collections.abc import Iterable

from craftops.store.models import BankTransactionRow, InvoiceRow
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns
from craftops.store.views.billing import WaitingTransfer

_IN_STATE: Prepared[WaitingTransfer] = Prepared(
    lambda state: (
        BankTransactionRow.select(*columns(WaitingTransfer, BankTransactionRow))
        .where(BankTransactionRow.state == state)
        .order_by(BankTransactionRow.id)
    ),
    WaitingTransfer,
)


def transfers(state: str) -> list[WaitingTransfer]:
    """Transfers of this state, the oldest first."""
    return _IN_STATE.all(state)


def invoice_numbers(ids: Iterable[int]) -> dict[int, str]:
    """The numbers of invoices, by id."""
    rows = InvoiceRow.select(InvoiceRow.id, InvoiceRow.number).where(InvoiceRow.id.in_(list(ids)))
    return {row.id: row.number for row in rows}
