"""One mail a day of all that waits, for people of the shop who chose a time for it.

A day is its own key, so that whatever is killed or wakes twice makes one of them. A day on which nobody was there to
send it is left out: the next one tells the same and more. One that is still waiting is told in the place of a second.
"""

from __future__ import annotations

from datetime import datetime

from craftops.domain.messages.notices import WAITS
from craftops.services.messages.notifying import SEND, WAITING, channels_for, choice_of, zone_of
from craftops.services.shop import epochs
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import AccountRow, NoticeRow


def ask(shop: Shop, at: datetime) -> None:
    """Have the digests written whose time has come. A restored copy writes none."""
    people = AccountRow.select().where(
        AccountRow.role.in_(("staff", "owner")), ~AccountRow.disabled, AccountRow.notices.is_null(False)
    )
    wanted = [person for person in people if choice_of(person).digest_at is not None]
    if not wanted or epochs.is_copy():
        return
    calendar = shop.profile().calendar
    for person in wanted:
        choice = choice_of(person)
        day = choice.digest_due(at, zone_of(shop, person), calendar.opens_on)
        if day is None:
            continue
        for channel in channels_for(shop, choice):
            if channel.reaches_person:
                _add(person, channel.name, f"{WAITS}:{day:%Y%m%d}:{person.id}:{channel.name}", at)


def _add(person: AccountRow, channel: str, key: str, at: datetime) -> None:
    values = {"key": key, "kind": WAITS, "account": person.id, "channel": channel, "created_at": at}
    if NoticeRow.select().where(NoticeRow.key == key).exists():
        return
    with unit_of_work() as uow:
        waits = NoticeRow.select().where(
            NoticeRow.kind == WAITS, NoticeRow.account == person.id, NoticeRow.channel == channel,
            NoticeRow.state == WAITING,
        )  # fmt: skip
        more = {"state": "dropped", "error": "an earlier one still waits"} if waits.exists() else {}
        NoticeRow.insert({**values, **more}).on_conflict_ignore().execute()
        row = NoticeRow.get_or_none(NoticeRow.key == key, NoticeRow.state == WAITING)
        if row is not None:
            uow.enqueue(SEND, {"notice": row.id}, at=at, run_after=at, dedupe=f"notice:{key}")
