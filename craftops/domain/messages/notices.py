"""What is told to whom, by which way and when: kinds of notices, and what a person has chosen about them.

Defaults after what people expect of a shop; a person may switch most of them, never those that they must get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from craftops.domain.events import Event, EventKind
from craftops.domain.messages.thread import Side

MESSAGE = "message"
"""Tells a customer what the shop has written."""
CUSTOMER_WROTE = "customer_wrote"
"""Tells somebody of the shop what a customer has written."""
WAITS = "waits"
"""Tells somebody of the shop, once a day, of everything that waits there."""
IN_WRITING = ("withdrawal_received", "withdrawal_accepted", "withdrawal_refused", "withdrawal_settled", "files_due")
"""What the law wants told on paper or by mail: never by another channel, and never beside other things."""
MERGE_MINUTES = (0, 2, 15, 60)


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of notice. ``on``: told unless somebody switches it off. ``must``: cannot be switched off."""

    name: str
    on: bool = True
    must: bool = False
    prompt: bool = False
    """Waits for nothing else to go with it, and for no quiet hours."""
    alone: bool = False
    """Never goes out in one mail with others: a paper about money is no line of a list."""


KINDS: Mapping[str, NoticeKind] = {
    kind.name: kind
    for kind in (
        NoticeKind("received", prompt=True),
        NoticeKind("needs_you", must=True, prompt=True),
        NoticeKind("queued", on=False),
        NoticeKind("in_production"),
        NoticeKind("post_processing", on=False),
        NoticeKind("quality_check", on=False),
        NoticeKind("delayed"),
        NoticeKind("ready"),
        NoticeKind("pickup_reminder"),
        NoticeKind("shipped"),
        NoticeKind("part_shipped"),
        NoticeKind("number_changed", must=True),
        NoticeKind("at_shop", prompt=True),
        NoticeKind("held_up"),
        NoticeKind("delivered"),
        NoticeKind("cancelled", must=True),
        NoticeKind("quote", must=True, prompt=True, alone=True),
        NoticeKind("invoice", must=True, prompt=True, alone=True),
        NoticeKind("overdue", must=True, alone=True),
        NoticeKind("receipt", must=True, prompt=True, alone=True),
        *(NoticeKind(name, must=True, prompt=True, alone=True) for name in IN_WRITING),
        NoticeKind(MESSAGE),
        NoticeKind(CUSTOMER_WROTE),
        NoticeKind(WAITS, prompt=True, alone=True),
        NoticeKind("files_came", must=True, prompt=True, alone=True),
        NoticeKind("sign_in_link", must=True, prompt=True, alone=True),
        NoticeKind("lost_links", must=True, prompt=True, alone=True),
        NoticeKind("confirm_order", must=True, prompt=True),
        NoticeKind("order_declined", must=True, prompt=True),
        NoticeKind("company_invitation", must=True, prompt=True),
        NoticeKind("new_address", must=True, prompt=True),
        NoticeKind("old_address", must=True, prompt=True),
    )
}
FOR_CUSTOMERS = (
    "received", "needs_you", "queued", "in_production", "post_processing", "quality_check", "delayed", "ready",
    "pickup_reminder", "shipped", "part_shipped", "number_changed", "at_shop", "held_up", "delivered", "cancelled",
    "quote", "invoice", "overdue", "receipt", MESSAGE,
)  # fmt: skip
"""What a customer finds on their page of notices."""
USUALLY = tuple(name for name in FOR_CUSTOMERS if KINDS[name].on and not KINDS[name].must)
"""What customers are told where neither they nor the shop have said anything."""
CHOOSABLE = tuple(name for name in FOR_CUSTOMERS if not KINDS[name].must)
ALONE = tuple(kind.name for kind in KINDS.values() if kind.alone)
"""Kinds that never go out with others."""


@dataclass(frozen=True, slots=True)
class UsualNotices:
    """What a shop tells customers who have chosen nothing of their own."""

    kinds: frozenset[str] = frozenset(USUALLY)
    merge_minutes: int = 2
    quiet_from: time | None = None
    quiet_to: time | None = None


USUAL = UsualNotices()


