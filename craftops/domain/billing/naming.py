"""Which documents a transfer names, and which it might mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from craftops.domain.billing.allocation import OpenDocument, Why
from craftops.domain.billing.creditor_reference import names, references_in
from craftops.domain.billing.statements import BankTransaction, one_line, squeezed

SHORTEST = 6
"""Letters and digits of a number that proves something by standing in a text; "2026" stands in many."""
MOST_GUESSES = 5


@dataclass(frozen=True, slots=True)
class Naming:
    """Documents that a transfer names. ``is_shared``: by a code or reference that they may share, no number."""

    documents: tuple[OpenDocument, ...]
    is_shared: bool = False


def named_documents(one: BankTransaction, documents: Collection[OpenDocument]) -> Naming:
    """By number and reference; by the code of an order where no document of its own is named."""
    written = one_line(one.text, one.end_to_end, *one.references)
    squeezed_text = squeezed(written)
    given = {squeezed(said) for said in (*one.references, one.end_to_end, *references_in(written)) if said}

    def is_named(code: str) -> bool:
        plain = squeezed(code)
        return len(plain) >= SHORTEST and plain in squeezed_text and names(written, code)

    by_number = [each for each in documents if is_named(each.number)]
    by_reference = [
        each
        for each in documents
        if any(squeezed(said) in given or is_named(said) for said in each.references if squeezed(said))
    ]
    narrowed = by_number and all(each in by_reference for each in by_number)
    explicit = by_number if narrowed or not by_reference else [*by_number, *by_reference]
    if explicit:
        return Naming(_once(explicit), is_shared=not by_number)
    return Naming(_once(each for each in documents if any(map(is_named, each.codes))), is_shared=True)


def guesses(one: BankTransaction, documents: Iterable[OpenDocument]) -> list[tuple[OpenDocument, Why]]:
    """Documents that it might pay, the likeliest first, with the reason. None of them is proven."""
    live = [each for each in documents if each.open.minor > 0 and each.open.currency == one.amount.currency]
    reasons = (Why.SHORT_NUMBER, Why.PARTY_AND_AMOUNT, Why.AMOUNT_ALONE, Why.PARTY_ALONE)
    ranked = [(each, why) for each in live if (why := _why(one, each))]
    ranked.sort(key=lambda pair: (reasons.index(pair[1]), pair[0].due_on is None, pair[0].due_on, pair[0].number))
    return ranked[:MOST_GUESSES]


def _why(one: BankTransaction, document: OpenDocument) -> Why | None:
    is_amount = document.open == one.amount
    party = _words(one.party)
    is_party = any(0 < len(words) == len(words & party) for words in map(_words, document.names))
    if is_amount and is_party:
        return Why.PARTY_AND_AMOUNT
    if (is_amount or is_party) and len(squeezed(document.number)) < SHORTEST and names(one.text, document.number):
        return Why.SHORT_NUMBER
    return Why.AMOUNT_ALONE if is_amount else Why.PARTY_ALONE if is_party else None


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w+", name.casefold()))


def _once(documents: Iterable[OpenDocument]) -> tuple[OpenDocument, ...]:
    return tuple({each.key: each for each in documents}.values())
