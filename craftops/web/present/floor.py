"""Contexts of the floor's lists: to-do, board, machines, customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import LazyString, gettext, ngettext
from flask_babel import lazy_gettext as _

from craftops.domain.estimation.estimate import Punctuality, punctuality
from craftops.domain.machines.readings import MachineState, Reading, run_key_of
from craftops.domain.orders.workflow import ENDED, READY, Stage
from craftops.domain.production.jobs import JobState
from craftops.sdk.machine import BrokerAddress, MqttDriver, Publication
from craftops.services.machines import linking
from craftops.store.mapping import to_memory
from craftops.store.models import AccountRow, JobRow, MachineRow, OrderLineRow, OrderRow, RefusedWordRow, RevisionRow
from craftops.store.queries import production
from craftops.web import words
from craftops.web.contexts import (
    BoardColumn,
    Choice,
    Credential,
    CustomerRow,
    MachinePage,
    RefusedWord,
    TodoItem,
    TodoList,
)
from craftops.web.contexts import Chip as ChipLine
from craftops.web.present import incoming
from craftops.web.present.common import Sight, estimate_of
from craftops.web.present.staff import board_card, job_line, machine_card, todo_item

ON_HOME = 6
ON_COLUMN = 30
COLUMNS = (
    Stage.RECEIVED, Stage.IN_REVIEW, Stage.QUEUED, Stage.IN_PRODUCTION, Stage.POST_PROCESSING, Stage.QUALITY_CHECK,
)  # fmt: skip
ENDED_VALUES = [stage.value for stage in ENDED]


@dataclass(frozen=True, slots=True)
class _List:
    title: LazyString
    icon: str
    empty: LazyString
    find: Callable[[Sight], list[TodoItem]]


def _orders(*stages: Stage) -> Any:
    values = [stage.value for stage in stages]
    query = OrderRow.select(OrderRow, AccountRow).join(AccountRow).where(OrderRow.stage.in_(values))
    return query.order_by(OrderRow.stage_since)


def _in(*stages: Stage) -> Callable[[Sight], list[TodoItem]]:
    return lambda sight: [todo_item(row, sight) for row in _orders(*stages).where(OrderRow.hold_since.is_null())]


def _at_risk(sight: Sight) -> list[TodoItem]:
    active = OrderRow.select(OrderRow, AccountRow).join(AccountRow).where(OrderRow.stage.not_in(ENDED_VALUES))
    found = []
    for row in active.order_by(OrderRow.promise_at):
        estimate = estimate_of(row)
        if estimate and punctuality(estimate, row.promise_at, sight.now) in (Punctuality.LATE, Punctuality.AT_RISK):
            promised = words.moment(row.promise_at, sight.profile.zone) if row.promise_at else ""
            found.append(todo_item(row, sight, gettext("promised for %(time)s", time=promised)))
    return found


def _needs_machine(sight: Sight) -> list[TodoItem]:
    waiting = JobRow.select(JobRow.order, JobRow.code).where(JobRow.state == JobState.PLANNED.value)
    jobs: dict[int, int] = {}
    for row in waiting:
        jobs[row.order_id] = jobs.get(row.order_id, 0) + 1
    orders = _orders(Stage.QUEUED, Stage.IN_PRODUCTION, Stage.POST_PROCESSING).where(OrderRow.id.in_(list(jobs)))
    return [
        todo_item(row, sight, ngettext("%(num)d job without a machine", "%(num)d jobs without a machine", jobs[row.id]))
        for row in orders
    ]


def _machines(sight: Sight) -> list[TodoItem]:
    found = []
    for machine in MachineRow.select().where(MachineRow.enabled).order_by(MachineRow.name):
        card = machine_card(machine, sight)
        note = ""
        if machine.state in (MachineState.ATTENTION.value, MachineState.FAILED.value):
            note = card.message or card.state_word
        elif machine.unclaimed_run:
            note = gettext("runs something that no job explains")
        elif machine.link_state == "rejected":
            note = machine.link_sentence
        elif card.stale and machine.heard_at:
            note = card.stale
        if note:
            tone = ChipLine(card.state_word, card.tone, "alert-triangle")
            found.append(TodoItem(card.url, machine.key, machine.name, note, machine.heard_at, "", tone))
    return found


def _versions(sight: Sight) -> list[TodoItem]:
    query = RevisionRow.select(RevisionRow, OrderLineRow, OrderRow, AccountRow)
    query = (
        query.join(OrderLineRow)
        .join(OrderRow)
        .join(AccountRow)
        .where(RevisionRow.state == "proposed", OrderRow.stage.not_in(ENDED_VALUES))
    )
    found = []
    for row in query.order_by(RevisionRow.at):
        order = row.line.order
        note = gettext("version %(n)s of %(line)s", n=row.number, line=row.line.title)
        item = todo_item(order, sight, note)
        url = url_for("staff.compare", code=order.code, line_id=row.line_id, after=row.number)
        found.append(replace(item, url=url, since=row.at))
    return found


def _on_hold(sight: Sight) -> list[TodoItem]:
    rows = (
        OrderRow.select(OrderRow, AccountRow)
        .join(AccountRow)
        .where(OrderRow.hold_since.is_null(False), OrderRow.stage.not_in(ENDED_VALUES))
    )
    return [todo_item(row, sight, row.hold_reason) for row in rows.order_by(OrderRow.hold_since)]


LISTS: dict[str, _List] = {
    "review": _List(
        _("To review"), "eye", _("No new orders. They come in here."), _in(Stage.RECEIVED, Stage.IN_REVIEW)
    ),
    "versions": _List(_("New versions of files"), "stack-2", _("No file has changed."), _versions),
    "incoming": _List(_("Came in by mail or folder"), "mail", _("No files have come in this way."), incoming.todo),
    "risk": _List(_("Late or at risk"), "alert-triangle", _("Every promise holds."), _at_risk),
    "machines": _List(_("Machines that need hands"), "hand-stop", _("No machine waits for you."), _machines),
    "plan": _List(_("Needs a machine"), "layout-kanban", _("Every accepted job has its machine."), _needs_machine),
    "hands": _List(_("Hand work"), "tools", _("Nothing on the bench."), _in(Stage.POST_PROCESSING)),
    "check": _List(_("Quality check"), "clipboard-check", _("Nothing to check."), _in(Stage.QUALITY_CHECK)),
    "handover": _List(_("Ready to hand over"), "package", _("Nothing waits at the counter."), _in(*sorted(READY))),
    "hold": _List(_("On hold"), "player-pause", _("Nothing rests."), _on_hold),
}


def todo_list(key: str, sight: Sight, limit: int | None = None) -> TodoList:
    """One list; ``count`` is the number of all its items, whether they are shown or not."""
    kind = LISTS[key]
    items = kind.find(sight)
    url = url_for("staff.todo", key=key)
    shown = tuple(items[:limit] if limit else items)
    return TodoList(key, str(kind.title), kind.icon, len(items), str(kind.empty), url, shown)


def board(sight: Sight) -> tuple[BoardColumn, ...]:
    """Columns by stage, the ready ones together."""
    columns = []
    for stages in (*((stage,) for stage in COLUMNS), tuple(sorted(READY))):
        rows = list(_orders(*stages))
        title = str(words.STAGE_TITLES[stages[0]]) if len(stages) == 1 else gettext("Ready")
        cards = tuple(board_card(row, sight) for row in rows[:ON_COLUMN])
        more = url_for("staff.orders", stage=stages[0].value) if len(rows) > ON_COLUMN else ""
        columns.append(BoardColumn(stages[0].value, title, len(rows), cards, more))
    return tuple(columns)


def machine_page(machine: MachineRow, sight: Sight, address: BrokerAddress, kind: str, secret: str) -> MachinePage:
    """A machine, its queue, its refused words; ``secret`` is its new password, or empty."""
    driver = sight.shop.plugins.machine_drivers.get(machine.driver)
    queue = production.queue_of(machine.id)
    machines = list(MachineRow.select().order_by(MachineRow.name))
    waiting = [row for row in queue if row.state == JobState.QUEUED.value]
    ended = [JobState.DONE.value, JobState.FAILED.value, JobState.CANCELLED.value]
    recent = JobRow.select().where(JobRow.machine == machine.id, JobRow.state.in_(ended))
    refused = machine.refused_words.order_by(RefusedWordRow.id.desc()).limit(20)
    uses_broker = driver is not None and driver.uses_broker
    last = to_memory(machine).last
    unclaimed = ""
    if machine.unclaimed_run:
        named = last is not None and last.file and run_key_of(last) == machine.unclaimed_run
        run = last.file if last is not None and named else machine.unclaimed_run
        unclaimed = gettext("It runs “%(run)s”, and no waiting job has that name.", run=run)
    facts = linking.facts_of(sight.shop, machine)
    sample = driver.sample(facts) if isinstance(driver, MqttDriver) else None
    return MachinePage(
        card=machine_card(machine, sight),
        queue=tuple(
            job_line(row, sight, machines, first=row is waiting[0], last=row is waiting[-1]) if row in waiting
            else job_line(row, sight, machines)
            for row in queue
        ),
        recent=tuple(job_line(row, sight, machines) for row in recent.order_by(JobRow.finished_at.desc()).limit(10)),
        refused=tuple(RefusedWord(row.at, row.code, row.sentence, row.said) for row in refused),
        unclaimed=unclaimed,
        claim_choices=tuple(Choice(str(row.id), f"{row.code} · {row.line.title}") for row in waiting),
        credential=_credential(machine, sample, address, secret) if secret and sample else None,
        uses_broker=uses_broker,
        topic=sample.topic if sample else "",
        advice=driver.advice(facts) if isinstance(driver, MqttDriver) else "",
        broker=f"{kind} · {address.host}:{address.port}" if uses_broker else "",
        last_raw=_heard(last, sight.profile.zone) if last else "",
        enabled=machine.enabled,
        arrival=arrival(machine, sight.profile.zone),
        by_hand=driver is not None and bool(driver.commands),
        settings_url=url_for("staff.change_link", key=machine.key) if driver is not None and driver.fields else "",
        bed=" × ".join(f"{side:g}" for side in machine.bed or ()),
    )  # fmt: skip


def _heard(last: Reading, zone: ZoneInfo) -> str:
    word, _tone = words.MACHINE_STATES[last.state.value]
    return f"{word}, {words.exact(last.at, zone)}"


def arrival(machine: MachineRow, zone: ZoneInfo) -> str:
    """Whether anything of a machine that signs in to the broker has come, for whoever tries its new credential."""
    last = to_memory(machine).last
    if last is None:
        return gettext("Nothing has come from it yet. What it says appears here.")
    return gettext("It has arrived: %(word)s.", word=_heard(last, zone))


def _credential(machine: MachineRow, said: Publication, address: BrokerAddress, secret: str) -> Credential:
    line = (
        f"mosquitto_pub -h {address.host} -p {address.port} -u {machine.key} -P {secret} "
        f"-t {said.topic} -q 1 -m '{said.payload.decode()}'"
    )
    return Credential(machine.key, secret, address.host, address.port, line)


def customer_row(account: AccountRow) -> CustomerRow:
    orders = OrderRow.select().where(OrderRow.customer == account.id)
    return CustomerRow(
        id=account.id,
        name=account.name,
        email=account.email,
        url=url_for("staff.customer", account_id=account.id),
        orders=orders.count(),
        active=orders.where(OrderRow.stage.not_in(ENDED_VALUES)).count(),
        since=account.created_at,
    )
