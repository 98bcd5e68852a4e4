"""A mail that the shop sends to itself: whether it goes out, comes back by the way that answers take, and how."""

from __future__ import annotations

from datetime import datetime, timedelta

from craftops.domain.events import Event, EventKind
from craftops.domain.messages.incoming import IncomingMail
from craftops.domain.messages.reply_tokens import new_token
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import IntakeError, OutsideError
from craftops.sdk.notification import Notice, NotificationChannel
from craftops.services.files import receiving
from craftops.services.messages.reply_tokens import PLACE
from craftops.services.shop.context import MAIL, Shop
from craftops.store import work as store_work
from craftops.store.database import unit_of_work
from craftops.store.models import SettingsTrialRow
from craftops.store.queries.shop_pages import newest_trial
from craftops.store.views.shop import SettingsTrial

WORK = "try_mail"
WAITING, SENT, GOOD, FAILED = "waiting", "sent", "good", "failed"
PATIENCE = timedelta(minutes=3)
"""A mail to oneself that takes longer has probably gone elsewhere."""
OVER = timedelta(days=1)


def address_of(shop: Shop, token: str) -> str:
    """Where an answer to a mail of ours would go; empty where that is not said anywhere."""
    template = shop.mail.reply_address
    if template:
        return template.replace(PLACE, token)
    plugin = shop.plugins.plugins().get("notify_email")
    return str(getattr(plugin.settings, "from_address", "")) if plugin is not None else ""


def begin(shop: Shop, *, actor: Actor, at: datetime) -> None:
    """Have a mail sent to ourselves. Raises IntakeError where there is no address or no way yet, AccessError."""
    actor.must_be_owner()
    token = new_token()
    address = address_of(shop, token)
    if _channel(shop) is None:
        raise IntakeError("Say first which server sends your mail, and keep it.")
    if not address or address.endswith("@localhost"):
        raise IntakeError("Say first which address your mails come from, and keep it.")
    with unit_of_work() as uow:
        SettingsTrialRow.delete().where(SettingsTrialRow.topic == MAIL, SettingsTrialRow.at < at - OVER).execute()
        row: SettingsTrialRow = SettingsTrialRow.create(topic=MAIL, token=token, sent_to=address, state=WAITING, at=at)
        uow.enqueue(WORK, {"trial": row.id}, at=at)
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor, data={"trial": MAIL}))


def newest() -> SettingsTrial | None:
    """The latest one."""
    return newest_trial(MAIL)


def _channel(shop: Shop) -> NotificationChannel | None:
    return next((one for one in shop.plugins.notification_channels if one.ready and one.reaches_person), None)


def send(shop: Shop, trial_id: int, *, at: datetime) -> None:
    """Send it. Never raises for what goes wrong outside: that is what was to be found out."""
    row: SettingsTrialRow | None = SettingsTrialRow.get_or_none(
        SettingsTrialRow.id == trial_id, SettingsTrialRow.state == WAITING
    )
    channel = _channel(shop)
    if row is None or channel is None:
        return
    name = shop.profile().name
    words = (
        f"This is a test of {name}: it was sent to ourselves, to see whether answers of customers would come in. "
        f"Nobody needs to do anything.\n\n{row.token}\n"
    )
    notice = Notice(f"trial:{row.token}", row.sent_to, name, name, f"Test {row.token}", words, "")
    try:
        channel.send(notice)
    except OutsideError as error:
        _settle(row, FAILED, error.sentence, at)
        return
    with unit_of_work() as uow:
        sent = SettingsTrialRow.state == WAITING  # it may have come in while the server still said goodbye
        SettingsTrialRow.update(state=SENT, sent_at=at).where(SettingsTrialRow.id == row.id, sent).execute()
        uow.record(Event(EventKind.SHOP_CHANGED, at, SYSTEM, data={"trial": MAIL}))
    for work in store_work.standing(receiving.FETCH):
        store_work.hasten(work.dedupe or "", at)


def came(mail: IncomingMail, *, at: datetime) -> bool:
    """Whether a mail that came in is one of these; then it is known how it came."""
    by_subject = next((word for word in mail.subject.split() if len(word) == 32), "")
    row: SettingsTrialRow | None = SettingsTrialRow.get_or_none(
        SettingsTrialRow.topic == MAIL, SettingsTrialRow.token == (mail.token or by_subject).lower()
    )
    if row is None or row.token not in mail.subject.lower():
        return False
    SettingsTrialRow.update(by_address=bool(mail.token)).where(SettingsTrialRow.id == row.id).execute()
    _settle(row, GOOD, "", at)
    return True


def _settle(row: SettingsTrialRow, state: str, sentence: str, at: datetime) -> None:
    with unit_of_work() as uow:
        SettingsTrialRow.update(state=state, sentence=sentence, done_at=at).where(
            SettingsTrialRow.id == row.id
        ).execute()
        uow.record(Event(EventKind.SHOP_CHANGED, at, SYSTEM, data={"trial": MAIL}))
