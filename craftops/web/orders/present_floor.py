"""The floor's lists: to-do and board."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from flask import url_for

from craftops.domain.estimation.estimate import Punctuality, punctuality
from craftops.domain.machines.readings import MachineState
from craftops.domain.orders.workflow import ENDED, READY, Stage
from craftops.store.queries import order_lists, production
from craftops.store.queries import orders as queries
from craftops.store.queries.order_lists import FloorOrder, RestingOrder
from craftops.store.together import together
from craftops.store.views.machines import MachineView
from craftops.web.estimation.present import estimate_of
from craftops.web.files import present_incoming
from craftops.web.files.present import picture_url
from craftops.web.frame import labels
from craftops.web.frame.capability import TodoKind
from craftops.web.frame.keeping import kept
from craftops.web.frame.language.translation import gettext, ngettext
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.panels import todo_kinds
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Chip as ChipLine
from craftops.web.frame.views import TodoItem, TodoList
from craftops.web.machines import present_unclaimed
from craftops.web.machines.present import machine_cards, silence
from craftops.web.machines.views import MachineCard
from craftops.web.orders import labels as order_labels
from craftops.web.orders.present_staff import OrdersToDo, board_cards, todo_item
from craftops.web.orders.views import BoardColumn

ON_HOME = 6
BROKEN_OFF = (MachineState.ATTENTION.value, MachineState.FAILED.value)
ON_COLUMN = 30
COLUMNS = (
    Stage.RECEIVED, Stage.IN_REVIEW, Stage.QUEUED, Stage.IN_PRODUCTION, Stage.POST_PROCESSING, Stage.QUALITY_CHECK,
)  # fmt: skip


def _in(*stages: Stage) -> Callable[[RequestContext], Sequence[TodoItem]]:
    values = {stage.value for stage in stages}

    def choose(floor: Sequence[RestingOrder]) -> list[int]:
        return [row.id for row in floor if row.stage in values and row.hold_since is None]

    return lambda sight: OrdersToDo(choose, sight)


def _at_risk(sight: RequestContext) -> Sequence[TodoItem]:
    def choose(floor: Sequence[RestingOrder]) -> list[int]:
        late = []
        for row in floor:
            estimate = estimate_of(row) if row.promise_at is not None else None
            if estimate and punctuality(estimate, row.promise_at, sight.now) in (Punctuality.LATE, Punctuality.AT_RISK):
                late.append(row)
        return [row.id for row in sorted(late, key=lambda row: (row.promise_at, row.id))]

    def promised(row: FloorOrder) -> str:
        time = labels.moment(row.promise_at, sight.profile.zone) if row.promise_at else ""
        return gettext("promised for %(time)s", time=time)

    return OrdersToDo(choose, sight, promised)


def _needs_machine(sight: RequestContext) -> Sequence[TodoItem]:
    jobs = production.waiting_for_machine((Stage.QUEUED, Stage.IN_PRODUCTION, Stage.POST_PROCESSING))
    return OrdersToDo(
        lambda _floor: list(jobs),
        sight,
        lambda row: ngettext("%(num)d job without a machine", "%(num)d jobs without a machine", jobs[row.id]),
    )


def _short(sight: RequestContext) -> Sequence[TodoItem]:
    """Orders of which copies failed or were broken off, and nobody has planned them again."""
    short = production.short_orders()
    return OrdersToDo(
        lambda _floor: list(short),
        sight,
        lambda row: ngettext("%(num)d copy is missing", "%(num)d copies are missing", short[row.id]),
    )


def _note(machine: MachineView, card: MachineCard, question: str) -> str:
    """Why somebody should see to a machine; empty: they need not."""
    if machine.state in BROKEN_OFF:
        return card.message or card.state_word
    if question:
        return question
    if machine.link_state == "rejected":
        return machine.link_sentence
    return card.stale if machine.heard_at else ""


def _machines(sight: RequestContext) -> list[TodoItem]:
    in_use, waits = production.machines_in_use(), production.waiting_for_hands()
    questions = {one.id: present_unclaimed.needs_hands(one, waits.get(one.id)) for one in in_use}
    machines = [
        one for one in in_use
        if one.state in BROKEN_OFF or questions[one.id] or one.link_state == "rejected" or silence(one, sight)
    ]  # fmt: skip
    found = []
    for machine, card in zip(machines, machine_cards(machines, sight) if machines else (), strict=True):
        if note := _note(machine, card, questions[machine.id]):
            tone = ChipLine(card.state_word, card.tone, "alert-triangle")
            found.append(TodoItem(card.url, machine.key, machine.name, note, machine.heard_at, "", tone))
    return found


def _versions(sight: RequestContext) -> list[TodoItem]:
    found, rows = [], order_lists.proposed_versions()
    orders = order_lists.floor_orders(row.order_id for row in rows)
    for row in rows:
        order = orders.get(row.order_id)
        if order is None:
            continue
        note = gettext("version %(n)s of %(line)s", n=row.number, line=row.line_title)
        item = todo_item(order, sight, note)
        url = url_for("staff.compare", code=order.code, line_id=row.line_id, after=row.number)
        found.append(replace(item, url=url, since=row.at))
    return found


def _on_hold(sight: RequestContext) -> Sequence[TodoItem]:
    def choose(floor: Sequence[RestingOrder]) -> list[int]:
        resting = [row for row in floor if row.hold_since is not None]
        return [row.id for row in sorted(resting, key=lambda row: (row.hold_since, row.id))]

    return OrdersToDo(choose, sight, lambda row: row.hold_reason)


LISTS: dict[str, TodoKind] = {
    "review": TodoKind(
        _("To review"), "eye", _("No new orders. They come in here."), _in(Stage.RECEIVED, Stage.IN_REVIEW), 10
    ),
    "versions": TodoKind(_("New versions of files"), "stack-2", _("No file has changed."), _versions, 20),
    "incoming": TodoKind(
        _("Came in by mail or folder"), "mail", _("No files have come in this way."), present_incoming.todo, 30
    ),
    "risk": TodoKind(_("Late or at risk"), "alert-triangle", _("Every promise holds."), _at_risk, 40),
    "machines": TodoKind(_("Machines that need hands"), "hand-stop", _("No machine waits for you."), _machines, 50),
    "short": TodoKind(_("Copies to make again"), "repeat", _("No copy is missing."), _short, 60),
    "plan": TodoKind(
        _("Needs a machine"), "layout-kanban", _("Every accepted job has its machine."), _needs_machine, 70
    ),
    "hands": TodoKind(_("Hand work"), "tools", _("Nothing on the bench."), _in(Stage.POST_PROCESSING), 80),
    "check": TodoKind(_("Quality check"), "clipboard-check", _("Nothing to check."), _in(Stage.QUALITY_CHECK), 90),
    "handover": TodoKind(
        _("Waits at the counter"), "package", _("Nothing waits at the counter."), _in(Stage.READY_FOR_PICKUP), 100
    ),
    "hold": TodoKind(_("On hold"), "player-pause", _("Nothing rests."), _on_hold, 110),
}


def todo_lists(keys: Iterable[str], sight: RequestContext, limit: int | None = None) -> list[TodoList]:
    """These lists; ``count`` is the number of all items of one, whether they are shown or not."""
    kinds = {key: todo_kinds()[key] for key in keys}
    with together(f"to do: {' '.join(kinds)}", now=sight.now):
        found = {key: kind.find(sight) for key, kind in kinds.items()}
        OrdersToDo.read_together([one for one in found.values() if isinstance(one, OrdersToDo)], limit)
        return _pictured([_list(key, kinds[key], items, limit) for key, items in found.items()])


def _list(key: str, kind: TodoKind, items: Sequence[TodoItem], limit: int | None) -> TodoList:
    shown = tuple(items[:limit] if limit else items)
    title, empty, url = kept(
        "todo list", key, lambda: (str(kind.title), str(kind.empty), url_for("staff.todo", key=key))
    )
    return TodoList(key, title, kind.icon, len(items) if limit else len(shown), empty, url, shown)


def _pictured(lists: list[TodoList]) -> list[TodoList]:
    """The same with the picture of its order for every line that has none: one query for all of them."""
    bare = {item.code for one in lists for item in one.items if item.code and not item.picture_url}
    urls = {code: picture_url(file) for code, file in queries.pictures_of_codes(bare).items()}
    if not urls:
        return lists
    return [
        replace(one, items=tuple(_with_picture(item, urls) for item in one.items))
        if any(not item.picture_url for item in one.items)
        else one
        for one in lists
    ]


def _with_picture(item: TodoItem, urls: Mapping[str, str]) -> TodoItem:
    url = "" if item.picture_url else urls.get(item.code, "")
    return replace(item, picture_url=url) if url else item


def board(sight: RequestContext) -> tuple[BoardColumn, ...]:
    """Columns by stage, the ready ones together."""
    counts = queries.counts_by_stage()
    rows = order_lists.oldest_of_each_stage([stage for stage in Stage if stage not in ENDED], ON_COLUMN)
    cards = dict(zip((row.id for row in rows), board_cards(rows, sight), strict=True))
    columns = []
    for stages in (*((stage,) for stage in COLUMNS), tuple(sorted(READY))):
        names = {stage.value for stage in stages}
        mine = [cards[row.id] for row in rows if row.stage in names]
        count = sum(counts.get(stage, 0) for stage in stages)
        title = str(order_labels.STAGE_TITLES[stages[0]]) if len(stages) == 1 else gettext("Ready")
        more = url_for("staff.orders", stage=stages[0].value) if count > ON_COLUMN else ""
        columns.append(BoardColumn(stages[0].value, title, count, tuple(mine[:ON_COLUMN]), more))
    return tuple(columns)
