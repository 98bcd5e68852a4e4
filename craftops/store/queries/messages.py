"""What pages read of conversations: frozen values, a fixed number of queries each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from craftops.domain.people.access import Role
from craftops.store.database import in_dialect, is_sqlite
from craftops.store.models import AccountRow, MessageDraftRow, database
from craftops.store.models.base import from_micros, to_micros
from craftops.store.prepared import Prepared


@dataclass(frozen=True, slots=True)
class ThreadState:
    """How a thread stands for one reader."""

    count: int = 0
    waiting_since: datetime | None = None
    settled: int = 0
    shop_read: int = 0
    unread: int = 0
    """Messages of the customer that nobody of the shop has read."""
    snoozed_until: datetime | None = None
    assigned_id: int | None = None
    assigned_name: str = ""
    draft: str = ""
    """What the reader has written and not sent."""
    draft_files: tuple[int, ...] = ()
    """Files that go with it."""
    read_to: int = 0
    """The newest message that the reader has seen."""
    customer_read: int = 0


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message as it was written."""

    id: int
    side: str
    author_id: int | None
    author_name: str
    via: str
    body: str
    folded: str
    away: str
    files: int
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """A file of a message."""

    id: int
    message_id: int
    state: str
    small_sha: str
    width: int
    height: int
    file_id: int
    name: str
    size: int
    format: str
    """Empty for what nothing can be made of."""
    verdict: str
    sentence: str
    picture_sha: str
    model_sha: str


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A thread in the staff's list."""

    code: str
    title: str
    customer: str
    stage: str
    count: int
    unread: int
    newest_at: datetime
    waiting_since: datetime | None
    snoozed_until: datetime | None
    assigned: str
    side: str
    author: str
    body: str
    files: int


@dataclass(frozen=True, slots=True)
class UnreadThread:
    """A thread with something that a customer has not read yet."""

    code: str
    title: str
    new: int
    newest_at: datetime


