"""The staff's inbox and the page on which a thread is answered."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from flask import url_for

from craftops.domain.messages.thread import excerpt, waited
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.services.messages import held
from craftops.store.queries import messages as queries
from craftops.store.queries import notes as note_queries
from craftops.store.queries import people
from craftops.store.queries.messages import InboxRow
from craftops.store.views.orders import OrderView
from craftops.web.estimation.present import window_text
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.one_time import one_time_key
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice, TodoItem
from craftops.web.messages.present import panel_of, read
from craftops.web.messages.text import linked, marked
from craftops.web.messages.views import AnswerPage, FoundMessage, InboxLine, InboxPage, InboxTab, NoteCard, NotesPanel
from craftops.web.orders import labels as order_labels
from craftops.web.orders.present import live_jobs, sentence

PER_PAGE = 30
MOST_FOUND = 50
LATE = timedelta(hours=4)
"""Of open hours: whoever has waited so long stands out."""
LISTS = {"open": _("Waiting for us"), "mine": _("Mine"), "snoozed": _("Put off"), "all": _("All")}
EMPTY = {
    "open": _("Nobody waits for an answer."),
    "mine": _("Nothing of yours waits."),
    "snoozed": _("Nothing is put off."),
    "all": _("Nobody has written yet. Messages of customers come in here."),
}
SNOOZES = {"later": _("for 3 hours"), "tomorrow": _("until tomorrow"), "week": _("for a week")}
WORD = re.compile(r"\w+")


def inbox_page(sight: RequestContext, reader: int, which: str, query: str, number: int) -> InboxPage:
    """One list of the inbox, or the hits of a search."""
    counts = queries.inbox_counts(reader, sight.now)
    rows = [] if query else queries.inbox(
        which, reader, sight.now, most=PER_PAGE + 1, skip=(number - 1) * PER_PAGE
    )  # fmt: skip
    words = WORD.findall(query)
    found = queries.find_messages(words, None, MOST_FOUND)

    def page(n: int) -> str:
        return url_for("staff.inbox", list=which if which != "open" else None, page=n if n > 1 else None)

    return InboxPage(
        held=len(held.waiting()),
        tabs=tuple(
            InboxTab(key, str(label), counts[key], url_for("staff.inbox", list=key), key == which and not query)
            for key, label in LISTS.items()
        ),
        lines=tuple(_line(row, sight) for row in rows[:PER_PAGE]),
        query=query,
        found=tuple(
            FoundMessage(url_for("staff.thread", code=code), code, title, author, marked(body, words), at)
            for code, title, author, body, at in found
        ),
        empty=gettext("No message has these words.") if query else str(EMPTY[which]),
        next_url=page(number + 1) if len(rows) > PER_PAGE else "",
        previous_url=page(number - 1) if number > 1 else "",
    )


def _line(row: InboxRow, sight: RequestContext) -> InboxLine:
    body = excerpt(row.body) or gettext("a file")
    return InboxLine(
        url=url_for("staff.thread", code=row.code),
        code=row.code,
        title=row.title,
        customer=row.customer,
        stage=str(order_labels.STAGE_TITLES[Stage(row.stage)]),
        excerpt=f"{row.author}: {body}",
        new=row.unread,
        waiting=_waiting(row.waiting_since, sight) if row.waiting_since else "",
        late=row.waiting_since is not None and waited(row.waiting_since, sight.now, sight.profile.calendar) >= LATE,
        assigned=row.assigned,
        snoozed=_snoozed(row.snoozed_until, sight),
        newest_at=row.newest_at,
    )


def _waiting(since: datetime, sight: RequestContext) -> str:
    time = waited(since, sight.now, sight.profile.calendar)
    if sight.profile.calendar.always_open:
        return gettext("waiting %(time)s", time=labels.duration(time.total_seconds()))
    return gettext("waiting %(time)s of opening hours", time=labels.duration(time.total_seconds()))


def _snoozed(until: datetime | None, sight: RequestContext) -> str:
    if until is None or until <= sight.now:
        return ""
    return gettext("put off until %(time)s", time=labels.moment(until, sight.profile.zone))


def todo(sight: RequestContext) -> list[TodoItem]:
    """Threads that wait for the shop, for its to-do home: as many as the inbox counts."""
    return [
        TodoItem(
            url_for("staff.thread", code=row.code), row.code, row.title, f"{row.author}: {excerpt(row.body, 80)}",
            row.waiting_since or row.newest_at, "", None,
        )
        for row in queries.inbox("open", 0, sight.now, most=1000)
    ]  # fmt: skip


def notes_panel(order: OrderView, _sight: RequestContext, _actor: Actor) -> NotesPanel:
    """What staff tell one another about an order."""
    return NotesPanel(
        tuple(NoteCard(one.author_name, one.at, linked(one.body)) for one in note_queries.notes_of(order.id)),
        url_for("staff.write_note", code=order.code),
        one_time_key(),
        "",
    )


def answer_page(order: OrderView, sight: RequestContext, actor: Actor) -> AnswerPage:
    """Thread, order, canned answers and notes on one screen."""
    talk = read(order, actor)
    state = talk.state
    label, window = window_text(order, sight)
    waiting = queries.inbox("open", 0, sight.now, most=20)
    following = next((row.code for row in waiting if row.code != order.code), "")
    snoozed = _snoozed(state.snoozed_until, sight)
    return AnswerPage(
        code=order.code,
        title=order.title,
        customer=order.customer.name,
        customer_url=url_for("staff.customer", account_id=order.customer_id),
        order_url=url_for("staff.order", code=order.code),
        stage=str(order_labels.STAGE_TITLES[Stage(order.stage)]),
        sentence=sentence(order, live_jobs(order), sight),
        window_label=label,
        window=window,
        waiting=_waiting(state.waiting_since, sight) if state.waiting_since else "",
        assigned=(
            Choice("", gettext("nobody"), state.assigned_id is None),
            *(Choice(str(id_), name, id_ == state.assigned_id) for id_, name in people.team()),
        ),
        snoozed=snoozed,
        snoozes=tuple(Choice(key, str(word)) for key, word in SNOOZES.items()),
        settle=bool(state.waiting_since or state.unread),
        next_url=url_for("staff.thread", code=following) if following else "",
        thread=panel_of(order, talk, sight, actor),
        notes=notes_panel(order, sight, actor),
    )
