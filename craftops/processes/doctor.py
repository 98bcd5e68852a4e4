"""``craftops doctor``: what must hold of a shop's data, checked; nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from craftops.domain.billing.costing import Rates
from craftops.domain.messages.thread import Side, Turn, waiting_since
from craftops.domain.orders import withdrawal
from craftops.domain.orders.withdrawal import Declaration, WithdrawnLine
from craftops.domain.orders.workflow import BACK, FORWARD, MoveKind, Stage
from craftops.domain.production import copies
from craftops.domain.production.jobs import ACTIVE, Job, JobState
from craftops.errors import ConfigError
from craftops.services.billing.settings import billing_settings
from craftops.services.shop import hosts
from craftops.services.shop.context import Shop
from craftops.store import key_rows
from craftops.store.database import connected
from craftops.store.mapping import to_job
from craftops.store.migrating import pending, unknown
from craftops.store.models import (
    BlobRow,
    DesignFileRow,
    IncomingFileRow,
    IncomingRow,
    InvoiceRow,
    JobRow,
    LabelRow,
    MachineRow,
    MessageRow,
    NoticeRow,
    OrderLineRow,
    OrderRow,
    PickupRow,
    ProgressPhotoRow,
    RevisionRow,
    SettingsRow,
    StageChangeRow,
    ThreadRow,
    WebhookEndpointRow,
    WithdrawalRow,
    WorkRow,
)
from craftops.store.queries import settings
from craftops.store.queries.pickup import UNNAMED

ACTIVE_VALUES = [state.value for state in ACTIVE]
OF_PEOPLE = {
    "second_factor": "second factors", "sign_in_step": "sign-ins under way", "link_trial": "tests of a machine",
}  # fmt: skip
"""Table -> whose sealed secrets are told by number; all others are told by their name."""
STUCK_AFTER = timedelta(minutes=15)


Tell = Callable[[str], None]
"""Hears what is looked at now, a few words each."""


def _nobody(_words: str) -> None:
    """Nobody listens."""


def examine(shop: Shop, *, at: datetime, tell: Tell = _nobody) -> list[str]:
    """Everything that is wrong, one sentence each; empty when all is well. ``tell`` hears how far it is."""
    with connected():
        if strangers := unknown():
            return [f"The database was written by a newer CraftOps: {', '.join(strangers)}."]
        waiting = pending()
        if waiting:
            return [f"The database is older than the program: run `craftops migrate` ({', '.join(waiting)})."]
        checks: tuple[tuple[str, Iterator[str]], ...] = (
            ("files", _blobs(shop, tell)),
            ("orders", _orders()),
            ("versions", _versions()),
            ("machines", _machines()),
            ("copies", _copies()),
            ("withdrawals", _declarations()),
            ("photos", _photos()),
            ("pickups", _pickups()),
            ("messages", _messages()),
            ("work", _work(at)),
            ("notices", _notices()),
            ("incoming files", _incoming()),
            ("rates", _rates(shop)),
            ("secrets", _secrets(shop)),
            ("keys", _keys(shop)),
            ("settings", _kept(shop)),
            ("hosts", hosts.differences(shop, at=at)),
            ("plugins", _plugins(shop)),
        )
        found: list[str] = []
        for what, check in checks:
            tell(what)
            found += check
        return found


def _plugins(shop: Shop) -> Iterator[str]:
    for name, why in shop.plugins.left_out.items():
        yield f"The plugin {name} was left out: {why}"


def _stored(shop: Shop, rows: set[str], tell: Tell) -> Iterator[str]:
    """Files whose rows are here, and whose bytes are not, or not the same."""
    for number, sha256 in enumerate(sorted(rows), start=1):
        tell(f"files, {number} of {len(rows)}")
        stored = shop.files.hash_of(sha256)
        if stored is None:
            yield f"The file {sha256[:12]} is missing in the file store."
        elif stored != sha256:
            yield f"The file {sha256[:12]} has changed in the file store."


def _blobs(shop: Shop, tell: Tell) -> Iterator[str]:
    rows = {row.sha256 for row in BlobRow.select()}
    yield from _stored(shop, rows, tell)
    for file in DesignFileRow.select():
        if file.picture_sha and file.picture_sha not in rows:
            yield f"The picture of {file.name} is missing."
        if file.model_sha and file.model_sha not in rows:
            yield f"The 3D view of {file.name} is missing."
    for row in InvoiceRow.select():
        for sha256, what in ((row.pdf_sha, "PDF"), (row.xml_sha, "XML")):
            if sha256 and sha256 not in rows:
                yield f"The {what} of the invoice {row.number} is missing."
    yield from _desk_files(rows)
    for job in JobRow.select().where(JobRow.gcode_sha != ""):
        if job.gcode_sha not in rows:
            yield f"The machine code of {job.code} is missing."


def _desk_files(rows: set[str]) -> Iterator[str]:
    """Labels and signatures."""
    for label in LabelRow.select().where(LabelRow.files.is_null(False)):
        if any(sha256 not in rows for _kind, sha256 in label.files):
            yield f"The label {label.number or label.id} is missing."
    for pickup in PickupRow.select().where(PickupRow.signature_sha != ""):
        if pickup.signature_sha not in rows:
            yield f"The signature of pickup {pickup.id} is missing."


def _pickups() -> Iterator[str]:
    """What was handed over is complete, and says to whom, or that nobody wrote it down."""
    handed = PickupRow.select(PickupRow, OrderRow).join(OrderRow).where(PickupRow.state == "handed")
    for pickup in handed:
        if pickup.order.stage != Stage.COMPLETED.value:
            yield f"The order {pickup.order.code} was handed over, and is not complete."
        if (not pickup.given_to and pickup.proof != UNNAMED) or pickup.handed_at is None:
            yield f"Nobody knows to whom {pickup.order.code} was handed over."


def _photos() -> Iterator[str]:
    real = Counter(row.order_id for row in ProgressPhotoRow.select(ProgressPhotoRow.order))
    for order in OrderRow.select(OrderRow.id, OrderRow.code, OrderRow.photos):
        if order.photos != real[order.id]:
            yield f"The order {order.code} counts {order.photos} photos and has {real[order.id]}."


def _messages() -> Iterator[str]:
    """A thread counts what is there, and whoever spoke last is who the other side waits for."""
    real = Counter(row.order_id for row in MessageRow.select(MessageRow.order))
    for thread in ThreadRow.select(ThreadRow, OrderRow).join(OrderRow):
        code = thread.order.code
        if thread.count != real[thread.order_id]:
            yield f"The thread of {code} counts {thread.count} messages and has {real[thread.order_id]}."
        said = MessageRow.select().where(MessageRow.order == thread.order_id, MessageRow.away == "")
        turns = [Turn(row.id, Side(row.side), row.at) for row in said.order_by(MessageRow.id)]
        if thread.waiting_since != waiting_since(turns, thread.settled):
            yield f"The thread of {code} does not say rightly who waits for an answer."


def _versions() -> Iterator[str]:
    """Of each line's versions exactly one is made, and it is the file that the line has."""
    made: dict[int, list[RevisionRow]] = {}
    for row in RevisionRow.select():
        made.setdefault(row.line_id, [])
        if row.state == "approved":
            made[row.line_id].append(row)
    for line in OrderLineRow.select().where(OrderLineRow.id.in_(list(made))):
        rows = made[line.id]
        if len(rows) != 1 or (rows[0].file_id, rows[0].number) != (line.file_id, line.revision):
            yield f"The versions of {line.title} (order {line.order.code}) do not say which file is made."


