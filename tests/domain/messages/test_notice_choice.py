"""What a person has chosen to be told, and when: laws."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.messages.notices import KINDS, MERGE_MINUTES, NoticeChoice, choice_from_json, choice_to_json

ZONES = st.sampled_from([ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")])
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
TIMES = st.one_of(st.none(), st.times().map(lambda one: one.replace(second=0, microsecond=0)))
CHOICES = st.builds(
    NoticeChoice,
    st.dictionaries(st.sampled_from(sorted(KINDS)), st.booleans()),
    st.sampled_from(MERGE_MINUTES),
    TIMES,
    TIMES,
    st.frozensets(st.sampled_from(["smtp", "console"])),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
)


@given(CHOICES)
def test_a_choice_is_kept_as_it_is(choice: NoticeChoice) -> None:
    kept = choice_from_json(choice_to_json(choice))
    assert choice_from_json(choice_to_json(kept)) == kept
    assert {kind: kept.wants(kind) for kind in KINDS} == {kind: choice.wants(kind) for kind in KINDS}


@given(st.sampled_from(sorted(KINDS)), CHOICES)
def test_what_must_be_told_is_told(kind: str, choice: NoticeChoice) -> None:
    assert choice.wants(kind) or not KINDS[kind].must


@given(st.sampled_from(sorted(KINDS)), CHOICES, MOMENTS, ZONES)
def test_nothing_is_sent_early_nor_in_quiet_hours(
    kind: str, choice: NoticeChoice, at: datetime, zone: ZoneInfo
) -> None:
    due = choice.due(kind, at, zone)
    assert at <= due <= at + timedelta(minutes=choice.merge_minutes, hours=26)
    if KINDS[kind].prompt:
        assert due == at
    elif choice.quiet_from is not None and choice.quiet_to is not None and choice.quiet_from != choice.quiet_to:
        now = due.astimezone(zone).time()
        begin, end = choice.quiet_from, choice.quiet_to
        inside = begin <= now < end if begin < end else now >= begin or now < end
        local = due.astimezone(zone).replace(tzinfo=None)
        gap = local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local
        assert not inside or gap or now == end


@given(st.dictionaries(st.sampled_from(["switched", "merge_minutes", "quiet", "channels_off"]), JSON))
def test_whatever_lies_in_the_row_there_is_a_choice(data: dict[str, object]) -> None:
    if isinstance(data.get("switched"), (list, str, int)) or not isinstance(data.get("quiet", []), list):
        data.pop("switched", None)
        data.pop("quiet", None)
    if not isinstance(data.get("channels_off", []), list):
        data.pop("channels_off")
    assert choice_from_json(data).due("ready", datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))


def test_a_night_ends_in_the_morning() -> None:
    choice = NoticeChoice(quiet_from=time(22), quiet_to=time(7, 30))
    zone = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 11, 28, 22, 15, tzinfo=UTC)  # 23:15 in Berlin
    assert choice.due("ready", evening, zone) == datetime(2026, 11, 29, 6, 30, tzinfo=UTC)
    assert choice.due("ready", datetime(2026, 11, 28, 12, 0, tzinfo=UTC), zone) == datetime(
        2026, 11, 28, 12, 2, tzinfo=UTC
    )
