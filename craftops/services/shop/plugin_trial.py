"""Trying what is set for a plugin: the worker asks, the page says what came of it."""

from __future__ import annotations

import secrets
from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import AccessError, OutsideError
from craftops.services.shop.context import Shop
from craftops.services.shop.plugin_settings import topic_of
from craftops.store.database import unit_of_work
from craftops.store.models import SettingsTrialRow
from craftops.store.queries.shop_pages import newest_trial
from craftops.store.views.shop import SettingsTrial

WORK = "try_plugin"
WAITING, GOOD, FAILED = "waiting", "good", "failed"


def begin(shop: Shop, name: str, *, actor: Actor, at: datetime) -> None:
    """Have a plugin tried. Raises AccessError for one that is not there or cannot be tried."""
    actor.must_be_owner()
    plugin = shop.plugins.plugins().get(name)
    if plugin is None or not plugin.can_be_tried:
        raise AccessError
    topic = topic_of(name)
    with unit_of_work() as uow:
        SettingsTrialRow.delete().where(SettingsTrialRow.topic == topic).execute()
        row: SettingsTrialRow = SettingsTrialRow.create(topic=topic, token=secrets.token_hex(16), state=WAITING, at=at)
        uow.enqueue(WORK, {"trial": row.id, "plugin": name}, at=at)
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor, data={"trial": topic}))


def newest(name: str) -> SettingsTrial | None:
    """The last one of a plugin."""
    return newest_trial(topic_of(name))


def run(shop: Shop, trial_id: int, name: str, *, at: datetime) -> None:
    """Try it. Never raises for what goes wrong outside, nor for a plugin that breaks."""
    plugin = shop.plugins.plugins().get(name)
    if plugin is None:
        return
    try:
        state, sentence = GOOD, plugin.try_out()
    except OutsideError as error:
        state, sentence = FAILED, error.sentence
    except Exception as error:  # noqa: BLE001 - a stranger's code
        shop.plugins.failed(name, "try_out", error)
        state, sentence = FAILED, "The plugin broke while it was tried. The log of the worker says how."
    with unit_of_work() as uow:
        mine = (SettingsTrialRow.id == trial_id) & (SettingsTrialRow.state == WAITING)
        SettingsTrialRow.update(state=state, sentence=str(sentence)[:1000], done_at=at).where(mine).execute()
        uow.record(Event(EventKind.SHOP_CHANGED, at, SYSTEM, data={"trial": topic_of(name)}))