def _rows(sql: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
    return list(database.execute_sql(in_dialect(sql), tuple(values)).fetchall())


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The thread of an order as one reader finds it."""

    state: ThreadState
    messages: tuple[StoredMessage, ...]
    """Oldest first."""
    attachments: dict[int, list[StoredAttachment]]
    """By message."""


CONVERSATION = """
SELECT t.count, t.waiting_since, t.settled, t.shop_read, t.unread, t.snoozed_until, t.assigned_id, a.name, d.body,
  d.files, r.message, (SELECT MAX(c.message) FROM read_mark c WHERE c.order_id = o.id AND c.account_id = o.customer_id),
  m.id, m.side, m.author_id, m.author_name, m.via, m.body, m.folded, m.away, m.files, m.at,
  x.id, x.message_id, x.state, x.small_sha, x.width, x.height, f.id, f.name, f.size, f.format, f.verdict,
  f.sentence, f.picture_sha, f.model_sha
FROM orders o
LEFT JOIN thread t ON t.order_id = o.id
LEFT JOIN account a ON a.id = t.assigned_id
LEFT JOIN message_draft d ON d.order_id = o.id AND d.account_id = ?
LEFT JOIN read_mark r ON r.order_id = o.id AND r.account_id = ?
LEFT JOIN (SELECT * FROM message WHERE order_id = ? AND id > ? ORDER BY id DESC LIMIT ?) m ON m.order_id = o.id
LEFT JOIN attachment x ON x.message_id = m.id
LEFT JOIN design_file f ON f.id = x.file_id
WHERE o.id = ? ORDER BY m.id, x.id
"""


FILES_OF = """
SELECT x.id, x.message_id, x.state, x.small_sha, x.width, x.height, f.id, f.name, f.size, f.format, f.verdict,
  f.sentence, f.picture_sha, f.model_sha
FROM attachment x JOIN design_file f ON f.id = x.file_id WHERE x.message_id IN ({marks}) ORDER BY x.id
"""


def files_of(message_ids: Sequence[int]) -> dict[int, list[StoredAttachment]]:
    """The files of these messages, in one query."""
    found: dict[int, list[StoredAttachment]] = {}
    if message_ids:
        marks = ", ".join("?" * len(message_ids))
        for row in _rows(FILES_OF.format(marks=marks), message_ids):
            values: list[Any] = [*row[:3], row[3] or "", *row[4:]]
            found.setdefault(row[1], []).append(StoredAttachment(*values))
    return found


def conversation_of(order_id: int, reader_id: int, *, most: int, after: int = 0) -> Conversation:
    """How the thread of an order stands for a reader, and its newest ``most`` messages after the one of id ``after``
    with their files: one query, whatever there is."""
    rows = _rows(CONVERSATION, (reader_id, reader_id, order_id, after, most, order_id))
    messages: dict[int, StoredMessage] = {}
    files: dict[int, list[StoredAttachment]] = {}
    for row in rows:
        said, attached = row[12:22], row[22:]
        if said[0] is not None and said[0] not in messages:
            messages[said[0]] = _message(said)
        if attached[0] is not None:
            values: list[Any] = [*attached[:3], attached[3] or "", *attached[4:]]
            files.setdefault(attached[1], []).append(StoredAttachment(*values))
    return Conversation(_state(rows[0]) if rows else ThreadState(), tuple(messages.values()), files)


def _state(row: tuple[Any, ...]) -> ThreadState:
    count, waiting, settled, shop_read, unread, snoozed, assigned, name, draft, files, mark, theirs = row[:12]
    return ThreadState(
        count or 0, _instant(waiting), settled or 0, shop_read or 0, unread or 0, _instant(snoozed), assigned,
        name or "", draft or "", tuple(orjson.loads(files)) if files else (), mark or 0, theirs or 0,
    )  # fmt: skip


def _message(row: tuple[Any, ...]) -> StoredMessage:
    values: list[Any] = [*row[:-1], from_micros(row[-1])]
    return StoredMessage(*values)


def writing_now(order_id: int, reader_id: int, since: datetime) -> list[str]:
    """Names of others of the shop who have touched a draft of an answer since then."""
    return _WRITERS.all(order_id, reader_id, since)


_WRITERS: Prepared[str] = Prepared(
    lambda order, reader, since: (
        MessageDraftRow.select(AccountRow.name)
        .join(AccountRow)
        .where(
            MessageDraftRow.order == order, MessageDraftRow.account != reader, MessageDraftRow.touched_at > since,
            AccountRow.role != Role.CUSTOMER.value,
        )
        .order_by(MessageDraftRow.touched_at.desc())
    ),
    str,
)  # fmt: skip


INBOX = """
SELECT o.code, o.title, c.name, o.stage, t.count, t.unread, t.newest_at, t.waiting_since, t.snoozed_until, a.name,
  m.side, m.author_name, m.body, m.files
FROM (SELECT t.* FROM thread t {mine} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?) t
JOIN orders o ON o.id = t.order_id JOIN account c ON c.id = o.customer_id
JOIN message m ON m.id = (SELECT MAX(id) FROM message WHERE order_id = t.order_id)
LEFT JOIN account a ON a.id = t.assigned_id ORDER BY {order}
"""
"""The threads of one page are chosen first: what stands in their lines is looked up for those alone."""
OF_CUSTOMER = "JOIN orders w ON w.id = t.order_id"
UNREAD_FIRST = "CASE WHEN t.unread > 0 THEN 0 WHEN t.waiting_since IS NOT NULL THEN 1 ELSE 2 END"
OLDEST_WAITING = "COALESCE(t.waiting_since, 0), t.newest_at DESC"
AWAKE = "(t.snoozed_until IS NULL OR t.snoozed_until <= ?)"
NEEDS_REPLY = f"(t.waiting_since IS NOT NULL OR t.unread > 0) AND {AWAKE}"


def _where(which: str, reader_id: int, now: datetime, customer_id: int | None) -> tuple[str, list[Any]]:
    """The condition of one of the inbox's lists and its values."""
    at = to_micros(now)
    lists: dict[str, tuple[str, list[Any]]] = {
        "open": (NEEDS_REPLY, [at]),
        "mine": (f"t.assigned_id = ? AND {NEEDS_REPLY}", [reader_id, at]),
        "snoozed": ("t.snoozed_until > ?", [at]),
        "all": ("t.count > 0", []),
    }
    where, values = lists[which]
    return (where, values) if customer_id is None else (f"{where} AND w.customer_id = ?", [*values, customer_id])


def inbox(
    which: str, reader_id: int, now: datetime, *, most: int, skip: int = 0, customer_id: int | None = None
) -> list[InboxRow]:
    """One of the lists "open" (somebody waits, or nobody has read it), "mine", "snoozed", "all": unread first, then
    whoever has waited longest."""
    where, values = _where(which, reader_id, now, customer_id)
    then = OLDEST_WAITING if which in ("open", "mine") else "t.newest_at DESC"
    order, mine = f"{UNREAD_FIRST}, {then}, t.order_id", "" if customer_id is None else OF_CUSTOMER
    found = []
    for row in _rows(INBOX.format(where=where, order=order, mine=mine), (*values, most, skip)):
        code, title, customer, stage, count, unread, newest, waiting, snoozed, assigned, side, author, body, files = row
        found.append(
            InboxRow(
                code, title, customer, stage, count, unread, from_micros(newest), _instant(waiting), _instant(snoozed),
                assigned or "", side, author, body, files,
            )
        )  # fmt: skip
    return found


COUNTS = """
SELECT COALESCE(SUM(CASE WHEN {open} THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN t.assigned_id = ? AND {open} THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN t.snoozed_until > ? THEN 1 ELSE 0 END), 0), COUNT(*)
FROM thread t WHERE t.count > 0
"""


def inbox_counts(reader_id: int, now: datetime) -> dict[str, int]:
    """How many threads are in each list of the inbox."""
    at = to_micros(now)
    row = _rows(COUNTS.format(open=NEEDS_REPLY), (at, reader_id, at, at))[0]
    return dict(zip(("open", "mine", "snoozed", "all"), (int(one) for one in row), strict=True))


UNREAD = """
SELECT o.code, o.title, COUNT(*), MAX(m.at) FROM message m JOIN orders o ON o.id = m.order_id
LEFT JOIN read_mark r ON r.order_id = o.id AND r.account_id = ?
WHERE o.id IN (
  SELECT id FROM orders WHERE customer_id = ? AND company_id IS NULL
  UNION ALL SELECT w.id FROM company_member c JOIN orders w ON w.company_id = c.company_id
  WHERE c.account_id = ? AND c.state = 'active')
AND m.side = 'shop' AND m.id > COALESCE(r.message, 0)
GROUP BY o.id, o.code, o.title ORDER BY MAX(m.at) DESC
"""


def unread_of(customer_id: int) -> list[UnreadThread]:
    """The orders of a customer and of their companies in which the shop has written something that they have not read,
    newest first."""
    rows = _rows(UNREAD, (customer_id, customer_id, customer_id))
    return [UnreadThread(code, title, new, from_micros(at)) for code, title, new, at in rows]


def find_messages(words: list[str], customer_id: int | None, most: int) -> list[tuple[str, str, str, str, datetime]]:
    """(code, title, author, body, at) of the newest messages that hold all of these words, or words that begin so.

    ``customer_id``: only of this customer's orders.
    """
    if not words:
        return []
    if is_sqlite():
        match, query = (
            "m.id IN (SELECT rowid FROM message_index WHERE message_index MATCH ?)",
            " ".join('"{}"*'.format(word.replace('"', '""')) for word in words),
        )
    else:
        match = "to_tsvector('simple', m.body) @@ to_tsquery('simple', ?)"
        query = " & ".join(f"'{_quoted(word)}':*" for word in words)
    mine, values = ("", []) if customer_id is None else (" AND o.customer_id = ?", [customer_id])
    sql = (
        "SELECT o.code, o.title, m.author_name, m.body, m.at FROM message m JOIN orders o ON o.id = m.order_id"  # noqa: S608 - no value stands in it
        f" WHERE {match}{mine} ORDER BY m.id DESC LIMIT ?"
    )
    return [(*row[:4], from_micros(row[4])) for row in _rows(sql, (query, *values, most))]


def _quoted(word: str) -> str:
    """A word between the quotes of a ``tsquery``."""
    return word.replace("\\", "\\\\").replace("'", "''")