def _orders() -> Iterator[str]:
    """Every timeline, in two queries: a shop has a hundred thousand of them."""
    walked: dict[int, list[tuple[str | None, str, str, datetime]]] = {}
    columns = (
        StageChangeRow.order,
        StageChangeRow.before,
        StageChangeRow.after,
        StageChangeRow.kind,
        StageChangeRow.at,
    )
    for order_id, *change in StageChangeRow.select(*columns).order_by(StageChangeRow.id).tuples().iterator():
        walked.setdefault(order_id, []).append((change[0], change[1], change[2], change[3]))
    for order_id, code, stage in OrderRow.select(OrderRow.id, OrderRow.code, OrderRow.stage).tuples().iterator():
        changes = walked.pop(order_id, [])
        if not changes or changes[-1][1] != stage:
            yield f"Order {code} is {stage}, and its timeline does not say so."
        reached: str | None = None
        for before, after, kind, at in changes:
            if reached is not None and before != reached:
                yield f"Order {code} has a gap in its timeline at {at:%Y-%m-%d %H:%M}."
            if not _legal(before, after, kind):
                yield f"Order {code} went from {before} to {after}, which no rule allows."
            reached = after


def _legal(before: str | None, after: str, kind: str) -> bool:
    if before is None:
        return bool(after == Stage.RECEIVED.value)
    left, reached = Stage(before), Stage(after)
    undo = kind == MoveKind.UNDO.value
    return undo or reached is Stage.CANCELLED or reached in FORWARD[left] or reached in BACK.get(left, ())


def _machines() -> Iterator[str]:
    active = JobRow.select().where(JobRow.state.in_(ACTIVE_VALUES))
    counts = Counter(row.machine_id for row in active)
    for machine_id, count in counts.items():
        if machine_id is None:
            yield f"{count} running jobs have no machine."
        elif count > 1:
            yield f"{MachineRow.get_by_id(machine_id).name} has {count} running jobs."
    for job in JobRow.select().where(JobRow.state == JobState.DONE.value, JobRow.finished_at.is_null()):
        yield f"Job {job.code} is done and has no time of its end."


