"""A restored shop is a copy, until its owner says that it is the real one.

Until then it sends no mail, takes no money, buys no label and starts no machine: the real shop may be running
elsewhere. What waited to be sent when the backup was made is not sent later either, for it was sent then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.people.audit import Deed
from craftops.errors import HeldBack, RuleError
from craftops.services.messages import reply_tokens
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import connected, unit_of_work
from craftops.store.models import (
    BackupRow,
    LinkTrialRow,
    MachineCommandRow,
    MagicLinkRow,
    NoticeRow,
    ShopRow,
    SignInStepRow,
    WebhookDeliveryRow,
    WorkRow,
)
from craftops.store.prepared import Prepared

WHY = "it is from before the shop was restored from a backup"
TELLS = (
    "send_notice", "send_link", "send_lost_links", "tell_newcomer", "tell_invited", "tell_new_address",
    "tell_old_address", "tell_factor_changed", "send_webhook",
)  # fmt: skip
"""Kinds of work that only send mail, or tell other programs."""
WAITING = ("waiting", "sending")
OPEN_COMMANDS = ("waiting", "begun")


@dataclass(frozen=True, slots=True)
class Ended:
    """What a new epoch has ended."""

    notices: int
    commands: int
    tokens: int


_COPIES: Prepared[ShopRow] = Prepared(lambda: ShopRow.select().where(ShopRow.copy_since.is_null(False)))


def is_copy() -> bool:
    """Whether this shop is a restored copy that nobody has called the real one yet."""
    with connected():
        return bool(_COPIES.all())


def must_be_real() -> None:
    """Raises HeldBack for a restored copy."""
    if is_copy():
        raise HeldBack


def open_epoch(source: str, *, at: datetime) -> Ended:
    """From now on this shop is a copy. What would have gone out is ended, links for signing in are, too, and answers to
    mails of before come to be held."""
    with unit_of_work() as uow:
        ShopRow.update(copy_since=at, copy_of=source[:200]).execute()
        BackupRow.delete().where(BackupRow.state == "running").execute()
        ended = _end_what_waits(at)
        uow.record(Event(EventKind.SHOP_CHANGED, at, SYSTEM, data={"copy": source}))
        note(Deed.RESTORED, actor=SYSTEM, at=at, subject=source)
    return ended


def _end_what_waits(at: datetime) -> Ended:
    notices = NoticeRow.update(state="dropped", error=WHY, sent_at=at).where(NoticeRow.state.in_(WAITING)).execute()
    telling = (WorkRow.kind.in_(TELLS)) & (WorkRow.state == "ready")
    WorkRow.update(state="done", done_at=at, lease_until=None, error=WHY).where(telling).execute()
    commands = (
        MachineCommandRow.update(state="refused", error=f"Not passed on: {WHY}.", sent_at=at)
        .where(MachineCommandRow.state.in_(OPEN_COMMANDS))
        .execute()
    )
    WebhookDeliveryRow.update(state="stopped", next_at=None, done_at=at).where(
        WebhookDeliveryRow.state == "waiting"
    ).execute()
    LinkTrialRow.delete().execute()
    MagicLinkRow.delete().execute()
    SignInStepRow.delete().execute()
    return Ended(int(notices), int(commands), reply_tokens.revoke(at=at))


def go_live(shop: Shop, *, actor: Actor, at: datetime) -> Ended:
    """This is the real shop now. What was written while it was a copy is not sent. Raises RuleError when it is real
    already, AccessError for anybody but the owner."""
    actor.must_be_owner()
    with unit_of_work() as uow:
        row = ShopRow.get_or_none()
        if row is None or row.copy_since is None:
            raise RuleError("This is the real shop already.")
        ended = _end_what_waits(at)
        ShopRow.update(copy_since=None, copy_of="").execute()
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor, data={"copy": ""}))
        note(Deed.GONE_LIVE, actor=actor, at=at)
    return ended
