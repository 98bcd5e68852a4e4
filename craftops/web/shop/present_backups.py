"""The shop's backups, as people who work here read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from craftops.domain.shop.backups import BackupState, Safety
from craftops.services.shop import backups, epochs
from craftops.services.shop.backups import BackupsView
from craftops.store.queries.shop_pages import copied_from
from craftops.store.views.shop import BackupTry
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Chip, TodoItem


@dataclass(frozen=True, slots=True)
class BackupLine:
    """One that was tried."""

    at: datetime
    name: str
    size: str
    what: str
    by: str
    chip: Chip


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """Where a restored copy comes from."""

    of: str
    since: datetime


@dataclass(frozen=True, slots=True)
class BackupsPage:
    """``staff/backups.html``."""

    chip: Chip
    sentence: str
    last_good: datetime | None
    folder: str
    same_disk: bool
    every: str
    has_phrase: bool
    can_make: bool
    lines: tuple[BackupLine, ...]
    copy: CopyFacts | None


def backups_page(sight: RequestContext) -> BackupsPage:
    """Everything of it."""
    view = backups.standing(sight.shop, at=sight.now)
    copied = copied_from()
    copy = CopyFacts(*copied) if copied is not None else None
    tone, word, icon = {
        Safety.NO_KEY: ("bad", _("No backups"), "alert-triangle"),
        Safety.NONE: ("warn", _("None yet"), "clock"),
        Safety.LATE: ("bad", _("Too old"), "alert-triangle"),
        Safety.SAFE: ("good", _("Backed up"), "check"),
    }[view.safety]
    return BackupsPage(
        Chip(word, tone, icon),
        _sentence(view),
        view.last_good.begun_at if view.last_good else None,
        str(view.folder),
        view.same_disk,
        labels.duration(view.every.total_seconds()),
        view.has_phrase,
        view.safety is not Safety.NO_KEY,
        tuple(_line(one) for one in view.rows),
        copy,
    )


def _sentence(view: BackupsView) -> str:
    failed = view.rows and view.rows[0].state == BackupState.FAILED.value
    if failed and view.safety is not Safety.NO_KEY:
        return _("The last try failed: %(why)s", why=view.rows[0].error)
    return {
        Safety.NO_KEY: _("No backup is made before there is a recovery phrase, which alone opens them."),
        Safety.NONE: _("The first one is made within minutes, while the shop goes on."),
        Safety.LATE: _("The last good backup is too old. Does the worker run, and is there room in the folder?"),
        Safety.SAFE: _("Made while the shop works, and read back to the end."),
    }[view.safety]


def _line(row: BackupTry) -> BackupLine:
    tone, word, icon = {
        BackupState.RUNNING: ("calm", _("Being made"), "progress"),
        BackupState.GOOD: ("good", _("Good"), "check"),
        BackupState.FAILED: ("bad", _("Failed"), "x"),
        BackupState.GONE: ("quiet", _("Made room"), "trash"),
    }[BackupState(row.state)]
    good = row.state in (BackupState.GOOD.value, BackupState.GONE.value)
    held = _("%(orders)d orders, %(files)d files", orders=row.orders, files=row.files) if good else row.error
    return BackupLine(
        row.begun_at, row.name, labels.size(row.size) if good else "", held, row.by_name, Chip(word, tone, icon)
    )


def todo(sight: RequestContext) -> list[TodoItem]:
    """What somebody has to do about it: nothing in a demo, and nothing while all is well."""
    found: list[TodoItem] = []
    url = url_for("staff.backups")
    if epochs.is_copy():
        note = _("It sends and charges nothing until the owner says that it is the real one")
        return [TodoItem(url, _("Copy"), _("This is a restored copy"), note, None, "", None)]
    if sight.shop.is_demo:
        return found
    if (address := _address_todo(sight)) is not None:
        found.append(address)
    view = backups.standing(sight.shop, at=sight.now, most=1)
    failed = bool(view.rows) and view.rows[0].state == BackupState.FAILED.value
    title = {
        Safety.NO_KEY: _("Nothing of this shop is backed up"),
        Safety.NONE: _("There is no backup yet") if failed else "",
        Safety.LATE: _("The last good backup is too old"),
        Safety.SAFE: _("The last backup failed") if failed else "",
    }[view.safety]
    if title:
        since = view.last_good.begun_at if view.last_good else None
        found.append(TodoItem(url, _("Backup"), title, _sentence(view), since, "", None))
    return found


def _address_todo(sight: RequestContext) -> TodoItem | None:
    """Mails go out, and their links lead to this very computer."""
    config, channels = sight.shop.config, sight.shop.plugins.notification_channels
    if config.document.server.base_url or not any(one.ready and one.reaches_person for one in channels):
        return None
    note = _("Write base_url under [server] in shop.toml: how customers reach the shop")
    return TodoItem(
        url_for("staff.backups"),
        _("Mail"),
        _("Links in mails lead to %(url)s", url=config.base_url),
        note,
        None,
        "",
        None,
    )
