"""Addresses to which mail does not go through: known, shown at the customer, forgotten when somebody says so."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.messages.bounces import BouncedRecipient
from craftops.domain.people.access import SYSTEM, Actor
from craftops.store.database import unit_of_work
from craftops.store.models import AccountRow, MailTroubleRow

SOFT, HARD, COMPLAINT = "soft", "hard", "complaint"
SENTENCES = {
    HARD: "mails to this address come back: nobody is there",
    COMPLAINT: "its reader has called our mails spam",
}


def note(address: str, told: BouncedRecipient, *, complaint: bool, at: datetime) -> None:
    """Remember what a mail system says of an address of ours; of anybody else's nothing. A complaint stays one."""
    account = AccountRow.get_or_none(AccountRow.email == address)
    if account is None:
        return
    kind = COMPLAINT if complaint else HARD if told.hard else SOFT
    values = {"kind": kind, "status": told.status[:20], "said": told.said[:500], "at": at}
    known = of(address)
    with unit_of_work() as uow:
        if known is None:
            MailTroubleRow.insert(address=address, **values).on_conflict_ignore().execute()
        elif known.kind != COMPLAINT:
            MailTroubleRow.update(count=known.count + 1, **values).where(MailTroubleRow.id == known.id).execute()
        uow.record(Event(EventKind.ACCOUNT_CHANGED, at, SYSTEM, data={"account": account.id, "mail": kind}))


def why_not(address: str) -> str:
    """Why nothing is sent to an address any more; empty when it is."""
    row = MailTroubleRow.get_or_none(MailTroubleRow.address == address)
    return SENTENCES.get(row.kind, "") if row is not None else ""


def of(address: str) -> MailTroubleRow | None:
    """What is known of an address; None when all is well."""
    row: MailTroubleRow | None = MailTroubleRow.get_or_none(MailTroubleRow.address == address)
    return row


def forget(address: str, *, actor: Actor, at: datetime) -> None:
    """Somebody of the shop says that it works again: mails go there once more."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        if MailTroubleRow.delete().where(MailTroubleRow.address == address).execute():
            uow.record(Event(EventKind.ACCOUNT_CHANGED, at, actor, data={"mail": "forgotten"}))
