"""Which documents a transfer names, and which it might mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from craftops.domain.billing.allocation import OpenDocument, TransferReason
from craftops.domain.billing.creditor_reference import names, references_in
from craftops.domain.billing.statements import BankTransaction, one_line, squeezed

SHORTEST = 6
"""Letters and digits of a number that proves something by standing in a text; "2026" stands in many."""
MOST_GUESSES = 5
GUESSES = (
    TransferReason.PARTY_AND_AMOUNT,
    TransferReason.SHORT_NUMBER,
    TransferReason.AMOUNT_ALONE,
    TransferReason.PARTY_ALONE,
)
"""The likeliest first."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Documents that a transfer names. ``is_shared``: by a code or reference that they may share, no number."""

    documents: tuple[OpenDocument, ...]
    is_shared: bool = False


class _By(IntEnum):
    """What kind of name proves a document."""

    NUMBER = 0
    REFERENCE = 1
    CODE = 2


class NameIndex:
    """Documents by what they are called. What is open of them changes from transfer to transfer, their names do not."""

    def __init__(self, documents: Iterable[OpenDocument]) -> None:
        self._codes: list[tuple[str, str, str, _By]] = []
        self._names: dict[str, tuple[frozenset[str], ...]] = {}
        for each in documents:
            by = {_By.NUMBER: (each.number,), _By.REFERENCE: each.references, _By.CODE: each.codes}
            self._codes += [(squeezed(said), said, each.key, kind) for kind, codes in by.items() for said in codes]
            self._names[each.key] = tuple(words for name in each.names if (words := _words(name)))

    def named(self, one: BankTransaction, documents: Mapping[str, OpenDocument]) -> Naming:
        """By number and reference; by the code of an order where no document of its own is named."""
        written = one_line(one.text, one.end_to_end, *one.references)
        text = squeezed(written)
        given = {squeezed(said) for said in (*one.references, one.end_to_end, *references_in(written))} - {""}
        found: dict[_By, list[str]] = {kind: [] for kind in _By}
        for plain, said, key, kind in self._codes:
            # a look first and the pattern after: most documents are not named at all
            if plain in text and (
                (kind is _By.REFERENCE and plain in given) or (len(plain) >= SHORTEST and names(written, said))
            ):
                found[kind].append(key)
        by_number, by_reference = found[_By.NUMBER], found[_By.REFERENCE]
        is_narrowed = bool(by_number) and set(by_number) <= set(by_reference)
        explicit = by_number if is_narrowed else [*by_number, *by_reference]
        keys = dict.fromkeys(explicit or found[_By.CODE])
        return Naming(tuple(documents[key] for key in keys), is_shared=not by_number)

    def guesses(
        self, one: BankTransaction, documents: Mapping[str, OpenDocument]
    ) -> list[tuple[OpenDocument, TransferReason]]:
        """Documents that it might pay, the likeliest first, with the reason. None of them is proven."""
        party, money = _words(one.party), one.amount
        ranked = [
            (each, self._why(one, each, party))
            for each in documents.values()
            if (each.open.minor == money.minor or any(words <= party for words in self._names[each.key]))
            and each.open.minor > 0
            and each.open.currency == money.currency
        ]
        ranked.sort(key=lambda pair: (GUESSES.index(pair[1]), pair[0].due_on is None, pair[0].due_on, pair[0].number))
        return ranked[:MOST_GUESSES]

    def _why(self, one: BankTransaction, document: OpenDocument, party: frozenset[str]) -> TransferReason:
        is_amount = document.open == one.amount
        if is_amount and any(words <= party for words in self._names[document.key]):
            return TransferReason.PARTY_AND_AMOUNT
        if len(squeezed(document.number)) < SHORTEST and names(one.text, document.number):
            return TransferReason.SHORT_NUMBER
        return TransferReason.AMOUNT_ALONE if is_amount else TransferReason.PARTY_ALONE


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", name.casefold()))
