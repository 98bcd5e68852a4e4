"""Which documents a transfer names, and which it might mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from craftops.domain.billing.allocation import OpenDocument, Why
from craftops.domain.billing.creditor_reference import names, references_in
from craftops.domain.billing.statements import BankTransaction, one_line, squeezed

SHORTEST = 6
"""Letters and digits of a number that proves something by standing in a text; "2026" stands in many."""
MOST_GUESSES = 5
GUESSES = (Why.PARTY_AND_AMOUNT, Why.SHORT_NUMBER, Why.AMOUNT_ALONE, Why.PARTY_ALONE)
"""The likeliest first."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Documents that a transfer names. ``is_shared``: by a code or reference that they may share, no number."""

    documents: tuple[OpenDocument, ...]
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """What one document is called, ready to be looked for. Pairs are a code without spaces, and as it is written."""

    number: tuple[str, str]
    references: tuple[tuple[str, str], ...]
    codes: tuple[tuple[str, str], ...]
    names: tuple[frozenset[str], ...]


class NameIndex:
    """Documents by what they are called. What is open of them changes from transfer to transfer, their names do not."""

    def __init__(self, documents: Iterable[OpenDocument]) -> None:
        self._known = {
            each.key: _Known(
                (squeezed(each.number), each.number),
                tuple((squeezed(said), said) for said in each.references if squeezed(said)),
                tuple((squeezed(said), said) for said in each.codes),
                tuple(_words(name) for name in each.names),
            )
            for each in documents
        }

    def named(self, one: BankTransaction, documents: Mapping[str, OpenDocument]) -> Naming:
        """By number and reference; by the code of an order where no document of its own is named."""
        written = one_line(one.text, one.end_to_end, *one.references)
        text = squeezed(written)
        given = {squeezed(said) for said in (*one.references, one.end_to_end, *references_in(written)) if said}

        def is_named(code: tuple[str, str]) -> bool:
            plain, said = code
            return len(plain) >= SHORTEST and plain in text and names(written, said)

        by_number = [key for key, known in self._known.items() if is_named(known.number)]
        by_reference = [
            key
            for key, known in self._known.items()
            if any(said[0] in given or is_named(said) for said in known.references)
        ]
        is_narrowed = bool(by_number) and set(by_number) <= set(by_reference)
        explicit = by_number if is_narrowed else [*by_number, *by_reference]
        found = explicit or [key for key, known in self._known.items() if any(map(is_named, known.codes))]
        return Naming(tuple(documents[key] for key in dict.fromkeys(found)), is_shared=not by_number)

    def guesses(self, one: BankTransaction, documents: Mapping[str, OpenDocument]) -> list[tuple[OpenDocument, Why]]:
        """Documents that it might pay, the likeliest first, with the reason. None of them is proven."""
        party = _words(one.party)
        ranked = [
            (each, why)
            for each in documents.values()
            if each.open.minor > 0
            and each.open.currency == one.amount.currency
            and (why := self._why(one, each, party))
        ]
        ranked.sort(key=lambda pair: (GUESSES.index(pair[1]), pair[0].due_on is None, pair[0].due_on, pair[0].number))
        return ranked[:MOST_GUESSES]

    def _why(self, one: BankTransaction, document: OpenDocument, party: frozenset[str]) -> Why | None:
        known = self._known[document.key]
        is_amount = document.open == one.amount
        is_party = any(words and words <= party for words in known.names)
        if is_amount and is_party:
            return Why.PARTY_AND_AMOUNT
        if (is_amount or is_party) and len(known.number[0]) < SHORTEST and names(one.text, document.number):
            return Why.SHORT_NUMBER
        return Why.AMOUNT_ALONE if is_amount else Why.PARTY_ALONE if is_party else None


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", name.casefold()))