def _copies() -> Iterator[str]:
    """The jobs of a line make as many copies as were ordered, cancelled and replaced jobs counted rightly."""
    lines: dict[int, list[Job]] = {}
    for row in JobRow.select():
        lines.setdefault(row.line_id, []).append(to_job(row))
    for line in OrderLineRow.select().where(OrderLineRow.id.in_(list(lines))):
        found = copies.count(lines[line.id]).total
        if found != line.quantity:
            yield f"The jobs of {line.title} (order {line.order.code}) make {found} copies of {line.quantity}."


def _declarations() -> Iterator[str]:
    """What was declared is as it was written, but for customers who asked to be forgotten."""
    for row in WithdrawalRow.select().where(WithdrawalRow.email != ""):
        lines = tuple(WithdrawnLine(one["id"], one["title"], one["quantity"]) for one in row.lines)
        said = Declaration(row.name, row.email, lines, row.words)
        if withdrawal.digest(row.order.code, said, row.at) != row.digest:
            yield f"The withdrawal {row.id} of order {row.order.code} is not as it was declared."


def _work(at: datetime) -> Iterator[str]:
    for work in WorkRow.select().where(WorkRow.state == "failed"):
        yield f"Work {work.id} ({work.kind}) has failed for good: {work.error}"
    stuck = WorkRow.select().where(WorkRow.state == "ready", WorkRow.run_after < at - STUCK_AFTER)
    for work in stuck:
        if work.lease_until is None or work.lease_until < at - STUCK_AFTER:
            since = f"{work.run_after:%Y-%m-%d %H:%M} UTC"
            yield f"Work {work.id} ({work.kind}) has waited since {since}. Does the worker run?"


def _notices() -> Iterator[str]:
    for notice in NoticeRow.select().where(NoticeRow.state == "refused"):
        yield f"The notice {notice.key} was refused: {notice.error}"


def _incoming() -> Iterator[str]:
    """What waits for staff has bytes; what a customer has is a design file, or says why not."""
    for row in IncomingRow.select().where(IncomingRow.state == "held"):
        if not row.parts.where(IncomingFileRow.blob.is_null(False)).exists():
            yield f"The message {row.id} ({row.channel}) waits for staff, and has no file."
    lost = IncomingFileRow.select(IncomingFileRow, IncomingRow).join(IncomingRow)
    for part in lost.where(
        IncomingRow.state == "taken",
        IncomingRow.customer.is_null(False),
        IncomingFileRow.file.is_null(),
        IncomingFileRow.sentence == "",
    ):
        yield f"The file {part.name} of message {part.incoming_id} was taken in, and nobody has it."


def _secrets(shop: Shop) -> Iterator[str]:
    """Every sealed secret is opened by the key that is here."""
    for machine in MachineRow.select().where(MachineRow.sealed_secret != ""):
        try:
            shop.sealer.open(machine.sealed_secret)
        except ConfigError as error:
            yield f"The secret of {machine.name} cannot be opened: {error.sentence}"
    for row in SettingsRow.select().where(SettingsRow.sealed.is_null(False)):
        try:
            for sealed in row.sealed.values():
                shop.sealer.open(sealed)
        except ConfigError as error:
            yield f"A secret of the settings {row.topic} cannot be opened: {error.sentence}"
    for endpoint in WebhookEndpointRow.select():
        try:
            shop.sealer.open(endpoint.sealed)
            shop.sealer.open(endpoint.sealed_before)
        except ConfigError as error:
            yield f"The secret of the webhook to {endpoint.url} cannot be opened: {error.sentence}"


def _keys(shop: Shop) -> Iterator[str]:
    """What else is sealed is opened by the key that is here, and all of it by the newest."""
    shut: Counter[str] = Counter()
    old = 0
    for table, sealed in key_rows.sealed_values():
        try:
            shop.sealer.open(sealed)
            old += not shop.sealer.is_newest(sealed)
        except ConfigError:
            shut[table] += 1
    for table, words in OF_PEOPLE.items():
        if shut[table]:
            yield f"{shut[table]} {words} cannot be opened: secret.key is not the key that sealed them."
    if old or shop.config.keys().unfinished:
        yield "A rotation of secret.key has not come to its end. Stop the shop and run: craftops key rotate"


def _rates(shop: Shop) -> Iterator[str]:
    """Rates are in the currency of the file; the owner changes the shop's currency in the browser."""
    ours, theirs = shop.profile().currency.upper(), shop.rates.currency
    if billing_settings(shop).version == 0 and shop.rates != Rates(theirs) and ours != theirs:
        yield (
            f"The rates in shop.toml are in {theirs} and the shop reckons in {ours}, so no price can be said."
            f' Write them in {ours}, with currency = "{ours}" under [shop].'
        )


def _kept(shop: Shop) -> Iterator[str]:
    """Each secret of the settings that count can be opened."""
    for one in settings.newest_of_all():
        for name, sealed in one.sealed.items() if one.body is not None else ():
            try:
                shop.sealer.open(sealed)
            except ConfigError:
                yield f"The secret {name} of {one.topic} cannot be opened: secret.key is not the one that sealed it."
