"""Laws of withdrawal: the period, the right, the states."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.orders.withdrawal import (
    NEXT,
    Declaration,
    Ground,
    WithdrawalState,
    WithdrawnLine,
    advance,
    check,
    digest,
    key_of,
    meant,
    period_end,
    right_of,
)
from craftops.errors import IllegalMove, IntakeError

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
VASE, LAMP = WithdrawnLine(1, "Vase", 2), WithdrawnLine(2, "Lamp", 1)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


class TestPeriod:
    @given(moments, st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC"]))
    def test_it_is_fourteen_whole_days_and_never_ends_on_a_weekend(self, received: datetime, name: str) -> None:
        zone = ZoneInfo(name)
        end = period_end(received, zone)
        last = (end - timedelta(seconds=1)).astimezone(zone)
        assert 14 <= (last.date() - received.astimezone(zone).date()).days <= 16
        assert last.weekday() < 5
        assert end.astimezone(zone).time().isoformat() == "00:00:00"

    def test_a_day_is_the_shops_day(self) -> None:
        late = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)  # the 9th, a Monday, in Berlin
        assert period_end(late, BERLIN) == datetime(2026, 3, 24, tzinfo=BERLIN)

    def test_a_saturday_waits_for_monday(self) -> None:
        saturday = datetime(2026, 11, 14, 12, tzinfo=UTC)  # the last day is Saturday the 28th
        assert period_end(saturday, BERLIN) == datetime(2026, 12, 1, tzinfo=BERLIN)


class TestRight:
    @given(st.booleans(), st.integers(0, 3), st.booleans(), st.none() | moments, moments)
    def test_it_exists_for_consumers_with_standard_parts_within_the_period(
        self, business: bool, lines: int, cancelled: bool, received: datetime | None, at: datetime
    ) -> None:
        right = right_of(
            business=business, standard_lines=lines, cancelled=cancelled, received_at=received, zone=BERLIN, at=at
        )
        late = received is not None and at >= period_end(received, BERLIN)
        assert right.exists == (not business and lines > 0 and not cancelled and not late)
        assert (right.ground is Ground.OVER) == (not business and lines > 0 and not cancelled and late)


class TestStates:
    @given(
        st.lists(st.tuples(st.sampled_from(list(WithdrawalState)), st.sampled_from(["", " ", "because"])), max_size=8)
    )
    def test_what_is_settled_stays_and_a_refusal_has_a_reason(self, steps: list[tuple[WithdrawalState, str]]) -> None:
        state = WithdrawalState.RECEIVED
        for to, sentence in steps:
            before = state
            try:
                said = advance(state, to, sentence)
            except IllegalMove:
                assert to not in NEXT[state]
                continue
            except IntakeError:
                assert to is WithdrawalState.REFUSED
                assert not sentence.strip()
                continue
            state = to
            assert before is not WithdrawalState.SETTLED
            assert state is not WithdrawalState.RECEIVED
            assert said or state is not WithdrawalState.REFUSED


class TestDeclaration:
    def test_every_letter_of_it_is_in_its_check_sum(self) -> None:
        said = Declaration("Ada", "ada@example.org", (VASE, LAMP), "both")
        others = (
            replace(said, name="Bob"), replace(said, email="b@example.org"), replace(said, lines=(VASE,)),
            replace(said, words=""),
        )  # fmt: skip
        sums = {digest("ABCDEF", one, NOW) for one in (said, *others)}
        sums |= {digest("ABCDEH", said, NOW), digest("ABCDEF", said, NOW + timedelta(microseconds=1))}
        assert len(sums) == 7
        assert digest("ABCDEF", said, NOW) == digest("ABCDEF", replace(said), NOW)

    def test_the_same_parts_are_the_same_declaration_whatever_else_is_written(self) -> None:
        one, other = (
            Declaration("Ada", "a@x.org", (VASE, LAMP)),
            Declaration("A. L.", "b@x.org", (LAMP, VASE), "please"),
        )
        assert key_of(one) == key_of(other) != key_of(Declaration("Ada", "a@x.org", (VASE,)))

    def test_words_name_parts(self) -> None:
        assert meant("", (VASE, LAMP)) == (VASE, LAMP)
        assert meant("only the VASE please", (VASE, LAMP)) == (VASE,)
        assert meant("all of it", (VASE, LAMP)) == ()

    @pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.org", "a b@example.org", "ada@nowhere"])
    def test_a_receipt_needs_an_address(self, email: str) -> None:
        with pytest.raises(IntakeError) as refused:
            check(Declaration("Ada", email))
        assert "email" in refused.value.fields
