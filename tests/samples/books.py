"""Journals for tests: entries that a shop may have, by hypothesis."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from craftops.domain.billing.journal import DOCUMENTS, EntryKind, JournalEntry, PayMeans, TaxedAmount

RATES = {"S": ("19", "7"), "Z": ("0",), "E": ("0",), "AE": ("0",), "K": ("0",), "G": ("0",)}
minors = st.integers(-(10**9), 10**9)
words = st.text(max_size=30)


@st.composite
def taxed(draw: st.DrawFn) -> TaxedAmount:
    category = draw(st.sampled_from(sorted(RATES)))
    rate = Decimal(draw(st.sampled_from(RATES[category])))
    net = draw(minors)
    return TaxedAmount(net, int(net * rate / 100), rate, category)


@st.composite
def entries(draw: st.DrawFn, currencies: tuple[str, ...] = ("EUR", "JPY", "KWD")) -> JournalEntry:
    """One entry of any kind in 2026, with names and numbers of anybody."""
    kind = draw(st.sampled_from(sorted(EntryKind)))
    is_document = kind in DOCUMENTS
    return JournalEntry(
        on=date.fromordinal(draw(st.integers(date(2026, 1, 1).toordinal(), date(2026, 12, 31).toordinal()))),
        number=draw(words),
        kind=kind,
        currency=draw(st.sampled_from(currencies)),
        customer=draw(words),
        customer_number=str(draw(st.integers(10_000, 69_999))),
        parts=tuple(draw(st.lists(taxed(), min_size=1, max_size=3))) if is_document else (),
        amount=0 if is_document else draw(st.integers(1, 10**9)),
        means=draw(st.sampled_from(sorted(PayMeans))),
        refers_to=draw(words),
        text=draw(words),
    )
