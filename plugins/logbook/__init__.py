"""The shop's logbook: what happened on the floor, in the order in which it did, for whoever comes in the morning.

It hears of everything that plugins are told, and keeps a line of each in a table of its own: code and title of the
order, and what happened, as a word of ours that the page says in its reader's language. Names of customers and texts of
messages are not kept: they are where they were, and go when they go there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from craftops.domain.files.designs import Verdict
from craftops.domain.messages.thread import Side
from craftops.domain.orders.workflow import name_of
from craftops.domain.production.jobs import JobState
from craftops.errors import ConfigError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.announcements import (
    Announcement,
    DesignAnalysed,
    EstimateChanged,
    JobFinished,
    OrderPlaced,
    OrderStageChanged,
    OrderTold,
    PostedMessage,
)
from craftops.sdk.pages import Audience, OwnPage, PageAnswer, PageRequest
from craftops.sdk.schedules import Scheduled
from craftops.sdk.settings import setting
from craftops.sdk.tables import AddTable, ColumnKind, Migration, TableColumn, moment

SHOWN = 200
DAY_S = 86_400.0
COLUMNS = (
    TableColumn("event", ColumnKind.WHOLE, unique=True),
    TableColumn("at", ColumnKind.MOMENT, indexed=True),
    TableColumn("code"),
    TableColumn("title"),
    TableColumn("what"),
    TableColumn("more"),
)
VERDICTS = {
    Verdict.ACCEPTED: "A file is good",
    Verdict.FINDINGS: "A file has findings",
    Verdict.REFUSED: "A file was refused",
    Verdict.BY_HAND: "A file is to be looked at",
}
ENDS = {JobState.DONE: "A job is done", JobState.FAILED: "A job failed", JobState.CANCELLED: "A job was called off"}
LATER, SOONER, MOVED = "Its window moved back", "Its window moved forward", "Its window was written"


@dataclass(frozen=True, slots=True)
class LogbookSettings:
    """How long it goes back."""

    days: int = setting(90, help="Days for which a line is kept")


@dataclass(frozen=True, slots=True)
class LogbookLine:
    """One line of the page."""

    at: datetime
    code: str
    title: str
    what: str
    more: str


class Logbook(Plugin[LogbookSettings]):
    """Hears, keeps, shows, forgets."""

    name = "logbook"
    title = "Logbook"
    summary = "Keeps what happened on the floor, one line each, for people who work here."
    settings_type = LogbookSettings

    def __init__(self, settings: LogbookSettings) -> None:
        super().__init__(settings)
        if settings.days < 1:
            raise ConfigError("The settings cannot be used:", ["plugin.logbook.days: write 1 or more"])

    @hookimpl
    def register_migrations(self) -> Iterable[Migration]:
        return [Migration("first", (AddTable("line", COLUMNS),))]

    @hookimpl
    def register_pages(self) -> Iterable[OwnPage]:
        template = Path(__file__).parent / "lines.html"
        return [OwnPage("lines", self.title, Audience.STAFF, template, self.page, icon="history")]

    @hookimpl
    def register_schedules(self) -> Iterable[Scheduled]:
        return [Scheduled("forget", DAY_S, self.forget)]

    @hookimpl
    def order_placed(self, event: OrderPlaced) -> None:
        self.keep(event, event.order, "An order came")

    @hookimpl
    def order_stage_changed(self, event: OrderStageChanged) -> None:
        self.keep(event, event.order, name_of(event.after).capitalize())

    @hookimpl
    def design_analysed(self, event: DesignAnalysed) -> None:
        if event.verdict in VERDICTS:
            self.keep(event, event.order, VERDICTS[event.verdict], event.file)

    @hookimpl
    def job_finished(self, event: JobFinished) -> None:
        self.keep(event, event.order, ENDS[event.state], " · ".join(one for one in (event.job, event.machine) if one))

    @hookimpl
    def estimate_changed(self, event: EstimateChanged) -> None:
        if event.before is None or event.after is None:
            self.keep(event, event.order, MOVED)
        else:
            self.keep(event, event.order, LATER if event.after.end > event.before.end else SOONER)

    @hookimpl
    def message_posted(self, event: PostedMessage) -> None:
        self.keep(event, event.order, "The customer wrote" if event.side is Side.CUSTOMER else "We wrote")

    def keep(self, event: Announcement, order: OrderTold | None, what: str, more: str = "") -> None:
        """Write a line, once for each event, however often it is told."""
        with self.place.tables.together():
            if self.place.tables.ask("SELECT 1 FROM {line} WHERE event = ?", (event.id,)):
                return
            code, title = (order.code, order.title) if order is not None else ("", "")
            self.place.tables.change(
                "INSERT INTO {line} (event, at, code, title, what, more) VALUES (?, ?, ?, ?, ?, ?)",
                (event.id, event.at, code, title, what, more),
            )

    def page(self, _asked: PageRequest) -> PageAnswer:
        """The newest lines."""
        rows = self.place.tables.ask(
            "SELECT at, code, title, what, more FROM {line} ORDER BY at DESC, event DESC LIMIT ?", (SHOWN,)
        )
        lines = [LogbookLine(moment(int(at or 0)), *map(str, texts)) for at, *texts in rows]
        return PageAnswer({"lines": lines})

    def forget(self, at: datetime) -> None:
        """Take away what is older than it is kept for."""
        self.place.tables.change("DELETE FROM {line} WHERE at < ?", (at - timedelta(days=self.settings.days),))


PLUGIN = Logbook
