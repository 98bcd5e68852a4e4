"""Transfers find their invoices: certain ones are booked, uncertain ones asked, and no cent is lost or paid twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.billing.allocating import allocate
from craftops.domain.billing.allocation import (
    BookedTransfer,
    OpenDocument,
    TransferHandling,
    TransferOutcome,
    TransferReason,
    open_after,
)
from craftops.domain.billing.creditor_reference import creditor_reference, in_groups
from craftops.domain.billing.money import Money
from craftops.domain.billing.statements import BankTransaction, BookingStatus

ACCOUNT, DAY = "DE89370400440532013000", date(2026, 11, 27)
FIRST, SECOND = creditor_reference("2026-0001"), creditor_reference("2026-0002")


def document(number: str, cents: int, *, customer: str = "ada", code: str = "ABC789", shared: str = "") -> OpenDocument:
    references = (shared or creditor_reference(number),)
    return OpenDocument(number, number, customer, Money(cents, "EUR"), references, (code,), (f"{customer} Lovelace",))


ONE, TWO = document("2026-0001", 10_000), document("2026-0002", 5_000)


def transfer(cents: int, position: str = "1", statement: str = "camt.053 S1", **said: object) -> BankTransaction:
    bare = BankTransaction(ACCOUNT, statement, position, Money(cents, "EUR"), DAY)
    return replace(bare, **said)  # type: ignore[arg-type]


def paid(outcome: TransferOutcome) -> dict[str, int]:
    return {one.document: one.amount.minor for one in outcome.allocations}


def told(outcome: TransferOutcome) -> tuple[TransferHandling, TransferReason, dict[str, int], int]:
    return outcome.handling, outcome.why, paid(outcome), outcome.surplus.minor


def booked(outcomes: Sequence[TransferOutcome]) -> list[BookedTransfer]:
    backs = {one.takes_back for one in outcomes}
    return [
        BookedTransfer(one.transaction, one.allocations, one.transaction.key in backs)
        for one in outcomes
        if one.handling not in (TransferHandling.KNOWN, TransferHandling.NO_MONEY)
    ]


@pytest.mark.parametrize(
    "said",
    [
        {"references": (FIRST,)},
        {"references": (in_groups(FIRST),)},
        {"end_to_end": FIRST},
        {"text": f"danke {in_groups(FIRST).lower()} Ada"},
        {"text": "Rechnung 2026 0001"},
        {"text": "Re.Nr. 2026/0001"},
    ],
)
def test_an_invoice_is_named_in_many_ways(said: dict[str, object]) -> None:
    (outcome,) = allocate([transfer(10_000, **said)], [ONE, TWO])
    assert told(outcome) == (TransferHandling.BOOKED, TransferReason.REFERENCE, {"2026-0001": 10_000}, 0)
    assert not outcome.needs_staff


def test_a_part_and_then_the_rest() -> None:
    part = transfer(4_000, references=(FIRST,))
    rest = transfer(6_000, "2", references=(FIRST,))
    assert [paid(one) for one in allocate([part, rest], [ONE])] == [{"2026-0001": 4_000}, {"2026-0001": 6_000}]


def test_more_than_was_asked_is_the_customers_credit_and_a_to_do() -> None:
    (outcome,) = allocate([transfer(12_000, references=(FIRST,))], [ONE])
    assert told(outcome) == (TransferHandling.BOOKED, TransferReason.OVERPAID, {"2026-0001": 10_000}, 2_000)
    assert (outcome.customer, outcome.needs_staff) == ("ada", True)


def test_a_second_equal_transfer_is_real_money() -> None:
    first, second = allocate([transfer(10_000, str(at), references=(FIRST,)) for at in (1, 2)], [ONE])
    assert paid(first) == {"2026-0001": 10_000}
    assert told(second) == (TransferHandling.BOOKED, TransferReason.PAID_ALREADY, {}, 10_000)
    assert second.customer == "ada"


def test_one_transfer_for_several_invoices() -> None:
    (outcome,) = allocate([transfer(15_000, text="2026-0001 und 2026-0002")], [ONE, TWO])
    assert told(outcome) == (
        TransferHandling.BOOKED,
        TransferReason.NAMED_AND_SUM,
        {"2026-0001": 10_000, "2026-0002": 5_000},
        0,
    )
    (more,) = allocate([transfer(16_000, references=(FIRST, SECOND))], [ONE, TWO])
    assert (sum(paid(more).values()), more.surplus.minor, more.customer) == (15_000, 1_000, "ada")


def test_less_than_all_that_it_names_is_asked() -> None:
    (outcome,) = allocate([transfer(5_000, text="2026-0001 2026-0002")], [ONE, TWO])
    assert told(outcome) == (TransferHandling.ASK, TransferReason.WHICH_OF_SEVERAL, {}, 5_000)
    proposed = [{one.document: one.amount.minor for one in each.allocations} for each in outcome.proposals]
    assert proposed == [{"2026-0002": 5_000}, {"2026-0001": 5_000}]


def test_the_code_of_an_order_finds_the_deposit_that_it_pays_to_the_cent() -> None:
    deposit, balance = document("2026-0007", 3_000, shared=FIRST), document("2026-0008", 7_000, shared=FIRST)
    for said in ({"text": "Order ABC789"}, {"references": (FIRST,)}):
        (outcome,) = allocate([transfer(3_000, **said)], [deposit, balance])
        assert (outcome.handling, paid(outcome)) == (TransferHandling.BOOKED, {"2026-0007": 3_000})
    (both,) = allocate([transfer(10_000, text="abc789")], [deposit, balance])
    assert sum(paid(both).values()) == 10_000
    (named,) = allocate([transfer(7_000, text="2026-0008", references=(FIRST,))], [deposit, balance])
    assert paid(named) == {"2026-0008": 7_000}, "its own number says more than what it shares"


def test_a_guess_is_proposed_with_its_reason_and_never_booked() -> None:
    (by_name,) = allocate([transfer(10_000, party="LOVELACE, ADA")], [ONE, TWO])
    assert (by_name.handling, by_name.surplus.minor) == (TransferHandling.ASK, 10_000)
    assert [(one.why, one.allocations[0].document) for one in by_name.proposals] == [
        (TransferReason.PARTY_AND_AMOUNT, "2026-0001"),
        (TransferReason.PARTY_ALONE, "2026-0002"),
    ]
    (by_amount,) = allocate([transfer(5_000, party="Somebody")], [ONE, TWO])
    assert [one.why for one in by_amount.proposals] == [TransferReason.AMOUNT_ALONE]
    short = OpenDocument("k", "17", "bob", Money(5_000, "EUR"))
    (by_number,) = allocate([transfer(5_000, text="Nr. 17")], [short])
    assert (by_number.handling, by_number.proposals[0].why) == (TransferHandling.ASK, TransferReason.SHORT_NUMBER)
    (stranger,) = allocate([transfer(77, text="?")], [ONE])
    assert told(stranger) == (TransferHandling.ASK, TransferReason.UNKNOWN, {}, 77)


def test_what_contradicts_itself_or_may_have_been_told_before_is_asked() -> None:
    doubtful = transfer(10_000, references=(FIRST,), doubt="It does not add up.")
    (outcome,) = allocate([doubtful], [ONE])
    assert told(outcome) == (TransferHandling.ASK, TransferReason.DOUBTFUL, {}, 10_000)
    assert outcome.proposals[0].why is TransferReason.REFERENCE
    notice = transfer(10_000, statement="camt.054 N1", references=(FIRST,))
    first, again = allocate([notice, transfer(10_000, references=(FIRST,))], [ONE])
    assert (first.handling, again.handling, again.why) == (
        TransferHandling.BOOKED,
        TransferHandling.ASK,
        TransferReason.MAYBE_SAME,
    )
    other = transfer(10_000, references=(FIRST,), transaction_id="T2")
    sure = allocate([replace(notice, transaction_id="T1"), other], [ONE])
    assert sure[1].why is TransferReason.PAID_ALREADY, "two ids are two transfers"


def test_a_row_that_the_bank_words_anew_is_asked() -> None:
    row = transfer(10_000, "1", "", references=(FIRST,), text="R 1")
    before = booked(allocate([row], [ONE]))
    second = replace(row, position="2")
    anew, again = replace(row, text="R 1 "), allocate([row, second], [replace(ONE, open=Money(0, "EUR"))], before)
    assert [one.why for one in allocate([anew], [ONE], before)] == [TransferReason.MAYBE_SAME]
    assert [one.why for one in again] == [TransferReason.SAME_STATEMENT, TransferReason.PAID_ALREADY]


def test_another_currency_is_asked() -> None:
    (outcome,) = allocate([transfer(1, references=(FIRST,), amount=Money(10_000, "CHF"))], [ONE])
    assert (outcome.handling, outcome.why, outcome.surplus) == (
        TransferHandling.ASK, TransferReason.OTHER_CURRENCY, Money(10_000, "CHF"),
    )  # fmt: skip


def test_what_is_pending_empty_or_sent_is_no_income() -> None:
    pending = transfer(10_000, references=(FIRST,), status=BookingStatus.PENDING)
    outcomes = allocate([pending, transfer(0, "2"), transfer(-500, "3")], [ONE])
    assert [(one.handling, one.why, one.surplus.minor, one.needs_staff) for one in outcomes] == [
        (TransferHandling.NO_MONEY, TransferReason.NOT_BOOKED, 0, False),
        (TransferHandling.NO_MONEY, TransferReason.NOTHING, 0, False),
        (TransferHandling.OUTGOING, TransferReason.OUTGOING, 0, False),
    ]


def test_a_return_takes_its_own_allocation_back_and_the_credit_too() -> None:
    came = transfer(12_000, references=(FIRST,), end_to_end="E-1")
    back = transfer(-12_000, "2", "camt.053 S2", end_to_end="E-1", reversal=True)
    outcomes = allocate([came, back], [ONE])
    assert told(outcomes[1]) == (TransferHandling.BOOKED, TransferReason.TAKEN_BACK, {"2026-0001": -10_000}, -2_000)
    assert (outcomes[1].takes_back, open_after([ONE], outcomes)) == (came.key, {"2026-0001": 10_000})
    (twice,) = allocate([replace(back, position="9")], [ONE], booked(outcomes))
    assert (twice.handling, twice.why) == (TransferHandling.ASK, TransferReason.RETURN_OF_UNKNOWN), (
        "it was taken back already"
    )


def test_a_return_without_a_proof_is_proposed() -> None:
    came = transfer(10_000, references=(FIRST,), party="Ada")
    _came, back = allocate([came, transfer(-10_000, "2", party="ADA", reversal=True)], [ONE])
    assert told(back) == (TransferHandling.ASK, TransferReason.RETURN_OF_UNKNOWN, {}, -10_000)
    assert [(one.takes_back, one.allocations[0].amount.minor) for one in back.proposals] == [(came.key, -10_000)]
    (ours,) = allocate([transfer(500, reversal=True)], [ONE])
    assert (ours.handling, ours.why, ours.surplus.minor) == (TransferHandling.ASK, TransferReason.OURS_CAME_BACK, 500)


def test_documents_that_cannot_be_are_refused() -> None:
    for documents in ([ONE, ONE], [replace(ONE, open=Money(-1, "EUR"))]):
        with pytest.raises(ValueError, match="a key of its own"):
            allocate([], documents)


cents = st.integers(0, 30_000)
lists = st.lists(cents, max_size=5).map(
    lambda amounts: [document(f"2026-{at:04}", each, customer=f"c{at % 3}") for at, each in enumerate(amounts)]
)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[OpenDocument], list[BankTransaction]]:
    """Documents, and transfers that name some of them, are returned, repeated, doubtful or strange."""
    documents, transfers = draw(lists), []
    for at in range(draw(st.integers(0, 8))):
        named = draw(st.lists(st.sampled_from(documents), max_size=2)) if documents else []
        exact = sum(one.open.minor for one in named)
        cent = draw(st.sampled_from([exact, exact + 1, 5_000, 10_000]) | st.integers(-30_000, 30_000))
        words = [draw(st.sampled_from([one.number, one.references[0], "ABC789"])) for one in named]
        transfers.append(
            transfer(
                cent, str(draw(st.integers(1, 8))), draw(st.sampled_from(["camt.053 S1", "camt.054 N1"])),
                text=" ".join(words), reversal=draw(st.booleans()), end_to_end=draw(st.sampled_from(["", f"E{at}", "E"])),
                doubt=draw(st.sampled_from(["", "", "Strange."])),
                status=draw(st.sampled_from([*[BookingStatus.BOOKED] * 4, BookingStatus.PENDING])),
            )
        )  # fmt: skip
    return documents, transfers


@given(stories())
def test_no_cent_is_lost_and_nothing_is_paid_twice(story: tuple[list[OpenDocument], list[BankTransaction]]) -> None:
    documents, transfers = story
    outcomes = allocate(transfers, documents)
    left = {one.key: one.open.minor for one in documents}
    for outcome in outcomes:
        allocated = sum(one.amount.minor for one in outcome.allocations)
        is_income = outcome.handling in (TransferHandling.BOOKED, TransferHandling.ASK)
        assert allocated + outcome.surplus.minor == (outcome.transaction.amount.minor if is_income else 0)
        assert outcome.handling is TransferHandling.BOOKED or not outcome.allocations, "what is uncertain books nothing"
        for one in outcome.allocations:
            left[one.document] -= one.amount.minor
            assert 0 <= left[one.document] <= next(each.open.minor for each in documents if each.key == one.document)
        for proposal in outcome.proposals:
            assert abs(sum(one.amount.minor for one in proposal.allocations)) <= abs(outcome.transaction.amount.minor)
    assert open_after(documents, outcomes) == left
    now = [replace(one, open=Money(left[one.key], "EUR")) for one in documents]
    again = allocate(transfers, now, booked(outcomes))
    assert {one.handling for one in again} <= {TransferHandling.KNOWN, TransferHandling.NO_MONEY}, (
        "the same statement books nothing"
    )