@dataclass(frozen=True, slots=True)
class NoticeChoice:
    """What one person wants to be told."""

    switched: Mapping[str, bool] = field(default_factory=dict)
    """By kind, where it is not the default."""
    merge_minutes: int = 2
    """How long a notice waits for others that go with it."""
    quiet_from: time | None = None
    quiet_to: time | None = None
    """Local hours in which nothing is sent that can wait; over midnight where the end is before the beginning."""
    channels_off: frozenset[str] = frozenset()
    """Names of the channels that they do not want."""
    digest_at: time | None = None
    """When, once a day, somebody of the shop is told of all that waits; None for never. Local time."""
    digest_from: date | None = None
    """The first day on which that is done: not the one on which they chose a time that had passed."""
    usual: UsualNotices | None = None
    """What their shop tells where they have not chosen; None for people of the shop."""

    def wants(self, kind: str) -> bool:
        """Whether a notice of this kind is to be sent at all. What nobody knows is sent."""
        known = KINDS.get(kind)
        if known is None or known.must:
            return True
        by_shop = self.usual is not None and kind in CHOOSABLE
        return self.switched.get(kind, kind in self.usual.kinds if by_shop and self.usual else known.on)

    def due(self, kind: str, at: datetime, zone: ZoneInfo) -> datetime:
        """When a notice that came up at ``at`` is sent, aware UTC."""
        known = KINDS.get(kind)
        if known is not None and known.prompt:
            return at
        return self.not_before(kind, at + timedelta(minutes=self.merge_minutes), zone)

    def not_before(self, kind: str, at: datetime, zone: ZoneInfo) -> datetime:
        """When a notice may go out that could at ``at``: then, or at the end of the quiet hours; aware UTC."""
        known = KINDS.get(kind)
        return at if known is not None and known.prompt else self._after_quiet(at, zone)

    def digest_due(self, now: datetime, zone: ZoneInfo, opens: Callable[[date], bool]) -> date | None:
        """The day whose digest is due by ``now``; None before its time, and on days on which the shop stays closed."""
        if self.digest_at is None or not self.wants(WAITS):
            return None
        day = now.astimezone(zone).date()
        if now < _moment(day, self.digest_at, zone) or (self.digest_from is not None and day < self.digest_from):
            return None
        return day if opens(day) else None

    def with_digest(self, at: time | None, now: datetime, zone: ZoneInfo) -> NoticeChoice:
        """The same with another time of the digest. One that has passed today begins tomorrow."""
        if at == self.digest_at:
            return self
        day = now.astimezone(zone).date()
        over = at is not None and now >= _moment(day, at, zone)
        return replace(self, digest_at=at, digest_from=day + timedelta(days=int(over)) if at is not None else None)

    def _after_quiet(self, at: datetime, zone: ZoneInfo) -> datetime:
        if self.quiet_from is None or self.quiet_to is None or self.quiet_from == self.quiet_to:
            return at
        local = at.astimezone(zone)
        now = local.time()
        over_midnight = self.quiet_from > self.quiet_to
        late = now >= self.quiet_from
        quiet = late or now < self.quiet_to if over_midnight else self.quiet_from <= now < self.quiet_to
        if not quiet:
            return at
        day = local.date() + timedelta(days=1 if over_midnight and late else 0)
        return datetime.combine(day, self.quiet_to, zone).astimezone(at.tzinfo)


def choice_to_json(choice: NoticeChoice) -> dict[str, Any]:
    """A choice as JSON values."""
    return {
        "switched": dict(choice.switched),
        "merge_minutes": choice.merge_minutes,
        "quiet": [
            one.isoformat("minutes") if one else "" for one in (choice.quiet_from, choice.quiet_to)
        ],
        "channels_off": sorted(choice.channels_off),
        "digest_at": choice.digest_at.isoformat("minutes") if choice.digest_at else "",
        "digest_from": choice.digest_from.isoformat() if choice.digest_from else "",
    }  # fmt: skip


def choice_from_json(data: Mapping[str, Any] | None, usual: UsualNotices | None = None) -> NoticeChoice:
    """The reverse; what makes no sense is as if nobody had chosen, and what nobody has chosen is as ``usual``."""
    data, standing = data or {}, usual or USUAL
    begin, end = (_time(one) for one in (*data.get("quiet", ()), "", "")[:2])
    if "quiet" not in data:
        begin, end = standing.quiet_from, standing.quiet_to
    minutes = data.get("merge_minutes", standing.merge_minutes)
    return NoticeChoice(
        {str(kind): bool(on) for kind, on in (data.get("switched") or {}).items() if kind in KINDS},
        minutes if minutes in MERGE_MINUTES else 2,
        begin if end else None,
        end if begin else None,
        frozenset(str(name) for name in data.get("channels_off") or ()),
        _time(data.get("digest_at")),
        _day(data.get("digest_from")),
        usual,
    )


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local time of a day, aware UTC."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def _time(text: object) -> time | None:
    try:
        return time.fromisoformat(str(text)).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None


def notice_of(event: Event) -> str:
    """The kind of notice that an event is worth; empty for none."""
    if event.kind is not EventKind.MESSAGE_POSTED:
        return ""
    return MESSAGE if event.data.get("side") == Side.SHOP.value else CUSTOMER_WROTE
