"""A discount on a document as a whole: one line for each kind of tax, so that every tax is reckoned on what is paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

from craftops.domain.billing.documents import DocumentLine
from craftops.domain.billing.tax import Tax
from craftops.domain.billing.totals import rounded


def discount_lines(lines: Sequence[DocumentLine], share: int, title: str) -> tuple[DocumentLine, ...]:
    """``share`` (hundredths of a per cent) off all of ``lines``, net or gross as these are; nothing where it
    rounds to 0.

    Raises ValueError for a share that is not between 0 and the whole.
    """
    if not 0 <= share <= 10_000:
        raise ValueError("A discount is between nothing and everything.")
    sums: dict[Tax, int] = defaultdict(int)
    for line in lines:
        sums[line.tax] += line.item.reduced
    off = {tax: rounded(Fraction(amount * share, 10_000)) for tax, amount in sorted(sums.items())}
    return tuple(DocumentLine(title, 1, -amount, tax, of_document=True) for tax, amount in off.items() if amount)
